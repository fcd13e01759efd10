//! One stopped tracee: its registers, single-stepping, and syscall injection.

use std::io;

use nix::unistd::Pid;

use crate::arch::{self, Registers};
use crate::{ProcessTree, Resume, Stop, sys};

/// Why a tracee could not be moved.
#[derive(Debug)]
pub enum Error {
    /// It is about to end, or has ended: this stop says how. `None`: that stop is still to come.
    Gone(Option<Stop>),
    /// It is about to get a signal of its own making, and has not moved.
    Signal(i32),
    /// The system refused.
    System(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        // No such process: it was killed while it was stopped. Its end is still to be told.
        match error.raw_os_error() {
            Some(libc::ESRCH) => Self::Gone(None),
            _ => Self::System(error),
        }
    }
}

/// One stopped tracee of a tree.
pub struct Tracee<'tree> {
    tree: &'tree mut ProcessTree,
    pid: Pid,
}

impl ProcessTree {
    /// One stopped tracee.
    pub fn tracee(&mut self, pid: Pid) -> Tracee<'_> {
        Tracee { tree: self, pid }
    }
}

impl Tracee<'_> {
    /// Which one.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Its registers.
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn registers(&self) -> Result<Registers, Error> {
        Ok(Registers::of(self.pid)?)
    }

    /// Where it tried to store without having the right to, if it is about to get SIGSEGV for that.
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn protection_fault(&self) -> Result<Option<u64>, Error> {
        Ok(sys::protection_fault(self.pid)?)
    }

    /// Leaves out the call at whose entry it is stopped.
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn skip_syscall(&mut self) -> Result<(), Error> {
        let mut registers = self.registers()?;
        registers.call = u64::MAX;
        Ok(registers.put(self.pid)?)
    }

    /// Lets it go on and waits until it stops again, however that is.
    ///
    /// # Errors
    /// The system's; Gone: no process is left.
    pub fn resume_and_wait(&mut self, how: Resume) -> Result<Stop, Error> {
        self.tree.resume(self.pid, how, 0)?;
        self.tree.wait_for(self.pid)?.ok_or(Error::Gone(None))
    }

    /// The signals that it blocks, a bit each.
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn signal_mask(&self) -> Result<u64, Error> {
        Ok(sys::signal_mask(self.pid)?)
    }

    /// Changes which signals it blocks.
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn set_signal_mask(&mut self, mask: u64) -> Result<(), Error> {
        Ok(sys::set_signal_mask(self.pid, mask)?)
    }

    /// Moves it by one instruction. Signals from outside wait until it has moved.
    ///
    /// # Errors
    /// Signal: the instruction raised one. Gone: it is about to end.
    pub fn step(&mut self) -> Result<(), Error> {
        // If one of these is blocked when an instruction raises it, the kernel resets its action.
        const RAISED: [i32; 6] =
            [libc::SIGTRAP, libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGSYS];
        let blocked = self.signal_mask()?;
        self.set_signal_mask(
            RAISED.iter().fold(u64::MAX, |mask, signal| mask & !(1 << (signal - 1))),
        )?;
        let moved = self.step_undisturbed();
        if !matches!(moved, Err(Error::Gone(_))) {
            self.set_signal_mask(blocked)?;
        }
        moved
    }

    fn step_undisturbed(&mut self) -> Result<(), Error> {
        let mut was_stopped = false;
        let moved = loop {
            match self.resume_and_wait(Resume::Step)? {
                Stop::Signal(_, libc::SIGTRAP) => break Ok(()),
                // It was asked to stop, earlier, and has not moved.
                Stop::Interrupted(_) | Stop::GroupStop(..) | Stop::Started(_) => {}
                Stop::Signal(_, libc::SIGSTOP) => was_stopped = true, // The one that nobody blocks.
                Stop::Signal(_, signal) => break Err(Error::Signal(signal)),
                other => break Err(Error::Gone(Some(other))),
            }
        };
        if was_stopped {
            sys::send_again(self.pid, libc::SIGSTOP);
        }
        moved
    }

    /// Makes it execute a system call for us, by the syscall instruction at `instruction`, and puts its
    /// registers back. Returns what the call returned.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn inject(
        &mut self,
        instruction: u64,
        number: i64,
        arguments: [u64; 6],
    ) -> Result<i64, Error> {
        let saved = self.registers()?;
        let mut call = saved;
        (call.at, call.result, call.call) = (instruction, number.cast_unsigned(), u64::MAX);
        call.arguments = arguments;
        call.put(self.pid)?;
        let stepped = self.step();
        let after = self.registers()?;
        saved.put(self.pid)?;
        stepped?;
        if arch::syscall_instruction(after.at) != instruction {
            return Err(io::Error::other("an injected system call was not made").into());
        }
        Ok(after.result.cast_signed())
    }

    /// Changes an argument of the call in which it is stopped.
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn set_argument(&mut self, index: usize, value: u64) -> Result<(), Error> {
        let mut registers = self.registers()?;
        registers.arguments[index] = value;
        Ok(registers.put(self.pid)?)
    }

    /// As [`set_result`].
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn set_result(&mut self, result: i64) -> Result<(), Error> {
        Ok(set_result(self.pid, result)?)
    }

    /// Makes it execute the call that it has just made once more.
    ///
    /// # Errors
    /// Gone: it was killed meanwhile.
    pub fn repeat_syscall(&mut self, number: i64) -> Result<(), Error> {
        let mut registers = self.registers()?;
        registers.repeat(number);
        Ok(registers.put(self.pid)?)
    }
}

/// Changes what the call returns that a stopped tracee has just made.
///
/// # Errors
/// ESRCH: it was killed meanwhile. Unsupported: not on this architecture.
pub fn set_result(pid: Pid, result: i64) -> io::Result<()> {
    let mut registers = Registers::of(pid)?;
    registers.result = result.cast_unsigned();
    registers.put(pid)
}
