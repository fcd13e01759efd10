//! The memory of a stopped process.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result};
use nix::unistd::Pid;

/// Bytes of its memory.
///
/// # Errors
/// EIO: nothing is mapped there.
pub fn memory(pid: Pid, address: usize, length: usize) -> Result<Vec<u8>> {
    let path = format!("/proc/{pid}/mem");
    let memory = File::open(&path).step_on("open", Path::new(&path))?;
    let mut bytes = vec![0; length];
    memory.read_exact_at(&mut bytes, address as u64).step_on("read", Path::new(&path))?;
    Ok(bytes)
}

/// The bytes up to the next NUL.
///
/// # Errors
/// EIO: nothing is mapped there.
pub(crate) fn string(pid: Pid, address: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let page = common::page_size();
    // A page at a time: the next one may not be mapped.
    while bytes.len() <= libc::PATH_MAX.unsigned_abs() as usize {
        let from = address + bytes.len();
        let part = memory(pid, from, page - from % page)?;
        let end = part.iter().position(|byte| *byte == 0);
        bytes.extend_from_slice(part.get(..end.unwrap_or(part.len())).unwrap_or_default());
        if end.is_some() {
            break;
        }
    }
    Ok(bytes)
}
