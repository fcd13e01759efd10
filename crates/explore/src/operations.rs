//! What a system call is to an interleaving: a point to stop before, a way to wait, or neither.

use std::mem::offset_of;
use std::ops::RangeInclusive;

use tracer::Syscall;
use tracer::arch::{legacy, newer};

use crate::requests::{Blocked, FileLock, LockKind, Request, Word};

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
    /// It gives way, or tries and comes back: an iteration of a waiting loop.
    Iteration,
}

/// What a call names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Paths, by their addresses.
    Paths(Vec<u64>),
    /// An open file, and where the description of a record lock is.
    Descriptor { number: u64, lock: Option<u64> },
    /// A word in memory, by its address.
    Word(u64),
    /// Bytes that it prints.
    Text { address: u64, length: u64 },
}

/// What a call is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// The names of its files.
    pub(crate) files: Vec<String>,
    /// The kind of a record lock.
    pub(crate) lock: Option<i16>,
    /// The bytes that it is on, if it is not on the whole file.
    pub(crate) bytes: Option<(i64, i64)>,
    /// The place of its word in a watched file.
    pub(crate) word: u64,
    /// What this word holds.
    pub(crate) found: Option<u32>,
    /// The beginning of what it prints.
    pub(crate) text: Option<Vec<u8>>,
}

/// What a system call is to an execution.
pub(crate) trait Operations {
    /// Is it a preemption point?
    fn point(&self) -> Option<CallKind>;
    /// Where the names are of the files that it is about.
    fn names(&self) -> Named;
    /// What it asks the kernel for, if it is a preemption point.
    fn request(&self, about: &About) -> Request;
    /// The size that it gives to a file.
    fn sets_size_to(&self) -> Option<u64>;
    /// Does it tell its process how many bytes a file has?
    fn looks_at_size(&self) -> Option<LooksAtSize>;
    /// Does it take away all bytes that a file had?
    fn empties(&self) -> bool;
    /// Does it make a file, and fail if there is one? A process that waits for a lock file calls it.
    fn makes_or_fails(&self) -> bool;
    /// Is it a sleep that only a signal ends?
    fn sleeps_until_a_signal(&self) -> bool;
    /// Is it an iteration of a waiting loop, whatever it returns?
    fn wait(&self) -> Option<Wait>;
    /// Can it wait for another process? Then it is worth looking at once whether it does.
    fn can_block(&self) -> bool;
    /// Does it wait until a child of its caller ends, however long that takes?
    fn waits_for_its_child(&self) -> bool;
    /// Does its caller stand still until its child executes a program or ends? Nothing can stop it there.
    fn stands_still_for_its_child(&self) -> bool;
    /// Does it wait until another process does something, however long that takes?
    fn waits_for_another(&self) -> bool;
    /// Does it ask for a lock on a file, which the kernel gives back when a process has ended?
    fn is_file_lock(&self) -> bool;
    /// Does it wait in futex with a timeout?
    fn is_timed_futex(&self) -> bool;
    /// What it returns when the time is over for which it waits at most. `None`: it has no such time.
    fn when_its_time_is_over(&self) -> Option<i64>;
    /// Is it a futex call that reaches only the threads of its own process?
    fn is_private_futex(&self) -> bool;
    /// Does it set a timer, whose signal can end a sleep?
    fn sets_timer(&self) -> bool;
    /// The descriptors that it closes.
    fn closes(&self) -> Option<Closes>;
    /// Is it a call about a record lock, which belongs to a process?
    fn is_record_lock(&self) -> bool;
    /// Does it show that the process has got somewhere?
    fn is_progress(&self) -> bool;
    /// Why a process cannot go on that sleeps in it.
    fn waits_for(&self, about: &About) -> Blocked;
}

/// A call that tells how many bytes an open file has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LooksAtSize {
    pub(crate) descriptor: u64,
    /// The address at which the kernel stores the size. `None`: the call returns it.
    pub(crate) stored_at: Option<u64>,
}

/// The descriptors that a call closes, of those that are open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closes {
    pub(crate) descriptors: RangeInclusive<u32>,
    /// Only those that are marked O_CLOEXEC.
    pub(crate) by_exec: bool,
}

impl Operations for Syscall {
    fn point(&self) -> Option<CallKind> {
        let [first, second, third, ..] = self.arguments;
        let made = |flags: u64| flags & flag(libc::O_CREAT | libc::O_TRUNC) != 0;
        if self.sets_size_to().is_some() {
            return Some(CallKind::Change);
        }
        Some(match self.number {
            legacy::SYS_open if made(second) => CallKind::Change,
            libc::SYS_openat if made(third) => CallKind::Change,
            legacy::SYS_creat
            | libc::SYS_fallocate
            | legacy::SYS_rename
            | libc::SYS_renameat
            | libc::SYS_renameat2
            | legacy::SYS_link
            | libc::SYS_linkat
            | legacy::SYS_unlink
            | libc::SYS_unlinkat => CallKind::Change,
            libc::SYS_fcntl => record_lock(second).map(|_| CallKind::Lock)?,
            libc::SYS_flock => CallKind::Lock,
            libc::SYS_futex => CallKind::Futex,
            libc::SYS_write | libc::SYS_writev if first == 1 => CallKind::Output,
            _ => return None,
        })
    }

    fn names(&self) -> Named {
        let [first, second, third, fourth, ..] = self.arguments;
        match self.number {
            legacy::SYS_open | legacy::SYS_creat | libc::SYS_truncate | legacy::SYS_unlink => {
                Named::Paths(vec![first])
            }
            libc::SYS_openat | libc::SYS_unlinkat => Named::Paths(vec![second]),
            legacy::SYS_rename | legacy::SYS_link => Named::Paths(vec![first, second]),
            libc::SYS_renameat | libc::SYS_renameat2 | libc::SYS_linkat => {
                Named::Paths(vec![second, fourth])
            }
            libc::SYS_ftruncate | libc::SYS_fallocate | libc::SYS_flock => {
                Named::Descriptor { number: first, lock: None }
            }
            libc::SYS_fcntl => Named::Descriptor { number: first, lock: Some(third) },
            libc::SYS_futex => Named::Word(first),
            libc::SYS_write => Named::Text { address: second, length: third },
            _ => Named::Paths(Vec::new()),
        }
    }

    fn request(&self, about: &About) -> Request {
        let [_, second, third, ..] = self.arguments;
        let file = about.files.first().cloned().unwrap_or_else(|| "a file".into());
        let other = || about.files.get(1).cloned().unwrap_or_else(|| "a file".into());
        if let Some(size) = self.sets_size_to() {
            return Request::Resize { file, size };
        }
        match self.number {
            legacy::SYS_open => opens(file, second),
            libc::SYS_openat => opens(file, third),
            legacy::SYS_creat => opens(file, flag(libc::O_CREAT | libc::O_TRUNC)),
            libc::SYS_fallocate => Request::Other(format!("allocates {file}'s bytes")),
            legacy::SYS_rename | libc::SYS_renameat | libc::SYS_renameat2 => {
                Request::Other(format!("renames {file} to {}", other()))
            }
            legacy::SYS_link | libc::SYS_linkat => {
                Request::Other(format!("links {file} as {}", other()))
            }
            legacy::SYS_unlink | libc::SYS_unlinkat => {
                Request::Other(format!("removes the name {file}"))
            }
            libc::SYS_fcntl | libc::SYS_flock => match gives_lock_back(self, about) {
                true => Request::Unlock { lock: file_lock(self, about), holds_none: false },
                false => Request::Lock(file_lock(self, about)),
            },
            libc::SYS_futex => futex(self, about),
            _ => Request::Print(about.text.clone()),
        }
    }

    fn sets_size_to(&self) -> Option<u64> {
        let is_it = matches!(self.number, libc::SYS_ftruncate | libc::SYS_truncate);
        is_it.then_some(self.arguments[1])
    }

    fn looks_at_size(&self) -> Option<LooksAtSize> {
        let [descriptor, second, third, fourth, fifth, _] = self.arguments;
        let in_stat = |at: u64| Some(at + offset_of!(libc::stat, st_size) as u64);
        let of_descriptor = |flags: u64| flags & flag(libc::AT_EMPTY_PATH) != 0;
        let stored_at = match self.number {
            libc::SYS_fstat => in_stat(second),
            libc::SYS_newfstatat if of_descriptor(fourth) => in_stat(third),
            libc::SYS_statx if of_descriptor(third) => {
                Some(fifth + offset_of!(libc::statx, stx_size) as u64)
            }
            libc::SYS_lseek if second == 0 && third == flag(libc::SEEK_END) => None,
            _ => return None,
        };
        Some(LooksAtSize { descriptor, stored_at })
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

    fn sleeps_until_a_signal(&self) -> bool {
        self.number == legacy::SYS_pause
    }

    fn wait(&self) -> Option<Wait> {
        let nothing_watched = |count: u64| count == 0;
        match self.number {
            _ if self.makes_or_fails() => Some(Wait::Iteration),
            _ if self.sleeps_until_a_signal() => Some(Wait::Sleep),
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => Some(Wait::Sleep),
            legacy::SYS_poll if nothing_watched(self.arguments[1]) => Some(Wait::Sleep),
            libc::SYS_ppoll if nothing_watched(self.arguments[1]) => Some(Wait::Sleep),
            legacy::SYS_select if nothing_watched(self.arguments[0]) => Some(Wait::Sleep),
            libc::SYS_pselect6 if nothing_watched(self.arguments[0]) => Some(Wait::Sleep),
            libc::SYS_sched_yield | libc::SYS_flock | libc::SYS_futex | libc::SYS_fcntl => {
                Some(Wait::Iteration)
            }
            _ => None,
        }
    }

    fn can_block(&self) -> bool {
        matches!(self.number, libc::SYS_flock | libc::SYS_futex | libc::SYS_fcntl)
    }

    fn waits_for_its_child(&self) -> bool {
        let [_, _, third, fourth, ..] = self.arguments;
        let options = match self.number {
            libc::SYS_wait4 => third,
            libc::SYS_waitid => fourth,
            _ => return false,
        };
        options & flag(libc::WNOHANG) == 0
    }

    fn stands_still_for_its_child(&self) -> bool {
        let [flags, ..] = self.arguments;
        self.number == legacy::SYS_vfork
            || (self.number == libc::SYS_clone && flags & flag(libc::CLONE_VFORK) != 0)
    }

    fn waits_for_another(&self) -> bool {
        let [_, second, _, fourth, fifth, _] = self.arguments;
        match self.number {
            newer::SYS_FUTEX_WAIT => fifth == 0,
            libc::SYS_fcntl => second == flag(libc::F_SETLKW) || second == flag(libc::F_OFD_SETLKW),
            libc::SYS_flock => second & flag(libc::LOCK_NB) == 0,
            libc::SYS_futex => futex_sleeps(second) && fourth == 0,
            _ => false,
        }
    }

    fn is_file_lock(&self) -> bool {
        self.point() == Some(CallKind::Lock)
    }

    fn is_timed_futex(&self) -> bool {
        let [_, operation, _, timeout, ..] = self.arguments;
        self.number == libc::SYS_futex && futex_sleeps(operation) && timeout != 0
    }

    fn when_its_time_is_over(&self) -> Option<i64> {
        let [_, operation, third, fourth, fifth, _] = self.arguments;
        // An int, of which a negative one means for ever.
        let milliseconds = |word: u64| {
            (1..=i32::MAX.cast_unsigned().into()).contains(&(word & u64::from(u32::MAX)))
        };
        let some = |address: u64| address != 0;
        let is_nothing_ready = match self.number {
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => true,
            legacy::SYS_poll => milliseconds(third),
            legacy::SYS_epoll_wait | libc::SYS_epoll_pwait => milliseconds(fourth),
            libc::SYS_ppoll => some(third),
            libc::SYS_epoll_pwait2 => some(fourth),
            legacy::SYS_select | libc::SYS_pselect6 | libc::SYS_io_getevents => some(fifth),
            _ => false,
        };
        let errno = match self.number {
            _ if is_nothing_ready => return Some(0),
            libc::SYS_futex if futex_waits(operation) && some(fourth) => libc::ETIMEDOUT,
            libc::SYS_futex_waitv if some(fourth) => libc::ETIMEDOUT,
            newer::SYS_FUTEX_WAIT if some(fifth) => libc::ETIMEDOUT,
            libc::SYS_rt_sigtimedwait if some(third) => libc::EAGAIN,
            libc::SYS_semtimedop if some(fourth) => libc::EAGAIN,
            libc::SYS_mq_timedsend | libc::SYS_mq_timedreceive if some(fifth) => libc::ETIMEDOUT,
            _ => return None,
        };
        Some(-i64::from(errno))
    }

    fn is_private_futex(&self) -> bool {
        let [_, operation, ..] = self.arguments;
        self.number == libc::SYS_futex && operation & flag(libc::FUTEX_PRIVATE_FLAG) != 0
    }

    fn sets_timer(&self) -> bool {
        matches!(self.number, legacy::SYS_alarm | libc::SYS_setitimer | libc::SYS_timer_create)
    }

    fn is_record_lock(&self) -> bool {
        let command = self.arguments[1];
        let commands = [libc::F_SETLK, libc::F_SETLKW].map(flag);
        self.number == libc::SYS_fcntl && commands.contains(&command)
    }

    fn closes(&self) -> Option<Closes> {
        let [first, second, third, ..] = self.arguments;
        // A descriptor is an int: the kernel looks at the lower half only.
        let int = |argument: u64| u32::try_from(argument & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        let (first, second) = (int(first), int(second));
        let descriptors = match self.number {
            libc::SYS_close => first..=first,
            libc::SYS_dup3 | legacy::SYS_dup2 if first != second => second..=second,
            libc::SYS_close_range if third & u64::from(libc::CLOSE_RANGE_CLOEXEC) == 0 => {
                first..=second
            }
            libc::SYS_execve | libc::SYS_execveat => 0..=u32::MAX,
            _ => return None,
        };
        let by_exec = matches!(self.number, libc::SYS_execve | libc::SYS_execveat);
        Some(Closes { descriptors, by_exec })
    }

    fn is_progress(&self) -> bool {
        let changes = matches!(self.point(), Some(CallKind::Change | CallKind::Output));
        (changes && !self.makes_or_fails())
            || matches!(self.number, libc::SYS_mmap | libc::SYS_execve | libc::SYS_clone)
    }

    fn waits_for(&self, about: &About) -> Blocked {
        match self.number {
            libc::SYS_futex => Blocked::Futex { is_private: self.is_private_futex() },
            libc::SYS_fcntl | libc::SYS_flock => Blocked::Lock(file_lock(self, about)),
            libc::SYS_wait4 | libc::SYS_waitid => Blocked::Child,
            libc::SYS_read | libc::SYS_readv => Blocked::Input,
            libc::SYS_write | libc::SYS_writev => Blocked::Output,
            _ if self.wait() == Some(Wait::Sleep) => Blocked::Naps,
            _ => Blocked::Call,
        }
    }
}

fn flag(flags: i32) -> u64 {
    u64::from(flags.cast_unsigned())
}

fn record_lock(command: u64) -> Option<LockKind> {
    match i32::try_from(command).ok()? {
        libc::F_SETLK | libc::F_SETLKW => Some(LockKind::Record),
        libc::F_OFD_SETLK | libc::F_OFD_SETLKW => Some(LockKind::OpenFileDescription),
        _ => None,
    }
}

/// A call that opens a file with these flags.
fn opens(file: String, flags: u64) -> Request {
    let has = |bits: i32| flags & flag(bits) == flag(bits);
    Request::Open {
        file,
        makes: has(libc::O_CREAT),
        must_be_new: has(libc::O_CREAT | libc::O_EXCL),
        empties: has(libc::O_TRUNC),
    }
}

/// The lock that a call of `fcntl` or `flock` is about.
fn file_lock(call: &Syscall, about: &About) -> FileLock {
    let file = about.files.first().cloned().unwrap_or_else(|| "a file".into());
    let [_, command, ..] = call.arguments;
    match call.number {
        libc::SYS_flock => FileLock {
            kind: LockKind::Flock,
            file,
            bytes: None,
            is_shared: command & flag(libc::LOCK_SH) != 0,
        },
        _ => FileLock {
            kind: record_lock(command).unwrap_or(LockKind::Record),
            file,
            bytes: about.bytes,
            is_shared: about.lock.map(i32::from) == Some(libc::F_RDLCK),
        },
    }
}

/// Does a call of `fcntl` or `flock` give a lock back?
fn gives_lock_back(call: &Syscall, about: &About) -> bool {
    match call.number {
        libc::SYS_flock => call.arguments[1] & flag(libc::LOCK_UN) != 0,
        _ => about.lock.map(i32::from) == Some(libc::F_UNLCK),
    }
}

/// What a futex call asks for.
fn futex(call: &Syscall, about: &About) -> Request {
    let [_, operation, third, ..] = call.arguments;
    let word = Word { offset: about.word, is_private: call.is_private_futex() };
    // The kernel looks at the lower half only.
    let number = u32::try_from(third & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    match futex_command(operation) {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => {
            Request::Sleep { word, value: number, found: about.found }
        }
        libc::FUTEX_WAKE | libc::FUTEX_WAKE_BITSET | libc::FUTEX_WAKE_OP => {
            Request::Wake { word, count: number }
        }
        _ => Request::Other("calls futex".into()),
    }
}

/// What a futex call is to do, without the flags FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME.
fn futex_command(operation: u64) -> i32 {
    const COMMAND: u64 = 0x7f;
    i32::try_from(operation & COMMAND).unwrap_or(-1)
}

/// Does a futex call wait, for a word or for a mutex that inherits priority?
fn futex_waits(operation: u64) -> bool {
    matches!(
        futex_command(operation),
        libc::FUTEX_WAIT
            | libc::FUTEX_WAIT_BITSET
            | libc::FUTEX_WAIT_REQUEUE_PI
            | libc::FUTEX_LOCK_PI
            | libc::FUTEX_LOCK_PI2
    )
}

/// Does a futex call sleep while a word has a value?
fn futex_sleeps(operation: u64) -> bool {
    matches!(futex_command(operation), libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: i64, arguments: [u64; 6]) -> Syscall {
        Syscall { number, arguments, instruction: 0 }
    }

    fn on(file: &str) -> About {
        About { files: vec![file.into()], ..About::default() }
    }

    fn flock_on(file: &str, is_shared: bool) -> FileLock {
        FileLock { kind: LockKind::Flock, file: file.into(), bytes: None, is_shared }
    }

    #[test]
    fn a_flock_is_known_by_its_kind_and_by_what_it_asks_for() {
        let flock = |how: i32| call(libc::SYS_flock, [3, flag(how), 0, 0, 0, 0]);
        let asks = |how: i32| flock(how).request(&on("FILE"));
        assert_eq!(asks(libc::LOCK_SH), Request::Lock(flock_on("FILE", true)));
        assert_eq!(asks(libc::LOCK_EX | libc::LOCK_NB), Request::Lock(flock_on("FILE", false)));
        let lock = flock_on("FILE", false);
        assert_eq!(asks(libc::LOCK_UN), Request::Unlock { lock, holds_none: false });
        let waits = flock(libc::LOCK_SH).waits_for(&on("FILE"));
        assert_eq!(waits, Blocked::Lock(flock_on("FILE", true)));
    }

    #[test]
    fn an_output_is_shown_with_its_text() {
        let write = call(libc::SYS_write, [1, 0x5000, 3, 0, 0, 0]);
        assert_eq!(write.names(), Named::Text { address: 0x5000, length: 3 });
        let text = Some(b"42\n".to_vec());
        let about = About { text: text.clone(), ..About::default() };
        assert_eq!(write.request(&about), Request::Print(text));
        assert_eq!(write.request(&About::default()), Request::Print(None));
    }

    #[test]
    fn the_calls_are_known_that_tell_how_many_bytes_a_file_has() {
        let looks = |number, arguments| call(number, arguments).looks_at_size();
        let stored = |stored_at| Some(LooksAtSize { descriptor: 3, stored_at });
        let empty_path = flag(libc::AT_EMPTY_PATH);
        assert_eq!(looks(libc::SYS_fstat, [3, 0x5000, 0, 0, 0, 0]), stored(Some(0x5030)));
        let stat = [3, 0x3000, 0x5000, empty_path, 0, 0];
        assert_eq!(looks(libc::SYS_newfstatat, stat), stored(Some(0x5030)));
        let statx = [3, 0x3000, empty_path, 0, 0x5000, 0];
        assert_eq!(looks(libc::SYS_statx, statx), stored(Some(0x5028)));
        assert_eq!(looks(libc::SYS_statx, [3, 0x3000, 0, 0, 0x5000, 0]), None, "by a path");
        let end = flag(libc::SEEK_END);
        assert_eq!(looks(libc::SYS_lseek, [3, 0, end, 0, 0, 0]), stored(None));
        assert_eq!(looks(libc::SYS_lseek, [3, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn locks_on_files_are_told_from_locks_in_memory() {
        let is_file_lock =
            |number, second: i32| call(number, [3, flag(second), 0, 0, 0, 0]).is_file_lock();
        assert!(is_file_lock(libc::SYS_flock, libc::LOCK_EX));
        assert!(is_file_lock(libc::SYS_fcntl, libc::F_SETLKW));
        assert!(is_file_lock(libc::SYS_fcntl, libc::F_OFD_SETLKW));
        assert!(!is_file_lock(libc::SYS_fcntl, libc::F_GETFL));
        assert!(!is_file_lock(libc::SYS_futex, libc::FUTEX_WAIT));
    }

    #[test]
    fn the_calls_are_known_that_close_descriptors() {
        let closes = |number, [first, second, third]: [u64; 3]| {
            call(number, [first, second, third, 0, 0, 0]).closes().map(|closes| closes.descriptors)
        };
        assert_eq!(closes(libc::SYS_close, [3, 0, 0]), Some(3..=3));
        assert_eq!(closes(legacy::SYS_dup2, [4, 3, 0]), Some(3..=3));
        assert_eq!(closes(legacy::SYS_dup2, [3, 3, 0]), None, "it does nothing");
        assert_eq!(closes(libc::SYS_dup3, [4, 3, 0]), Some(3..=3));
        assert_eq!(closes(libc::SYS_close_range, [3, u64::MAX, 0]), Some(3..=u32::MAX));
        let marks = u64::from(libc::CLOSE_RANGE_CLOEXEC);
        assert_eq!(closes(libc::SYS_close_range, [3, 9, marks]), None, "it only marks them");
        assert_eq!(closes(libc::SYS_execve, [1, 2, 3]), Some(0..=u32::MAX));
        assert_eq!(closes(libc::SYS_read, [3, 0, 0]), None);
    }

    #[test]
    fn a_futex_that_reaches_only_its_own_process_is_told_so() {
        let futex = |operation: i32| call(libc::SYS_futex, [64, flag(operation), 7, 0, 0, 0]);
        let private = futex(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG);
        let about = About { word: 1024, found: Some(7), ..About::default() };
        assert_eq!(private.waits_for(&about), Blocked::Futex { is_private: true });
        assert!(private.waits_for_another(), "the flag says nothing of the timeout");
        assert_eq!(futex(libc::FUTEX_WAIT).waits_for(&about), Blocked::Futex { is_private: false });
        let word = |is_private| Word { offset: 1024, is_private };
        let to_sleep = Request::Sleep { word: word(true), value: 7, found: Some(7) };
        assert_eq!(private.request(&about), to_sleep);
        let wake = Request::Wake { word: word(false), count: 7 };
        assert_eq!(futex(libc::FUTEX_WAKE).request(&about), wake);
    }

    #[test]
    fn a_wait_with_a_timeout_says_so_when_its_time_is_over() {
        let over = |number: i64, arguments| call(number, arguments).when_its_time_is_over();
        let (forever, at) = (u64::MAX, 0x5000);
        #[cfg(target_arch = "x86_64")]
        {
            assert_eq!(over(legacy::SYS_poll, [0, 1, 8000, 0, 0, 0]), Some(0));
            assert_eq!(over(legacy::SYS_poll, [0, 1, forever, 0, 0, 0]), None);
            assert_eq!(over(legacy::SYS_select, [1, 0, 0, 0, at, 0]), Some(0));
        }
        assert_eq!(over(libc::SYS_ppoll, [0, 1, at, 0, 0, 0]), Some(0));
        assert_eq!(over(libc::SYS_ppoll, [0, 1, 0, 0, 0, 0]), None);
        assert_eq!(over(libc::SYS_epoll_pwait, [3, 0, 1, 8000, 0, 0]), Some(0));
        assert_eq!(over(libc::SYS_epoll_pwait, [3, 0, 1, forever, 0, 0]), None);
        let error = |errno: i32| Some(-i64::from(errno));
        assert_eq!(over(libc::SYS_rt_sigtimedwait, [0, 0, at, 8, 0, 0]), error(libc::EAGAIN));
        assert_eq!(over(libc::SYS_rt_sigtimedwait, [0, 0, 0, 8, 0, 0]), None);
        assert_eq!(over(libc::SYS_semtimedop, [1, 0, 1, at, 0, 0]), error(libc::EAGAIN));
        let futex = |operation, timeout| over(libc::SYS_futex, [64, operation, 0, timeout, 0, 0]);
        assert_eq!(futex(flag(libc::FUTEX_LOCK_PI), at), error(libc::ETIMEDOUT));
        assert_eq!(futex(flag(libc::FUTEX_WAIT), at), error(libc::ETIMEDOUT));
        assert_eq!(futex(flag(libc::FUTEX_WAIT), 0), None);
        assert_eq!(futex(flag(libc::FUTEX_WAKE), at), None, "it does not wait");
    }

    #[test]
    fn a_record_lock_is_known_by_the_kind_in_its_description() {
        let ask = call(libc::SYS_fcntl, [3, flag(libc::F_SETLKW), 0, 0, 0, 0]);
        let asks = |kind: i32| {
            let lock = i16::try_from(kind).ok();
            ask.request(&About { lock, ..on("FILE") })
        };
        let record = |is_shared| FileLock { kind: LockKind::Record, ..flock_on("FILE", is_shared) };
        assert_eq!(asks(libc::F_RDLCK), Request::Lock(record(true)));
        assert_eq!(asks(libc::F_WRLCK), Request::Lock(record(false)));
        let lock = record(false);
        assert_eq!(asks(libc::F_UNLCK), Request::Unlock { lock, holds_none: false });
    }

    #[test]
    fn a_call_on_another_file_names_it() {
        let made = flag(libc::O_CREAT);
        let open = call(libc::SYS_openat, [0, 0, made, 0, 0, 0]);
        let opens = |must_be_new| Request::Open {
            file: "FILE.lock".into(),
            makes: true,
            must_be_new,
            empties: false,
        };
        assert_eq!(open.request(&on("FILE.lock")), opens(false));
        let alone = made | flag(libc::O_EXCL);
        let open = call(libc::SYS_openat, [0, 0, alone, 0, 0, 0]);
        assert_eq!(open.request(&on("FILE.lock")), opens(true));
        let cut = call(libc::SYS_ftruncate, [3, 0, 0, 0, 0, 0]);
        assert_eq!(cut.request(&on("COPY")), Request::Resize { file: "COPY".into(), size: 0 });
    }
}
