//! The end of a descriptor and of a process, and what it leaves.

use std::fs::{File, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::failures::outcome;
use crate::sys::MmapCall;
use crate::{Mapping, own_file};

/// Maps a file by the number of its descriptor, while it is open and after it is closed.
pub(super) fn closed_descriptor() -> Result<()> {
    let path = Path::new("file");
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    let call = MmapCall { fd: file.as_raw_fd(), ..MmapCall::shared(&file, page_size()) };
    say!("open {}", outcome(call.make()))?;
    drop(file);
    say!("closed {}", outcome(call.make()))
}

/// Takes all permissions from a file that is open and mapped, then stores, maps, reads, and opens.
pub(super) fn map_after_chmod() -> Result<()> {
    let path = Path::new("file");
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len(6).step_on("ftruncate", path)?;
    let mapping = Mapping::of(&file, 6).step_on("mmap", path)?;
    file.set_permissions(Permissions::from_mode(0o000)).step_on("fchmod", path)?;
    say!("new-open {}", outcome(File::open(path)))?;
    mapping.store(0, b"stored");
    let later = Mapping::of(&file, 6);
    let loaded = later.as_ref().map(|later| later.load(0, 6)).unwrap_or_default();
    say!("new-mmap {}", outcome(later))?;
    say!("loaded {}", String::from_utf8_lossy(&loaded))?;
    let mut read = [0; 6];
    file.read_exact_at(&mut read, 0).step_on("read", path)?;
    say!("read {}", String::from_utf8_lossy(&read))
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
