//! What the disk holds of one file, by what its programs have flushed: nothing gets there but by a
//! call that returned success, and of each page what it held when the call began.
//!
//! A dirty page proves that a record may be lost; a clean one proves nothing, because the kernel
//! and every `sync` on the machine clean pages, too. This is the other half: who flushed what.

use std::ops::Range;

/// A file as the disk has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    content: Vec<u8>,
    /// Whether the directory's entry is on the disk.
    named: bool,
}

/// What a call flushes, if it succeeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flush {
    /// The file's content when the call began.
    pub content: Vec<u8>,
    /// Which bytes of it.
    pub ranges: Vec<Range<usize>>,
    /// Whether the name goes with it.
    pub name: bool,
}

impl Model {
    /// A file that is on the disk with this content; `None`: there is none yet.
    #[must_use]
    pub fn new(content: Option<Vec<u8>>) -> Self {
        Self { named: content.is_some(), content: content.unwrap_or_default() }
    }

    /// What the file holds, its name aside.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Whether a reboot would find the file by its name.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// The call succeeded.
    pub fn flushed(&mut self, flush: &Flush) {
        self.named |= flush.name;
        for range in &flush.ranges {
            let range = range.start.min(flush.content.len())..range.end.min(flush.content.len());
            if self.content.len() < range.end {
                self.content.resize(range.end, 0);
            }
            let (to, from) = (self.content.get_mut(range.clone()), flush.content.get(range));
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flush(content: &[u8], range: Range<usize>) -> Flush {
        Flush { content: content.into(), ranges: vec![range], name: false }
    }

    #[test]
    fn only_what_is_in_the_range_gets_to_the_disk() {
        let mut disk = Model::new(Some(b"........".into()));
        disk.flushed(&flush(b"abcdefgh", 4..8));
        assert_eq!(disk.content(), b"....efgh");
    }

    #[test]
    fn a_flush_past_the_end_brings_what_there_is_and_makes_the_file_longer() {
        let mut disk = Model::new(Some(b"ab".into()));
        disk.flushed(&flush(b"abcd", 2..9));
        assert_eq!(disk.content(), b"abcd");
    }

    #[test]
    fn a_new_file_has_no_name_until_it_is_flushed() {
        let mut disk = Model::new(None);
        disk.flushed(&flush(b"abcd", 0..4));
        assert!(!disk.is_named());
        disk.flushed(&Flush { name: true, ..Flush::default() });
        assert!(disk.is_named());
        assert_eq!(disk.content(), b"abcd");
    }
}
