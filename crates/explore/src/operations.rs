//! What a system call is to an interleaving: a point to stop before, a way to wait, or neither.

use tracer::Syscall;
use tracer::arch::legacy;

/// Calls before which a process is stopped, as before a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
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
pub(crate) enum Wait {
    /// It sleeps for a time, and for nothing else.
    Sleep,
    /// It gives way, or tries and comes back: a turn of a waiting loop.
    Turn,
}

/// What a system call is to an execution.
pub(crate) trait Operations {
    /// Is it a preemption point, and how is it called in a table?
    fn point(&self) -> Option<(CallKind, String)>;
    /// The size that it gives to a file.
    fn sets_size_to(&self) -> Option<u64>;
    /// Does it take away all bytes that a file had?
    fn empties(&self) -> bool;
    /// Does it make a file, and fail if there is one? A process that waits for a lock file calls it.
    fn makes_or_fails(&self) -> bool;
    /// Is it a sleep that only a signal ends?
    fn is_for_ever(&self) -> bool;
    /// Is it a turn of a waiting loop, whatever it returns?
    fn wait(&self) -> Option<Wait>;
    /// Can it wait for another process? Then it is worth looking at once whether it does.
    fn can_block(&self) -> bool;
    /// Does it wait until another process does something, however long that takes?
    fn waits_for_ever(&self) -> bool;
    /// Does it wait in futex with a timeout?
    fn is_timed_futex(&self) -> bool;
    /// Does it set a timer, whose signal can end a sleep?
    fn sets_timer(&self) -> bool;
    /// Does it show that the process has got somewhere?
    fn is_progress(&self) -> bool;
    /// In a table, what a process waits in.
    fn waits_for(&self) -> &'static str;
}

impl Operations for Syscall {
    fn point(&self) -> Option<(CallKind, String)> {
        let [first, second, third, ..] = self.arguments;
        let made = |flags: u64| flags & flag(libc::O_CREAT | libc::O_TRUNC) != 0;
        let how = |flags: u64| match (flags & flag(libc::O_CREAT), flags & flag(libc::O_TRUNC)) {
            (0, _) => "opens the file and empties it",
            (_, 0) => "opens the file, making it if there is none",
            _ => "opens the file, making it if there is none, and empties it",
        };
        if let Some(size) = self.sets_size_to() {
            return Some((CallKind::Change, format!("sets the file's size to {size}")));
        }
        let (kind, text) = match self.number {
            legacy::SYS_open if made(second) => (CallKind::Change, how(second)),
            libc::SYS_openat if made(third) => (CallKind::Change, how(third)),
            legacy::SYS_creat => (CallKind::Change, "makes or empties the file"),
            libc::SYS_fallocate => (CallKind::Change, "allocates the file's bytes"),
            legacy::SYS_rename => (CallKind::Change, "renames a file"),
            libc::SYS_renameat | libc::SYS_renameat2 => (CallKind::Change, "renames a file"),
            legacy::SYS_link => (CallKind::Change, "links a file"),
            libc::SYS_linkat => (CallKind::Change, "links a file"),
            legacy::SYS_unlink => (CallKind::Change, "removes a file's name"),
            libc::SYS_unlinkat => (CallKind::Change, "removes a file's name"),
            libc::SYS_fcntl => (CallKind::Lock, record_lock(second)?),
            libc::SYS_flock if second & flag(libc::LOCK_UN) != 0 => {
                (CallKind::Lock, "gives its flock lock back")
            }
            libc::SYS_flock => (CallKind::Lock, "asks for a flock lock"),
            libc::SYS_futex => (CallKind::Futex, futex(second)),
            libc::SYS_write | libc::SYS_writev if first == 1 => (CallKind::Output, "prints"),
            _ => return None,
        };
        Some((kind, text.to_string()))
    }

    fn sets_size_to(&self) -> Option<u64> {
        let is_it = matches!(self.number, libc::SYS_ftruncate | libc::SYS_truncate);
        is_it.then_some(self.arguments[1])
    }

    fn makes_or_fails(&self) -> bool {
        let [_, second, third, ..] = self.arguments;
        let excludes = |flags: u64| flags & flag(libc::O_EXCL) != 0;
        match self.number {
            legacy::SYS_open => excludes(second),
            libc::SYS_openat => excludes(third),
            legacy::SYS_link | libc::SYS_linkat => true,
            _ => false,
        }
    }

    fn empties(&self) -> bool {
        let [_, second, third, ..] = self.arguments;
        let truncates = |flags: u64| flags & flag(libc::O_TRUNC) != 0;
        match self.number {
            legacy::SYS_creat => true,
            legacy::SYS_open => truncates(second),
            libc::SYS_openat => truncates(third),
            _ => self.sets_size_to() == Some(0),
        }
    }

    fn is_for_ever(&self) -> bool {
        self.number == legacy::SYS_pause
    }

    fn wait(&self) -> Option<Wait> {
        let nothing_watched = |count: u64| count == 0;
        match self.number {
            _ if self.makes_or_fails() => Some(Wait::Turn),
            _ if self.is_for_ever() => Some(Wait::Sleep),
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => Some(Wait::Sleep),
            legacy::SYS_poll if nothing_watched(self.arguments[1]) => Some(Wait::Sleep),
            libc::SYS_ppoll if nothing_watched(self.arguments[1]) => Some(Wait::Sleep),
            legacy::SYS_select if nothing_watched(self.arguments[0]) => Some(Wait::Sleep),
            libc::SYS_pselect6 if nothing_watched(self.arguments[0]) => Some(Wait::Sleep),
            libc::SYS_sched_yield | libc::SYS_flock | libc::SYS_futex | libc::SYS_fcntl => {
                Some(Wait::Turn)
            }
            _ => None,
        }
    }

    fn can_block(&self) -> bool {
        matches!(self.number, libc::SYS_flock | libc::SYS_futex | libc::SYS_fcntl)
    }

    fn waits_for_ever(&self) -> bool {
        let [_, second, _, fourth, ..] = self.arguments;
        match self.number {
            libc::SYS_fcntl => second == flag(libc::F_SETLKW) || second == flag(libc::F_OFD_SETLKW),
            libc::SYS_flock => second & flag(libc::LOCK_NB) == 0,
            libc::SYS_futex => futex(second) == "waits in futex" && fourth == 0,
            _ => false,
        }
    }

    fn is_timed_futex(&self) -> bool {
        let [_, operation, _, timeout, ..] = self.arguments;
        self.number == libc::SYS_futex && futex(operation) == "waits in futex" && timeout != 0
    }

    fn sets_timer(&self) -> bool {
        matches!(self.number, legacy::SYS_alarm | libc::SYS_setitimer | libc::SYS_timer_create)
    }

    fn is_progress(&self) -> bool {
        let changes = matches!(self.point(), Some((CallKind::Change | CallKind::Output, _)));
        (changes && !self.makes_or_fails())
            || matches!(self.number, libc::SYS_mmap | libc::SYS_execve | libc::SYS_clone)
    }

    fn waits_for(&self) -> &'static str {
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
