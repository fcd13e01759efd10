//! A thing in a mapped file, made once by whoever comes first. `cargo lesson-5` makes its
//! semaphore and its mutex so.
//!
//! ```text
//! byte  0        8        16        …   64
//!       count    state    free          the semaphore or the mutex
//! ```
//!
//! `sem_init` on a semaphore that is in use is undefined, so exactly one process may call it, and
//! nobody may use what is half made. The state says how far it is: 0 nothing yet, `BEGUN`, then
//! the kind of thing, stored last. Who makes it holds a lock of the kernel's on the file: if it is
//! killed half-way, the lock is gone with it, and the next one finds `BEGUN` and begins again.
//! Nobody can be using the thing then, because nobody uses it before its kind stands there.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use common::{Context, Failure, Result, page_size};

use crate::sys::Page;

/// The byte at which the thing is: aligned for both, and in a cache line of its own.
pub const THING: usize = 64;
const STATE: usize = 8;
/// Somebody has begun to make it.
const BEGUN: u64 = 1;

/// Maps `path`, which is created with mode 0600 if missing; `make` runs if the thing of this `kind`
/// is not there yet.
///
/// # Errors
/// The system's, on the step that failed; a file that is not of this kind.
pub fn open(path: &Path, kind: u64, make: impl FnOnce(&Page) -> io::Result<()>) -> Result<Page> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.custom_flags(libc::O_NONBLOCK).open(path).step_on("open", path)?;
    if !file.metadata().step_on("stat", path)?.is_file() {
        return Err(Failure::refusal("open", path, "not a regular file"));
    }
    file.lock().step_on("lock", path)?;
    let page = make_once(&file, path, kind, make);
    // Closing would not do: the mapping keeps the open file, and with it the lock.
    file.unlock().step_on("unlock", path)?;
    page
}

/// What the holder of the lock does.
fn make_once(
    file: &File,
    path: &Path,
    kind: u64,
    make: impl FnOnce(&Page) -> io::Result<()>,
) -> Result<Page> {
    let refusal = || Failure::refusal("open", path, "not a file of this lesson");
    let (length, whole) = (file.metadata().step_on("stat", path)?.len(), page_size() as u64);
    if length != 0 && length != whole {
        return Err(refusal());
    }
    if length == 0 {
        let whole = libc::off_t::try_from(whole).unwrap_or(libc::off_t::MAX);
        nix::fcntl::posix_fallocate(file, 0, whole).step_on("posix_fallocate", path)?;
    }
    let page = Page::of(file).step_on("mmap", path)?;
    match page.word(STATE).load(Acquire) {
        ready if ready == kind => return Ok(page), // Pairs with the Release below.
        0 if page.is_zero_from(0) => page.word(STATE).store(BEGUN, Relaxed),
        BEGUN => {}
        _ => return Err(refusal()),
    }
    make(&page).step_on("make", path)?;
    page.word(STATE).store(kind, Release);
    Ok(page)
}
