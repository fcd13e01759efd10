//! The bare calls: `wait4`, `ptrace` with any signal's number (`nix` knows none above 31),
//! `close_range`, `execveat`, and Landlock's version.
//!
//! # Safety
//! Every call takes numbers, or pointers to live memory of the size that the kernel is told; none
//! of them keeps a pointer. `ptrace` changes other processes only, which Rust knows nothing of.
#![expect(unsafe_code, reason = "calls that no crate wraps")]

use std::ffi::{CStr, CString, c_int, c_long, c_void};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;
use std::{io, mem, ptr};

use nix::unistd::Pid;

/// A change of state, as `wait4` tells it.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Whose.
    pub pid: Pid,
    /// As the macros of `sys/wait.h` read it.
    pub status: c_int,
    /// Processor time, if this is the end of it.
    pub processor: Duration,
    /// The most memory it had at a time, in bytes.
    pub peak_memory: u64,
}

/// `wait4(-1, __WALL | __WNOTHREAD)`: the next change of a child or tracee *of this thread*.
///
/// # Errors
/// ECHILD: there is none left.
pub fn wait() -> io::Result<Change> {
    wait_with(0)
        .map(|change| change.unwrap_or_else(|| unreachable!("it blocks until there is one")))
}

/// The same, without waiting: `None` if nothing has changed.
///
/// # Errors
/// ECHILD: there is none left.
pub fn wait_now() -> io::Result<Option<Change>> {
    wait_with(libc::WNOHANG)
}

fn wait_with(options: c_int) -> io::Result<Option<Change>> {
    loop {
        let mut status = 0;
        // SAFETY: all zeros is a value of this struct of numbers.
        let mut usage: libc::rusage = unsafe { mem::zeroed() };
        let options = options | libc::__WALL | libc::__WNOTHREAD;
        // SAFETY: both pointers are to locals of the types that the call fills.
        let pid = unsafe { libc::wait4(-1, &raw mut status, options, &raw mut usage) };
        match (pid, io::Error::last_os_error()) {
            (-1, error) if error.kind() == io::ErrorKind::Interrupted => {}
            (-1, error) => return Err(error),
            (0, _) => return Ok(None),
            (pid, _) => return Ok(Some(change(Pid::from_raw(pid), status, &usage))),
        }
    }
}

fn change(pid: Pid, status: c_int, usage: &libc::rusage) -> Change {
    let duration = |time: libc::timeval| {
        let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
        seconds + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    let processor = duration(usage.ru_utime) + duration(usage.ru_stime);
    Change { pid, status, processor, peak_memory: usage.ru_maxrss.unsigned_abs() << 10 }
}

/// `PTRACE_SEIZE`.
///
/// # Errors
/// EPERM: tracing is not allowed here.
pub fn seize(pid: Pid, options: c_int) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, pid, i64::from(options))
}

/// `PTRACE_CONT`, `PTRACE_SYSCALL`, `PTRACE_SINGLESTEP` or `PTRACE_LISTEN`, delivering a signal,
/// or none by 0.
///
/// # Errors
/// ESRCH: it has been killed meanwhile, or is not stopped.
pub fn resume(request: libc::c_uint, pid: Pid, signal: c_int) -> io::Result<()> {
    self::request(request, pid, i64::from(signal))
}

fn request(request: libc::c_uint, pid: Pid, data: i64) -> io::Result<()> {
    let data = ptr::without_provenance_mut::<c_void>(data.cast_unsigned().try_into().unwrap_or(0));
    // SAFETY: these requests take a number where others take a pointer.
    let done = unsafe { libc::ptrace(request, pid.as_raw(), ptr::null_mut::<c_void>(), data) };
    zero(done)
}

/// The address of a fault, of the signal at which the thread is stopped; `None` for a signal that
/// somebody sent.
#[must_use]
pub fn fault_address(pid: Pid) -> Option<usize> {
    let information = nix::sys::ptrace::getsiginfo(pid).ok()?;
    // SAFETY: for SIGSEGV and SIGBUS, the only signals that callers ask about, raised by the kernel
    // (a positive code), the field holds an address; for others it is a number all the same.
    let address = unsafe { information.si_addr() };
    (information.si_code > 0).then(|| address.addr())
}

/// `close_range`: no descriptor from 3 on survives the next `exec`.
///
/// # Errors
/// ENOSYS: the kernel is older than 5.11.
pub fn close_all_on_exec() -> io::Result<()> {
    let (first, last) = (3_u32, u32::MAX);
    // SAFETY: takes numbers only; marking descriptors takes none from their owners.
    zero(unsafe { libc::syscall(libc::SYS_close_range, first, last, libc::CLOSE_RANGE_CLOEXEC) })
}

/// `PR_CAPBSET_DROP` of every capability: the next `exec` gives none, to root neither.
///
/// # Errors
/// EPERM: the caller has not the right to, and so has none to lose.
pub fn drop_capabilities() -> io::Result<()> {
    for capability in 0..64 {
        // SAFETY: takes numbers only.
        let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        match zero(done.into()) {
            // The first number that this kernel has no capability for.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => return Ok(()),
            done => done?,
        }
    }
    Ok(())
}

/// `pidfd_open`: a handle that never means another process.
///
/// # Errors
/// EINVAL or ENOENT: it is a thread, not a process. ESRCH: it is gone.
pub fn pidfd(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers only.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let descriptor = c_int::try_from(descriptor).unwrap_or(-1);
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just made it, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// `pidfd_send_signal` with SIGKILL.
pub fn kill(process: BorrowedFd<'_>) {
    let none = ptr::null::<c_void>();
    // SAFETY: a null pointer asks for the usual information; the descriptor is borrowed.
    let _ = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), libc::SIGKILL, none, 0)
    }; // It may have ended by itself, which is as good.
}

/// `execveat` of an open program. Returns only if it failed.
#[must_use]
pub fn execute(
    program: BorrowedFd<'_>,
    arguments: &[CString],
    environment: &[CString],
) -> io::Error {
    let pointers = |strings: &[CString]| {
        let mut pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        pointers.push(ptr::null());
        pointers
    };
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    let here: &CStr = c"";
    // SAFETY: both arrays end in a null pointer and their strings outlive the call.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            here.as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    io::Error::last_os_error()
}

/// Landlock's version in this kernel; 0 if there is none.
#[must_use]
pub fn landlock_version() -> i64 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes neither memory nor a size.
    let version = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<c_void>(), 0_usize, VERSION)
    };
    version.max(0)
}

fn zero(result: c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
