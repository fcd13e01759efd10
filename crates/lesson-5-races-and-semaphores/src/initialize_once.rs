//! An object in a mapped file, initialised exactly once, by the first process that comes.
//! `cargo lesson-5` makes its semaphore and its mutex like this.
//!
//! ```text
//! byte  0        8        16        …   64
//!       data     state    data          the semaphore or the mutex
//! ```
//!
//! Calling `sem_init` on a semaphore in use is undefined, and no process may use a half-made
//! semaphore. The word `state` tells how far the object is: 0 (nothing yet), `BEGUN`, or the
//! object's kind, which is stored last. The process that initialises holds an `flock` on the file.
//! If that process is killed half-way, the kernel drops its lock. The next process finds `BEGUN`,
//! clears the bytes and starts again. No process can be using the object then, because no process
//! uses it before the state is its kind.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::Ordering::{Relaxed, Release};

use common::{Context, Failure, Result, page_size};

use crate::sys::Page;

/// The byte at which the object is: aligned for all kinds, and in a cache line of its own.
pub const OBJECT_OFFSET: usize = 64;
const STATE: usize = 8;
/// A process has begun to initialise the object.
const BEGUN: u64 = u64::from_be_bytes(*b"begun in");
const NOT_OURS: &str = "not a file of this lesson";

/// What the file can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A semaphore.
    Semaphore,
    /// A mutex that is not robust.
    PlainMutex,
    /// A robust mutex.
    Mutex,
}

impl ObjectKind {
    /// The state of a file that holds a finished object of this kind.
    fn state(self) -> u64 {
        u64::from_be_bytes(match self {
            Self::Semaphore => *b"sem_t in",
            Self::PlainMutex => *b"plain in",
            Self::Mutex => *b"mutex in",
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Semaphore => "semaphore-in-file",
            Self::PlainMutex => "plain-mutex",
            Self::Mutex => "robust-mutex",
        }
    }
}

/// Maps `path`, which is created with mode 0600 if it is missing. Calls `initialize` if the object
/// of this `kind` is not there yet.
///
/// # Errors
/// Those of the step that failed; a file that holds something else.
pub fn open(
    path: &Path,
    kind: ObjectKind,
    initialize: impl FnOnce(&Page) -> io::Result<()>,
) -> Result<Page> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    // O_NONBLOCK: `open` never waits, whatever `path` names.
    let file = options.custom_flags(libc::O_NONBLOCK).open(path).step_on("open", path)?;
    if !file.metadata().step_on("stat", path)?.is_file() {
        return Err(Failure::refusal("open", path, "not a regular file"));
    }
    file.lock().step_on("lock", path)?; // Rust's `File::lock` is `flock`.
    let page = initialize_once(&file, path, kind, initialize);
    // Closing the file is not enough: the mapping keeps the open file, and with it the lock.
    file.unlock().step_on("unlock", path)?;
    page
}

/// What the process does that holds the `flock`.
fn initialize_once(
    file: &File,
    path: &Path,
    kind: ObjectKind,
    initialize: impl FnOnce(&Page) -> io::Result<()>,
) -> Result<Page> {
    let (length, whole) = (file.metadata().step_on("stat", path)?.len(), page_size() as u64);
    if length != 0 && length != whole {
        return Err(Failure::refusal("open", path, NOT_OURS));
    }
    if length == 0 {
        // Unlike ftruncate, this finds out now whether the disk has room for the page.
        let whole = libc::off_t::try_from(whole).unwrap_or(libc::off_t::MAX);
        nix::fcntl::posix_fallocate(file, 0, whole).step_on("posix_fallocate", path)?;
    }
    let page = Page::of(file).step_on("mmap", path)?;
    // The `flock` orders this load after the stores of the last holder: Relaxed is enough.
    match page.word(STATE).load(Relaxed) {
        ready if ready == kind.state() => return Ok(page),
        0 if page.is_zero_from(0) => {} // A new file. Any other byte would be somebody's data.
        BEGUN => page.clear_from(OBJECT_OFFSET), // The process that began was killed.
        other => return Err(refused(path, kind, other)),
    }
    page.word(STATE).store(BEGUN, Relaxed);
    initialize(&page).step_on("initialise", path)?;
    // Release keeps the initialisation from being reordered after this store. So if a process is killed
    // before the initialisation ends, STATE stays BEGUN.
    page.word(STATE).store(kind.state(), Release);
    Ok(page)
}

fn refused(path: &Path, kind: ObjectKind, found: u64) -> Failure {
    let kinds = [ObjectKind::Semaphore, ObjectKind::PlainMutex, ObjectKind::Mutex];
    let held = kinds.into_iter().find(|held| held.state() == found);
    Failure::refusal(
        "open",
        path,
        match held {
            Some(held) => format!("holds a {}, not a {}", held.name(), kind.name()),
            None => NOT_OURS.into(),
        },
    )
}
