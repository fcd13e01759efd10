//! A ring in a file: who made it, who is at it, and who has died at it. `cargo lesson-7` kills one.
//!
//! ```text
//! 0        8       12       128                          256                         384
//! ▏ kind   ▏ slots ▏ words  ▏ count ▏ waited ▏ attached  ▏ count ▏ waited ▏ attached ▏ slots …
//!                             the producer's line          the consumer's line
//! ```
//!
//! A killed process stores nothing any more, so its memory cannot tell that it is dead. The kernel can:
//! each side holds a lock on a byte of the file, and a lock goes with its holder. Who has waited for a
//! while asks whether the other side's lock is still held.

use std::fs::{self, File};
use std::io::{self, Error};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use common::{Context, Failure, Result};
use nix::fcntl::{FcntlArg, fcntl, posix_fallocate};

use crate::barrier;
use crate::ring::{Ring, Side};
use crate::sys::Shared;

const KIND: &[u8; 8] = b"ring (7)";
/// A line each: neither side's stores take the other's line away. Twice 64 bytes, because the CPU may
/// fetch lines in pairs.
const LINES: [usize; 2] = [128, 256];
const SLOTS: usize = 384;
/// Offsets in a side's line.
const WAITED_FOR: usize = 4;
const ATTACHED: usize = 8;

/// Which side of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Role {
    Producer,
    Consumer,
}

impl Role {
    fn other(self) -> Self {
        if self == Self::Producer { Self::Consumer } else { Self::Producer }
    }
}

/// A ring that this process is attached to, at one side.
pub struct RingFile {
    shared: Shared,
    file: File,
    role: Role,
    slot_count: u32,
    slot_words: usize,
}

/// Makes a ring for `slot_count` messages of at most `longest` bytes. All of its space on the disk is
/// reserved: a full disk is an error here, and not a SIGBUS later.
///
/// # Errors
/// `EEXIST`; `ENOSPC` if the disk is full, `EFBIG` above the user's limit; a refusal if `slot_count`
/// is no power of two or the ring would be larger than the counts can say.
pub fn create(path: &Path, longest: usize, slot_count: u32) -> Result<()> {
    let words = longest.div_ceil(8).checked_add(1).and_then(|words| u32::try_from(words).ok());
    let words = words.filter(|words| length(slot_count, *words).is_some());
    let Some((words, length)) = words.and_then(|words| Some((words, length(slot_count, words)?)))
    else {
        return Err(Failure::refusal("create", path, "no size for a ring"));
    };
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(path);
    let file = file.step_on("create", path)?;
    let made = posix_fallocate(&file, 0, length).map_err(Error::from).and_then(|()| {
        file.write_all_at(&slot_count.to_ne_bytes(), 8)?;
        file.write_all_at(&words.to_ne_bytes(), 12)?;
        file.write_all_at(KIND, 0)
    });
    if made.is_err() {
        let _ = fs::remove_file(path); // Half a ring is of no use; the reason for it is said.
    }
    made.step_on("reserve the space of", path)
}

impl RingFile {
    /// Attaches this process to a ring, as its producer or its consumer.
    ///
    /// # Errors
    /// `open`'s and `mmap`'s own; a refusal if it is no ring, or has or had somebody in this role;
    /// `membarrier`'s if a sandbox forbids it.
    pub fn attach(path: &Path, role: Role) -> Result<Self> {
        let refused = |words: &str| Failure::refusal("attach to", path, words);
        let options = File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).clone();
        let file = options.open(path).step_on("open", path)?;
        let mut head = [0; 16];
        let found = file.metadata().step_on("stat", path)?;
        let whole = found.is_file() && file.read_exact_at(&mut head, 0).is_ok();
        let number = |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        // What the file says is copied, checked, and never looked at again.
        let (slot_count, words) = (number(8), number(12));
        let length = length(slot_count, words).and_then(|length| u64::try_from(length).ok());
        if !whole || head[..8] != *KIND || length != Some(found.len()) {
            return Err(refused("not a ring of this lesson"));
        }
        barrier::register().step("membarrier")?;
        let bytes = usize::try_from(found.len()).map_err(|_| refused("too large to map"))?;
        let shared = Shared::of(&file, bytes).step_on("mmap", path)?;
        let slot_words = usize::try_from(words).map_err(|_| refused("too large to map"))?;
        let ring = Self { shared, file, role, slot_count, slot_words };
        match fcntl(&ring.file, FcntlArg::F_OFD_SETLK(&lock_on(role))).map_err(Error::from) {
            Err(held) if held.raw_os_error() == Some(libc::EAGAIN) => {
                return Err(refused("somebody has this role"));
            }
            locked => locked.step_on("lock", path)?,
        };
        let attached = ring.shared.word(LINES[role as usize] + ATTACHED);
        if attached.swap(1, Relaxed) != 0 {
            return Err(refused("somebody had this role; a ring serves one of each"));
        }
        Ok(ring)
    }

    /// The ring itself.
    pub fn ring(&self) -> Ring<'_> {
        let side = |role: Role| {
            let line = LINES[role as usize];
            let waited_for = self.shared.word(line + WAITED_FOR);
            Side { count: self.shared.word(line), waited_for }
        };
        let (slot_count, slot_words) = (self.slot_count, self.slot_words);
        let slots = self.shared.words(SLOTS, slot_count as usize * slot_words);
        let (written, read) = (side(Role::Producer), side(Role::Consumer));
        Ring { written, read, slots, slot_count, slot_words }
    }

    /// Asks after the other side: it lives, or has not come yet, or has closed.
    ///
    /// # Errors
    /// `EOWNERDEAD` if it came, is gone, and did not close.
    pub fn ask_after_the_other_side(&self) -> io::Result<()> {
        let other = self.role.other();
        if self.shared.word(LINES[other as usize] + ATTACHED).load(Acquire) == 0 {
            return Ok(()); // As with a FIFO: one waits for the other to come.
        }
        let mut lock = lock_on(other);
        fcntl(&self.file, FcntlArg::F_OFD_GETLK(&mut lock))?;
        let is_free = i32::from(lock.l_type) == libc::F_UNLCK;
        // Closed between our last look and the question: the ring says so itself.
        let closed = self.shared.word(LINES[other as usize]).load(Acquire) & crate::ring::CLOSED != 0;
        if is_free && !closed { Err(Error::from_raw_os_error(libc::EOWNERDEAD)) } else { Ok(()) }
    }
}

/// Bytes of a ring's file, if such a ring can be.
fn length(slot_count: u32, slot_words: u32) -> Option<i64> {
    let fits = slot_count.is_power_of_two() && slot_count <= 1 << 24 && slot_words >= 1;
    let bytes = u64::from(slot_count).checked_mul(u64::from(slot_words))?.checked_mul(8)?;
    i64::try_from(bytes).ok()?.checked_add(i64::try_from(SLOTS).ok()?).filter(|_| fits)
}

/// A lock on one byte: the first is the producer's, the second the consumer's.
fn lock_on(role: Role) -> libc::flock {
    libc::flock {
        l_type: libc::c_short::try_from(libc::F_WRLCK).unwrap_or_default(),
        l_whence: libc::c_short::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: i64::from(role as u8),
        l_len: 1,
        l_pid: 0, // As OFD locks demand.
    }
}
