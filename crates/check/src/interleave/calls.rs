//! What a system call is to an interleaving: a point to stop before, a way to wait, or neither.

use super::task::Call;

/// Calls before which a process is stopped, as before a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file lock is taken or given back.
    Lock,
    /// A process sleeps until a word changes, or wakes those that do.
    Futex,
    /// A file is made, sized, renamed or removed.
    Change,
    /// Something is printed.
    Output,
}

/// How a call waits, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// It sleeps for a time, and for nothing else.
    Sleep,
    /// It gives way, or tries and comes back: a turn of a waiting loop.
    Turn,
}

impl Call {
    /// Is it a point, and how is it called in a table?
    pub(super) fn point(&self) -> Option<(Kind, String)> {
        let [first, second, third, ..] = self.arguments;
        let made = |flags: u64| flags & flag(libc::O_CREAT | libc::O_TRUNC) != 0;
        let how = |flags: u64| match (flags & flag(libc::O_CREAT), flags & flag(libc::O_TRUNC)) {
            (0, _) => "opens the file and empties it",
            (_, 0) => "opens the file, making it if there is none",
            _ => "opens the file, making it if there is none, and empties it",
        };
        let (kind, text) = match self.number {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open if made(second) => (Kind::Change, how(second)),
            libc::SYS_openat if made(third) => (Kind::Change, how(third)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_creat => (Kind::Change, "makes or empties the file"),
            libc::SYS_ftruncate | libc::SYS_truncate => (Kind::Change, "sets the file's size"),
            libc::SYS_fallocate => (Kind::Change, "allocates the file's bytes"),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_rename => (Kind::Change, "renames a file"),
            libc::SYS_renameat | libc::SYS_renameat2 => (Kind::Change, "renames a file"),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_link => (Kind::Change, "links a file"),
            libc::SYS_linkat => (Kind::Change, "links a file"),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_unlink => (Kind::Change, "removes a file's name"),
            libc::SYS_unlinkat => (Kind::Change, "removes a file's name"),
            libc::SYS_fcntl => (Kind::Lock, record_lock(second)?),
            libc::SYS_flock if second & flag(libc::LOCK_UN) != 0 => {
                (Kind::Lock, "gives its flock lock back")
            }
            libc::SYS_flock => (Kind::Lock, "asks for a flock lock"),
            libc::SYS_futex => (Kind::Futex, futex(second)),
            libc::SYS_write | libc::SYS_writev if first == 1 => (Kind::Output, "prints"),
            _ => return None,
        };
        Some((kind, text.to_string()))
    }

    /// Is it a sleep that only a signal ends?
    #[cfg(target_arch = "x86_64")]
    pub(super) fn is_for_ever(&self) -> bool {
        self.number == libc::SYS_pause
    }

    /// Is it a sleep that only a signal ends? Newer architectures have no such call.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn is_for_ever(&self) -> bool {
        false
    }

    /// Is it a turn of a waiting loop, whatever it returns?
    pub(super) fn wait(&self) -> Option<Wait> {
        let nothing_watched = |count: u64| count == 0;
        match self.number {
            _ if self.is_for_ever() => Some(Wait::Sleep),
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => Some(Wait::Sleep),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll if nothing_watched(self.arguments[1]) => Some(Wait::Sleep),
            libc::SYS_ppoll if nothing_watched(self.arguments[1]) => Some(Wait::Sleep),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select if nothing_watched(self.arguments[0]) => Some(Wait::Sleep),
            libc::SYS_pselect6 if nothing_watched(self.arguments[0]) => Some(Wait::Sleep),
            libc::SYS_sched_yield | libc::SYS_flock | libc::SYS_futex | libc::SYS_fcntl => {
                Some(Wait::Turn)
            }
            _ => None,
        }
    }

    /// Can it wait for another process? Then it is worth looking at once whether it does.
    pub(super) fn can_block(&self) -> bool {
        matches!(self.number, libc::SYS_flock | libc::SYS_futex | libc::SYS_fcntl)
    }

    /// Does it wait until another process does something, however long that takes?
    pub(super) fn waits_for_ever(&self) -> bool {
        let [_, second, _, fourth, ..] = self.arguments;
        match self.number {
            libc::SYS_fcntl => second == flag(libc::F_SETLKW) || second == flag(libc::F_OFD_SETLKW),
            libc::SYS_flock => second & flag(libc::LOCK_NB) == 0,
            libc::SYS_futex => futex(second) == "waits in futex" && fourth == 0,
            _ => false,
        }
    }

    /// Does it show that the process has got somewhere?
    pub(super) fn is_progress(&self) -> bool {
        matches!(self.point(), Some((Kind::Change | Kind::Output, _)))
            || matches!(self.number, libc::SYS_mmap | libc::SYS_execve | libc::SYS_clone)
    }

    /// In a table, what a process waits in.
    pub(super) fn waits_for(&self) -> &'static str {
        match self.number {
            libc::SYS_futex => "waits in futex",
            libc::SYS_fcntl => "waits for a record lock",
            libc::SYS_flock => "waits for a flock lock",
            libc::SYS_wait4 | libc::SYS_waitid => "waits for its child",
            libc::SYS_read | libc::SYS_readv => "waits for input",
            libc::SYS_write | libc::SYS_writev => "waits until its output is taken",
            _ if self.wait() == Some(Wait::Sleep) => "sleeps, looks and sleeps again",
            _ => "waits in a system call",
        }
    }
}

fn flag(flags: i32) -> u64 {
    u64::from(flags.cast_unsigned())
}

fn record_lock(command: u64) -> Option<&'static str> {
    match i32::try_from(command).ok()? {
        libc::F_SETLK | libc::F_SETLKW => Some("changes a record lock"),
        libc::F_OFD_SETLK | libc::F_OFD_SETLKW => Some("changes an open file description lock"),
        _ => None,
    }
}

fn futex(operation: u64) -> &'static str {
    const COMMAND: u64 = 0x7f; // Without the flags FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME.
    match i32::try_from(operation & COMMAND).unwrap_or(-1) {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => "waits in futex",
        libc::FUTEX_WAKE | libc::FUTEX_WAKE_BITSET | libc::FUTEX_WAKE_OP => "wakes by futex",
        _ => "calls futex",
    }
}
