//! The pictures of this story: a letter a page, as each process has it at that moment; the second
//! process's stand below, a column to the right. `cargo lesson-1` draws them.

use std::ops::Range;
use std::process::id;

use common::{Context, Peer, Result, page_size};

/// Pages of a process: whose they are, and where.
pub(crate) struct Pages {
    label: &'static str,
    pid: u32,
    addresses: Range<usize>,
}

impl Pages {
    /// So many pages of this process, from `address` on; mapped or not.
    pub(crate) fn of(label: &'static str, address: usize, count: usize) -> Self {
        Self { label, pid: id(), addresses: address..address + count * page_size() }
    }

    /// The same of a second process, which says its address in the next line.
    ///
    /// # Errors
    /// That it says something else.
    pub(crate) fn of_second(peer: &mut Peer, count: usize) -> Result<Self> {
        let said = peer.hear()?.parse::<usize>().map_err(std::io::Error::other);
        let start = said.step("hear the second process's address")?;
        let addresses = start..start + count * page_size();
        Ok(Self { label: " second process", pid: peer.process.id(), addresses })
    }
}

/// Draws them as they are now, one below the other, and explains each new letter. In step mode it
/// then waits for a key.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub(crate) fn show(rows: &[&Pages]) -> Result<()> {
    let labels: Vec<_> = rows.iter().map(|row| format!("   {:<17}", row.label)).collect();
    let rows = rows.iter().zip(&labels);
    let rows: Vec<_> =
        rows.map(|(row, label)| (label.as_str(), row.pid, row.addresses.clone())).collect();
    page_view::show_rows(&rows)?;
    page_view::pause()
}
