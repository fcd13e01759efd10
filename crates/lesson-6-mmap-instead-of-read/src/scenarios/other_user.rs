//! `mincore` and `cachestat` on a file of another user.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, outcome, say};

use crate::View;
use crate::cost::{cached, make_cold};

/// Prints how many pages of `file` are cached according to `mincore`. This user may only read it.
pub(super) fn resident() -> Result<()> {
    let path = Path::new("file");
    let file = File::open(path).step_on("open", path)?;
    make_cold(&file, path)?;
    let length = file.metadata().step_on("stat", path)?.len();
    let length = usize::try_from(length).map_err(std::io::Error::other).step_on("stat", path)?;
    let view = View::of(&file, length).step_on("mmap", path)?;
    say!("cached {}", cached(view.address(), length)?)?;
    say!("cachestat {}", outcome(&page_view::cache_counts(&file)))
}
