//! A row of cells, one a page: what stands behind each page of this process at this moment.
//! `cargo lesson-4` draws them.

use common::{Result, say};
use page_view::{Page, pages};

/// Says what the cells mean.
///
/// # Errors
/// That of standard output.
pub fn legend() -> Result<()> {
    say!("   each cell is a page: '.' not in this process's page table,")?;
    say!("   'file' the file's own page, 'COPY' a page that is no longer the file's")
}

/// Prints `what` was done, and the `count` pages from `address` on as they are now.
///
/// # Errors
/// Those of `/proc/self/pagemap` and of standard output.
pub fn draw(what: &str, address: usize, count: usize) -> Result<()> {
    say!("   {what:<34} {}", row(&pages(std::process::id(), address, count)?))
}

/// The cells of `pages` side by side.
pub fn row(pages: &[Page]) -> String {
    let cells: Vec<_> = pages.iter().map(|page| format!(" {:<4} ", word(*page))).collect();
    format!("|{}|", cells.join("|"))
}

/// `pages` at a glance, a character each: `.` not touched, `f` the file's, `C` a copy.
pub fn strip(pages: &[Page]) -> String {
    let letter = |page: &Page| page.file_page.map_or('.', |file| if file { 'f' } else { 'C' });
    pages.iter().map(letter).collect()
}

fn word(page: Page) -> &'static str {
    match page.file_page {
        Some(true) => "file",
        Some(false) => "COPY",
        None => ".",
    }
}
