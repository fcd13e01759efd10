//! An access that may be answered by a signal, made in a child. The child dies, and the parent says
//! which signal it was, why, and at which address.
//!
//! # Safety
//! [`in_child`] forks only a process with one thread, so the child finds every lock free. The handler
//! makes one system call, `write`, and allocates nothing.
#![expect(unsafe_code, reason = "fork, and a handler that reads what the kernel tells it")]

use std::ffi::c_void;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{fs, mem, panic, ptr};

use libc::{c_int, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::Reserved;

/// Where the handler of the child reports to.
static REPORTS: AtomicI32 = AtomicI32::new(-1);

/// What the handler reports: the reason and the address.
type Report = [[u8; WORD]; 2];

const WORD: usize = size_of::<usize>();

impl Reserved {
    /// Loads byte `offset` in a child: `no signal`, or the signal, its reason, and whether it names
    /// this byte's address.
    ///
    /// # Errors
    /// Those of the child.
    pub fn try_load(&self, offset: usize) -> io::Result<String> {
        attempt(self.address(offset), || {
            self.load(offset);
        })
    }

    /// The same with a store.
    ///
    /// # Errors
    /// Those of the child.
    pub fn try_store(&self, offset: usize, byte: u8) -> io::Result<String> {
        attempt(self.address(offset), || self.store(offset, byte))
    }

    /// The same with a jump to an instruction that only returns, which is stored there before.
    ///
    /// # Errors
    /// Those of the child.
    pub fn try_run(&self, offset: usize) -> io::Result<String> {
        attempt(self.address(offset), || {
            assert!((0..).zip(RETURN).all(|(at, byte)| self.load(offset + at) == *byte), "no code");
            // SAFETY: the bytes there are RETURN, a function that only returns.
            let run = unsafe { mem::transmute::<*mut u8, extern "C" fn()>(self.at(offset, 4)) };
            run();
        })
    }

    /// Stores the instruction that [`Reserved::try_run`] runs.
    pub fn store_code(&self, offset: usize) {
        (0..).zip(RETURN).for_each(|(at, byte)| self.store(offset + at, *byte));
    }
}

/// Maps a descriptor that is not open, takes the result for an address, and loads from it in a child.
///
/// # Errors
/// Those of the child; that `mmap` did not return `MAP_FAILED`.
pub fn try_load_from_map_failed() -> io::Result<String> {
    let flags = libc::MAP_SHARED;
    // SAFETY: without MAP_FIXED the kernel takes only free addresses.
    let start = unsafe { libc::mmap(ptr::null_mut(), 1, libc::PROT_READ, flags, -1, 0) };
    if start != libc::MAP_FAILED {
        return Err(io::Error::other("a descriptor that is not open was mapped"));
    }
    attempt(usize::MAX, || {
        // SAFETY: the last address of all is the kernel's, so the load traps, in the child.
        unsafe { start.cast::<u8>().read_volatile() };
    })
}

/// The instruction `ret`.
const RETURN: &[u8] =
    if cfg!(target_arch = "aarch64") { &[0xc0, 0x03, 0x5f, 0xd6] } else { &[0xc3] };

/// Runs `access` in a forked child. If the child dies of SIGSEGV or SIGBUS, the answer is for example
/// `SIGSEGV SEGV_ACCERR at the byte`: `at the byte` if the signal names `address`.
fn attempt(address: usize, access: impl FnOnce()) -> io::Result<String> {
    let (mut reports, to_parent) = io::pipe()?;
    let child = fork(|| {
        report_to(&to_parent)?;
        access();
        Ok(())
    })?;
    drop(to_parent);
    let mut said = Vec::new();
    reports.read_to_end(&mut said)?;
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) if said.is_empty() => Ok("no signal".into()),
        WaitStatus::Signaled(_, signal, _) if said.len() == size_of::<Report>() => {
            let word = |at: usize| said.iter().skip(at * WORD).take(WORD).copied();
            let word = |at| word(at).rev().fold(0, |number, byte| number << 8 | usize::from(byte));
            let place = if word(1) == address { "at the byte" } else { "elsewhere" };
            Ok(format!("{signal} {} {place}", reason(signal, word(0))))
        }
        other => Err(io::Error::other(format!("the child ended otherwise: {other:?}"))),
    }
}

/// Runs `role` in a forked child, and waits for its end.
///
/// # Errors
/// Those of `fork(2)`, and that the child did not succeed.
///
/// # Panics
/// If this process has more than one thread.
pub fn in_child(role: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    match waitpid(fork(role)?, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        other => Err(io::Error::other(format!("the child ended otherwise: {other:?}"))),
    }
}

fn fork(role: impl FnOnce() -> io::Result<()>) -> io::Result<Pid> {
    let threads = || Ok::<_, io::Error>(fs::read_dir("/proc/self/task")?.count());
    // The kernel lists a thread for a moment after it was joined.
    let deadline = Instant::now() + Duration::from_secs(5);
    while threads()? != 1 && Instant::now() < deadline {}
    assert_eq!(threads()?, 1, "threads");
    // SAFETY: there is no other thread, checked above: the child's memory is consistent.
    let child = unsafe { libc::fork() };
    match child {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let outcome = panic::catch_unwind(panic::AssertUnwindSafe(role));
            let code = if matches!(outcome, Ok(Ok(()))) { 0 } else { 1 };
            // SAFETY: takes a number and does not return; no destructor of the parent's runs.
            unsafe { libc::_exit(code) }
        }
        _ => Ok(Pid::from_raw(child)),
    }
}

/// The name of `si_code`, of `sigaction(2)`.
fn reason(signal: Signal, code: usize) -> String {
    match (signal, code) {
        (Signal::SIGSEGV, 1) => "SEGV_MAPERR".into(),
        (Signal::SIGSEGV, 2) => "SEGV_ACCERR".into(),
        (Signal::SIGSEGV, 4) => "SEGV_PKUERR".into(),
        (Signal::SIGBUS, 2) => "BUS_ADRERR".into(),
        _ => format!("code {code}"),
    }
}

/// Makes this process report SIGSEGV and SIGBUS to the pipe `to` before it dies of the signal.
fn report_to(to: &impl AsRawFd) -> io::Result<()> {
    REPORTS.store(to.as_raw_fd(), Relaxed);
    let flags = SaFlags::SA_SIGINFO | SaFlags::SA_RESETHAND; // Back from the handler, it dies.
    let action = SigAction::new(SigHandler::SigAction(report), flags, SigSet::empty());
    for signal in [Signal::SIGSEGV, Signal::SIGBUS] {
        // SAFETY: the handler makes one system call and allocates nothing.
        unsafe { sigaction(signal, &action) }?;
    }
    Ok(())
}

/// Reports the reason and the address, the lowest byte of each first.
extern "C" fn report(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: with SA_SIGINFO, the kernel passes a pointer to what it knows of the signal.
    let info = unsafe { &*info };
    // SAFETY: the kernel raised the signal for an access, so this field is set.
    let address = unsafe { info.si_addr() }.addr();
    let report: Report = [info.si_code as usize, address].map(usize::to_le_bytes);
    // SAFETY: the bytes live until the call returns. If it fails, the parent misses the report.
    let _ = unsafe { libc::write(REPORTS.load(Relaxed), report.as_ptr().cast(), WORD * 2) };
}
