//! The story's table: after each act, what the instruments say, beside what they should.
//! `cargo lesson-3` prints it.

use std::io;

use common::{Context, Result, say};

use crate::{Sight, Specimen};

/// A table, and whether all that it showed so far was as expected.
pub struct Table(bool);

impl Table {
    /// Prints the head; `last` is the heading of the last column.
    ///
    /// # Errors
    /// A closed output.
    pub fn new(last: &str) -> Result<Self> {
        say!("   dirty pages: found (expected)")?;
        say!("   {:<28} {:<10} {:<21} {last}", "after", "cachestat", "smaps")?;
        Ok(Self(true))
    }

    /// Prints a line: `dirty` pages should wait for the disk, `touched` ones are in the page table.
    ///
    /// # Errors
    /// The instruments' own.
    pub fn row(
        &mut self,
        act: &str,
        specimen: &Specimen,
        dirty: u64,
        touched: u64,
        last: &str,
    ) -> Result<()> {
        let (cache, mapped) = specimen.sight.expected(dirty, touched);
        let found = specimen.dirty()?;
        self.0 &= found.cache.is_none_or(|found| found == cache) && found.mapped() == mapped;
        let by_cache = found.cache.map_or("unknown".into(), |found| format!("{found} ({cache})"));
        let kind = match (found.private, found.shared) {
            (0, 0) => "",
            (_, 0) => "Private_Dirty",
            (0, _) => "Shared_Dirty",
            _ => "private and shared",
        };
        let by_smaps = format!("{} ({mapped}) {kind}", found.mapped());
        say!("   {act:<28} {by_cache:<10} {by_smaps:<21} {last}")
    }

    /// Says what the file system cannot show.
    ///
    /// # Errors
    /// That something was not as expected; a closed output.
    pub fn end(self, sight: Sight) -> Result<()> {
        if !sight.gets_clean {
            say!("   no disk under {}: smaps calls every page dirty for ever", sight.file_system)?;
        }
        if !sight.by_cachestat {
            say!("   on {} cachestat calls no page dirty", sight.file_system)?;
        }
        if sight.gets_clean && !sight.by_range {
            say!("   on {} MS_SYNC of a part flushes the whole file", sight.file_system)?;
        }
        verdict(self.0, "dirty pages")
    }
}

/// What a step ends with: `what` was as expected, or a failure that says so.
///
/// # Errors
/// That it was not.
pub(crate) fn verdict(as_expected: bool, what: &str) -> Result<()> {
    let sentence = "not as expected; if the machine flushed in between, run again";
    let found = if as_expected { Ok(()) } else { Err(io::Error::other(sentence)) };
    found.step(&format!("show {what}"))
}
