//! One traced task: where it stands, and the two ways to move it by a hand's breadth.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use nix::unistd::Pid;

use super::registers::Registers;
use super::space::Space;
use super::sys::{self, Go};

/// Why a traced task could not be moved.
#[derive(Debug)]
pub(super) enum Fault {
    /// It ended, or is about to: its wait status says how; -1: that is still to come.
    Gone(i32),
    /// It stands before a signal of its own making, and has not moved.
    Signal(i32),
    /// The system refused.
    System(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        // No such task: it was killed while it stood. The wait for it will say so.
        if error.raw_os_error() == Some(libc::ESRCH) { Self::Gone(-1) } else { Self::System(error) }
    }
}

impl From<nix::Error> for Fault {
    fn from(error: nix::Error) -> Self {
        io::Error::from(error).into()
    }
}

/// A system call that a task is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) number: i64,
    pub(super) arguments: [u64; 6],
}

/// What a task was stopped before, and does when it goes on.
#[derive(Debug)]
pub(super) enum Held {
    /// The instruction itself: a locked one, or a string instruction.
    Instruction { address: u64 },
    /// The bytes of a plain store, whose load is done: as if they waited in the store buffer.
    Bytes { address: u64, bytes: Vec<u8>, seen: Vec<u8> },
}

/// A task (a process, or a thread of one) and what is known of it.
pub(super) struct Task {
    pub(super) tid: Pid,
    pub(super) process: Pid,
    pub(super) side: usize,
    pub(super) space: Rc<RefCell<Space>>,
    pub(super) running: bool,
    /// A wait status that is not handled yet.
    pub(super) pending: Option<i32>,
    /// A signal to deliver when it goes on.
    pub(super) signal: i32,
    pub(super) call: Option<Call>,
    /// What the call that is being skipped shall return.
    pub(super) skipped: Option<i64>,
    /// A protection that was taken from a call's arguments.
    pub(super) stripped: bool,
    /// The call failed on a locked page and is being made again.
    pub(super) again: bool,
    pub(super) held: Option<Held>,
    /// The string instruction that it is in the middle of.
    pub(super) repeating: u64,
    /// The head of its list of robust mutexes.
    pub(super) robust: u64,
}

impl Task {
    /// A task that stands at its beginning.
    pub(super) fn new(tid: Pid, process: Pid, side: usize, space: Rc<RefCell<Space>>) -> Self {
        Self {
            tid,
            process,
            side,
            space,
            running: false,
            pending: None,
            signal: 0,
            call: None,
            skipped: None,
            stripped: false,
            again: false,
            held: None,
            repeating: 0,
            robust: 0,
        }
    }

    /// Does it hold, or is it taking, a robust mutex that the kernel would clean up after it?
    pub(super) fn holds_robust_mutex(&self) -> bool {
        let word = |address| self.space.borrow().word(address);
        let pending = self.robust.wrapping_add(16);
        self.robust != 0
            && (word(self.robust) != Some(self.robust) || word(pending).is_some_and(|at| at != 0))
    }
}

/// Moves a task by one instruction.
pub(super) fn step(tid: Pid) -> Result<(), Fault> {
    let mut later = Vec::new();
    let moved = loop {
        sys::resume(tid, Go::Step, 0)?;
        let status = sys::wait_for(tid)?;
        match (libc::WIFSTOPPED(status), libc::WSTOPSIG(status), status >> 16) {
            (true, libc::SIGTRAP, 0) => break Ok(()),
            // It was asked to stop, earlier: it stands where it stood.
            (true, _, libc::PTRACE_EVENT_STOP) => {}
            (true, signal @ (libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE), 0) => {
                break Err(Fault::Signal(signal));
            }
            // From outside, and in the way: it is sent again below.
            (true, signal, 0) => later.push(signal),
            _ => break Err(Fault::Gone(status)),
        }
    };
    for signal in later {
        sys::send_again(tid, tid, signal);
    }
    moved
}

/// Lets a stopped task make a system call for us, and puts its registers back.
pub(super) fn inject(tid: Pid, syscall_at: u64, number: i64, a: [u64; 3]) -> Result<i64, Fault> {
    let saved = Registers::of(tid)?;
    let mut call = saved;
    (call.at, call.result, call.call) = (syscall_at, number.cast_unsigned(), u64::MAX);
    call.arguments = a;
    call.put(tid)?;
    step(tid)?;
    let result = Registers::of(tid)?.result.cast_signed();
    saved.put(tid)?;
    Ok(result)
}
