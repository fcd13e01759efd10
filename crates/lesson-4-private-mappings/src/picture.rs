//! The pictures of this story: a label, and the pages of a mapping at that moment. The pages of a
//! second process stand below, indented by one more column. `cargo lesson-4` draws them.

use std::ops::Range;
use std::path::Path;
use std::process;

use common::{Failure, Peer, Result, page_size};

use crate::{PrivateMapping, second_process};

/// Prints `label` and the pages of `mapping`.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw(label: &str, mapping: &PrivateMapping) -> Result<()> {
    draw_rows(label, mapping.addresses(), None)
}

/// Prints the same, and below it the pages of another process: label, process id, addresses.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw_both(
    label: &str,
    mapping: &PrivateMapping,
    other: (&str, u32, Range<usize>),
) -> Result<()> {
    draw_rows(label, mapping.addresses(), Some(other))
}

/// Prints `label` and this process's pages at `addresses`, then those of another process.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw_rows(
    label: &str,
    addresses: Range<usize>,
    other: Option<(&str, u32, Range<usize>)>,
) -> Result<()> {
    let mine = format!("   {label:<33}");
    let theirs = other.as_ref().map(|(label, ..)| format!("    {label:<32}"));
    let mut rows = vec![(mine.as_str(), process::id(), addresses)];
    if let (Some(label), Some((_, pid, addresses))) = (&theirs, other) {
        rows.push((label, pid, addresses));
    }
    page_view::show_rows(&rows)
}

/// Asks the second process where it has the first `pages` pages of the file mapped.
///
/// # Errors
/// A second process that has ended, or an answer that is no address.
pub fn addresses_in(second: &mut Peer, pages: usize) -> Result<Range<usize>> {
    let answer = second_process::ask(second, "address")?;
    let no_address = |_| Failure::refusal("ask", Path::new("address"), format!("{answer:?}"));
    let start: usize = answer.parse().map_err(no_address)?;
    Ok(start..start + pages * page_size())
}
