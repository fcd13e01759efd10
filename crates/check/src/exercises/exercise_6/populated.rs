//! How often a program has the kernel map the pages of a file in advance. Such a walk through all pages is
//! a pass, even where it costs no page fault.

use std::collections::BTreeMap;
use std::ops::Range;

use common::page_size;
use tracer::{Call, FileId};

/// What the calls of a program have populated of one file.
#[derive(Default)]
pub(super) struct Populated {
    /// Where the file is mapped.
    mappings: Vec<Range<u64>>,
    /// Where its pages are populated already: to populate them again is no new pass.
    present: Vec<Range<u64>>,
    /// Bytes, of all passes together.
    bytes: u64,
    /// How often each call has populated pages.
    calls: BTreeMap<&'static str, u32>,
    /// How often the file was mapped.
    mapped: u32,
}

impl Populated {
    /// A call has returned.
    pub(super) fn note(&mut self, call: &Call, file: FileId) {
        let [address, length, third, flags, ..] = call.arguments;
        let Some(result) = call.result else { return };
        // An address, which no process has in the upper half; an error is negative.
        let start = match call.number {
            libc::SYS_mmap => u64::try_from(result).ok().filter(|address| *address > 0),
            _ => (result == 0).then_some(address),
        };
        let Some(start) = start else { return };
        let range = start..start.saturating_add(length.next_multiple_of(page_size() as u64));
        match call.number {
            libc::SYS_mmap => {
                self.forget(&range); // With MAP_FIXED, over another.
                if call.is_about(file) {
                    self.mapped += 1;
                    self.mappings.push(range.clone());
                    if let Some(name) = populates(third, flags) {
                        self.populate(name, &range);
                    }
                }
            }
            libc::SYS_munmap => self.forget(&range),
            libc::SYS_madvise => match i32::try_from(third).unwrap_or(-1) {
                libc::MADV_DONTNEED => drop(take_out(&mut self.present, &range)),
                libc::MADV_POPULATE_READ => self.populate("MADV_POPULATE_READ", &range),
                libc::MADV_POPULATE_WRITE => self.populate("MADV_POPULATE_WRITE", &range),
                _ => {}
            },
            libc::SYS_mlock => self.populate("mlock", &range),
            _ => {}
        }
    }

    /// Whether at least half of the file, which has so many bytes, was populated a second time: how often in
    /// all, and by which calls.
    pub(super) fn twice(&self, size: u64) -> Option<String> {
        if self.bytes <= size + size / 2 {
            return None;
        }
        let page = page_size() as u64;
        let calls = self.calls.iter().map(|(name, times)| format!("{name} ({times} times)"));
        Some(format!(
            "{} pages were populated, and the file has {}: by {}",
            self.bytes / page,
            size / page,
            calls.collect::<Vec<_>>().join(" and ")
        ))
    }

    /// How often the file was mapped.
    pub(super) fn mapped(&self) -> u32 {
        self.mapped
    }

    fn populate(&mut self, name: &'static str, range: &Range<u64>) {
        let of_file: Vec<_> = self.mappings.iter().filter_map(|one| common(one, range)).collect();
        if of_file.is_empty() {
            return;
        }
        *self.calls.entry(name).or_default() += 1;
        for range in of_file {
            let again = take_out(&mut self.present, &range);
            self.bytes += range.end - range.start - again;
            self.present.push(range);
        }
    }

    fn forget(&mut self, range: &Range<u64>) {
        take_out(&mut self.mappings, range);
        take_out(&mut self.present, range);
    }
}

/// By which flag a call of `mmap` populates the mapping, if it does.
fn populates(protection: u64, flags: u64) -> Option<&'static str> {
    let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
    match () {
        () if protection == 0 => None, // PROT_NONE.
        () if has(libc::MAP_LOCKED) => Some("MAP_LOCKED"),
        () if has(libc::MAP_POPULATE) && !has(libc::MAP_NONBLOCK) => Some("MAP_POPULATE"),
        () => None,
    }
}

fn common(one: &Range<u64>, other: &Range<u64>) -> Option<Range<u64>> {
    let both = one.start.max(other.start)..one.end.min(other.end);
    (!both.is_empty()).then_some(both)
}

/// Takes a range out of ranges that do not overlap; how many bytes of it they held.
fn take_out(ranges: &mut Vec<Range<u64>>, gone: &Range<u64>) -> u64 {
    let (mut held, mut left) = (0, Vec::new());
    for range in ranges.drain(..) {
        match common(&range, gone) {
            None => left.push(range),
            Some(both) => {
                held += both.end - both.start;
                let rest = [range.start..both.start, both.end..range.end];
                left.extend(rest.into_iter().filter(|part| !part.is_empty()));
            }
        }
    }
    *ranges = left;
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_counted_once() {
        let mut ranges = vec![0..10, 20..30];
        assert_eq!(take_out(&mut ranges, &(5..25)), 10);
        assert_eq!(ranges, [0..5, 25..30]);
        assert_eq!(take_out(&mut ranges, &(5..25)), 0);
    }

    #[test]
    fn a_mapping_that_is_populated_again_is_no_second_pass_and_a_new_mapping_is() {
        let mut populated = Populated::default();
        let size = 16 * page_size() as u64;
        let (first, second) = (0..size, size..2 * size);
        populated.mappings = vec![first.clone(), second.clone()];
        populated.populate("MAP_POPULATE", &first);
        populated.populate("MADV_POPULATE_READ", &first);
        assert_eq!(populated.twice(size), None);
        populated.populate("MAP_POPULATE", &second);
        let said = populated.twice(size).unwrap_or_default();
        assert!(said.contains("32 pages") && said.contains("MAP_POPULATE (2 times)"), "{said}");
    }

    #[test]
    fn windows_one_after_another_are_one_pass() {
        let mut populated = Populated::default();
        let window = page_size() as u64;
        for _ in 0..16 {
            populated.mappings.push(0..window);
            populated.populate("MAP_POPULATE", &(0..window));
            populated.forget(&(0..window));
        }
        assert_eq!(populated.twice(16 * window), None);
    }
}
