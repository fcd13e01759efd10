//! The memory of a stopped process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

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
