//! Closing a descriptor releases more than it should (record locks: *any* descriptor of the file)
//! or less (OFD locks and flock: a mapping made of it keeps them, but on overlayfs).
//! `cargo lesson-5` shows both.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use common::{Context, Result, Stage, file_system, page_size, say};
use memmap2::MmapOptions;

use crate::second_process::SecondProcess;
use crate::{Exclusion, flock::Flock, ofd_locks::OfdLocks, record_locks::RecordLocks};

/// What the second process finds when it tries the lock at each moment.
#[derive(Debug, PartialEq, Eq)]
pub struct Findings {
    /// The file was opened a second time, and that descriptor closed.
    pub another_closed: &'static str,
    /// The descriptor that locked was closed; a mapping of it is left.
    pub mapping_left: &'static str,
    /// The mapping is gone, too.
    pub unmapped: &'static str,
}

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("closing");
    say!("   A locks. What B finds when A has closed another descriptor of the file;")?;
    say!("   when A has closed its own, but has mapped it; when A has unmapped:")?;
    row("record lock", ["free"; 3], &find(RecordLocks::open, "F_SETLK d F_WRLCK 0 0", &path)?)?;
    // overlayfs maps the file beneath: the mapping has no reference to what was locked.
    let overlay = file_system(stage.scratch.path())? == "overlayfs";
    let kept = ["held", if overlay { "free" } else { "held" }, "free"];
    row("OFD lock", kept, &find(OfdLocks::open, "F_OFD_SETLK d F_WRLCK 0 0", &path)?)?;
    row("flock", kept, &find(Flock::open, "flock d LOCK_EX|LOCK_NB", &path)?)
}

fn row(name: &str, expected: [&str; 3], found: &Findings) -> Result<()> {
    let found = [found.another_closed, found.mapping_left, found.unmapped].join(", ");
    say!("       {name:12} {found} (expected {})", expected.join(", "))
}

/// Locks `path`, closes and unmaps in turn, and lets a second process make the call `attempt`.
///
/// # Errors
/// Any step of the system's.
pub fn find<Lock: Exclusion + AsFd>(
    open: fn(&Path) -> Result<Lock>,
    attempt: &str,
    path: &Path,
) -> Result<Findings> {
    let mut lock = open(path)?;
    lock.enter().step_on("lock", path)?;
    drop(File::open(path).step_on("open", path)?);
    let another_closed = tried(attempt, path)?;

    lock.enter().step_on("lock", path)?; // Where it was lost, it is taken again.
    let mapping = MmapOptions::new().len(page_size()).map_raw(lock.as_fd().as_raw_fd());
    let mapping = mapping.step_on("mmap", path)?;
    drop(lock);
    let mapping_left = tried(attempt, path)?;

    drop(mapping);
    Ok(Findings { another_closed, mapping_left, unmapped: tried(attempt, path)? })
}

/// A second process of its own for each attempt: what it locked ends with it.
fn tried(attempt: &str, path: &Path) -> Result<&'static str> {
    let answer = SecondProcess::start(path)?.ask(attempt)?;
    Ok(if answer == "ok" { "free" } else { "held" })
}
