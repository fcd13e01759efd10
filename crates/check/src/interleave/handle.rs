//! A task has stopped: what for, and does it go on?

use std::cell::RefCell;
use std::rc::Rc;

use nix::sys::ptrace;
use nix::unistd::Pid;

use super::event::{Act, Event, Point, What};
use super::space::Space;
use super::store::{self, Done, Kind};
use super::sys;
use super::task::{Fault, Held, Task};
use super::world::{Pause, World};

/// What follows from a stop.
pub(super) enum Flow {
    /// The task goes on.
    On,
    /// The task stays where it is, or is gone.
    Stay,
    /// The turn of its side is over.
    Pause(Pause),
}

/// Where, in relation to a point, the side is to be stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Before,
    After,
    Not,
}

impl World {
    /// Handles one stop, or end, of one task.
    pub(super) fn handle(&mut self, tid: i32, status: i32) -> Result<Flow, Fault> {
        const CALL: i32 = libc::SIGTRAP | 0x80;
        if !libc::WIFSTOPPED(status) {
            self.ended(tid, status);
            return Ok(Flow::Stay);
        }
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(Flow::Stay);
        };
        match (libc::WSTOPSIG(status), status >> 16) {
            (CALL, _) => self.call(tid),
            (libc::SIGTRAP, libc::PTRACE_EVENT_EXEC) => {
                task.space = Rc::new(RefCell::new(Space::of(task.tid)?));
                (task.held, task.robust, task.repeating) = (None, 0, 0);
                Ok(Flow::On)
            }
            (
                _,
                event @ (libc::PTRACE_EVENT_FORK
                | libc::PTRACE_EVENT_VFORK
                | libc::PTRACE_EVENT_CLONE),
            ) => self.born(tid, event),
            (libc::SIGSEGV, 0) => self.fault(tid),
            // Stops are ours to make: the program's own would only look like waiting.
            (libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU, _) => Ok(Flow::On),
            (_, event) if event != 0 => Ok(Flow::On), // It was asked to stop, or is about to end.
            (signal, _) => {
                task.signal = signal;
                Ok(Flow::On)
            }
        }
    }

    /// A task has ended.
    pub(super) fn ended(&mut self, tid: i32, status: i32) {
        let Some(task) = self.tasks.remove(&tid) else {
            return;
        };
        if self.sides[task.side].process == tid {
            self.sides[task.side].ended = Some(status);
            self.events.push(Event { side: task.side, what: What::Ended(status) });
        }
    }

    /// A task has started another: a child, or a thread.
    fn born(&mut self, tid: i32, event: i32) -> Result<Flow, Fault> {
        let child = i32::try_from(ptrace::getevent(Pid::from_raw(tid))?).unwrap_or(0);
        let Some(parent) = self.tasks.get(&tid) else {
            return Ok(Flow::Stay);
        };
        let flags = match parent.call {
            Some(call) if call.number == libc::SYS_clone => call.arguments[0],
            Some(call) if call.number == libc::SYS_clone3 => {
                parent.space.borrow().word(call.arguments[0]).unwrap_or(0)
            }
            _ if event == libc::PTRACE_EVENT_VFORK => u64::from(libc::CLONE_VM.cast_unsigned()),
            _ => 0,
        };
        let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
        let pid = Pid::from_raw(child);
        let process = if has(libc::CLONE_THREAD) { parent.process } else { pid };
        let space = if has(libc::CLONE_VM) {
            Rc::clone(&parent.space)
        } else {
            Rc::new(RefCell::new(parent.space.borrow().forked(pid)?))
        };
        let side = parent.side;
        let mut task = Task::new(pid, process, side, space);
        task.pending = self.strays.remove(&child);
        task.running = task.pending.is_none();
        self.tasks.insert(child, task);
        self.sides[side].idle.progress();
        Ok(Flow::On)
    }

    /// Counts a point; is the side to be stopped here?
    pub(super) fn point(&mut self, side: usize, act: Act) -> Here {
        let side = &mut self.sides[side];
        let number = side.points.len() + 1;
        side.points.push(Point { number, act });
        match side.stop {
            Some(stop) if stop.number == number && stop.after => Here::After,
            Some(stop) if stop.number == number => Here::Before,
            _ => Here::Not,
        }
    }

    /// A SIGSEGV: a store to a watched page, or one that the program has earned.
    fn fault(&mut self, tid: i32) -> Result<Flow, Fault> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(Flow::Stay);
        };
        let space = Rc::clone(&task.space);
        let region = sys::fault_address(task.tid)
            .and_then(|at| space.borrow().region(at).cloned().map(|region| (at, region)));
        let Some((address, region)) = region.filter(|(_, region)| region.writable) else {
            if task.holds_robust_mutex() {
                space.borrow_mut().lift(task.tid)?; // It dies: the kernel marks its mutexes.
            }
            task.signal = libc::SIGSEGV;
            return Ok(Flow::On);
        };
        if self.free {
            space.borrow_mut().lift(task.tid)?; // And so it stays.
            return Ok(Flow::On);
        }
        if space.borrow().lifted {
            // Another thread was let through between the fault and now: the store just happens.
            return Ok(Flow::On);
        }
        let (side, pid) = (task.side, task.tid);
        let mut space = space.borrow_mut();
        let found = store::decode(pid, &space)?;
        let offset = region.offset + (address - region.start);
        let middle = found.kind == Kind::Repeated && task.repeating == found.at;
        let act = Act::Store { offset, size: found.size, instruction: found.at };
        let here = self.point(side, act);
        if here == Here::Before && found.kind != Kind::Plain {
            self.hold(tid, Held::Instruction { address });
            self.note(side, What::StopsBeforeStore { offset, bytes: None, middle });
            return Ok(Flow::Pause(Pause::Arrived));
        }
        if found.kind == Kind::Repeated {
            drop(space);
            self.repeat(tid, address)?;
        } else {
            let done = store::perform(pid, &mut space, address, found.size)?;
            if here == Here::Before {
                space.write(address, &done.before)?;
                space.lower(pid)?;
                let (bytes, seen) = (done.after, done.before);
                let about = Some(bytes.clone());
                self.note(side, What::StopsBeforeStore { offset, bytes: about, middle: false });
                self.hold(tid, Held::Bytes { address, bytes, seen });
                return Ok(Flow::Pause(Pause::Arrived));
            }
            space.lower(pid)?;
            drop(space);
            if let Some(why) = self.stored(side, offset, done, found.kind, None) {
                return Ok(Flow::Pause(Pause::Blocked(why)));
            }
        }
        if here == Here::After {
            self.note(side, What::StopsAfter);
            return Ok(Flow::Pause(Pause::Arrived));
        }
        Ok(Flow::On)
    }

    fn hold(&mut self, tid: i32, held: Held) {
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.held = Some(held);
        }
    }

    pub(super) fn note(&mut self, side: usize, what: What) {
        self.events.push(Event { side, what });
    }

    /// Records a store that has happened. Why the side is blocked, if it has come to that.
    pub(super) fn stored(
        &mut self,
        side: usize,
        offset: u64,
        done: Done,
        kind: Kind,
        seen: Option<Vec<u8>>,
    ) -> Option<&'static str> {
        let stale = seen.filter(|seen| *seen != done.before);
        let same = done.before == done.after;
        let Done { before, after } = done;
        let idle = &mut self.sides[side].idle;
        idle.moves += 1;
        let blocked = if same && kind == Kind::Locked && !self.patient {
            idle.turn()
        } else {
            if !same {
                idle.progress();
            }
            None
        };
        self.note(side, What::Store { offset, before, after, stale });
        blocked
    }
}
