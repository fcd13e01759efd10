//! A row of letters, one a page: where the pages of a mapping are at this moment. `cargo lesson-6`
//! draws them; the legend says what the letters mean where they first appear.

use std::ops::Range;

use common::{Result, say};
use page_view::View;

/// As wide as the story is.
const WIDTH: usize = 80;

/// Draws these addresses of process `pid`, with `label` at their left.
///
/// # Errors
/// As [`View::of`], and of the output.
pub fn draw(label: &str, pid: u32, addresses: Range<usize>) -> Result<View> {
    let view = View::of(pid, addresses)?;
    print(label, &view)?;
    Ok(view)
}

/// The same for `length` bytes of this process.
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
/// Of the output.
pub fn print_here(label: &str, view: &View) -> Result<()> {
    print(&format!("   {label:<18}"), view)
}

fn print(label: &str, view: &View) -> Result<()> {
    say!("{}", page_view::draw(view, label, WIDTH))
}
