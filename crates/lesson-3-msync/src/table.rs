//! The story's table: how many pages are dirty after each action, as two instruments count them, with
//! the expected number in parentheses; below each row, the pages. `cargo lesson-3` prints it.

use std::io;
use std::ops::Range;
use std::process;

use common::{Context, Peer, Result, is_stepping, say, sentence};

use crate::{Instruments, MappedFile};

/// A table.
pub struct Table {
    /// The heading of its last column.
    last: &'static str,
    /// What its columns and words mean, in sentences.
    legend: &'static [&'static str],
    has_rows: bool,
    /// Whether all that it has shown so far was as expected.
    as_expected: bool,
}

/// What a row must show.
#[derive(Clone, Copy)]
pub struct Expected {
    /// Pages of the file that are dirty.
    pub dirty: u64,
    /// Pages in the page table of this process. `smaps` counts only those.
    pub in_page_table: u64,
}

impl Table {
    /// An empty table. `last` is the heading of the last column, of at most nine letters. `legend` tells in
    /// sentences what the table's columns and words mean.
    #[must_use]
    pub fn new(last: &'static str, legend: &'static [&'static str]) -> Self {
        Self { last, legend, has_rows: false, as_expected: true }
    }

    /// Prints the legend and the head. In step mode there is a picture between two rows, and each row has the head
    /// above it.
    fn head(&mut self) -> Result<()> {
        if !self.has_rows {
            self.legend.iter().try_for_each(|text| sentence(text))?;
        }
        if !self.has_rows || is_stepping() {
            say!("   dirty pages: counted (expected)")?;
            say!("   {:<25} {:<9} {:<11} {}", "after", "cachestat", "smaps", self.last)?;
        }
        self.has_rows = true;
        Ok(())
    }

    /// Prints a row, the first one below the head.
    ///
    /// # Errors
    /// Those of the instruments and of the output.
    pub fn row(
        &mut self,
        act: &str,
        sample: &MappedFile,
        expected: Expected,
        last: &str,
    ) -> Result<()> {
        self.head()?;
        let (cache, mapped) = sample.instruments.expected(expected.dirty, expected.in_page_table);
        let mapped = mapped.min(expected.in_page_table);
        let seen = sample.dirty()?;
        self.as_expected &= seen.cache.is_none_or(|seen| seen == cache) && seen.mapped() == mapped;
        let by_cachestat = seen.cache.map_or("unknown".into(), |seen| format!("{seen} ({cache})"));
        let kind = match (seen.private, seen.shared) {
            (0, 0) => "",
            (_, 0) => "private",
            (0, _) => "shared",
            _ => "both",
        };
        let by_smaps = format!("{} ({mapped}) {kind}", seen.mapped());
        let row = format!("   {act:<25} {by_cachestat:<9} {by_smaps:<14} {last}");
        say!("{}", row.trim_end())
    }

    /// Prints the pages of `sample`, and of the second process if it has mapped the whole file and
    /// answers the question `address`. In step mode, waits for a key; `title` names that moment.
    ///
    /// # Errors
    /// Those of the second process, of the instruments and of the output.
    pub fn pages(&self, title: &str, sample: &MappedFile, second: Option<&mut Peer>) -> Result<()> {
        let addresses = |start: usize| -> Range<usize> { start..start + sample.memory.length() };
        let mut rows = vec![("   this process", process::id(), addresses(sample.memory.address()))];
        if let Some(second) = second {
            second.tell("address")?;
            let start = second.hear()?.parse::<usize>().map_err(io::Error::other);
            let start = start.step("hear the second process's address")?;
            rows.push(("    second process", second.process.id(), addresses(start)));
        }
        page_view::show_rows(&rows)?;
        page_view::look(title)
    }

    /// Says what the file system hides from the instruments.
    ///
    /// # Errors
    /// That a row was not as expected; those of the output.
    pub fn end(self, instruments: Instruments) -> Result<()> {
        let name = match instruments.file_system {
            "another file system" => "this file system",
            known => known,
        };
        if !instruments.gets_clean {
            sentence("Here there is no disk, so smaps counts a written page as dirty for ever.")?;
        }
        if !instruments.by_cachestat {
            sentence(&format!(
                "On {name} cachestat counts no dirty page, so no picture marks one."
            ))?;
        }
        if instruments.gets_clean && !instruments.by_range {
            sentence(&format!("On {name} MS_SYNC of one page writes the whole file."))?;
        }
        unless_flushed(self.as_expected, "dirty pages")
    }
}

/// Ends a step whose numbers change when the kernel writes dirty pages by itself. In step mode a key
/// may take longer than the kernel leaves pages dirty: then a sentence says so, and the story
/// continues.
///
/// # Errors
/// `not as expected`, outside of step mode.
pub(crate) fn unless_flushed(as_expected: bool, what: &str) -> Result<()> {
    let error = "not as expected; if the kernel wrote the pages meanwhile, run it again";
    match (as_expected, is_stepping()) {
        (true, _) => Ok(()),
        (false, true) => sentence(
            "Not as expected: while the program waited for a key, the kernel wrote the pages.",
        ),
        (false, false) => Err(io::Error::other(error)).step(&format!("show {what}")),
    }
}
