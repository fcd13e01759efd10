//! The bare calls: `wait4`, and `ptrace` with any signal number (`nix` knows none above 31).
//!
//! # Safety
//! Every call takes numbers, or pointers to live memory of the size that the kernel is told; the
//! kernel keeps no pointer. `ptrace` changes other processes only, which Rust knows nothing of.
#![expect(unsafe_code, reason = "calls that no crate wraps")]

use std::ffi::{c_int, c_long, c_void};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;
use std::{io, mem, ptr};

use nix::sys::ptrace;
use nix::unistd::Pid;

use crate::{Resume, Syscall, arch};

/// What tracing is done by, for messages.
pub const MECHANISM: &str = "ptrace";
/// What is said where tracing is not allowed.
pub const REFUSED: &str = "ptrace is refused here";
/// The call by which a process traces another.
pub const SYS_TRACE: i64 = libc::SYS_ptrace;
/// The request of that call by which a process asks to be traced by its parent.
pub const TRACE_ME: u32 = libc::PTRACE_TRACEME;

/// A change of state, as `wait4` tells it.
#[derive(Clone, Copy, Debug)]
pub struct StateChange {
    /// Whose.
    pub pid: Pid,
    /// As the macros of `sys/wait.h` read it.
    pub status: c_int,
    /// CPU time, if this is the end of it.
    pub cpu_time: Duration,
    /// The most memory it had at a time, in bytes.
    pub peak_memory: u64,
}

/// What a wait brought.
pub(crate) enum Answer {
    /// A child or tracee of this thread has changed its state.
    Changed(StateChange),
    /// Nothing yet: a signal interrupted the wait, or nothing is ready.
    Nothing,
    /// There is no child and no tracee.
    Nobody,
}

/// `wait4(-1, __WALL | __WNOTHREAD)`: the next change of a child or tracee *of this thread*. If it
/// blocks, a signal ends the wait.
pub(crate) fn wait(block: bool) -> io::Result<Answer> {
    let mut status = 0;
    // SAFETY: all zeros is a value of this struct of numbers.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    let options = libc::__WALL | libc::__WNOTHREAD | if block { 0 } else { libc::WNOHANG };
    // SAFETY: both pointers are to locals of the types that the call fills.
    let pid = unsafe { libc::wait4(-1, &raw mut status, options, &raw mut usage) };
    match (pid, io::Error::last_os_error()) {
        (-1, error) if error.kind() == io::ErrorKind::Interrupted => Ok(Answer::Nothing),
        (-1, error) if error.raw_os_error() == Some(libc::ECHILD) => Ok(Answer::Nobody),
        (-1, error) => Err(error),
        (0, _) => Ok(Answer::Nothing),
        (pid, _) => Ok(Answer::Changed(change(Pid::from_raw(pid), status, &usage))),
    }
}

fn change(pid: Pid, status: c_int, usage: &libc::rusage) -> StateChange {
    let duration = |time: libc::timeval| {
        let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
        seconds + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    let cpu_time = duration(usage.ru_utime) + duration(usage.ru_stime);
    StateChange { pid, status, cpu_time, peak_memory: usage.ru_maxrss.unsigned_abs() << 10 }
}

/// `PTRACE_SEIZE`.
///
/// # Errors
/// EPERM: tracing is not allowed here.
pub(crate) fn seize(pid: Pid, options: c_int) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, pid, i64::from(options))
}

/// Whether a seccomp filter may report calls to the tracer: only where the tracer can refuse one of them.
pub const FILTER_REPORTS_CALLS: bool = arch::TRAPS_STORES;
/// What the seccomp filter of a tracee returns for a call that it reports to the tracer.
pub const REPORT_CALL: u32 = libc::SECCOMP_RET_TRACE | REPORTED_CALL;
/// Distinguishes this filter from one of the program's own that returns SECCOMP_RET_TRACE.
const REPORTED_CALL: u32 = 0x7e11;

/// `PTRACE_CONT`, `PTRACE_SYSCALL` or `PTRACE_SINGLESTEP`, delivering a signal,
/// or none by 0. `inside`: it is in a call whose entry was told, and whose exit is to come.
///
/// # Errors
/// ESRCH: it has been killed meanwhile, or is not stopped.
pub(crate) fn resume(how: Resume, inside: bool, pid: Pid, signal: c_int) -> io::Result<()> {
    let request = match how {
        Resume::ToSyscall => libc::PTRACE_SYSCALL,
        Resume::ToReportedSyscall if inside || !FILTER_REPORTS_CALLS => libc::PTRACE_SYSCALL,
        Resume::Freely | Resume::ToReportedSyscall => libc::PTRACE_CONT,
        Resume::Step => libc::PTRACE_SINGLESTEP,
    };
    self::request(request, pid, i64::from(signal))
}

fn request(request: libc::c_uint, pid: Pid, data: i64) -> io::Result<()> {
    let data = ptr::without_provenance_mut::<c_void>(data.cast_unsigned().try_into().unwrap_or(0));
    // SAFETY: these requests take a number where others take a pointer.
    let done = unsafe { libc::ptrace(request, pid.as_raw(), ptr::null_mut::<c_void>(), data) };
    zero(done)
}

/// `PTRACE_GETSIGMASK`: the signals that a stopped tracee blocks, a bit each.
///
/// # Errors
/// ESRCH: it has been killed meanwhile.
pub(crate) fn signal_mask(pid: Pid) -> io::Result<u64> {
    let mut mask = 0_u64;
    let size = ptr::without_provenance_mut::<c_void>(size_of::<u64>());
    // SAFETY: `mask` is a local of the size that the third argument tells.
    let done = unsafe { libc::ptrace(libc::PTRACE_GETSIGMASK, pid.as_raw(), size, &raw mut mask) };
    zero(done).map(|()| mask)
}

/// `PTRACE_SETSIGMASK`.
///
/// # Errors
/// ESRCH: it has been killed meanwhile.
pub(crate) fn set_signal_mask(pid: Pid, mask: u64) -> io::Result<()> {
    let size = ptr::without_provenance_mut::<c_void>(size_of::<u64>());
    // SAFETY: `mask` is a local of the size that the third argument tells.
    let done =
        unsafe { libc::ptrace(libc::PTRACE_SETSIGMASK, pid.as_raw(), size, &raw const mask) };
    zero(done)
}

/// The address of a fault, of the signal at which the thread is stopped; `None` for a signal that
/// somebody sent.
///
/// # Errors
/// Those of `PTRACE_GETSIGINFO`. ESRCH: it has been killed meanwhile.
pub fn fault_address(pid: Pid) -> io::Result<Option<usize>> {
    Ok(fault(pid)?.map(|(address, _)| address))
}

/// The address and the signal code of a fault.
fn fault(pid: Pid) -> io::Result<Option<(usize, i32)>> {
    let information = ptrace::getsiginfo(pid)?;
    // SAFETY: for SIGSEGV and SIGBUS, the only signals that callers ask about, raised by the kernel
    // (a positive code), the field holds an address; for others it is a number all the same.
    let address = unsafe { information.si_addr() };
    Ok((information.si_code > 0).then(|| (address.addr(), information.si_code)))
}

/// Where a tracee that is about to get SIGSEGV tried to store without having the right to.
pub(crate) fn protection_fault(pid: Pid) -> io::Result<Option<u64>> {
    const SEGV_ACCERR: i32 = 2;
    let found = fault(pid)?.filter(|(_, code)| *code == SEGV_ACCERR);
    Ok(found.map(|(address, _)| address as u64))
}

/// `PTRACE_INTERRUPT`.
///
/// # Errors
/// ESRCH: it has ended.
pub(crate) fn interrupt(pid: Pid) -> io::Result<()> {
    Ok(ptrace::interrupt(pid)?)
}

/// `PTRACE_GETEVENTMSG`: the child of a fork, the former thread of an exec.
///
/// # Errors
/// ESRCH: it has been killed meanwhile.
pub(crate) fn event_message(pid: Pid) -> io::Result<Pid> {
    let message = ptrace::getevent(pid)?;
    i32::try_from(message).map(Pid::from_raw).map_err(io::Error::other)
}

/// At which end of a system call a tracee has stopped.
pub(crate) enum AtSyscall {
    /// About to make it.
    Entry(Syscall),
    /// It is made, with this result.
    Exit(i64),
}

/// `PTRACE_GET_SYSCALL_INFO` of a tracee in a syscall stop.
///
/// # Errors
/// ESRCH: it has been killed meanwhile. EIO: the kernel is older than 5.3.
pub(crate) fn at_syscall(pid: Pid) -> io::Result<AtSyscall> {
    let found = ptrace::syscall_info(pid)?;
    match found.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: `op` says that this is the part that the kernel has filled.
            let entry = unsafe { found.u.entry };
            Ok(AtSyscall::Entry(Syscall {
                number: entry.nr.cast_signed(),
                arguments: entry.args,
                instruction: arch::syscall_instruction(found.instruction_pointer),
            }))
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => {
            // SAFETY: `op` says that this is the part that the kernel has filled.
            let exit = unsafe { found.u.exit };
            Ok(AtSyscall::Exit(exit.sval))
        }
        // It was killed after `waitpid` had told of its stop, and is in its exit stop by now.
        libc::PTRACE_SYSCALL_INFO_NONE => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        _ => Err(io::Error::other("PTRACE_GET_SYSCALL_INFO names no call at a syscall stop")),
    }
}

/// The call at which the seccomp filter has stopped a tracee. `None`: a filter of the program's own has done it.
///
/// # Errors
/// ESRCH: it has been killed meanwhile.
pub(crate) fn at_filter(pid: Pid) -> io::Result<Option<Syscall>> {
    let found = ptrace::syscall_info(pid)?;
    if found.op != libc::PTRACE_SYSCALL_INFO_SECCOMP {
        return Err(io::Error::from_raw_os_error(libc::ESRCH)); // Killed, and in its exit stop by now.
    }
    // SAFETY: `op` says that this is the part that the kernel has filled.
    let filter = unsafe { found.u.seccomp };
    let call = Syscall {
        number: filter.nr.cast_signed(),
        arguments: filter.args,
        instruction: arch::syscall_instruction(found.instruction_pointer),
    };
    Ok((filter.ret_data == REPORTED_CALL).then_some(call))
}

/// `tkill`: sends a signal again that came while a tracee was being moved.
pub(crate) fn send_again(thread: Pid, signal: c_int) {
    // SAFETY: takes numbers only. If the thread has ended meanwhile, nobody misses the signal.
    unsafe { libc::syscall(libc::SYS_tkill, thread.as_raw(), signal) };
}

/// `pidfd_open`: a handle that never means another process.
///
/// # Errors
/// EINVAL or ENOENT: it is a thread, not a process. ESRCH: it is gone.
pub(crate) fn pidfd(pid: Pid) -> io::Result<OwnedFd> {
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
pub(crate) fn kill(process: BorrowedFd<'_>) {
    let none = ptr::null::<c_void>();
    // SAFETY: a null pointer asks for the usual information; the descriptor is borrowed.
    let _ = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), libc::SIGKILL, none, 0)
    }; // It may have ended by itself, which is as good.
}

/// `pidfd_send_signal` without a signal: whether there is such a process, if only until its parent has
/// waited for it.
pub(crate) fn is_there(process: BorrowedFd<'_>) -> bool {
    let none = ptr::null::<c_void>();
    // SAFETY: a null pointer asks for the usual information; the descriptor is borrowed.
    let sent =
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), 0, none, 0) };
    // Whatever else is refused is refused for a process that is there.
    sent == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

fn zero(result: c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
