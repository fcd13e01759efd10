//! The pictures of this story: the pages of each process at that moment. The lines of a second
//! process are below, indented by one more column. `cargo lesson-1` draws them.

use std::ops::Range;
use std::process::id;

use common::{Context, Peer, Result, compare, page_size};

/// Some pages of a process, mapped or not.
pub(crate) struct Pages {
    label: &'static str,
    pid: u32,
    addresses: Range<usize>,
}

impl Pages {
    /// `count` pages of this process, from `address` on.
    pub(crate) fn of(label: &'static str, address: usize, count: usize) -> Self {
        Self { label, pid: id(), addresses: address..address + count * page_size() }
    }

    /// `count` pages of a second process, whose next line says their address.
    ///
    /// # Errors
    /// A line that is no address.
    pub(crate) fn of_second(peer: &mut Peer, count: usize) -> Result<Self> {
        let said = peer.hear()?.parse::<usize>().map_err(std::io::Error::other);
        let start = said.step("hear the second process's address")?;
        let addresses = start..start + count * page_size();
        Ok(Self { label: " second process", pid: peer.process.id(), addresses })
    }
}

/// Draws the pages as they are now. In step mode it then waits for a key, and a figure of this moment
/// has the `title`.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub(crate) fn show(title: &str, rows: &[&Pages]) -> Result<()> {
    let labels: Vec<_> = rows.iter().map(|row| format!("   {}", row.label)).collect();
    let rows = rows.iter().zip(&labels);
    let rows: Vec<_> =
        rows.map(|(row, label)| (label.as_str(), row.pid, row.addresses.clone())).collect();
    page_view::show_rows(&rows)?;
    page_view::look(title)
}

/// Prints a line of a second process, which ends in what it saw, beside what was expected.
///
/// # Errors
/// As [`compare`].
pub(crate) fn compare_last_word(line: &str, expected: &str) -> Result<()> {
    let (what, seen) = line.split_at(line.rfind(' ').map_or(0, |space| space + 1));
    compare(&format!(" {what}"), seen, expected)
}
