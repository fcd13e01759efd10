//! The pictures of this story: what was done, and the pages of a mapping as they are now. A second
//! process's stand below, a column to the right. `cargo lesson-4` draws them, `just step 4` while they
//! change.

use std::ops::Range;
use std::path::Path;
use std::process;

use common::{Failure, Peer, Result, page_size};

use crate::{PrivateView, neighbour};

/// Prints `what` was done and the view's pages.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw(what: &str, view: &PrivateView) -> Result<()> {
    draw_rows(what, view.addresses(), None)
}

/// The same, and below it the pages of another process: its label, its id, its addresses.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw_both(what: &str, view: &PrivateView, other: (&str, u32, Range<usize>)) -> Result<()> {
    draw_rows(what, view.addresses(), Some(other))
}

/// Prints `what` was done and this process's pages at `addresses`, then another process's.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw_rows(
    what: &str,
    addresses: Range<usize>,
    other: Option<(&str, u32, Range<usize>)>,
) -> Result<()> {
    let mine = format!("   {what:<33}");
    let theirs = other.as_ref().map(|(label, ..)| format!("    {label:<32}"));
    let mut rows = vec![(mine.as_str(), process::id(), addresses)];
    if let (Some(label), Some((_, pid, addresses))) = (&theirs, other) {
        rows.push((label, pid, addresses));
    }
    page_view::show_rows(&rows)
}

/// Where the second process has `pages` pages of the file mapped; it says so.
///
/// # Errors
/// A second process that has ended.
pub fn addresses_in(other: &mut Peer, pages: usize) -> Result<Range<usize>> {
    let answer = neighbour::ask(other, "address")?;
    let no_address = |_| Failure::refusal("ask", Path::new("address"), format!("{answer:?}"));
    let start: usize = answer.parse().map_err(no_address)?;
    Ok(start..start + pages * page_size())
}
