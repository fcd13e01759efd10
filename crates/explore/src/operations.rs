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

/// What a call names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Paths, by their addresses.
    Paths(Vec<u64>),
    /// An open file, and where the description of a record lock is.
    Descriptor { number: u64, lock: Option<u64> },
}

/// What a call is about, in a table's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// The names of its files.
    pub(crate) files: Vec<String>,
    /// The kind of a record lock.
    pub(crate) lock: Option<i16>,
    /// The bytes that it is on, if it is not on the whole file.
    pub(crate) bytes: Option<(i64, i64)>,
}

/// What a system call is to an execution.
pub(crate) trait Operations {
    /// Is it a preemption point?
    fn point(&self) -> Option<CallKind>;
    /// Where the names are of the files that it is about.
    fn names(&self) -> Named;
    /// How a preemption point is called in a table: before the call, or when it is `done`.
    fn told(&self, about: &About, done: bool) -> String;
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
    /// What it returns when the time is over for which it waits at most. `None`: it has no such time.
    fn when_its_time_is_over(&self) -> Option<i64>;
    /// Is it a futex call that reaches only the threads of its own process?
    fn is_private_futex(&self) -> bool;
    /// Does it set a timer, whose signal can end a sleep?
    fn sets_timer(&self) -> bool;
    /// The descriptor that it closes.
    fn closes(&self) -> Option<u64>;
    /// Is it a call about a record lock, which belongs to a process?
    fn is_record_lock(&self) -> bool;
    /// Does it show that the process has got somewhere?
    fn is_progress(&self) -> bool;
    /// In a table, what a process waits in.
    fn waits_for(&self) -> &'static str;
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
            _ => Named::Paths(Vec::new()),
        }
    }

    fn told(&self, about: &About, done: bool) -> String {
        let [_, second, third, ..] = self.arguments;
        let unknown = "a file".to_owned();
        let one = about.files.first().unwrap_or(&unknown);
        let two = about.files.get(1).unwrap_or(&unknown);
        if let Some(size) = self.sets_size_to() {
            return format!("sets {one}'s size to {size}");
        }
        match self.number {
            legacy::SYS_open => opens(one, second),
            libc::SYS_openat => opens(one, third),
            legacy::SYS_creat => format!("makes or empties {one}"),
            libc::SYS_fallocate => format!("allocates {one}'s bytes"),
            legacy::SYS_rename | libc::SYS_renameat | libc::SYS_renameat2 => {
                format!("renames {one} to {two}")
            }
            legacy::SYS_link | libc::SYS_linkat => format!("links {one} as {two}"),
            legacy::SYS_unlink | libc::SYS_unlinkat => format!("removes the name {one}"),
            libc::SYS_fcntl => {
                let kind = record_lock(second).unwrap_or("lock");
                let how = about.lock.map(i32::from);
                let is = |wanted: i32| how == Some(wanted);
                let place = match about.bytes {
                    Some((first, 1)) => format!("byte {first} of {one}"),
                    Some((first, count)) => {
                        format!("bytes {first} to {} of {one}", first.saturating_add(count) - 1)
                    }
                    None => one.clone(),
                };
                locks(kind, &place, is(libc::F_RDLCK), is(libc::F_UNLCK), done)
            }
            libc::SYS_flock => {
                let has = |bit: i32| second & flag(bit) != 0;
                locks("flock lock", one, has(libc::LOCK_SH), has(libc::LOCK_UN), done)
            }
            libc::SYS_futex => futex(second).into(),
            _ => "prints".into(),
        }
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
            libc::SYS_futex => futex(second).starts_with(FUTEX_WAITS) && fourth == 0,
            _ => false,
        }
    }

    fn is_timed_futex(&self) -> bool {
        let [_, operation, _, timeout, ..] = self.arguments;
        let waits = futex(operation).starts_with(FUTEX_WAITS);
        self.number == libc::SYS_futex && waits && timeout != 0
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

    fn closes(&self) -> Option<u64> {
        match self.number {
            libc::SYS_close => Some(self.arguments[0]),
            libc::SYS_dup3 => Some(self.arguments[1]),
            _ => None,
        }
    }

    fn is_progress(&self) -> bool {
        let changes = matches!(self.point(), Some(CallKind::Change | CallKind::Output));
        (changes && !self.makes_or_fails())
            || matches!(self.number, libc::SYS_mmap | libc::SYS_execve | libc::SYS_clone)
    }

    fn waits_for(&self) -> &'static str {
        match self.number {
            libc::SYS_futex if self.is_private_futex() => PRIVATE_FUTEX_WAITS,
            libc::SYS_futex => FUTEX_WAITS,
            libc::SYS_fcntl if self.arguments[1] == flag(libc::F_OFD_SETLKW) => {
                "waits for an open file description lock"
            }
            libc::SYS_fcntl => "waits for a record lock",
            libc::SYS_flock if self.arguments[1] & flag(libc::LOCK_SH) != 0 => {
                "waits for a shared flock lock"
            }
            libc::SYS_flock => "waits for an exclusive flock lock",
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
        libc::F_SETLK | libc::F_SETLKW => Some("record lock"),
        libc::F_OFD_SETLK | libc::F_OFD_SETLKW => Some("open file description lock"),
        _ => None,
    }
}

/// What is said of a call that opens a file with these flags.
fn opens(file: &str, flags: u64) -> String {
    let must_be_new = flag(libc::O_CREAT) | flag(libc::O_EXCL);
    match (flags & flag(libc::O_CREAT), flags & flag(libc::O_TRUNC)) {
        _ if flags & must_be_new == must_be_new => format!("makes {file}, which must not exist"),
        (0, _) => format!("opens {file} and empties it"),
        (_, 0) => format!("opens {file}, making it if there is none"),
        _ => format!("opens {file}, making it if there is none, and empties it"),
    }
}

/// What is said of a call that takes a lock or gives it back.
fn locks(kind: &str, file: &str, is_shared: bool, gives_back: bool, done: bool) -> String {
    let verb = if done { "gets" } else { "asks for" };
    match (gives_back, is_shared) {
        (true, _) => format!("gives its {kind} on {file} back"),
        (false, true) => format!("{verb} a shared {kind} on {file}"),
        (false, false) => format!("{verb} an exclusive {kind} on {file}"),
    }
}

/// In a table, what a process waits in that sleeps in futex.
pub const FUTEX_WAITS: &str = "waits in futex";
/// The same, if only threads of its own process can wake it.
pub const PRIVATE_FUTEX_WAITS: &str = "waits in futex (private)";

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

fn futex(operation: u64) -> &'static str {
    let is_private = operation & flag(libc::FUTEX_PRIVATE_FLAG) != 0;
    match futex_command(operation) {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET if is_private => PRIVATE_FUTEX_WAITS,
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => FUTEX_WAITS,
        libc::FUTEX_WAKE | libc::FUTEX_WAKE_BITSET | libc::FUTEX_WAKE_OP if is_private => {
            "wakes by futex (private: only threads of its own process)"
        }
        libc::FUTEX_WAKE | libc::FUTEX_WAKE_BITSET | libc::FUTEX_WAKE_OP => "wakes by futex",
        _ => "calls futex",
    }
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

    #[test]
    fn a_flock_is_told_with_its_kind_and_what_became_of_it() {
        let flock = |how: i32| call(libc::SYS_flock, [3, flag(how), 0, 0, 0, 0]);
        let told = |how: i32, done| flock(how).told(&on("FILE"), done);
        assert_eq!(told(libc::LOCK_SH, false), "asks for a shared flock lock on FILE");
        assert_eq!(
            told(libc::LOCK_EX | libc::LOCK_NB, true),
            "gets an exclusive flock lock on FILE"
        );
        assert_eq!(told(libc::LOCK_UN, true), "gives its flock lock on FILE back");
        assert_eq!(flock(libc::LOCK_SH).waits_for(), "waits for a shared flock lock");
        assert_eq!(flock(libc::LOCK_EX).waits_for(), "waits for an exclusive flock lock");
    }

    #[test]
    fn a_futex_that_reaches_only_its_own_process_is_told_so() {
        let futex = |operation: i32| call(libc::SYS_futex, [64, flag(operation), 0, 0, 0, 0]);
        let private = futex(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG);
        assert_eq!(private.waits_for(), "waits in futex (private)");
        assert!(private.waits_for_ever(), "the flag says nothing of the timeout");
        assert_eq!(futex(libc::FUTEX_WAIT).waits_for(), "waits in futex");
        let wakes = |operation: i32| futex(operation).told(&on("FILE"), false);
        let private = wakes(libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG);
        assert!(private.starts_with("wakes by futex (private"), "{private}");
        assert_eq!(wakes(libc::FUTEX_WAKE), "wakes by futex");
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
    fn a_record_lock_is_told_by_the_kind_in_its_description() {
        let ask = call(libc::SYS_fcntl, [3, flag(libc::F_SETLKW), 0, 0, 0, 0]);
        let told = |kind: i32| {
            let lock = i16::try_from(kind).ok();
            ask.told(&About { lock, ..on("FILE") }, true)
        };
        assert_eq!(told(libc::F_RDLCK), "gets a shared record lock on FILE");
        assert_eq!(told(libc::F_WRLCK), "gets an exclusive record lock on FILE");
        assert_eq!(told(libc::F_UNLCK), "gives its record lock on FILE back");
    }

    #[test]
    fn a_call_on_another_file_names_it() {
        let made = flag(libc::O_CREAT);
        let open = call(libc::SYS_openat, [0, 0, made, 0, 0, 0]);
        assert_eq!(
            open.told(&on("FILE.lock"), true),
            "opens FILE.lock, making it if there is none"
        );
        let alone = made | flag(libc::O_EXCL);
        let open = call(libc::SYS_openat, [0, 0, alone, 0, 0, 0]);
        assert_eq!(open.told(&on("FILE.lock"), false), "makes FILE.lock, which must not exist");
        let cut = call(libc::SYS_ftruncate, [3, 0, 0, 0, 0, 0]);
        assert_eq!(cut.told(&on("COPY"), true), "sets COPY's size to 0");
    }
}
