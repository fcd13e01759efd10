//! The end of a descriptor and of a process, and what it leaves.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::failures::errno_name;
use crate::sys::MmapCall;
use crate::{Mapping, own_file};

/// Maps a file by the number of its descriptor, while it is open and after it is closed.
pub(super) fn closed_descriptor() -> Result<()> {
    let path = Path::new("file");
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    let call = MmapCall { fd: file.as_raw_fd(), ..MmapCall::shared(&file, page_size()) };
    say!("open {}", errno_name(call.make()))?;
    drop(file);
    say!("closed {}", errno_name(call.make()))
}

/// Stores in a mapping of the test's file, prints a line, and waits to be killed.
pub(super) fn store_and_wait() -> Result<()> {
    let path = Path::new("file");
    let mapping = Mapping::of(&own_file::open(path)?, 6).step_on("mmap", path)?;
    mapping.store(0, b"stored");
    say!("stored yes")?;
    std::io::stdin().read_line(&mut String::new()).step("wait")?;
    Ok(())
}
