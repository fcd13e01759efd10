//! The story's table: after each act a picture of the pages, a letter a page, and what two
//! instruments count, beside what they should. `cargo lesson-3` prints it.

use std::io;

use common::{Context, PAUSE, Peer, Result, say};
use page_view::View;

use crate::{Sight, Specimen};

/// Columns of a terminal.
const WIDTH: usize = 80;

/// A table, and whether all that it showed so far was as expected.
pub struct Table(bool);

impl Table {
    /// Prints the head; `last` is the heading of the last column, of at most nine letters.
    ///
    /// # Errors
    /// A closed output.
    pub fn new(last: &str) -> Result<Self> {
        say!("   dirty pages: found (expected)")?;
        say!("   {:<26} {:<10} {:<9} {:<19} {last}", "after", "the pages", "cachestat", "smaps")?;
        Ok(Self(true))
    }

    /// Prints a line: `dirty` pages should wait for the disk, `touched` ones are in the page table.
    /// In step mode it then waits for a key.
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
        self.line(act, specimen, dirty, touched, last)?;
        page_view::pause()
    }

    /// The same, and below it, a column to the right, the pages of the second process, which has
    /// all of `specimen` mapped and says where.
    ///
    /// # Errors
    /// That it has nothing mapped; the instruments' own.
    pub fn row_of_both(
        &mut self,
        act: &str,
        specimen: &Specimen,
        dirty: u64,
        touched: u64,
        last: &str,
        second: &mut Peer,
    ) -> Result<()> {
        self.line(act, specimen, dirty, touched, last)?;
        second.tell("address")?;
        let start = second.hear()?.parse::<usize>().map_err(io::Error::other);
        let start = start.step("hear the second process's address")?;
        let addresses = start..start + specimen.memory.length();
        let label = format!("    {:<25}", "the second process");
        page_view::show_rows(&[(&label, second.process.id(), addresses)])?;
        page_view::pause()
    }

    fn line(
        &mut self,
        act: &str,
        specimen: &Specimen,
        dirty: u64,
        touched: u64,
        last: &str,
    ) -> Result<()> {
        let (cache, mapped) = specimen.sight.expected(dirty, touched);
        let mapped = mapped.min(touched); // smaps speaks of no others.
        let found = specimen.dirty()?;
        self.0 &= found.cache.is_none_or(|found| found == cache) && found.mapped() == mapped;
        let by_cache = found.cache.map_or("unknown".into(), |found| format!("{found} ({cache})"));
        let kind = match (found.private, found.shared) {
            (0, 0) => "",
            (_, 0) => "Private_Dirty",
            (0, _) => "Shared_Dirty",
            _ => "of both kinds",
        };
        let by_smaps = format!("{} ({mapped}) {kind}", found.mapped());
        let start = specimen.memory.address();
        let view = View::of(std::process::id(), start..start + specimen.memory.length())?;
        let picture = page_view::draw(&view, &format!("   {act:<26}"), WIDTH);
        say!("{}", format!("{picture} {by_cache:<9} {by_smaps:<19} {last}").trim_end())?;
        page_view::explain_new(&[view])
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
            let name = sight.file_system;
            say!("   on {name} cachestat calls no page dirty, so no picture marks one")?;
        }
        if sight.gets_clean && !sight.by_range {
            say!("   on {} MS_SYNC of a part flushes the whole file", sight.file_system)?;
        }
        undisturbed(self.0, "dirty pages")
    }
}

/// What a step ends with: `what` was as expected, or a failure that says so.
///
/// # Errors
/// That it was not.
pub(crate) fn verdict(as_expected: bool, what: &str) -> Result<()> {
    let found = if as_expected { Ok(()) } else { Err(io::Error::other("not as expected")) };
    found.step(&format!("show {what}"))
}

/// The same where the machine may have flushed by itself. In step mode, where a key may take longer
/// than the kernel leaves pages dirty, this is said and the story goes on.
///
/// # Errors
/// That it was not, outside of step mode.
pub(crate) fn undisturbed(as_expected: bool, what: &str) -> Result<()> {
    let sentence = "not as expected; if the machine flushed in between, run again";
    match (as_expected, PAUSE.get()) {
        (true, _) => Ok(()),
        (false, Some(_)) => {
            say!("   not as expected: what waits long for a key, the kernel flushes")
        }
        (false, None) => Err(io::Error::other(sentence)).step(&format!("show {what}")),
    }
}
