//! The pictures of this story: what was done, and where each page of a mapping leads at that moment.
//! The pages of a second process are below, indented by one more column. `cargo lesson-4` draws
//! them.

use std::ops::Range;
use std::path::Path;
use std::process;

use common::{Failure, Peer, Result, page_size, sentence};

use crate::PrivateMapping;

/// Prints `what` was done and then the pages of `mapping`.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw(what: &str, mapping: &PrivateMapping) -> Result<()> {
    draw_addresses(what, mapping.addresses())
}

/// Prints `what` was done and then this process's pages at `addresses`.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw_addresses(what: &str, addresses: Range<usize>) -> Result<()> {
    sentence(&format!("{what}:"))?;
    page_view::show_rows(&[("      ", process::id(), addresses)])
}

/// Prints the pages of `mapping`, and below them the pages of another process: label, process id,
/// addresses.
///
/// # Errors
/// Those of `/proc` and of standard output.
pub fn draw_both(
    label: &str,
    mapping: &PrivateMapping,
    other: (&str, u32, Range<usize>),
) -> Result<()> {
    let (mine, theirs) = (format!("   {label}"), format!("    {}", other.0));
    let rows = [(&*mine, process::id(), mapping.addresses()), (&*theirs, other.1, other.2)];
    page_view::show_rows(&rows)
}

/// Asks the second process where it has the first `pages` pages of the file mapped.
///
/// # Errors
/// A second process that has ended, or an answer that is no address.
pub fn addresses_in(second: &mut Peer, pages: usize) -> Result<Range<usize>> {
    let answer = second.ask("address")?;
    let no_address = |_| Failure::refusal("ask", Path::new("address"), format!("{answer:?}"));
    let start: usize = answer.parse().map_err(no_address)?;
    Ok(start..start + pages * page_size())
}
