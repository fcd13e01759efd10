//! What processes ask the kernel for at a preemption point, and why one of them cannot go on.

use std::fmt;

/// A call at a preemption point: what it asks the kernel for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To get a lock on a file.
    Lock(FileLock),
    /// To give a lock on a file back.
    Unlock {
        /// The lock.
        lock: FileLock,
        /// The process holds no lock there.
        holds_none: bool,
    },
    /// To close a descriptor of this file, on which the process holds a record lock: that ends the lock.
    CloseLocked(String),
    /// To sleep in futex while a word has a value.
    Sleep {
        /// The word.
        word: Word,
        /// The value.
        value: u32,
        /// What the word holds now, if that is known.
        found: Option<u32>,
    },
    /// To wake processes that sleep in futex on a word.
    Wake {
        /// The word.
        word: Word,
        /// How many of them at most.
        count: u32,
    },
    /// To open a file that this may make or empty.
    Open {
        /// The file.
        file: String,
        /// It makes the file if there is none.
        makes: bool,
        /// It fails if there is a file.
        must_be_new: bool,
        /// It takes away all bytes of the file.
        empties: bool,
    },
    /// To give a file this size.
    Resize {
        /// The file.
        file: String,
        /// The size in bytes.
        size: u64,
    },
    /// To print: the beginning of the text, if it could be read.
    Print(Option<Vec<u8>>),
    /// Something else, in words: a verb with its object, such as `renames a to b`.
    Other(String),
}

/// A lock on a file or on some bytes of it, which the kernel keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLock {
    /// Which kind of lock.
    pub kind: LockKind,
    /// The file's name.
    pub file: String,
    /// The first byte and how many bytes, if the lock is not on the whole file.
    pub bytes: Option<(i64, i64)>,
    /// Several processes may hold it at a time.
    pub is_shared: bool,
}

/// A kind of lock on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// Of `F_OFD_SETLK` and `F_OFD_SETLKW`.
    OpenFileDescription,
    /// Of `F_SETLK` and `F_SETLKW`.
    Record,
    /// Of `flock`.
    Flock,
}

/// A word of a watched file on which processes sleep in futex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The first byte's place in the file.
    pub offset: u64,
    /// FUTEX_PRIVATE_FLAG: the call reaches only threads of its own process.
    pub is_private: bool,
}

/// Why a process cannot go on alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// It sleeps in futex until it is woken.
    Futex {
        /// Only threads of its own process can wake it.
        is_private: bool,
    },
    /// It sleeps until it gets this lock.
    Lock(FileLock),
    /// It waits for its child.
    Child,
    /// It waits for input.
    Input,
    /// Its output is not taken.
    Output,
    /// It sleeps in another call.
    Call,
    /// It sleeps for a time, looks, and sleeps again.
    Naps,
    /// It tries something, fails, and tries again.
    Tries,
    /// It turns in a loop that opens or maps the file.
    Opens,
    /// It turns in a loop, without a call or a store.
    Spins,
    /// It makes calls and gets nowhere.
    Calls,
    /// It had time enough, and has not ended.
    Unfinished,
}

impl Blocked {
    /// Does the kernel wake it when that for which it waits has happened?
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        matches!(
            self,
            Self::Futex { .. }
                | Self::Lock(_)
                | Self::Child
                | Self::Input
                | Self::Output
                | Self::Call
        )
    }

    /// Does it use CPU time while it waits?
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Tries | Self::Opens | Self::Spins)
    }
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenFileDescription => "open file description lock",
            Self::Record => "record lock",
            Self::Flock => "flock lock",
        })
    }
}
