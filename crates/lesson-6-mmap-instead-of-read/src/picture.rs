//! Draws the pages of a mapping as one row, one character per page. `cargo lesson-6` prints it; the
//! legend explains each character where it first appears.

use std::ops::Range;

use common::{COLUMNS, Result, say};
use page_view::View;

/// Draws these addresses of process `pid`, with `label` at the left.
///
/// # Errors
/// Those of [`View::of`] and of the output.
pub fn draw(label: &str, pid: u32, addresses: Range<usize>) -> Result<View> {
    let view = View::of(pid, addresses)?;
    print(label, &view)?;
    Ok(view)
}

/// Draws `length` bytes of this process, with `label` at the left.
///
/// # Errors
/// As [`draw`].
pub fn draw_here(label: &str, address: usize, length: usize) -> Result<View> {
    let view = View::of(std::process::id(), address..address + length)?;
    print_here(label, &view)?;
    Ok(view)
}

/// Draws what was seen of this process a moment ago.
///
/// # Errors
/// Those of the output.
pub fn print_here(label: &str, view: &View) -> Result<()> {
    print(&format!("   {label:<18}"), view)
}

fn print(label: &str, view: &View) -> Result<()> {
    say!("{}", page_view::draw(view, label, COLUMNS))
}
