//! A stopped process's memory and mappings.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result};
use nix::unistd::Pid;
use page_view::Mapping;

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

/// Its mappings, in the order of their addresses.
///
/// # Errors
/// ESRCH: it has ended.
pub fn maps(pid: Pid) -> Result<Vec<Mapping>> {
    page_view::mappings_of(pid.as_raw().cast_unsigned())
}
