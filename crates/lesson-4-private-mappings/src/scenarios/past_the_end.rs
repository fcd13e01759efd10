//! Scenarios: accesses to private pages past the end of the file. Each ends with SIGBUS.

use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::sys::resource::{Resource, setrlimit};

use crate::{PrivateMapping, lettered, truncated};

/// Maps two pages of a file that has one.
fn map_two_pages() -> Result<PrivateMapping> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // It dies on purpose.
    let path = Path::new("lettered");
    let file = lettered::create(path, 1)?;
    PrivateMapping::of(&file, 2 * page_size()).step_on("mmap", path)
}

/// Loads from both pages.
pub(super) fn load() -> Result<()> {
    let mapping = map_two_pages()?;
    say!("first-page {}", mapping.text(0, 1))?;
    say!("second-page {}", mapping.text(page_size(), 1))
}

/// Stores to both pages.
pub(super) fn store() -> Result<()> {
    let mapping = map_two_pages()?;
    mapping.store(0, b"A");
    say!("first-page {}", mapping.text(0, 1))?;
    mapping.store(page_size(), b"B");
    say!("second-page {}", mapping.text(page_size(), 1))
}

/// Loads from a page whose private copy a truncation has discarded.
pub(super) fn load_truncated_copy() -> Result<()> {
    truncated::load_discarded(Path::new("lettered"))
}

/// Stores to a page whose private copy a truncation has discarded.
pub(super) fn store_truncated_copy() -> Result<()> {
    truncated::store_discarded(Path::new("lettered"))
}
