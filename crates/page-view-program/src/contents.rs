//! What pages begin with, in words. Only memory that a page table leads to, or that the page cache has, is
//! read: so nothing comes into memory, and no entry is made.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

use common::page_size;
use page_view::Cell;

use crate::moment::{FileRef, Part};

/// So many bytes of a page are read.
const BYTES: usize = 8;

/// What the pages of files were seen to hold on the disk, by the file's name and the page's number.
#[derive(Default)]
pub(crate) struct Contents(BTreeMap<(String, u64), String>);

impl Contents {
    /// What a page begins with on the disk. A clean page holds it, too. Of a dirty one, it is what the page held
    /// when it was clean.
    pub(crate) fn on_the_disk(
        &mut self,
        file: &str,
        page: u64,
        state: &str,
        holds: Option<&str>,
    ) -> Option<String> {
        let place = (file.to_string(), page);
        match (state, holds) {
            ("the same on the disk", Some(holds)) => {
                self.0.insert(place.clone(), holds.into());
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

/// What the memory begins with to which a process's page table leads.
pub(crate) fn of_process(part: &Part, page: u64) -> Option<String> {
    let cell = Cell::of(&part.state_at(page));
    let leads = [Cell::Mapped, Cell::MappedDirty, Cell::PrivateCopy, Cell::Anonymous];
    let (process, start) = part.place;
    let address = start as u64 + (page - part.pages.start) * page_size() as u64;
    let memory =
        File::open(format!("/proc/{process}/mem")).ok().filter(|_| leads.contains(&cell))?;
    words(&memory, address)
}

/// What a page of a file begins with in the page cache, which has it: by a page table that leads there, or by
/// the file.
pub(crate) fn of_file(parts: &[&Part], file: &FileRef, page: u64) -> Option<String> {
    let leads_there = |part: &&&Part| {
        let cell = Cell::of(&part.state_at(page));
        part.pages.contains(&page) && matches!(cell, Cell::Mapped | Cell::MappedDirty)
    };
    match parts.iter().find(leads_there) {
        Some(part) => of_process(part, page),
        None => words(&File::open(file.path.as_ref()?).ok()?, page * page_size() as u64),
    }
}

fn words(memory: &File, at: u64) -> Option<String> {
    let mut bytes = [0; BYTES];
    let read = memory.read_at(&mut bytes, at).ok().filter(|read| *read > 0)?;
    Some(in_words(bytes.get(..read)?))
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
    fn a_dirty_page_has_on_the_disk_what_it_held_when_it_was_clean() {
        let mut contents = Contents::default();
        let mut disk = |state, holds| contents.on_the_disk("file", 0, state, holds);
        assert_eq!(disk("dirty", Some("'A'")), None, "it was never seen clean");
        assert_eq!(disk("the same on the disk", Some("'A'")).as_deref(), Some("'A'"));
        assert_eq!(disk("dirty", Some("'B'")).as_deref(), Some("'A'"));
        assert_eq!(disk("past the end of the file", None), None);
        assert_eq!(disk("not in the page cache", None), None, "it has grown again");
    }
}
