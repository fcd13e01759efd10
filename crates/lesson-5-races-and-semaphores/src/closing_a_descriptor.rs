//! Closing *any* descriptor of a file releases the process's record locks on it. Closing the
//! descriptor of an OFD lock or of `flock` releases nothing on Linux while a mapping of that
//! descriptor is left (except on overlayfs). `cargo lesson-5` shows both.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use common::{Context, Failure, Result, Stage, compare, file_system, page_size, sentence};
use memmap2::MmapOptions;

use crate::second_process::start_lock_caller;
use crate::{Lock, flock::Flock, ofd_locks::OfdLocks, record_locks::RecordLocks};

/// What the second process finds when it tries the lock at each moment.
#[derive(Debug, PartialEq, Eq)]
pub struct Findings {
    /// The process has opened the file a second time and closed that descriptor.
    pub another_closed: &'static str,
    /// The process has closed the descriptor that it locked with; a mapping is left.
    pub mapping_left: &'static str,
    /// The process has unmapped, too.
    pub unmapped: &'static str,
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("closing");
    sentence("A locks and maps the file. Then A:")?;
    sentence("1. closes another descriptor of the file;")?;
    sentence("2. locks again, and closes the descriptor of the lock;")?;
    sentence("3. unmaps the file.")?;
    sentence("After 1, 2 and 3, B finds the lock:")?;
    row("record lock", ["free"; 3], &find(RecordLocks::open, "F_SETLK d F_WRLCK 0 0", &path)?)?;
    // overlayfs maps the file of the layer below, so the mapping does not keep the locked file open.
    let overlay = file_system(stage.scratch.path())? == "overlayfs";
    let kept = ["held", if overlay { "free" } else { "held" }, "free"];
    row("OFD lock", kept, &find(OfdLocks::open, "F_OFD_SETLK d F_WRLCK 0 0", &path)?)?;
    row("flock", kept, &find(Flock::open, "flock d LOCK_EX|LOCK_NB", &path)?)
}

fn row(name: &str, expected: [&str; 3], found: &Findings) -> Result<()> {
    let found = [found.another_closed, found.mapping_left, found.unmapped].join(", ");
    compare(&format!("{name}: "), found, expected.join(", "))
}

/// Locks `path`, closes and unmaps in turn; each time a second process makes the call `attempt`.
///
/// # Errors
/// Those of the step that failed.
pub fn find<L: Lock + AsFd>(
    open: fn(&Path) -> Result<L>,
    attempt: &str,
    path: &Path,
) -> Result<Findings> {
    let mut lock = open(path)?;
    lock.lock().step_on("lock", path)?;
    let mapping = MmapOptions::new().len(page_size()).map_raw(lock.as_fd().as_raw_fd());
    let mapping = mapping.step_on("mmap", path)?;
    drop(File::open(path).step_on("open", path)?);
    let another_closed = tried(attempt, path)?;

    // The close has ended a record lock. Without a new lock, the next close would end nothing.
    lock.lock().step_on("lock", path)?;
    drop(lock);
    let mapping_left = tried(attempt, path)?;

    drop(mapping);
    Ok(Findings { another_closed, mapping_left, unmapped: tried(attempt, path)? })
}

/// Starts a new process for each attempt: what it locks ends with it.
fn tried(attempt: &str, path: &Path) -> Result<&'static str> {
    match start_lock_caller(path)?.ask(attempt)?.as_str() {
        "ok" => Ok("free"),
        "EAGAIN" => Ok("held"),
        other => Err(Failure::refusal("try to lock", path, format!("answered {other:?}"))),
    }
}
