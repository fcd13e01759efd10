//! A hurry: how a wait for a time is over at once. The other process stands still meanwhile, for as long as it likes:
//! so every wait that has an end comes to it.

use std::io;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tracer::arch::legacy;
use tracer::{Ending, Syscall, memory};

use super::{Execution, HURRIED, RESTARTS, RunMode, is_among_threads};
use crate::actor::{Actor, ActorTracee};
use crate::blocking;
use crate::operations::{Operations, Wait};

impl Execution<'_> {
    /// What a call returns that is left out, because its time is over at once: a sleep, or a futex call with a
    /// timeout.
    pub(super) fn hurries(
        &mut self,
        actor: usize,
        call: &Syscall,
        wait: Option<Wait>,
        among_threads: bool,
    ) -> Option<i64> {
        let actor = &mut self.actors[actor];
        if self.mode != RunMode::Hurried || actor.hurried >= HURRIED {
            return None;
        }
        let result = match wait {
            Some(Wait::Sleep) if !call.sleeps_until_a_signal() => 0,
            _ if call.is_timed_futex() && !among_threads => -i64::from(libc::ETIMEDOUT),
            _ => return None,
        };
        actor.hurried += 1;
        self.put_the_clock_on();
        Some(result)
    }

    /// Ends the waits of actors that sleep: a call with a timeout is interrupted, and an alarm goes off. Other calls
    /// are made first, so that what they wait for may be there already. Beside one that has come to its own end, only
    /// a few waits are ended: they last as long as the program says, and nobody waits for that.
    pub(super) fn hurry(&mut self, actors: &[usize]) -> io::Result<()> {
        /// More of them are a loop of short ones, which is soon over.
        const FEW: u32 = 20;
        for actor in actors {
            let others_have_ended = self.actors.iter().enumerate().all(|(other, found)| {
                other == *actor || matches!(found.ended, Some(Ending::Exited(_)))
            });
            let this = &self.actors[*actor];
            let may_hurry = match self.mode {
                RunMode::Hurried => this.hurried < HURRIED,
                RunMode::Patient => others_have_ended && this.waited_out < FEW,
                RunMode::Scheduled | RunMode::Free => false,
            };
            if may_hurry && self.all_of_it_sleep(*actor)? {
                self.end_waits(*actor);
            }
        }
        Ok(())
    }

    /// If one of its tracees is in a call that ends by itself after some time, and in none about a lock: the call.
    pub(crate) fn sleeps_for_a_time(&self, actor: usize) -> Option<String> {
        let is_timed = |call: &Syscall| call.when_its_time_is_over().is_some() && !call.can_block();
        let mut calls = self.tracees_of(actor).filter_map(|tracee| tracee.call);
        calls.find(is_timed).map(|call| call.name())
    }

    /// Ends the waits of one actor, all of which sleeps.
    fn end_waits(&mut self, actor: usize) {
        let is_timed = |tracee: &ActorTracee| {
            let is_over = |call: Syscall| {
                call.when_its_time_is_over().is_some()
                    && !is_among_threads(&tracee.memory.borrow(), &call)
            };
            tracee.running && !tracee.hastened && tracee.call.is_some_and(is_over)
        };
        let mut has_ended_one = false;
        for tracee in self.tracees.values_mut().filter(|tracee| tracee.actor == actor) {
            if is_timed(tracee) {
                (tracee.hastened, has_ended_one) = (true, true);
                let _ = self.processes.tree().interrupt(tracee.pid); // If it has ended, its end is its stop.
            }
        }
        let this = &mut self.actors[actor];
        if !has_ended_one && std::mem::take(&mut this.alarm) {
            has_ended_one = true;
            let _ = kill(Pid::from_raw(this.process), Signal::SIGALRM); // The same.
        }
        match self.mode {
            RunMode::Hurried if has_ended_one => {
                this.hurried += 1;
                self.put_the_clock_on();
            }
            _ => this.waited_out += u32::from(has_ended_one),
        }
    }

    fn all_of_it_sleep(&self, actor: usize) -> io::Result<bool> {
        for tracee in self.tracees_of(actor).filter(|tracee| !tracee.exiting) {
            if !tracee.running || !blocking::sleeps(tracee.pid)? {
                return Ok(false);
            }
        }
        Ok(self.lives(actor))
    }
}

/// What a call that was interrupted returns in place of this result, because its time is over.
pub(super) fn result(tracee: &mut ActorTracee, call: &Syscall, result: i64) -> Option<i64> {
    let was_hastened = std::mem::take(&mut tracee.hastened);
    let is_interrupted = RESTARTS.contains(&result) || result == -i64::from(libc::EINTR);
    call.when_its_time_is_over().filter(|_| was_hastened && is_interrupted)
}

/// An actor sets a timer or an alarm.
pub(super) fn note_timers(actor: &mut Actor, pid: Pid, call: &Syscall) -> io::Result<()> {
    actor.has_timer |= call.sets_timer();
    if let Some(is_set) = sets_alarm(pid, call)? {
        actor.alarm = is_set;
    }
    Ok(())
}

/// Whether a call sets the alarm clock of its process, or stops it. `None`: it does neither.
fn sets_alarm(pid: Pid, call: &Syscall) -> io::Result<Option<bool>> {
    const INTERVAL: usize = 16; // Of `struct itimerval`, after which the time to wait comes.
    let [first, new, ..] = call.arguments;
    match call.number {
        legacy::SYS_alarm => Ok(Some(first != 0)),
        libc::SYS_setitimer if first == 0 && new != 0 => {
            let at = usize::try_from(new).map_err(io::Error::other)?;
            let value = memory(pid, at.wrapping_add(INTERVAL), INTERVAL)?;
            Ok(value.map(|value| value.iter().any(|byte| *byte != 0)))
        }
        _ => Ok(None),
    }
}

/// Of `select`, whose time is over: no descriptor is ready. Other calls say so by their result.
pub(super) fn forget_ready(tracee: &ActorTracee, call: &Syscall) -> io::Result<()> {
    let [count, sets @ .., _, _] = call.arguments;
    if ![legacy::SYS_select, libc::SYS_pselect6].contains(&call.number) {
        return Ok(());
    }
    let bytes = usize::try_from(count).map_err(io::Error::other)?.div_ceil(64) * 8;
    for set in sets.into_iter().filter(|set| *set != 0) {
        tracee.memory.borrow().write(set, &vec![0; bytes])?;
    }
    Ok(())
}
