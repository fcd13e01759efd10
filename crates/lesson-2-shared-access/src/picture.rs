//! The story's pictures: this process's pages, and below them the pages of the second process.
//! `cargo lesson-2` prints them.

use std::ops::Range;
use std::path::Path;

use common::{Failure, Peer, Result, page_size};

use crate::Bytes;

/// How a picture's rows are labelled. The second process is indented by one more column.
pub(crate) const THIS: &str = "   this process";
/// See [`THIS`].
pub(crate) const SECOND: &str = "    second process";

/// The same pages of a file in two processes.
pub(crate) struct Picture {
    mine: Range<usize>,
    pid: u32,
    theirs: Range<usize>,
}

impl Picture {
    /// The first `pages` pages of `bytes` and of what the second process has mapped.
    ///
    /// # Errors
    /// If the second process has ended, or has nothing mapped.
    pub(crate) fn of(bytes: &Bytes, other: &mut Peer, pages: usize) -> Result<Self> {
        let theirs = addresses_in(other, pages)?;
        let mine = bytes.addresses(pages * page_size());
        Ok(Self { mine, pid: other.process.id(), theirs })
    }

    /// Prints the pages as they are now, and waits for a key in step mode. `title` is the picture's
    /// title in a figure.
    ///
    /// # Errors
    /// Those of `/proc` and of standard output.
    pub(crate) fn show(&self, title: &str) -> Result<()> {
        page_view::show_rows(&[
            (THIS, std::process::id(), self.mine.clone()),
            (SECOND, self.pid, self.theirs.clone()),
        ])?;
        page_view::look(title)
    }
}

/// The addresses of the first `pages` pages that the second process has mapped.
///
/// # Errors
/// If the second process has ended, or has nothing mapped.
pub(crate) fn addresses_in(other: &mut Peer, pages: usize) -> Result<Range<usize>> {
    let answer = other.ask("address")?;
    let no_address = |_| Failure::refusal("ask", Path::new("address"), format!("{answer:?}"));
    let start: usize = answer.parse().map_err(no_address)?;
    Ok(start..start + pages * page_size())
}
