//! Two real processes of which one moves at a time: whose turn it is, and until when.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use nix::sys::ptrace;
use nix::unistd::Pid;

use super::event::{Event, Point, What};
use super::handle::Flow;
use super::idle::Idle;
use super::space::Space;
use super::sys::{self, Go, Ticks, Waited};
use super::task::{Fault, Task};

/// Where a process is to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stop {
    /// The number of the point among the process's own, from 1.
    pub number: usize,
    /// Right after it, instead of just before it.
    pub after: bool,
}

/// Why a process's turn is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// It arrived where it was to be stopped.
    Arrived,
    /// It ended, and so did its children.
    Ended,
    /// It cannot go on alone.
    Blocked(&'static str),
    /// The time is up.
    Late,
}

/// One of the two processes, with whatever it has started.
#[derive(Default)]
pub(super) struct Side {
    pub(super) process: i32,
    pub(super) stop: Option<Stop>,
    pub(super) points: Vec<Point>,
    pub(super) ended: Option<i32>,
    pub(super) idle: Idle,
    /// How many system calls it has begun.
    pub(super) calls: u64,
}

/// Two processes under ptrace, and everything that they did to the files of one directory.
pub struct World {
    pub(super) tasks: BTreeMap<i32, Task>,
    /// Stops of tasks whose birth has not been reported yet.
    pub(super) strays: BTreeMap<i32, i32>,
    pub(super) sides: [Side; 2],
    pub(super) events: Vec<Event>,
    pub(super) directory: PathBuf,
    /// Nobody is to be declared blocked: both run until they end.
    pub(super) patient: bool,
    /// Nobody is even watched: what a process costs is its own then.
    pub(super) free: bool,
    _ticks: Ticks,
}

impl World {
    /// An empty world that watches the files below `directory`.
    ///
    /// # Errors
    /// The system's, when no timer can be had.
    pub fn new(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            tasks: BTreeMap::new(),
            strays: BTreeMap::new(),
            sides: [Side::default(), Side::default()],
            events: Vec::new(),
            directory: directory.canonicalize()?,
            patient: false,
            free: false,
            _ticks: Ticks::start()?,
        })
    }

    /// Takes a process that this thread has seized and that stands at its `execve`.
    ///
    /// # Errors
    /// The system's, when the process cannot be traced.
    pub fn admit(&mut self, side: usize, process: Pid) -> io::Result<()> {
        let space = Rc::new(RefCell::new(Space::of(process)?));
        self.tasks.insert(process.as_raw(), Task::new(process, process, side, space));
        self.sides[side] = Side { process: process.as_raw(), ..Side::default() };
        Ok(())
    }

    /// Gives `sides` the turn until one of them arrives at its `stop`, all have ended or cannot go
    /// on, or it is `late`.
    ///
    /// # Errors
    /// The system's, and an instruction or call that cannot be followed.
    pub fn run(&mut self, sides: &[usize], stop: Option<Stop>, late: Instant) -> io::Result<Pause> {
        for side in sides {
            self.sides[*side].stop = stop;
            self.sides[*side].idle = Idle::default();
        }
        if let Some(pause) = self.wake(sides)? {
            return self.pause(sides, pause);
        }
        loop {
            while let Some((tid, status)) = self.next_pending(sides) {
                let flow = self.handle(tid, status);
                if let Some(pause) = self.settle(tid, flow)? {
                    return self.pause(sides, pause);
                }
            }
            if !self.tasks.values().any(|task| sides.contains(&task.side)) {
                return Ok(Pause::Ended);
            }
            if Instant::now() >= late {
                return self.pause(sides, Pause::Late);
            }
            if let Some(why) = self.cannot_go_on(sides) {
                return self.pause(sides, Pause::Blocked(why));
            }
            self.wait_a_little(sides)?;
        }
    }

    /// Waits for the next report, until the next tick; not even that long if whoever has the turn
    /// is in a call that may wait for another process.
    fn wait_a_little(&mut self, sides: &[usize]) -> io::Result<()> {
        const LOOKS: u32 = 40;
        let may_block = |task: &Task| {
            sides.contains(&task.side) && task.call.is_some_and(|call| call.can_block())
        };
        if !self.patient && self.tasks.values().any(may_block) {
            for _ in 0..LOOKS {
                if self.collect(false)? || self.all_asleep(sides).is_some() {
                    return Ok(());
                }
            }
        }
        self.collect(true)?;
        Ok(())
    }

    /// Lets every task of these sides that stands go on from where it was left.
    fn wake(&mut self, sides: &[usize]) -> io::Result<Option<Pause>> {
        let stands = |task: &&Task| sides.contains(&task.side) && !task.running;
        let standing: Vec<i32> = self.tasks.values().filter(stands).map(|t| t.tid.into()).collect();
        for tid in standing {
            if self.tasks.get(&tid).is_some_and(|task| task.pending.is_none()) {
                let flow = self.release(tid);
                if let Some(pause) = self.settle(tid, flow)? {
                    return Ok(Some(pause));
                }
            }
        }
        Ok(None)
    }

    /// What became of handling a task's stop.
    fn settle(&mut self, tid: i32, flow: Result<Flow, Fault>) -> io::Result<Option<Pause>> {
        match flow {
            Ok(Flow::On) => self.go(tid).map(|()| None),
            Ok(Flow::Stay) => Ok(None),
            Ok(Flow::Pause(pause)) => Ok(Some(pause)),
            Err(Fault::Gone(-1)) => {
                // It was killed while it stood; the wait for it is still to come.
                self.tasks.entry(tid).and_modify(|task| task.running = true);
                Ok(None)
            }
            Err(Fault::Gone(status)) if libc::WIFSTOPPED(status) => {
                self.tasks.entry(tid).and_modify(|task| task.pending = Some(status));
                Ok(None)
            }
            Err(Fault::Gone(status)) => {
                self.ended(tid, status);
                Ok(None)
            }
            Err(Fault::Signal(signal)) => {
                if let Some(task) = self.tasks.get_mut(&tid) {
                    task.signal = signal;
                }
                self.go(tid).map(|()| None)
            }
            Err(Fault::System(error)) => Err(error),
        }
    }

    /// Lets a standing task go on to its next call, store or signal.
    fn go(&mut self, tid: i32) -> io::Result<()> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(());
        };
        let signal = std::mem::take(&mut task.signal);
        task.running = true;
        let how = if self.free { Go::Freely } else { Go::ToCall };
        match sys::resume(task.tid, how, signal) {
            Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error),
            _ => Ok(()), // No such task: it was killed while it stood.
        }
    }

    fn next_pending(&mut self, sides: &[usize]) -> Option<(i32, i32)> {
        let mut tasks = self.tasks.values_mut().filter(|task| sides.contains(&task.side));
        tasks.find_map(|task| task.pending.take().map(|status| (task.tid.as_raw(), status)))
    }

    /// Takes the next wait status, if there is one, to whom it belongs.
    pub(super) fn collect(&mut self, block: bool) -> io::Result<bool> {
        let (tid, status) = match sys::wait_any(block)? {
            Waited::Stop(tid, status) => (tid.as_raw(), status),
            Waited::Nothing => return Ok(false),
            Waited::Nobody => {
                self.tasks.clear(); // Somebody else has reaped them: nothing is left to follow.
                return Ok(false);
            }
        };
        match self.tasks.get_mut(&tid) {
            Some(task) => {
                task.running = false;
                task.pending = Some(status);
            }
            None => drop(self.strays.insert(tid, status)),
        }
        Ok(true)
    }

    /// The turn is over: whoever still runs is stopped where it is.
    fn pause(&mut self, sides: &[usize], pause: Pause) -> io::Result<Pause> {
        let side = sides.first().copied().unwrap_or(0);
        if let Pause::Blocked(why) = pause {
            self.events.push(Event { side, what: What::Blocked(why) });
        }
        let busy = |task: &&mut Task| sides.contains(&task.side) && task.running;
        for task in self.tasks.values_mut().filter(busy) {
            // What sleeps in the kernel stays there: it stops by itself when it wakes.
            if task.call.is_none() || !super::idle::sleeps(task.tid) {
                let _ = ptrace::interrupt(task.tid); // If it has ended, that is its report.
                task.pending = Some(sys::wait_for(task.tid)?);
                task.running = false;
            }
        }
        Ok(pause)
    }
}
