//! A thing in a mapped file, made once by whoever comes first. `cargo lesson-5` makes its
//! semaphore and its mutex so.
//!
//! ```text
//! byte  0        8        16        …   64
//!       count    state    free          the semaphore or the mutex
//! ```
//!
//! `sem_init` on a semaphore that is one already is undefined, so exactly one process may call it,
//! and nobody may use what is half made. The state says how far it is: 0 nothing yet, `BEGUN`, then
//! the kind of thing, stored last. Who makes it holds an `flock` on the file: if it is killed
//! half-way, the kernel takes the lock away, and the next one finds `BEGUN`, wipes the bytes and
//! begins again. Nobody can be using the thing then, because nobody uses it before its kind stands
//! there. That zeroed bytes are "not initialized" to POSIX, too, is written nowhere; with glibc, a
//! semaphore or a mutex is its bytes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::Ordering::{Relaxed, Release};

use common::{Context, Failure, Result, page_size};

use crate::sys::Page;

/// The byte at which the thing is: aligned for both, and in a cache line of its own.
pub const THING: usize = 64;
const STATE: usize = 8;
/// Somebody has begun to make it.
const BEGUN: u64 = u64::from_be_bytes(*b"begun in");
const NOT_OURS: &str = "not a file of this lesson";

/// What can be made: the name that the file is asked for by, and the word in the file that says so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A semaphore.
    Semaphore,
    /// A robust mutex.
    Mutex,
}

impl Kind {
    fn word(self) -> u64 {
        u64::from_be_bytes(match self {
            Self::Semaphore => *b"sem_t in",
            Self::Mutex => *b"mutex in",
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Semaphore => "semaphore-in-file",
            Self::Mutex => "robust-mutex",
        }
    }
}

/// Maps `path`, which is created with mode 0600 if missing; `make` runs if the thing of this `kind`
/// is not there yet.
///
/// # Errors
/// The system's, on the step that failed; a file that is not of this kind.
pub fn open(path: &Path, kind: Kind, make: impl FnOnce(&Page) -> io::Result<()>) -> Result<Page> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.custom_flags(libc::O_NONBLOCK).open(path).step_on("open", path)?;
    if !file.metadata().step_on("stat", path)?.is_file() {
        return Err(Failure::refusal("open", path, "not a regular file"));
    }
    file.lock().step_on("lock", path)?; // Rust's `File::lock` is `flock`.
    let page = make_once(&file, path, kind, make);
    // Closing would not do: the mapping keeps the open file, and with it the lock.
    file.unlock().step_on("unlock", path)?;
    page
}

/// What the holder of the lock does.
fn make_once(
    file: &File,
    path: &Path,
    kind: Kind,
    make: impl FnOnce(&Page) -> io::Result<()>,
) -> Result<Page> {
    let (length, whole) = (file.metadata().step_on("stat", path)?.len(), page_size() as u64);
    if length != 0 && length != whole {
        return Err(Failure::refusal("open", path, NOT_OURS));
    }
    if length == 0 {
        let whole = libc::off_t::try_from(whole).unwrap_or(libc::off_t::MAX);
        nix::fcntl::posix_fallocate(file, 0, whole).step_on("posix_fallocate", path)?;
    }
    let page = Page::of(file).step_on("mmap", path)?;
    // The lock puts all who come here in an order. What counts is the order against a kill: the
    // kind is stored last, and `Release` forbids to move the making behind it.
    match page.word(STATE).load(Relaxed) {
        ready if ready == kind.word() => return Ok(page),
        0 if page.is_zero_from(0) => {} // New: a byte that is not zero would be somebody's data.
        BEGUN => page.wipe_from(THING), // Begun by one who was killed.
        other => return Err(refused(path, kind, other)),
    }
    page.word(STATE).store(BEGUN, Relaxed);
    make(&page).step_on("make", path)?;
    page.word(STATE).store(kind.word(), Release);
    Ok(page)
}

fn refused(path: &Path, kind: Kind, found: u64) -> Failure {
    let held = [Kind::Semaphore, Kind::Mutex].into_iter().find(|held| held.word() == found);
    Failure::refusal(
        "open",
        path,
        match held {
            Some(held) => format!("holds a {}, not a {}", held.name(), kind.name()),
            None => NOT_OURS.into(),
        },
    )
}
