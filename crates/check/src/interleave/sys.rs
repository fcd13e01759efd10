//! The calls that stop, move and kill a traced task, and the tick that ends a wait for one.
//!
//! # Safety
//! `ptrace` and `waitpid` act on other processes; of this one they touch only what they are given:
//! numbers, and places for numbers that live in the same function.
#![expect(unsafe_code, reason = "waitpid and ptrace with every signal number, real-time ones too")]

use std::io;
use std::ptr;
use std::sync::Once;
use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::signal::{SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::{Pid, gettid};

/// How a stopped task goes on.
#[derive(Clone, Copy)]
pub(super) enum Go {
    /// To its next system call, or signal.
    ToCall,
    /// By one instruction.
    Step,
    /// To its next signal.
    Freely,
}

/// What a wait brought.
pub(super) enum Waited {
    /// A task's wait status.
    Stop(Pid, i32),
    /// Nothing yet: a tick passed, or nothing is ready.
    Nothing,
    /// There is no task to wait for.
    Nobody,
}

/// Waits for any task that this thread started or traces. Blocking ends at the next tick.
pub(super) fn wait_any(block: bool) -> io::Result<Waited> {
    let mut status = 0;
    let flags = libc::__WALL | libc::__WNOTHREAD | if block { 0 } else { libc::WNOHANG };
    // SAFETY: `status` outlives the call.
    match unsafe { libc::waitpid(-1, &raw mut status, flags) } {
        0 => Ok(Waited::Nothing),
        -1 => match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::ECHILD) => Ok(Waited::Nobody),
            error if error.kind() == io::ErrorKind::Interrupted => Ok(Waited::Nothing),
            error => Err(error),
        },
        tid => Ok(Waited::Stop(Pid::from_raw(tid), status)),
    }
}

/// Waits for one task's next stop or end, which is sure to come.
pub(super) fn wait_for(tid: Pid) -> io::Result<i32> {
    let mut status = 0;
    loop {
        // SAFETY: `status` outlives the call.
        if unsafe { libc::waitpid(tid.as_raw(), &raw mut status, libc::__WALL) } >= 0 {
            return Ok(status);
        }
        match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => {}
            error => return Err(error),
        }
    }
}

/// Lets a stopped task go on, and delivers `signal` (0: none).
pub(super) fn resume(tid: Pid, go: Go, signal: i32) -> io::Result<()> {
    let request = match go {
        Go::ToCall => libc::PTRACE_SYSCALL,
        Go::Step => libc::PTRACE_SINGLESTEP,
        Go::Freely => libc::PTRACE_CONT,
    };
    let none = ptr::null_mut::<libc::c_void>();
    // SAFETY: these requests take a task, no address and a signal's number.
    match unsafe { libc::ptrace(request, tid.as_raw(), none, libc::c_long::from(signal)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Where a task that stands before a SIGSEGV wanted to store without having the right to.
pub(super) fn fault_address(tid: Pid) -> Option<u64> {
    const SEGV_ACCERR: i32 = 2;
    let information = ptrace::getsiginfo(tid).ok()?;
    // SAFETY: a SIGSEGV's information carries an address; sent by `kill`, its code is another.
    let address = unsafe { information.si_addr() };
    (information.si_code == SEGV_ACCERR).then_some(address as u64)
}

/// At which side of a system call a task stands.
pub(super) enum Side {
    /// About to make it.
    Entry(i64, [u64; 6]),
    /// It is made: the result, and the address behind the instruction.
    Exit(i64, u64),
}

/// `PTRACE_GET_SYSCALL_INFO`: `None` if the task is at neither side.
pub(super) fn side_of_call(tid: Pid) -> io::Result<Option<Side>> {
    let found = ptrace::syscall_info(tid)?;
    Ok(match found.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: `op` says that this is the part that the kernel has filled.
            let entry = unsafe { found.u.entry };
            Some(Side::Entry(entry.nr.cast_signed(), entry.args))
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => {
            // SAFETY: `op` says that this is the part that the kernel has filled.
            let exit = unsafe { found.u.exit };
            Some(Side::Exit(exit.sval, found.instruction_pointer))
        }
        _ => None,
    })
}

/// Sends a signal again that came while a task was being moved.
pub(super) fn send_again(process: Pid, tid: Pid, signal: i32) {
    // SAFETY: takes numbers only. If the task has ended meanwhile, nobody misses the signal.
    unsafe { libc::syscall(libc::SYS_tgkill, process.as_raw(), tid.as_raw(), signal) };
}

extern "C" fn tick(_: libc::c_int) {}

/// While it lives, every blocking call of this thread returns after a millisecond at most.
pub(super) struct Ticks(#[expect(dead_code, reason = "held: dropping it ends the ticks")] Timer);

impl Ticks {
    /// Starts them.
    pub(super) fn start() -> io::Result<Self> {
        static HANDLER: Once = Once::new();
        let mut done = Ok(());
        HANDLER.call_once(|| {
            let handler = SigHandler::Handler(tick);
            let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
            // SAFETY: the handler does nothing, and nobody else uses SIGALRM here.
            let set = unsafe { nix::sys::signal::sigaction(Signal::SIGALRM, &action) };
            done = set.map(drop);
        });
        done?;
        let notify = SigevNotify::SigevThreadId {
            signal: Signal::SIGALRM,
            thread_id: gettid().as_raw(),
            si_value: 0,
        };
        let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, SigEvent::new(notify))?;
        let every = Expiration::Interval(Duration::from_millis(1).into());
        timer.set(every, TimerSetTimeFlags::empty())?;
        Ok(Self(timer))
    }
}
