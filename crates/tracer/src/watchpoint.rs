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
    watch_words(pid, &[address])
}

/// The same for several words, at most [`WATCHPOINTS`](crate::arch::WATCHPOINTS).
///
/// # Errors
/// ESRCH: it has been killed meanwhile.
pub fn watch_words(pid: Pid, addresses: &[u64]) -> io::Result<bool> {
    match arch::watch_words(pid, addresses) {
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

/// Which of the watched words that was, a bit each: bit 0 is the first. An instruction may access several.
///
/// # Errors
/// ESRCH: it has been killed meanwhile.
pub fn accessed_words(pid: Pid) -> io::Result<u8> {
    arch::accessed_words(pid)
}
