//! What pages hold, in words. Only memory that a page table leads to, or that the page cache has, is
//! read: so nothing comes into memory, and no entry is made.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

use common::page_size;
use page_view::Cell;

use crate::moment::{FileRef, Part};

/// So many bytes are told as the beginning of a page.
const BYTES: usize = 8;

/// What a page holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// What it begins with.
    pub(crate) start: String,
    /// What comes after equal letters at its start, such as `zeros from byte 5 on`.
    pub(crate) then: Option<String>,
}

/// What the pages of files were seen to hold on the disk, by the file's name and the page's number.
#[derive(Default)]
pub(crate) struct Contents(BTreeMap<(String, u64), Held>);

impl Contents {
    /// What a page holds on the disk. A clean page holds it, too. Of a dirty one, it is what the page held
    /// when it was clean.
    pub(crate) fn on_the_disk(
        &mut self,
        file: &str,
        page: u64,
        state: &str,
        holds: Option<&Held>,
    ) -> Option<Held> {
        let place = (file.to_string(), page);
        match (state, holds) {
            ("the same on the disk", Some(holds)) => {
                self.0.insert(place.clone(), holds.clone());
            }
            ("dirty" | "not in the page cache", _) => {}
            // Past the end of the file, the disk has nothing; of other states, nothing is known.
            _ => drop(self.0.remove(&place)),
        }
        self.0.get(&place).cloned()
    }
}

/// Is a page in memory, if this is said of it?
pub(crate) fn is_cached(state: &str) -> bool {
    matches!(state, "the same on the disk" | "dirty" | "present" | "only in part")
}

/// What the memory holds to which a process's page table leads.
pub(crate) fn of_process(part: &Part, page: u64) -> Option<Held> {
    let cell = Cell::of(&part.state_at(page));
    let leads = [Cell::Mapped, Cell::MappedDirty, Cell::PrivateCopy, Cell::Anonymous];
    let (process, start) = part.place;
    let address = start as u64 + (page - part.pages.start) * page_size() as u64;
    let memory =
        File::open(format!("/proc/{process}/mem")).ok().filter(|_| leads.contains(&cell))?;
    held(&memory, address)
}

/// What a page of a file holds in the page cache, which has it: by a page table that leads there, or by
/// the file.
pub(crate) fn of_file(parts: &[&Part], file: &FileRef, page: u64) -> Option<Held> {
    let leads_there = |part: &&&Part| {
        let cell = Cell::of(&part.state_at(page));
        part.pages.contains(&page) && matches!(cell, Cell::Mapped | Cell::MappedDirty)
    };
    match parts.iter().find(leads_there) {
        Some(part) => of_process(part, page),
        None => held(&File::open(file.path.as_ref()?).ok()?, page * page_size() as u64),
    }
}

/// What the page at a place holds. A file may end in it.
fn held(memory: &File, at: u64) -> Option<Held> {
    let mut bytes = vec![0; page_size()];
    let read = memory.read_at(&mut bytes, at).ok().filter(|read| *read > 0)?;
    let bytes = bytes.get(..read)?;
    let start = in_words(bytes.get(..BYTES).unwrap_or(bytes));
    Some(Held { start, then: after_the_letters(bytes) })
}

/// If a page begins with equal letters: what comes after them, where that is zeros, a short text at the end of the
/// page, or the end of the file.
fn after_the_letters(bytes: &[u8]) -> Option<String> {
    const FEW: usize = 8;
    let letter = bytes.first().filter(|byte| byte.is_ascii_alphabetic())?;
    let count = bytes.iter().take_while(|byte| *byte == letter).count();
    let rest = bytes.get(count..).filter(|_| count > 1)?;
    if rest.is_empty() {
        let is_cut = bytes.len() < page_size();
        return is_cut.then(|| format!("the end of the file at byte {count}"));
    }
    if rest.iter().all(|byte| *byte == 0) {
        return Some(format!("zeros from byte {count} on"));
    }
    let is_text = rest.len() <= FEW && rest.iter().all(u8::is_ascii_graphic);
    is_text.then(|| format!("{:?} at the end of the page", String::from_utf8_lossy(rest)))
}

/// Letters and digits are a text, which ends at the first other byte; other bytes are a number. Equal letters
/// at the end are left out.
fn in_words(bytes: &[u8]) -> String {
    const MANY: usize = 3;
    let is_text = |byte: &u8| byte.is_ascii_alphanumeric() || b"-! ".contains(byte);
    let length = bytes.iter().take_while(|byte| is_text(byte)).count();
    let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default());
    let Some(last) = text.chars().last() else {
        if bytes.iter().all(|byte| *byte == b'.') {
            return "'.'".into();
        }
        let mut wide = [0; BYTES];
        wide.iter_mut().zip(bytes).for_each(|(wide, byte)| *wide = *byte);
        return u64::from_ne_bytes(wide).to_string();
    };
    let others = text.trim_end_matches(last);
    match text.len() - others.len() {
        _ if others.is_empty() && !last.is_ascii_digit() => format!("'{last}'"),
        MANY.. if others.len() == 1 => format!("\"{others}{last}…\""),
        MANY.. => format!("\"{others}…\""),
        _ => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_told_as_a_text_and_other_bytes_as_a_number() {
        let told = [
            &b"A\0\0"[..],
            b"....",
            b"HELLO\0",
            b"HELLOaaa",
            b"Aaaaaaaa",
            b"11\n",
            b"\x2a\0\0",
            b"\0\0",
        ];
        let expected = ["'A'", "'.'", "\"HELLO\"", "\"HELLO…\"", "\"Aa…\"", "\"11\"", "42", "0"];
        assert_eq!(told.map(in_words), expected);
    }

    #[test]
    fn what_comes_after_the_letters_of_a_page_is_told() {
        let page = |count: usize, rest: &[u8]| {
            let mut bytes = vec![b'b'; count];
            bytes.extend_from_slice(rest);
            after_the_letters(&bytes)
        };
        let size = page_size();
        assert_eq!(page(size, b""), None, "it is full of letters");
        assert_eq!(page(5, &vec![0; size - 5]).as_deref(), Some("zeros from byte 5 on"));
        assert_eq!(page(5, b"").as_deref(), Some("the end of the file at byte 5"));
        assert_eq!(page(size - 5, b"mine!").as_deref(), Some("\"mine!\" at the end of the page"));
        assert_eq!(page(1, &vec![0; size - 1]), None, "a single letter");
        assert_eq!(page(5, &vec![b'.'; size - 5]), None);
    }

    #[test]
    fn a_dirty_page_has_on_the_disk_what_it_held_when_it_was_clean() {
        let mut contents = Contents::default();
        let held = |start: &str| Held { start: start.into(), then: None };
        let [a, b] = ["'A'", "'B'"].map(held);
        let mut disk = |state, holds| contents.on_the_disk("file", 0, state, holds);
        assert_eq!(disk("dirty", Some(&a)), None, "it was never seen clean");
        assert_eq!(disk("the same on the disk", Some(&a)), Some(a.clone()));
        assert_eq!(disk("dirty", Some(&b)), Some(a.clone()));
        assert_eq!(disk("past the end of the file", None), None);
        assert_eq!(disk("not in the page cache", None), None, "it has grown again");
    }
}
