//! A thermometer that is cut short between a watcher's check and its load.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, say};

use crate::seqlock;
use crate::thermometer::Reader;
use crate::thermometer_file::{check_size, end_cleanly_if_cut_short};

/// Does what `watch` does, and cuts the file after the check.
pub(super) fn while_watching() -> Result<()> {
    let path = Path::new("thermometer");
    end_cleanly_if_cut_short("watch", path)?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let reader = Reader::of(&file).step_on("mmap", path)?;
    check_size("watch", &file, path)?;
    file.set_len(0).step_on("ftruncate", path)?;
    say!("loaded {:?}", seqlock::read(&reader, || ()))
}
