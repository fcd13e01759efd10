//! A look at a process that may end at any moment: what was seen, that there is nothing, or that the
//! look was refused. The last is never taken for the second.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::time::Duration;

use nix::unistd::{Pid, SysconfVar, sysconf};

/// The system refused a look: what is there is not known.
#[derive(Debug)]
pub struct LookRefused {
    what: String,
    error: io::Error,
}

impl LookRefused {
    /// The system refused to show `what`.
    pub(crate) fn of(what: impl Into<String>, error: io::Error) -> io::Error {
        io::Error::other(Self { what: what.into(), error })
    }

    /// It is not known what is there, for a reason that is no errno.
    #[must_use]
    pub fn because(what: impl Into<String>, why: impl Into<String>) -> io::Error {
        Self::of(what, io::Error::other(why.into()))
    }
}

impl fmt::Display for LookRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, error } = self;
        write!(f, "look at {what}: {error}: what the program did there is not known")
    }
}

impl Error for LookRefused {}

/// What a look at something of a process brought; `None` if there is nothing, or if the process has
/// ended or is ending. `what` names it: `/proc/17/fd/3`.
///
/// # Errors
/// [`LookRefused`]: EACCES, if the process is not dumpable; EMFILE, and every other errno.
pub fn look<T>(pid: Pid, what: impl Into<String>, seen: io::Result<T>) -> io::Result<Option<T>> {
    match seen {
        Ok(seen) => Ok(Some(seen)),
        Err(error) => match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => Ok(None),
            // Of a process without memory `/proc` refuses to show more than that it is there.
            _ if is_ending(pid) => Ok(None),
            _ => Err(LookRefused::of(what, error)),
        },
    }
}

/// The text of a file in `/proc` that each process has, such as `status`; `None` if the process has ended. A process
/// may have any bytes as its name, and `stat`, `status` and `maps` show them: each byte that is not UTF-8 becomes
/// U+FFFD.
///
/// # Errors
/// As [`look()`]. A kernel may be made without such a file: that the file is missing does not mean that the process
/// has ended.
pub fn read_text(pid: Pid, path: &str) -> io::Result<Option<String>> {
    let text = read_text_of_a_part(pid, path)?;
    if text.is_none() && !is_ending(pid) {
        return Err(LookRefused::of(path, io::Error::from_raw_os_error(libc::ENOENT)));
    }
    Ok(text)
}

/// The same of a file about a part of a process, such as a descriptor; `None` also if there is no such part.
///
/// # Errors
/// As [`look()`].
pub(crate) fn read_text_of_a_part(pid: Pid, path: &str) -> io::Result<Option<String>> {
    let text = look(pid, path, bytes_of(path))?;
    Ok(text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The bytes of a file in `/proc`. Of such a file the kernel tells no length, so `fs::read` makes twice as many calls.
fn bytes_of(path: &str) -> io::Result<Vec<u8>> {
    const MORE_THAN_MOST: usize = 4 << 10;
    let (mut file, mut bytes, mut length) = (File::open(path)?, vec![0; MORE_THAN_MOST], 0);
    loop {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        if length == bytes.len() {
            bytes.resize(2 * length, 0);
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// A number in `/proc/PID/status`, such as that of `Tgid`; `None` if it is not told, or if the process has
/// ended.
///
/// # Errors
/// As [`look()`].
pub fn status_number(pid: Pid, name: &str) -> io::Result<Option<u64>> {
    let status = read_text(pid, &format!("/proc/{pid}/status"))?.unwrap_or_default();
    let fields = status.lines().filter_map(|line| line.split_once(':'));
    let number =
        fields.filter(|(field, _)| *field == name).map(|(_, number)| number.trim().parse());
    Ok(number.flatten().next())
}

/// Whether a process or thread has ended or is on its way to: it does nothing more of its own.
#[must_use]
pub fn is_ending(pid: Pid) -> bool {
    match bytes_of(&format!("/proc/{pid}/stat")) {
        Ok(stat) => {
            Stat::parse(&String::from_utf8_lossy(&stat)).is_some_and(|stat| stat.is_ending())
        }
        Err(_) => !fs::exists(format!("/proc/{pid}")).unwrap_or(true),
    }
}

/// A page fault takes about a microsecond. But in a virtual machine, the host may first have to fetch the page, from a
/// disk even, and the guest counts that as CPU time of the process. No page fault should take longer than this.
const LONGEST_PAGE_FAULT: Duration = Duration::from_millis(1);

/// What `/proc/PID/stat` counts for a process, or for the children that it has waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// CPU time of its own code.
    pub(crate) user: Duration,
    /// CPU time of the kernel for it.
    pub(crate) system: Duration,
    /// Page faults.
    pub(crate) page_faults: u32,
}

impl Counted {
    /// CPU time.
    pub(crate) fn cpu_time(&self) -> Duration {
        self.user + self.system
    }

    /// The most CPU time that its page faults can have taken. The kernel handles them.
    pub(crate) fn for_memory(&self) -> Duration {
        self.system.min(LONGEST_PAGE_FAULT * self.page_faults)
    }
}

/// What `/proc/PID/stat` says of a process or thread, as far as it is of use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// `R`: it runs, or could. `S`: it sleeps. `Z`: it has ended.
    pub state: char,
    /// The kernel's flags, such as PF_EXITING.
    pub(crate) flags: u64,
    /// Of the process, with all its threads.
    pub(crate) own: Counted,
    /// Of the children that it has waited for, with theirs.
    pub(crate) of_children: Counted,
    /// How many threads it has.
    pub(crate) threads: usize,
    /// When it started. No two processes have this and their number in common.
    pub(crate) started: u64,
}

impl Stat {
    /// Of a process or thread; `None` if it is gone.
    ///
    /// # Errors
    /// As [`look()`].
    pub fn of(pid: Pid) -> io::Result<Option<Self>> {
        let path = format!("/proc/{pid}/stat");
        let Some(text) = read_text(pid, &path)? else { return Ok(None) };
        match Self::parse(&text) {
            Some(found) => Ok(Some(found)),
            None => Err(LookRefused::because(path, format!("it says {text:?}"))),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        // The name, which comes first, may itself hold parentheses.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // proc(5) counts the fields from 1; the state is the third.
        let number = |place: usize| fields.get(place - 3)?.parse::<u64>().ok();
        let ticks = sysconf(SysconfVar::CLK_TCK).ok()??.unsigned_abs();
        let time =
            |place: usize| Some(Duration::from_nanos(number(place)? * (1_000_000_000 / ticks)));
        // Minor page faults, and two fields later those for which the kernel had to read.
        let faults = |place: usize| u32::try_from(number(place)? + number(place + 2)?).ok();
        let counted = |time_at: usize, faults_at: usize| {
            let (user, system) = (time(time_at)?, time(time_at + 1)?);
            Some(Counted { user, system, page_faults: faults(faults_at)? })
        };
        Some(Self {
            state: fields.first()?.chars().next()?,
            flags: number(9)?,
            own: counted(14, 10)?,
            of_children: counted(16, 11)?,
            threads: usize::try_from(number(20)?).ok()?,
            started: number(22)?,
        })
    }

    /// Whether it has ended or is on its way to: it does nothing more of its own.
    pub(crate) fn is_ending(&self) -> bool {
        const PF_EXITING: u64 = 4;
        matches!(self.state, 'Z' | 'X') || self.flags & PF_EXITING != 0
    }
}

/// Is the thread asleep in a system call?
///
/// # Errors
/// As [`look()`].
pub fn sleeps(pid: Pid) -> io::Result<bool> {
    Ok(Stat::of(pid)?.is_some_and(|stat| stat.state == 'S'))
}

/// Is the thread asleep in a system call, and off its processor? Just before it sleeps, and just after it is woken, its
/// state is that of a sleeper for a moment, and a busy machine may take the processor from it there.
/// `/proc/PID/syscall` shows the call only after the thread has gone to sleep in it.
///
/// # Errors
/// As [`look()`].
pub fn sleeps_soundly(pid: Pid) -> io::Result<bool> {
    let path = format!("/proc/{pid}/syscall");
    let soundly = |text: String| !text.starts_with("running");
    Ok(sleeps(pid)? && look(pid, &path, fs::read_to_string(&path))?.is_some_and(soundly))
}

/// The signals for which a process has set a handler, a bit each; `None` if it has ended.
///
/// # Errors
/// As [`look()`].
pub fn signals_caught(pid: Pid) -> io::Result<Option<u64>> {
    let path = format!("/proc/{pid}/status");
    let Some(status) = read_text(pid, &path)? else { return Ok(None) };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.map(Some).ok_or_else(|| LookRefused::because(path, "it names no signals"))
}

/// Private memory and shared memory without a name, in bytes; none of a process that has just ended.
pub(crate) fn memory_of(pid: Pid) -> io::Result<u64> {
    let status = read_text(pid, &format!("/proc/{pid}/status"))?.unwrap_or_default();
    let counted = |line: &str| {
        let value = line.strip_prefix("RssAnon:").or_else(|| line.strip_prefix("RssShmem:"))?;
        value.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    Ok(status.lines().filter_map(counted).sum::<u64>() << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_faults_bound_the_cpu_time_that_memory_can_have_taken_and_so_does_the_kernels_time() {
        // The fields from the state on, in their order in proc(5): page faults are 10 to 13, times 14 to 17.
        let of = |faults: &str, times: &str| {
            let text = format!("7 (a) b) R 1 2 3 4 5 0 {faults} {times} 20 0 1 0 99 0");
            Stat::parse(&text).unwrap()
        };
        let ticks = sysconf(SysconfVar::CLK_TCK).unwrap().unwrap();
        let second = |seconds: i64| ticks * seconds;
        let times = format!("{} {} {} {}", second(5), second(2), second(4), second(3));
        let stat = of("400 5000 100 1", &times);
        assert_eq!((stat.state, stat.threads, stat.started), ('R', 1, 99));
        assert_eq!(stat.own.cpu_time(), Duration::from_secs(7));
        assert_eq!(stat.of_children.cpu_time(), Duration::from_secs(7));
        assert_eq!(stat.own.for_memory(), Duration::from_millis(500), "500 page faults");
        assert_eq!(
            stat.of_children.for_memory(),
            Duration::from_secs(3),
            "all of the kernel's time"
        );
        assert_eq!(of("0 0 0 0", &times).own.for_memory(), Duration::ZERO);
    }

    fn refused(errno: i32) -> io::Result<Option<()>> {
        look(nix::unistd::getpid(), "it", Err(io::Error::from_raw_os_error(errno)))
    }

    #[test]
    fn what_a_living_process_does_not_show_is_not_taken_for_nothing() {
        for errno in [libc::EACCES, libc::EMFILE, libc::ENFILE, libc::EPERM, libc::EIO] {
            let error = refused(errno).unwrap_err();
            assert!(error.get_ref().is_some_and(|inner| inner.is::<LookRefused>()), "{error}");
        }
    }

    #[test]
    fn a_thread_whose_name_is_not_utf_8_shows_its_state() {
        let seen = std::thread::spawn(|| {
            nix::sys::prctl::set_name(c"caf\xe9) Z").unwrap();
            let me = nix::unistd::gettid();
            (read_text(me, &format!("/proc/{me}/status")), is_ending(me))
        });
        let (status, ending) = seen.join().unwrap();
        assert!(status.unwrap().unwrap().contains("caf\u{fffd}) Z"));
        assert!(!ending);
    }

    #[test]
    fn what_is_not_there_is_nothing() {
        assert!(matches!(refused(libc::ENOENT), Ok(None)));
        assert!(matches!(refused(libc::ESRCH), Ok(None)));
    }

    #[test]
    fn a_file_that_every_process_has_is_not_missing_because_a_process_has_ended() {
        let me = nix::unistd::getpid();
        let error = read_text(me, &format!("/proc/{me}/no-such-file")).unwrap_err();
        assert!(error.get_ref().is_some_and(|inner| inner.is::<LookRefused>()), "{error}");
    }

    #[test]
    fn what_an_ended_process_does_not_show_is_nothing() {
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let pid = Pid::from_raw(child.id().cast_signed());
        child.wait().unwrap();
        let seen: io::Result<()> = Err(io::Error::from_raw_os_error(libc::EACCES));
        assert!(matches!(look(pid, "it", seen), Ok(None)));
    }
}
