//! A row of letters, one a page: where the pages of a mapping are at this moment. `cargo lesson-6`
//! draws them; the legend says what the letters mean where they first appear.

use std::ops::Range;

use common::{Result, say};

/// As wide as the story is.
const WIDTH: usize = 80;

/// Draws these addresses of process `pid`, with `label` at their left.
///
/// # Errors
/// As [`page_view::View::of`], and of the output.
pub fn draw(label: &str, pid: u32, addresses: Range<usize>) -> Result<page_view::View> {
    let view = page_view::View::of(pid, addresses)?;
    say!("{}", page_view::draw(&view, label, WIDTH))?;
    Ok(view)
}

/// The same for `length` bytes of this process.
///
/// # Errors
/// As [`draw`].
pub fn draw_here(label: &str, address: usize, length: usize) -> Result<page_view::View> {
    draw(&format!("   {label:<18}"), std::process::id(), address..address + length)
}
