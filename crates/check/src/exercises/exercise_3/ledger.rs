//! Ledgers: what one holds before, and what it must hold after.

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::{Context, page_size};
use sandbox::WorkDirectory;

use crate::expect::is_stripped;
use crate::observe::Run;
use crate::verdict::{Finding, Verdict, failed};

/// Bytes in a slot.
pub(super) const SLOT: usize = 64;

/// Slots in a page.
pub(super) fn slots_per_page() -> usize {
    page_size() / SLOT
}

/// The content of a ledger of so many slots, all used but `free`. A free slot begins with 0 and has
/// behind it what an older record left.
pub(super) fn ledger(slots: usize, free: &[usize]) -> Vec<u8> {
    let slot = |number: usize| {
        let mut slot = vec![0; SLOT];
        let text = if free.contains(&number) {
            format!("\0lder record, longer than what will be stored over it, {number}")
        } else {
            format!("record {number}")
        };
        slot.splice(..text.len(), text.bytes());
        slot
    };
    (0..slots).flat_map(slot).collect()
}

/// Makes FILE with this content, on the disk, page by page: so that the page cache has pages, and
/// not one large folio whose parts are all dirty if one is.
pub(super) fn make(directory: &WorkDirectory, content: &[u8]) -> common::Result<File> {
    let file = directory.write("FILE", b"")?;
    for (page, bytes) in content.chunks(page_size()).enumerate() {
        file.write_all_at(bytes, (page * page_size()) as u64).step("write the ledger")?;
    }
    file.sync_all().step("fsync the ledger")?;
    Ok(file)
}

/// The texts are in their slots, and nothing else has changed.
pub(super) fn expect(
    before: &[u8],
    after: &[u8],
    size: usize,
    records: &[(usize, &str)],
) -> Verdict {
    for (slot, text) in records {
        let found = after.get(slot * SLOT..(slot + 1) * SLOT).unwrap_or_default();
        let end = found.iter().position(|byte| *byte == 0).unwrap_or(found.len());
        let stored = found.get(..end).unwrap_or_default();
        if is_stripped(stored, text) {
            let expected = format!("all {} bytes of {text:?} in slot {slot}", text.len());
            return failed("text-changed", expected, seen_in(after, *slot));
        }
        if !found.starts_with(text.as_bytes()) {
            return failed("wrong-slot", format!("{text:?} in slot {slot}"), seen_in(after, *slot));
        }
        if found.get(text.len()) != Some(&0) {
            let expected = format!("a 0 behind {text:?} in slot {slot}");
            return failed("old-bytes-show", expected, seen_in(after, *slot));
        }
        if let Some(left) = found.iter().skip(text.len()).position(|byte| *byte != 0) {
            let expected = format!("zeros after {text:?} up to the end of slot {slot}");
            let seen = format!("byte {} of slot {slot} is not 0: ", text.len() + left);
            return failed("old-bytes-left", expected, seen + &seen_in(after, *slot));
        }
    }
    if after.len() != size {
        let expected = format!("FILE has {size} bytes ({} before)", before.len());
        return failed("wrong-size", expected, format!("{} bytes", after.len()));
    }
    let is_record = |at: usize| records.iter().any(|(slot, _)| *slot == at / SLOT);
    let was = |at: usize| before.get(at).copied().unwrap_or_default();
    let mut bytes = after.iter().enumerate();
    let changed = bytes.find(|(at, byte)| !is_record(*at) && **byte != was(*at));
    let Some((at, byte)) = changed else { return Ok(()) };
    let slot = at / SLOT;
    let finding = Finding::new(
        "other-bytes-changed",
        format!("byte {at}, in slot {slot}, stays {:#04x}", was(at)),
        format!("it is {byte:#04x}"),
    );
    Err(finding.into())
}

/// One line `durable K` for each record, in any order, and no other line.
pub(super) fn expect_lines(run: &Run, records: &[(usize, &str)]) -> Verdict {
    let mut expected: Vec<_> = records.iter().map(|(slot, _)| format!("durable {slot}")).collect();
    let said = String::from_utf8_lossy(&run.stdout.bytes).into_owned();
    let mut lines: Vec<_> = said.lines().map(str::to_owned).collect();
    expected.sort();
    lines.sort();
    if lines == expected && said.ends_with('\n') {
        return Ok(());
    }
    run.flushes()?;
    let expected = format!("`{}` prints the lines {expected:?}", run.called);
    failed("wrong-lines", expected, format!("{said:?}"))
}

fn seen_in(content: &[u8], slot: usize) -> String {
    match content.get(slot * SLOT..(slot + 1) * SLOT) {
        Some(found) => format!("slot {slot} holds {:?}", String::from_utf8_lossy(found)),
        None => format!("FILE has {} bytes, and no slot {slot}", content.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::CheckError;

    /// The diagnosis of a ledger of two slots, of which `stored` was put over the free slot 1.
    fn diagnosis(stored: &[u8], text: &str) -> Option<&'static str> {
        let before = ledger(2, &[1]);
        let mut after = before.clone();
        after.splice(SLOT..SLOT + stored.len(), stored.iter().copied());
        match expect(&before, &after, 2 * SLOT, &[(1, text)]) {
            Err(CheckError::Wrong(finding)) => Some(finding.diagnosis),
            _ => None,
        }
    }

    #[test]
    fn after_a_text_the_rest_of_the_slot_is_zero() {
        let padded: Vec<u8> = b"paid".iter().copied().chain([0; SLOT - 4]).collect();
        assert_eq!(diagnosis(&padded, "paid"), None);
        let (one_zero, no_zero, other) = (b"paid\0", b"paid", b"said\0");
        assert_eq!(diagnosis(one_zero, "paid"), Some("old-bytes-left"), "strcpy leaves the rest");
        assert_eq!(diagnosis(no_zero, "paid"), Some("old-bytes-show"));
        assert_eq!(diagnosis(other, "paid"), Some("wrong-slot"));
        assert_eq!(diagnosis(&padded, " paid"), Some("text-changed"), "a blank was taken away");
        assert_eq!(diagnosis(&padded, "paid\t"), Some("text-changed"));
        let longest = "=".repeat(SLOT - 1);
        assert_eq!(diagnosis(format!("{longest}\0").as_bytes(), &longest), None);
    }
}
