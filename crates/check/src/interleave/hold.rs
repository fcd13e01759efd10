//! What a process was stopped before happens after all, or is taken to the grave.

use std::io;
use std::rc::Rc;
use std::time::Instant;

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use super::event::What;
use super::handle::Flow;
use super::registers::Registers;
use super::store::{self, Done, Kind};
use super::sys;
use super::task::{Fault, Held};
use super::world::{Pause, World};

impl World {
    /// Does what a standing task was stopped before; then it goes on.
    pub(super) fn release(&mut self, tid: i32) -> Result<Flow, Fault> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(Flow::Stay);
        };
        let (side, pid, held) = (task.side, task.tid, task.held.take());
        let space = Rc::clone(&task.space);
        match held {
            None => return Ok(Flow::On),
            Some(Held::Bytes { address, bytes, seen }) => {
                let mut space = space.borrow_mut();
                let offset = space.region(address).map_or(0, |r| r.offset + (address - r.start));
                space.lift(pid)?;
                let before = space.read(address, bytes.len())?;
                // Only what the instruction changed, or all of it where it changed nothing: a
                // masked store leaves the bytes between alone.
                space.write(address, &bytes)?;
                space.lower(pid)?;
                drop(space);
                let done = Done { before, after: bytes };
                self.stored(side, offset, done, Kind::Plain, Some(seen));
            }
            Some(Held::Instruction { address }) => {
                let found = store::decode(pid, &space.borrow())?;
                if found.kind == Kind::Repeated {
                    self.repeat(tid, address)?;
                    return Ok(Flow::On);
                }
                let mut space = space.borrow_mut();
                let offset = space.region(address).map_or(0, |r| r.offset + (address - r.start));
                let done = store::perform(pid, &mut space, address, found.size)?;
                space.lower(pid)?;
                drop(space);
                self.stored(side, offset, done, found.kind, None);
            }
        }
        Ok(Flow::On)
    }

    /// The first half of a string instruction, or what is left of it.
    pub(super) fn repeat(&mut self, tid: i32, address: u64) -> Result<(), Fault> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(());
        };
        let (side, pid, space) = (task.side, task.tid, Rc::clone(&task.space));
        let mut space = space.borrow_mut();
        let found = store::decode(pid, &space)?;
        let begun = task.repeating == found.at;
        let half = !begun && found.iterations > 1;
        let count = if half { found.iterations / 2 } else { found.iterations.max(1) };
        task.repeating = if half { found.at } else { 0 };
        let offset = space.region(address).map_or(0, |r| r.offset + (address - r.start));
        let done = store::perform_some(pid, &mut space, address, &found, count)?;
        space.lower(pid)?;
        drop(space);
        self.stored(side, offset, done, Kind::Repeated, None);
        Ok(())
    }

    /// Kills a side where it stands, with SIGKILL, and reaps it at once.
    ///
    /// # Errors
    /// The system's.
    pub fn kill(&mut self, side: usize) -> io::Result<()> {
        let ours = |task: &&super::task::Task| task.side == side;
        let tids: Vec<i32> = self.tasks.values().filter(ours).map(|t| t.tid.into()).collect();
        self.note(side, What::Killed);
        for tid in &tids {
            let _ = self.let_the_kernel_clean_up(*tid); // It is about to die anyway.
        }
        for tid in tids {
            // A thread's leader may have taken it along already.
            let _ = signal::kill(Pid::from_raw(tid), Signal::SIGKILL);
        }
        while self.tasks.values().any(|task| task.side == side) {
            self.collect(true)?;
            let dead: Vec<(i32, i32)> = self
                .tasks
                .values_mut()
                .filter(|task| task.side == side)
                .filter_map(|task| Some((task.tid.as_raw(), task.pending.take()?)))
                .collect();
            for (tid, status) in dead {
                if libc::WIFSTOPPED(status) {
                    let _ = sys::resume(Pid::from_raw(tid), sys::Go::ToCall, libc::SIGKILL);
                } else {
                    self.ended(tid, status);
                }
            }
        }
        Ok(())
    }

    /// The kernel marks a dead owner's robust mutexes: with the pages locked it could not.
    fn let_the_kernel_clean_up(&mut self, tid: i32) -> Result<(), Fault> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(());
        };
        if task.running || !task.holds_robust_mutex() || task.space.borrow().lifted {
            return Ok(());
        }
        if task.call.is_some() && task.skipped.is_none() {
            // It stands at a call's entry: out of it first, without making it.
            skip(task.tid)?;
            sys::resume(task.tid, sys::Go::ToCall, 0)?;
            sys::wait_for(task.tid)?;
            task.call = None;
        }
        let space = Rc::clone(&task.space);
        space.borrow_mut().lift(task.tid)
    }

    /// One runs as it would alone, until it is `late`: nothing that it does is skipped, nor, if it
    /// is `free`, seen.
    ///
    /// # Errors
    /// The system's.
    pub fn wait_and_see(&mut self, side: usize, late: Instant, free: bool) -> io::Result<Pause> {
        (self.patient, self.free) = (true, free);
        let pause = self.run(&[side], None, late);
        (self.patient, self.free) = (false, false);
        pause
    }

    /// Both run, at once and as long as they need, until they have ended or it is `late`.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(&mut self, late: Instant) -> io::Result<Pause> {
        self.patient = true;
        let pause = self.run(&[0, 1], None, late);
        self.patient = false;
        pause
    }
}

/// Turns the call at whose entry a task stands into none.
pub(super) fn skip(tid: Pid) -> Result<(), Fault> {
    let mut registers = Registers::of(tid)?;
    registers.call = u64::MAX;
    Ok(registers.put(tid)?)
}
