//! `mincore` and `cachestat` on a file that belongs to somebody else.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, say};

use crate::View;
use crate::cost::{cached, chill};

/// Says how many pages of `file`, which this user may only read, are said to be in the page cache.
pub(super) fn resident() -> Result<()> {
    let path = Path::new("file");
    let file = File::open(path).step_on("open", path)?;
    chill(&file, path)?;
    let length = file.metadata().step_on("stat", path)?.len();
    let length = usize::try_from(length).map_err(std::io::Error::other).step_on("stat", path)?;
    let view = View::of(&file, length).step_on("mmap", path)?;
    say!("cached {}", cached(view.address(), length)?)?;
    let counted = page_view::cache_counts(&file);
    say!("cachestat {}", counted.err().and_then(|error| error.raw_os_error()).unwrap_or(0))
}
