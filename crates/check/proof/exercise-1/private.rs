//! verdict: private-mapping
//! Stores to a private mapping.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, ptr, slice};

const MOST: u64 = 64 << 20;
const LAST: u64 = i64::MAX as u64;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    match run(&words) {
        None => {
            eprintln!("usage: exercise-1 poke FILE OFFSET TEXT | peek FILE OFFSET LEN");
            ExitCode::from(2)
        }
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(failure)) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[OsString]) -> Option<Result<(), String>> {
    let [command, file, offset, last] = words else { return None };
    let offset = number(offset).filter(|offset| *offset <= LAST)?;
    let file = Path::new(file);
    match command.to_str()? {
        "poke" => Some(poke(file, offset, last.as_bytes())),
        "peek" => {
            let length = number(last).filter(|length| *length <= MOST)?;
            Some(peek(file, offset, length as usize))
        }
        _ => None,
    }
}

fn number(word: &OsStr) -> Option<u64> {
    let digits = word.to_str()?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn poke(path: &Path, offset: u64, text: &[u8]) -> Result<(), String> {
    let end = end_of(path, offset, text.len())?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(libc::O_NONBLOCK);
    let (file, new) = match options.clone().create_new(true).open(path) {
        Ok(file) => (file, true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            (options.open(path).map_err(|error| told("open", path, error))?, false)
        }
        Err(error) => return Err(told("create", path, error)),
    };
    let stored = store(&file, path, offset, text, end);
    if stored.is_err() && new {
        let _ = fs::remove_file(path);
    }
    stored
}

fn store(file: &File, path: &Path, offset: u64, text: &[u8], end: u64) -> Result<(), String> {
    let before = length_of(file, path)?;
    if before < end {
        file.set_len(end).map_err(|error| told("ftruncate", path, error))?;
    }
    if text.is_empty() {
        return Ok(());
    }
    let writable = libc::PROT_READ | libc::PROT_WRITE;
    match map(file, offset, text.len(), writable) {
        Ok(place) => {
            unsafe { ptr::copy_nonoverlapping(text.as_ptr(), place, text.len()) };
            Ok(())
        }
        Err(error) => {
            let _ = file.set_len(before);
            Err(told("mmap", path, error))
        }
    }
}

fn peek(path: &Path, offset: u64, length: usize) -> Result<(), String> {
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_NONBLOCK);
    let file = options.open(path).map_err(|error| told("open", path, error))?;
    let size = length_of(&file, path)?;
    if length == 0 {
        return Ok(());
    }
    if end_of(path, offset, length)? > size {
        return Err(format!("read {path:?}: the range ends behind the file's end at {size}"));
    }
    let place = map(&file, offset, length, libc::PROT_READ);
    let place = place.map_err(|error| told("mmap", path, error))?;
    let bytes = unsafe { slice::from_raw_parts(place, length) };
    let mut output = io::stdout().lock();
    let written = output.write_all(bytes).and_then(|()| output.flush());
    written.map_err(|error| format!("write to standard output: {error}"))
}

/// Where OFFSET is, in a mapping that goes with the process.
fn map(file: &File, offset: u64, length: usize, protection: i32) -> io::Result<*mut u8> {
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    let skipped = (offset % page) as usize;
    let from = (offset - offset % page) as i64;
    let (length, descriptor) = (skipped + length, file.as_raw_fd());
    let start = unsafe {
        libc::mmap(ptr::null_mut(), length, protection, libc::MAP_PRIVATE, descriptor, from)
    };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(start.cast::<u8>().wrapping_add(skipped))
}

/// The length of a file that must be a regular one.
fn length_of(file: &File, path: &Path) -> Result<u64, String> {
    let found = file.metadata().map_err(|error| told("stat", path, error))?;
    if !found.is_file() {
        return Err(format!("open {path:?}: not a regular file"));
    }
    Ok(found.len())
}

fn end_of(path: &Path, offset: u64, length: usize) -> Result<u64, String> {
    let end = offset.checked_add(length as u64).filter(|end| *end <= LAST);
    end.ok_or_else(|| format!("map {path:?}: no file is that long"))
}

fn told(step: &str, path: &Path, error: io::Error) -> String {
    format!("{step} {path:?}: {error}")
}
