//! A ring in a file: its layout, who is attached to it, and whether the other process has died.
//! `cargo lesson-7` prints one, and kills a process that uses another.
//!
//! ```text
//! 0        8       12      128      256      384                     512                     640
//! ▏ kind   ▏ slots ▏ words ▏ count  ▏ count  ▏ flag     ▏ attached ▏ flag     ▏ attached ▏ slots …
//!                            written  read     on written  producer  on read     consumer
//! ```
//!
//! A killed process stores nothing any more, so its memory cannot show that it is dead. The kernel can:
//! each process holds a lock on a byte of the file, and the kernel releases the lock when the process
//! ends. A process whose sleep has timed out asks whether the other process's lock is still held.
//!
//! The lock belongs to the open file description (lesson 5). If the process has forked and the child
//! has not called `exec`, the child keeps the lock, and the death goes unnoticed.

use std::fs::{self, File};
use std::io::{self, Error};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use common::clap::{self, ValueEnum};
use common::{Context, Failure, Result};
use nix::fcntl::{FcntlArg, fcntl, posix_fallocate};

use crate::barrier;
use crate::ring::{ONE, Ring, Side};
use crate::sys::Shared;

const KIND: &[u8; 8] = b"ring (7)";
/// Each count has its own cache line, so that one process's stores don't take away the line of the
/// other count. 128 bytes, because a CPU may fetch lines of 64 bytes in pairs.
const COUNTS: [usize; 2] = [128, 256];
/// These words are rarely stored to. In a count's line, each look at them would wait for that line.
const FLAGS: [usize; 2] = [384, 512];
const ATTACHED: [usize; 2] = [388, 516];
const SLOTS: usize = 640;

/// Which side of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Role {
    #[value(name = "sender")]
    Producer,
    #[value(name = "receiver")]
    Consumer,
}

impl Role {
    /// The role of the process at the other side.
    pub fn other(self) -> Self {
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

/// Makes a ring for `slot_count` messages of at most `longest` bytes. Reserves all of its space on the
/// disk, so that a full disk is an error here and not a SIGBUS later (except on btrfs, lesson 1).
///
/// # Errors
/// `EEXIST`; `ENOSPC` if the disk is full; a refusal if `slot_count`
/// is not a power of two, or if the ring would be too large for its counts.
pub fn create(path: &Path, longest: usize, slot_count: u32) -> Result<()> {
    let words = longest.div_ceil(8).checked_add(1).and_then(|words| u32::try_from(words).ok());
    let words = words.filter(|words| length(slot_count, *words).is_some());
    let Some((words, length)) = words.and_then(|words| Some((words, length(slot_count, words)?)))
    else {
        return Err(Failure::refusal(
            "create",
            path,
            "a ring needs a power of two of slots, at most 16 million",
        ));
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
        let _ = fs::remove_file(path); // Half a ring is useless; the error below says why.
    }
    made.step_on("reserve the space of", path)
}

impl RingFile {
    /// Attaches this process to a ring, as its producer or its consumer.
    ///
    /// # Errors
    /// `open`'s and `mmap`'s own; a refusal if the file is not a ring, or if another process has or had
    /// this role; `membarrier`'s if a sandbox forbids it.
    pub fn attach(path: &Path, role: Role) -> Result<Self> {
        let refused = |words: &str| Failure::refusal("attach to", path, words);
        let side = if role == Role::Producer { "sender" } else { "receiver" };
        let options = File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).clone();
        let file = options.open(path).step_on("open", path)?;
        let mut head = [0; 16];
        let found = file.metadata().step_on("stat", path)?;
        let whole = found.is_file() && file.read_exact_at(&mut head, 0).is_ok();
        let number =
            |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        // Copy the sizes, check them, and never load them again.
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
                return Err(refused(&format!("another process is its {side}")));
            }
            locked => locked.step_on("lock", path)?,
        };
        let attached = ring.shared.word(ATTACHED[role as usize]);
        if attached.swap(1, Relaxed) != 0 {
            return Err(refused(&format!(
                "another process was its {side}; a ring serves only one pair, so remove the file"
            )));
        }
        Ok(ring)
    }

    /// The address where this process has mapped the ring.
    pub fn address(&self) -> usize {
        self.shared.address()
    }

    /// The ring itself.
    pub fn ring(&self) -> Ring<'_> {
        let side = |role: Role| {
            let flag = self.shared.word(FLAGS[role as usize]);
            Side { count: self.shared.word(COUNTS[role as usize]), flag }
        };
        let (slot_count, slot_words) = (self.slot_count, self.slot_words);
        let slots = self.shared.words(SLOTS, slot_count as usize * slot_words);
        let (written, read) = (side(Role::Producer), side(Role::Consumer));
        Ring { written, read, slots, slot_count, slot_words }
    }

    /// Checks that the other process lives, or has not attached yet, or has closed.
    ///
    /// # Errors
    /// `EOWNERDEAD` if it attached, has ended, and did not close.
    pub fn check_peer(&self) -> io::Result<()> {
        let other = self.role.other();
        if self.shared.word(ATTACHED[other as usize]).load(Acquire) == 0 {
            return Ok(()); // As with a FIFO, the first process waits until the second attaches.
        }
        let mut lock = lock_on(other);
        fcntl(&self.file, FcntlArg::F_OFD_GETLK(&mut lock))?;
        let is_free = i32::from(lock.l_type) == libc::F_UNLCK;
        // It may have closed since we last looked at its count: then it is not dead.
        let closed =
            self.shared.word(COUNTS[other as usize]).load(Acquire) & crate::ring::CLOSED != 0;
        if is_free && !closed { Err(Error::from_raw_os_error(libc::EOWNERDEAD)) } else { Ok(()) }
    }
}

/// What the memory of a ring holds at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// Messages that the producer has written.
    pub written: u32,
    /// Messages that the consumer has read, as far as it has published them.
    pub read: u32,
    /// Whether the consumer is asleep, or about to sleep.
    pub receiver_sleeps: bool,
    /// The message in each slot, also if it has been read.
    pub slots: Vec<String>,
    slot_bytes: usize,
}

impl Snapshot {
    /// What lies where in the file: offset, length and name of each field, with its contents.
    pub fn fields(&self) -> Vec<(u64, u64, String)> {
        let flag = u32::from(self.receiver_sleeps);
        let mut fields = vec![
            (0, 16, "kind and sizes".to_owned()),
            (COUNTS[0], 4, format!("written: {}", self.written)),
            (COUNTS[1], 4, format!("read: {}", self.read)),
            (FLAGS[0], 4, format!("flag {flag}: receiver sleeps")),
            (ATTACHED[0], 4, "sender attached".into()),
            (FLAGS[1], 4, "flag: sender sleeps".into()),
            (ATTACHED[1], 4, "receiver attached".into()),
        ];
        fields.extend(self.slots.iter().enumerate().map(|(number, text)| {
            (SLOTS + number * self.slot_bytes, self.slot_bytes, format!("slot {number}: {text}"))
        }));
        let bytes = |number| u64::try_from(number).unwrap_or(u64::MAX);
        fields.into_iter().map(|(at, length, name)| (bytes(at), bytes(length), name)).collect()
    }
}

/// Reads the memory of the ring at `path`. A file that is mapped shared and the same file read with
/// `read` are the same memory (lesson 2).
///
/// # Errors
/// Of reading the file.
pub fn snapshot(path: &Path) -> Result<Snapshot> {
    let bytes = fs::read(path).step_on("read", path)?;
    let word = |at: usize| {
        let (word, _) = bytes[at..].split_first_chunk().unwrap_or((&[0; 4], &[]));
        u32::from_ne_bytes(*word)
    };
    let slot_bytes = word(12) as usize * 8;
    let slots = bytes[SLOTS..].chunks_exact(slot_bytes).map(|slot| {
        let (length, message) = slot.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let length = usize::try_from(u64::from_ne_bytes(*length)).unwrap_or(usize::MAX);
        String::from_utf8_lossy(&message[..length.min(message.len())]).into_owned()
    });
    let slots = slots.collect();
    let [written, read] = COUNTS.map(|at| word(at) / ONE);
    let receiver_sleeps = word(FLAGS[Role::Producer as usize]) != 0;
    Ok(Snapshot { written, read, receiver_sleeps, slots, slot_bytes })
}

/// Bytes of a ring's file, if the sizes are allowed.
fn length(slot_count: u32, slot_words: u32) -> Option<i64> {
    let fits = slot_count.is_power_of_two() && slot_count <= 1 << 24 && slot_words >= 1;
    let bytes = u64::from(slot_count).checked_mul(u64::from(slot_words))?.checked_mul(8)?;
    i64::try_from(bytes).ok()?.checked_add(i64::try_from(SLOTS).ok()?).filter(|_| fits)
}

/// A lock on one byte of the file: the first is the producer's, the second the consumer's.
fn lock_on(role: Role) -> libc::flock {
    libc::flock {
        l_type: libc::c_short::try_from(libc::F_WRLCK).unwrap_or_default(),
        l_whence: libc::c_short::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: i64::from(role as u8),
        l_len: 1,
        l_pid: 0, // OFD locks require 0.
    }
}
