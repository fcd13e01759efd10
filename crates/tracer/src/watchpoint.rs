//! Hardware watchpoints: a tracee stops just after it has accessed a word of its memory.
//!
//! The stop is a SIGTRAP, which its program must not get. Only the program's own accesses count: the kernel
//! may load the word for it without a stop. Each thread has watchpoints of its own.

use std::io;

use nix::sys::ptrace;
use nix::unistd::Pid;

use crate::arch;

/// Stops a stopped tracee after each access to the four bytes at `address`, which is a multiple of 4. Whether
/// this processor, and this kernel, can do that.
///
/// # Errors
/// ESRCH: it has been killed meanwhile.
pub fn watch_word(pid: Pid, address: u64) -> io::Result<bool> {
    match arch::watch_word(pid, address) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Err(error),
        Err(_) => Ok(false),
    }
}

/// Has a tracee that is about to get SIGTRAP just accessed a watched word?
///
/// # Errors
/// Those of `PTRACE_GETSIGINFO`. ESRCH: it has been killed meanwhile.
pub fn has_accessed_the_word(pid: Pid) -> io::Result<bool> {
    const TRAP_HWBKPT: i32 = 4;
    Ok(ptrace::getsiginfo(pid)?.si_code == TRAP_HWBKPT)
}
