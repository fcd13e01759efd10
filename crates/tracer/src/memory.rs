//! The memory of a stopped process.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use nix::unistd::Pid;

use crate::look;

/// Bytes of its memory; `None` if not all of them are mapped, so that a call fails, too, that is given
/// this address.
///
/// # Errors
/// As [`look()`].
pub fn memory(pid: Pid, address: usize, length: usize) -> io::Result<Option<Vec<u8>>> {
    let path = format!("/proc/{pid}/mem");
    let Some(memory) = look(pid, &path, File::open(&path))? else { return Ok(None) };
    let mut bytes = vec![0; length];
    match memory.read_exact_at(&mut bytes, address as u64) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::EIO) => Ok(None),
        Err(error) => look(pid, &path, Err(error)),
    }
}

/// After a `read` of `/proc/PID/status` that returned `result`: no process is traced, as the reader is
/// told. Other runs of it are not traced, and it must do the same in all of them.
///
/// # Errors
/// As [`look()`].
pub fn hide_tracer(pid: Pid, number: i64, arguments: [u64; 6], result: i64) -> io::Result<()> {
    const FIELD: &[u8] = b"TracerPid:\t";
    const MOST: usize = 1 << 16;
    let [descriptor, address, ..] = arguments;
    let length = usize::try_from(result).ok().filter(|length| (1..=MOST).contains(length));
    let Some(length) = length else { return Ok(()) };
    if number != libc::SYS_read && number != libc::SYS_pread64 {
        return Ok(());
    }
    let path = format!("/proc/{pid}/fd/{}", descriptor & u64::from(u32::MAX));
    let of = look(pid, &path, fs::metadata(&path))?.map(|file| file.dev());
    if of != Some(fs::metadata("/proc")?.dev()) {
        return Ok(());
    }
    let address = usize::try_from(address).map_err(io::Error::other)?;
    let Some(bytes) = memory(pid, address, length)? else { return Ok(()) };
    let Some(found) = bytes.windows(FIELD.len()).position(|part| part == FIELD) else {
        return Ok(());
    };
    let number = found + FIELD.len();
    let digits = bytes.iter().skip(number).take_while(|byte| byte.is_ascii_digit()).count();
    let path = format!("/proc/{pid}/mem");
    let written = File::options().write(true).open(&path);
    let written = written
        .and_then(|memory| memory.write_all_at(&vec![b'0'; digits], (address + number) as u64));
    look(pid, &path, written).map(drop)
}

/// The bytes up to the next NUL; `None` if not all of them are mapped.
///
/// # Errors
/// As [`look()`].
pub(crate) fn string(pid: Pid, address: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let page = common::page_size();
    // A page at a time: the next one may not be mapped.
    while bytes.len() <= libc::PATH_MAX.unsigned_abs() as usize {
        let from = address + bytes.len();
        let Some(part) = memory(pid, from, page - from % page)? else { return Ok(None) };
        let end = part.iter().position(|byte| *byte == 0);
        bytes.extend_from_slice(part.get(..end.unwrap_or(part.len())).unwrap_or_default());
        if end.is_some() {
            break;
        }
    }
    Ok(Some(bytes))
}
