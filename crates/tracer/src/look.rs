//! A look at a process that may end at any moment: what was seen, that there is nothing, or that the
//! look was refused. The last is never taken for the second.

use std::error::Error;
use std::{fmt, fs, io};

use nix::unistd::Pid;

use crate::Stat;

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

/// The text of a file in `/proc`; `None` if the process has ended. A process may have any bytes as its
/// name, and `stat`, `status` and `maps` show them: each byte that is not UTF-8 becomes U+FFFD.
///
/// # Errors
/// As [`look()`].
pub fn read_text(pid: Pid, path: &str) -> io::Result<Option<String>> {
    let text = look(pid, path, fs::read(path))?;
    Ok(text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether a process or thread has ended or is on its way to: it does nothing more of its own.
#[must_use]
pub fn is_ending(pid: Pid) -> bool {
    match fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => {
            Stat::parse(&String::from_utf8_lossy(&stat)).is_some_and(|stat| stat.is_ending())
        }
        Err(_) => !fs::exists(format!("/proc/{pid}")).unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_an_ended_process_does_not_show_is_nothing() {
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let pid = Pid::from_raw(child.id().cast_signed());
        child.wait().unwrap();
        let seen: io::Result<()> = Err(io::Error::from_raw_os_error(libc::EACCES));
        assert!(matches!(look(pid, "it", seen), Ok(None)));
    }
}
