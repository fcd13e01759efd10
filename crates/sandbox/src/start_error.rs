//! Why a program was not started, and whose fault that is.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::{FsFlags, statvfs};
use serde::{Deserialize, Serialize};

/// The longest path that the kernel takes, in bytes.
const LONGEST_PATH: u64 = libc::PATH_MAX as u64;

/// Why a program was not started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartError {
    /// The system refused a step that comes before the `exec`: nothing is known about the program.
    CannotPrepare(String),
    /// The system refused to trace: nothing is known about the program.
    CannotTrace(String),
    /// The kernel does not execute the program, for this reason.
    NotExecutable(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::CannotPrepare(why) | Self::CannotTrace(why) | Self::NotExecutable(why)) = self;
        f.write_str(why)
    }
}

impl Error for StartError {}

impl From<StartError> for io::Error {
    fn from(error: StartError) -> Self {
        Self::other(error)
    }
}

impl StartError {
    /// Why `execve` of `program` failed with this errno.
    pub(crate) fn of_exec(program: &Path, errno: i32) -> Self {
        let said = io::Error::from_raw_os_error(errno);
        match errno {
            libc::EACCES if is_on_noexec(program) => {
                Self::CannotPrepare(format!("execve: {said}: its file system is mounted noexec"))
            }
            libc::EACCES => Self::NotExecutable(format!("{said}: {}", not_allowed(program))),
            libc::ENOENT => Self::NotExecutable(format!("{said}: {}", missing(program))),
            libc::ENOEXEC => Self::NotExecutable(format!("{said}: {}", no_format(program))),
            libc::ELIBBAD
            | libc::ENOTDIR
            | libc::EISDIR
            | libc::ELOOP
            | libc::EINVAL
            | libc::EFAULT
            | libc::EIO
            | libc::ENAMETOOLONG => Self::NotExecutable(format!("execve: {said}")),
            _ => Self::CannotPrepare(format!("execve: {said}")),
        }
    }
}

/// Why a program cannot be followed that the kernel would execute: it, or its interpreter, has 32 bits.
pub(crate) fn not_followed(program: &Path) -> Option<StartError> {
    let start = start_of(program).unwrap_or_default();
    let interpreter = interpreter_in(program, &start).filter(|_| start.starts_with(b"#!"));
    let is_32_bits = |path: &Path| start_of(path).is_ok_and(|start| has_32_bits(&start));
    let who = match interpreter {
        Some(interpreter) if is_32_bits(&interpreter) => {
            format!("its interpreter {interpreter:?}")
        }
        _ if has_32_bits(&start) => "it".into(),
        _ => return None,
    };
    Some(StartError::CannotPrepare(format!(
        "{who} is a 32-bit program. The system calls of such a program have other numbers, which the judge \
         does not follow. Compile it for 64 bits, without `-m32`"
    )))
}

/// Whether a file begins as an ELF file of 32 bits that this processor executes, too. Of another
/// processor, the kernel says so itself.
fn has_32_bits(start: &[u8]) -> bool {
    /// The numbers of 32-bit x86, of x32, and of 32-bit arm.
    const MACHINES: [u16; 3] = [3, 62, 40];
    let machine = start.get(18..20).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes);
    start.starts_with(b"\x7fELF\x01\x01")
        && machine.is_some_and(|machine| MACHINES.contains(&machine))
        && (machine == Some(40)) == cfg!(target_arch = "aarch64")
}

fn is_on_noexec(program: &Path) -> bool {
    statvfs(program).is_ok_and(|found| found.flags().contains(FsFlags::ST_NOEXEC))
}

fn not_allowed(program: &Path) -> String {
    let may =
        |path: &Path| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0);
    match interpreter(program) {
        Some(named) if may(program) => {
            format!("its interpreter {named:?} may not be executed by an ordinary user here")
        }
        _ => "an ordinary user may not execute it. `chmod a+rx` on it gives the right".into(),
    }
}

fn missing(program: &Path) -> String {
    match interpreter(program) {
        Some(named) if named.as_os_str().as_bytes().ends_with(b"\r") => format!(
            "its first line names the interpreter {named:?}. The lines end in a carriage return \
             and a line feed (CRLF); a script's lines must end in a line feed only"
        ),
        Some(named) => format!("its interpreter or loader {named:?} does not exist here"),
        None => "it is gone, or its interpreter is".into(),
    }
}

fn no_format(program: &Path) -> &'static str {
    let start = start_of(program).unwrap_or_default(); // Unreadable: then the last arm is as true.
    match start.as_slice() {
        [] => "the file is empty, so there is nothing to execute",
        [0x7f, b'E', b'L', b'F', ..] => {
            "this processor cannot execute it: it was made for another one, or it is damaged"
        }
        [b'#', b'!', ..] => "its first line names no interpreter that could execute it after `#!`",
        _ => {
            "it is neither a program of this machine nor a script: to be executed, a script's \
             first line must be `#!` and the path of its interpreter"
        }
    }
}

/// What the kernel executes in the program's place: the interpreter in a script's first line, or the
/// loader that an ELF file names.
pub(crate) fn interpreter(program: &Path) -> Option<PathBuf> {
    interpreter_in(program, &start_of(program).ok()?)
}

fn interpreter_in(program: &Path, start: &[u8]) -> Option<PathBuf> {
    if let Some(line) = start.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next()?;
        let words = line.split(|byte| *byte == b' ' || *byte == b'\t');
        let word = words.into_iter().find(|word| !word.is_empty())?;
        return Some(PathBuf::from(std::ffi::OsStr::from_bytes(word)));
    }
    loader(program, start)
}

fn start_of(program: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(4 << 10); // So that one read is enough.
    File::open(program)?.take(LONGEST_PATH).read_to_end(&mut start)?;
    Ok(start)
}

/// The string in the segment PT_INTERP of a 64-bit little-endian ELF file.
fn loader(program: &Path, start: &[u8]) -> Option<PathBuf> {
    const INTERPRETER: u64 = 3;
    let number = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes.get_mut(..size)?.copy_from_slice(start.get(at..at.checked_add(size)?)?);
        Some(u64::from_le_bytes(bytes))
    };
    if !start.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let places = (0..count).filter_map(|index| usize::try_from(table + index * size).ok());
    let place = places.into_iter().find(|place| number(*place, 4) == Some(INTERPRETER))?;
    let (offset, length) = (number(place + 8, 8)?, number(place + 32, 8)?);
    let mut file = File::open(program).ok()?;
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut name = Vec::new();
    file.take(length.min(LONGEST_PATH)).read_to_end(&mut name).ok()?;
    let name = name.split(|byte| *byte == 0).next()?;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(name)))
}
