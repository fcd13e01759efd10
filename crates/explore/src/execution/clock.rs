//! A clock of the execution's own: where a wait for a time is over at once, the actors' clock says that the time has
//! passed.
//!
//! The C library asks the vDSO for the time, and no tracer sees that. So the kernel's hint where the vDSO lies is taken
//! from a program that has just been executed. Then the C library makes calls, and their results can be changed.

use nix::unistd::Pid;
use tracer::arch::legacy;
use tracer::{Error, Syscall};

use super::Execution;
use crate::watched_memory::WatchedMemory;

/// By how much the clock is put on for each wait that is over at once. A process may sleep for longer than it asks
/// for, and few ask for longer.
const HOUR: u64 = 60 * 60;

impl Execution<'_> {
    /// The actors have a clock of their own, which goes on when a wait for a time is over at once.
    #[must_use]
    pub fn with_a_clock_of_its_own(self) -> Self {
        Self { clock_ahead: Some(0), ..self }
    }

    /// A wait for a time is over at once.
    pub(super) fn put_the_clock_on(&mut self) {
        if let Some(seconds) = &mut self.clock_ahead {
            *seconds += HOUR;
        }
    }

    /// The program that a tracee has just executed does not find the vDSO, if the execution has its own clock.
    pub(super) fn hide_the_machines_clock(&mut self, pid: Pid) -> Result<(), Error> {
        let memory = self.tracees.get(&pid.as_raw()).map(|tracee| tracee.memory.clone());
        let Some(memory) = memory.filter(|_| self.clock_ahead.is_some()) else { return Ok(()) };
        let stack = self.processes.tree().tracee(pid).registers()?.stack;
        let memory = memory.borrow();
        if let Some(at) = hint(&memory, stack) {
            memory.write(at, &libc::AT_IGNORE.to_ne_bytes())?;
        }
        Ok(())
    }

    /// What a call has told of the time is put right by the execution's own clock. Returns the call's new result, if it
    /// has one.
    pub(super) fn put_time_right(
        &self,
        pid: i32,
        call: &Syscall,
        result: i64,
    ) -> Result<Option<i64>, Error> {
        let ahead = self.clock_ahead.filter(|seconds| *seconds > 0 && result >= 0);
        let (Some(ahead), Some(tracee)) = (ahead, self.tracees.get(&pid)) else { return Ok(None) };
        let [first, second, ..] = call.arguments;
        let (seconds_at, is_result) = match call.number {
            libc::SYS_clock_gettime if is_of_the_day(first) => (second, false),
            libc::SYS_gettimeofday => (first, false),
            legacy::SYS_time => (first, true),
            _ => return Ok(None),
        };
        let memory = tracee.memory.borrow();
        // A program that has the time stored in FILE gets the machine's.
        if seconds_at != 0 && memory.region(seconds_at).is_none() {
            let seconds = memory.word(seconds_at).unwrap_or_default().wrapping_add(ahead);
            memory.write(seconds_at, &seconds.to_ne_bytes())?;
        }
        Ok(is_result.then(|| result.wrapping_add_unsigned(ahead)))
    }
}

/// Does this clock go on while a process sleeps?
fn is_of_the_day(clock: u64) -> bool {
    [
        libc::CLOCK_REALTIME,
        libc::CLOCK_MONOTONIC,
        libc::CLOCK_MONOTONIC_RAW,
        libc::CLOCK_REALTIME_COARSE,
        libc::CLOCK_MONOTONIC_COARSE,
        libc::CLOCK_BOOTTIME,
        libc::CLOCK_TAI,
    ]
    .into_iter()
    .any(|one| u64::try_from(one) == Ok(clock))
}

/// Where the kernel's hint at the vDSO lies in the memory of a program that has just been executed: after the
/// arguments and the environment, each of which ends with a zero, on its stack.
fn hint(memory: &WatchedMemory, stack: u64) -> Option<u64> {
    const WORD: u64 = size_of::<u64>() as u64;
    let arguments = memory.word(stack)?;
    let mut at = stack + WORD * (1 + arguments + 1);
    while memory.word(at)? != 0 {
        at += WORD;
    }
    at += WORD;
    loop {
        match memory.word(at)? {
            libc::AT_NULL => return None,
            libc::AT_SYSINFO_EHDR => return Some(at),
            _ => at += 2 * WORD,
        }
    }
}
