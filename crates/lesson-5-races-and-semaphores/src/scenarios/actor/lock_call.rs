//! A lock call in C's words, such as `F_SETLK d F_WRLCK 0 10`: parsed, made, answered.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

use common::errno_name;
use libc::{c_int, c_short, off_t};

use crate::sys::file_locks::{self, Command};

/// The names that may stand for numbers in a call.
const NAMES: &[(&str, c_int)] = &[
    ("F_RDLCK", libc::F_RDLCK),
    ("F_WRLCK", libc::F_WRLCK),
    ("F_UNLCK", libc::F_UNLCK),
    ("SEEK_SET", libc::SEEK_SET),
    ("SEEK_CUR", libc::SEEK_CUR),
    ("SEEK_END", libc::SEEK_END),
    ("LOCK_SH", libc::LOCK_SH),
    ("LOCK_EX", libc::LOCK_EX),
    ("LOCK_UN", libc::LOCK_UN),
    ("LOCK_NB", libc::LOCK_NB),
    ("F_LOCK", libc::F_LOCK),
    ("F_TLOCK", libc::F_TLOCK),
    ("F_ULOCK", libc::F_ULOCK),
    ("F_TEST", libc::F_TEST),
];

/// A call, ready to be made.
pub(super) enum LockCall {
    /// `F_SETLK d F_WRLCK START LENGTH [WHENCE [PID]]`, or `F_SETLK d NULL`.
    Fcntl { fd: RawFd, command: Command, lock: Option<libc::flock>, asks: bool },
    /// `flock d LOCK_EX|LOCK_NB`.
    Flock { fd: RawFd, operation: c_int },
    /// `lockf d F_TLOCK LENGTH`.
    Lockf { fd: RawFd, function: c_int, length: off_t },
}

impl LockCall {
    /// Parses a call; a descriptor is the name under which it was opened, or a number.
    pub(super) fn of(words: &[&str], files: &BTreeMap<String, File>) -> Option<Self> {
        let (name, fd) = (*words.first()?, *words.get(1)?);
        let fd = files.get(fd).map_or_else(|| fd.parse().ok(), |file| Some(file.as_raw_fd()))?;
        let number = |index: usize| words.get(index).map_or(Some(0), |word| number(word));
        match name {
            "flock" => Some(Self::Flock { fd, operation: number(2)?.try_into().ok()? }),
            "lockf" => {
                Some(Self::Lockf { fd, function: number(2)?.try_into().ok()?, length: number(3)? })
            }
            _ => {
                let lock = match words.get(2)? {
                    &"NULL" => None,
                    _ => Some(libc::flock {
                        l_type: number(2)?.try_into().ok()?,
                        l_start: number(3)?,
                        l_len: number(4)?,
                        l_whence: number(5)?.try_into().ok()?,
                        l_pid: number(6)?.try_into().ok()?,
                    }),
                };
                let asks = name.ends_with("GETLK");
                Some(Self::Fcntl { fd, command: Command::named(name)?, lock, asks })
            }
        }
    }

    /// Makes the call; returns 0 or the number of the error.
    pub(super) fn make(&mut self) -> c_int {
        let result = match self {
            Self::Fcntl { fd, command, lock, .. } => {
                file_locks::fcntl(*fd, *command, lock.as_mut())
            }
            Self::Flock { fd, operation } => file_locks::flock(*fd, *operation),
            Self::Lockf { fd, function, length } => file_locks::lockf(*fd, *function, *length),
        };
        result.err().as_ref().and_then(io::Error::raw_os_error).unwrap_or(0)
    }

    /// The answer if the call returned `error`.
    pub(super) fn answer(&self, error: c_int) -> String {
        match self {
            _ if error != 0 => errno_name(&io::Error::from_raw_os_error(error)),
            Self::Fcntl { lock: Some(lock), asks: true, .. } => {
                let (kind, whence) = (name_of(lock.l_type, "F_"), name_of(lock.l_whence, "SEEK_"));
                format!("{kind} {whence} {} {} {}", lock.l_start, lock.l_len, lock.l_pid)
            }
            _ => "ok".into(),
        }
    }
}

/// A number, a name, or several with `|` between them.
fn number(word: &str) -> Option<off_t> {
    let one = |part: &str| {
        let named = NAMES.iter().find(|(name, _)| *name == part);
        named.map_or_else(|| part.parse().ok(), |(_, value)| Some(off_t::from(*value)))
    };
    word.split('|').map(one).try_fold(0, |sum, part| Some(sum | part?))
}

fn name_of(value: c_short, start: &str) -> &'static str {
    let mut names = NAMES.iter().filter(|(name, _)| name.starts_with(start));
    names.find(|(_, number)| *number == c_int::from(value)).map_or("?", |(name, _)| *name)
}
