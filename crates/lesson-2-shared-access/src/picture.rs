//! The pictures of this story: this process's pages, and below them the second one's, a column to the
//! right as all that it does. `cargo lesson-2` draws them, `just step 2` while they change.

use std::ops::Range;
use std::path::Path;

use common::{Failure, Peer, Result, page_size};

use crate::Bytes;

/// The same pages of a file in two processes.
pub(crate) struct Picture {
    mine: Range<usize>,
    pid: u32,
    theirs: Range<usize>,
}

impl Picture {
    /// Of the first `pages` pages that `bytes` and the second process have mapped; it says where.
    ///
    /// # Errors
    /// A second process that has ended, or has nothing mapped.
    pub(crate) fn of(bytes: &Bytes, other: &mut Peer, pages: usize) -> Result<Self> {
        let mine = bytes.as_ptr().addr();
        let theirs = addresses_in(other, pages)?;
        Ok(Self { mine: mine..mine + pages * page_size(), pid: other.process.id(), theirs })
    }

    /// Prints it as it is now.
    ///
    /// # Errors
    /// Those of `/proc` and of standard output.
    pub(crate) fn show(&self) -> Result<()> {
        page_view::show_rows(&[
            ("   this process       ", std::process::id(), self.mine.clone()),
            ("    the second process", self.pid, self.theirs.clone()),
        ])
    }
}

/// Where the second process has its first `pages` pages mapped; it says so.
///
/// # Errors
/// A second process that has ended, or has nothing mapped.
pub(crate) fn addresses_in(other: &mut Peer, pages: usize) -> Result<Range<usize>> {
    other.tell("address")?;
    let answer = other.hear()?;
    let no_address = |_| Failure::refusal("ask", Path::new("address"), format!("{answer:?}"));
    let start: usize = answer.parse().map_err(no_address)?;
    Ok(start..start + pages * page_size())
}
