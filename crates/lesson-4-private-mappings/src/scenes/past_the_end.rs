//! Touching private pages that lie past the end of the file: each scene ends by SIGBUS.

use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::sys::resource::{Resource, setrlimit};

use crate::{PrivateView, lettered, truncated};

/// A private view of a page that the file has and of one that it has not.
fn view() -> Result<PrivateView> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // It dies on purpose.
    let path = Path::new("lettered");
    let file = lettered::create(path, 1)?;
    PrivateView::of(&file, 2 * page_size()).step_on("mmap", path)
}

/// Loads from both pages.
pub(super) fn load() -> Result<()> {
    let view = view()?;
    say!("first-page {}", view.text(0, 1))?;
    say!("second-page {}", view.text(page_size(), 1))
}

/// Stores to both pages.
pub(super) fn store() -> Result<()> {
    let view = view()?;
    view.store(0, b"A");
    say!("first-page {}", view.text(0, 1))?;
    view.store(page_size(), b"B");
    say!("second-page {}", view.text(page_size(), 1))
}

/// Loads from a page that was a private copy until the file was truncated before it.
pub(super) fn load_truncated_copy() -> Result<()> {
    truncated::touch(Path::new("lettered"))
}
