//! An execution: two actors of which one moves at a time, whose turn it is, and until when.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::mem::offset_of;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use tracer::arch::{self, StoreForm, StoreKind};
use tracer::{
    Denied, Ending, Error, FileId, LimitExceeded, LookRefused, MECHANISM, Opened, Resume, Stop,
    StoresThrough, Syscall, Waited, cpu_time_of, look,
};

use crate::actor::{Actor, ActorTracee};
use crate::blocking::{self, Idle};
use crate::cannot_follow::CannotFollow;
use crate::operations::{About, CallKind, Named, Operations, Wait};
use crate::own_time::OwnTime;
use crate::pages::Pages;
use crate::pending_store::{self, PendingStore, Stored};
use crate::redirect::{self, KernelStore, Redirected};
use crate::requests::{Blocked, Request};
use crate::schedule::{Preemption, letter};
use crate::source::Sources;
use crate::trace::{Event, EventKind, Operation, PreemptionPoint, Returned, Seen};
use crate::watched_memory::{ELSEWHERE, HIGHEST_ERROR, WatchedMemory, maps_a_file_shared};
use crate::words::MOST_OF_A_TEXT;
use crate::{ActorProcesses, Fixture};

mod clock;
mod hurry;
mod untraced;

/// Results of a call that a signal interrupted, and that the kernel is about to make again.
const RESTARTS: std::ops::RangeInclusive<i64> = RESTARTS_BY_ITS_OWN_MEANS..=-512;
/// The kernel's ERESTART_RESTARTBLOCK: it has kept what it needs.
const RESTARTS_BY_ITS_OWN_MEANS: i64 = -516;
/// How long it takes to see whether an actor waits.
const LONG_ENOUGH: Duration = Duration::from_secs(2);
/// How long an actor goes on at most until it is looked at whether it has had enough time.
const LOOK: Duration = Duration::from_millis(500);
/// How long tracees may take to stop, or to end once they are killed. On a busy machine one may stand in
/// the queue for a processor for seconds before it can do either.
const PROMPT: Duration = Duration::from_secs(30);
/// How long a sleep may be whose end is waited for: no wait may last longer.
const SLEEP_AT_MOST: Duration = Duration::from_secs(6);
/// The most waits for a time that are over at once in a hurry. After that, they last as long as they do.
pub(crate) const HURRIED: u32 = 12_000;
/// The step that fails if the kernel does not tell a tracee's share of a processor.
const SHARE: &str = "look at how long a process has waited for a processor";

/// Why an actor's turn is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// It arrived where it was to be stopped.
    Arrived,
    /// It ended, and so did its children.
    Ended,
    /// It cannot go on alone.
    Blocked(Blocked),
    /// The time is up, or all sleep and nobody is left who could wake them.
    TimeUp,
}

/// How closely a turn is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// A turn ends when the actor cannot go on alone; its sleeps are skipped.
    Scheduled,
    /// Nobody is declared blocked: actors run until they end.
    Patient,
    /// As `Patient`, and a wait for a time is over at once. After many such waits, they last as long as they do.
    Hurried,
    /// Not even system calls and stores are watched: what an actor costs is its own.
    Free,
}

/// What follows from a stop.
enum Disposition {
    /// The tracee goes on.
    Resume,
    /// The tracee stays where it is, or is gone.
    Stay,
    /// The turn of its actor is over.
    Pause(Pause),
}

/// Where, in relation to a preemption point, the actor is to be stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Here {
    Before,
    After,
    Not,
}

/// Two actors, and everything that they did to the files of one directory.
pub struct Execution<'l> {
    fixture: &'l dyn Fixture,
    processes: Box<dyn ActorProcesses + 'l>,
    tracees: BTreeMap<i32, ActorTracee>,
    /// First stops of tracees whose birth has not been reported yet.
    early_stops: BTreeMap<i32, Stop>,
    actors: [Actor; 2],
    events: Vec<Event>,
    directory: PathBuf,
    mode: RunMode,
    /// Whether the filter of a process reports its calls, so that it is stopped at these only before it opens a
    /// file of the directory.
    reports_calls: bool,
    /// The programs' debug information, if somebody looks.
    sources: Option<Sources>,
    /// FILE's pages before either actor had begun.
    pages_at_start: Option<Pages>,
    /// The first process of one of the actors has ended.
    one_has_ended: bool,
    /// By how many seconds the actors' clock is ahead of the machine's. `None`: they have no clock of their own.
    clock_ahead: Option<u64>,
    /// Whose waits for something have ended because their time was over, and how many events there were by then.
    timeouts: Vec<(usize, usize)>,
    /// When it began.
    pub(crate) began: Instant,
}

impl<'l> Execution<'l> {
    /// An execution without actors, which watches the files below the fixture's directory.
    ///
    /// # Errors
    /// Those of setting the fixture up.
    pub fn new(fixture: &'l dyn Fixture, file: Option<&[u8]>) -> Result<Self> {
        let mut processes = fixture.set_up(file)?;
        processes.tree().tick().step("timer_settime")?;
        let directory = fixture.directory();
        let looked_at = fixture.is_for_a_page();
        Ok(Self {
            fixture,
            sources: looked_at.then(Sources::default),
            pages_at_start: if looked_at { fixture.pages(&[]) } else { None },
            processes,
            tracees: BTreeMap::new(),
            early_stops: BTreeMap::new(),
            actors: [Actor::default(), Actor::default()],
            events: Vec::new(),
            directory: directory.canonicalize().step_on("resolve", directory)?,
            mode: RunMode::Scheduled,
            reports_calls: true,
            one_has_ended: false,
            clock_ahead: None,
            timeouts: Vec::new(),
            began: Instant::now(),
        })
    }

    /// No process is stopped in [`RunMode::Free`] at any call. Otherwise each of them is stopped at each call from its
    /// start on.
    #[must_use]
    pub fn without_call_reports(self) -> Self {
        Self { reports_calls: false, ..self }
    }

    /// Starts an actor: it is stopped at its `execve`.
    ///
    /// # Errors
    /// The process cannot be started or traced.
    pub fn start(&mut self, actor: usize, arguments: &[&str]) -> Result<Pid> {
        let process = self.processes.start(arguments, self.reports_calls)?;
        let traps_loads = self.fixture.traps_loads();
        let memory = WatchedMemory::of(process, traps_loads).step("open the memory of a tracee")?;
        let memory = Rc::new(RefCell::new(memory));
        let tracee = ActorTracee::new(process, process, actor, memory);
        self.tracees.insert(process.as_raw(), tracee);
        self.actors[actor] = Actor { process: process.as_raw(), ..Actor::default() };
        match self.hide_the_machines_clock(process) {
            Ok(()) | Err(Error::Gone(_) | Error::Signal(_)) => Ok(process),
            Err(Error::System(error)) => Err(error).step("hide the clock of the machine"),
        }
    }

    /// Gives `actors` the turn until one of them arrives where it is to be stopped, all have ended or
    /// cannot go on, or the deadline passes.
    ///
    /// # Errors
    /// The system's, and an instruction or call that cannot be followed.
    pub fn run(
        &mut self,
        actors: &[usize],
        preemption: Option<Preemption>,
        deadline: Instant,
    ) -> Result<Pause> {
        for actor in actors {
            self.actors[*actor].preemption = preemption;
            self.actors[*actor].idle = Idle::default();
        }
        let pause = self.run_until_pause(actors, deadline).step(MECHANISM)?;
        if pause != Pause::Ended {
            self.stop_all(actors).step(MECHANISM)?;
        }
        if let Pause::Blocked(why) = &pause {
            self.note(actors.first().copied().unwrap_or(0), EventKind::Blocked(why.clone()));
        }
        Ok(pause)
    }

    fn run_until_pause(&mut self, actors: &[usize], deadline: Instant) -> io::Result<Pause> {
        if let Some(pause) = self.wake(actors)? {
            return Ok(pause);
        }
        loop {
            while let Some((pid, stop)) = self.next_stop(actors) {
                let disposition = self.handle(pid, stop);
                if let Some(pause) = self.settle(pid, disposition)? {
                    return Ok(pause);
                }
            }
            if !actors.iter().any(|actor| self.lives(*actor)) {
                return Ok(Pause::Ended);
            }
            // Most tracees just go on to their next stop. Before that there is nothing to look at.
            let is_early = self.mode == RunMode::Scheduled && !self.may_block(actors);
            if is_early && Instant::now() < deadline && self.collect(true)? {
                continue;
            }
            let waits = matches!(self.mode, RunMode::Patient | RunMode::Hurried);
            let hopeless = waits && self.nobody_can_wake()?;
            if hopeless || Instant::now() >= deadline {
                return Ok(Pause::TimeUp);
            }
            if let Some(why) = self.cannot_go_on(actors)? {
                return Ok(Pause::Blocked(why));
            }
            self.hurry(actors)?;
            self.wait_a_little(actors)?;
        }
    }

    /// Waits for the next stop, until the next tick. If an actor that has the turn is in a call that may wait for
    /// another process, this tick comes soon. A look before the tick would only keep the actor off its processor,
    /// because the actor shares it with the judge.
    fn wait_a_little(&mut self, actors: &[usize]) -> io::Result<()> {
        if self.mode == RunMode::Scheduled && self.may_block(actors) {
            self.processes.tree().tick_soon()?;
        }
        self.collect(true)?;
        Ok(())
    }

    /// Is one of these actors in a call that may wait for another process?
    fn may_block(&self, actors: &[usize]) -> bool {
        let may_block = |tracee: &ActorTracee| {
            let blocks = |call: Syscall| {
                call.can_block() && !is_among_threads(&tracee.memory.borrow(), &call)
            };
            actors.contains(&tracee.actor) && tracee.call.is_some_and(blocks)
        };
        self.tracees.values().any(may_block)
    }

    /// Lets every stopped tracee of these actors go on from where it was left.
    fn wake(&mut self, actors: &[usize]) -> io::Result<Option<Pause>> {
        let stopped = |tracee: &&ActorTracee| actors.contains(&tracee.actor) && !tracee.running;
        let stopped: Vec<i32> =
            self.tracees.values().filter(stopped).map(|tracee| tracee.pid.as_raw()).collect();
        for pid in stopped {
            if self.tracees.get(&pid).is_some_and(|tracee| tracee.stop.is_none()) {
                let disposition = self.commit(pid);
                if let Some(pause) = self.settle(pid, disposition)? {
                    return Ok(Some(pause));
                }
            }
        }
        Ok(None)
    }

    /// What became of handling a tracee's stop.
    fn settle(
        &mut self,
        pid: i32,
        disposition: std::result::Result<Disposition, Error>,
    ) -> io::Result<Option<Pause>> {
        match disposition {
            Ok(Disposition::Resume) => self.resume(pid)?,
            Ok(Disposition::Stay) => {}
            Ok(Disposition::Pause(pause)) => return Ok(Some(pause)),
            // It was killed while it was stopped; its end is still to come.
            Err(Error::Gone(None)) => {
                self.tracees.entry(pid).and_modify(|tracee| tracee.running = true);
            }
            Err(Error::Gone(Some(stop))) => {
                self.tracees.entry(pid).and_modify(|tracee| tracee.stop = Some(stop));
            }
            Err(Error::Signal(signal)) => {
                self.tracees.entry(pid).and_modify(|tracee| tracee.signal = signal);
                self.resume(pid)?;
            }
            Err(Error::System(error)) => return Err(error),
        }
        Ok(None)
    }

    /// Lets a stopped tracee go on to its next call, store or signal.
    fn resume(&mut self, pid: i32) -> io::Result<()> {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(());
        };
        let signal = std::mem::take(&mut tracee.signal);
        if self.mode != RunMode::Free && !tracee.memory.borrow().regions.is_empty() {
            let stopped = self.processes.tree().tracee(tracee.pid);
            // If it was killed meanwhile, its end is still to come.
            if let Err(Error::System(error)) = tracee.sigsegv.look(&stopped, signal) {
                return Err(error);
            }
        }
        tracee.running = true;
        let sees_all =
            self.actors[tracee.actor].has_opened || !tracee.memory.borrow().regions.is_empty();
        let how = match self.mode {
            // The end of a call that has begun is seen. Otherwise the judge would take it to sleep in this call for ever.
            RunMode::Free if tracee.call.is_none() => Resume::Freely,
            RunMode::Free => Resume::ToSyscall,
            _ if sees_all || !self.reports_calls => Resume::ToSyscall,
            _ => Resume::ToReportedSyscall,
        };
        self.processes.tree().resume(tracee.pid, how, signal)
    }

    fn next_stop(&mut self, actors: &[usize]) -> Option<(i32, Stop)> {
        let mut tracees = self.tracees.values_mut().filter(|tracee| actors.contains(&tracee.actor));
        tracees.find_map(|tracee| tracee.stop.take().map(|stop| (tracee.pid.as_raw(), stop)))
    }

    /// Takes the next stop, if there is one, to the tracee to which it belongs.
    fn collect(&mut self, block: bool) -> io::Result<bool> {
        let stop = match self.processes.tree().wait_or_tick(block)? {
            Waited::Stop(stop) => stop,
            Waited::Tick => return Ok(false),
            Waited::Empty => {
                self.tracees.clear(); // Somebody else has reaped them: nothing is left to follow.
                return Ok(false);
            }
        };
        let pid = stop.pid();
        match (self.tracees.get_mut(&pid.as_raw()), stop) {
            (Some(tracee), _) => {
                tracee.running = false;
                tracee.stop = Some(stop);
            }
            (None, Stop::Exited(..)) => drop(self.early_stops.remove(&pid.as_raw())),
            // It was killed before its parent could tell of it.
            (None, Stop::Exiting(_)) => self.processes.tree().resume(pid, Resume::Freely, 0)?,
            (None, _) => drop(self.early_stops.insert(pid.as_raw(), stop)),
        }
        Ok(true)
    }

    /// The turn is over: every tracee that still runs is stopped where it is.
    fn stop_all(&mut self, actors: &[usize]) -> io::Result<()> {
        // What runs freely may be in any call by the time it stops, and nobody would see that the stop has made the call
        // fail (EINTR). It runs on.
        if self.mode == RunMode::Free {
            return Ok(());
        }
        // What sleeps in the kernel stays there: it stops by itself when it wakes.
        let works = |tracee: &&ActorTracee| {
            tracee.running && !tracee.exiting && actors.contains(&tracee.actor)
        };
        let mut busy = Vec::new();
        for tracee in self.tracees.values().filter(works) {
            let stays = match &tracee.call {
                Some(call) => call.stands_still_for_its_child() || blocking::sleeps(tracee.pid)?,
                None => false,
            };
            if !stays {
                busy.push(tracee.pid);
            }
        }
        self.stop_and_wait(&busy)
    }

    /// Stops tracees that run or sleep.
    fn stop_and_wait(&mut self, busy: &[Pid]) -> io::Result<()> {
        for pid in busy {
            let _ = self.processes.tree().interrupt(*pid); // If it has ended, its end is its stop.
            self.tracees.entry(pid.as_raw()).and_modify(|tracee| tracee.told_to_stop = true);
        }
        let deadline = Instant::now() + PROMPT;
        let runs = |tracees: &BTreeMap<i32, ActorTracee>, pid: &Pid| {
            tracees.get(&pid.as_raw()).is_some_and(|tracee| tracee.running)
        };
        while busy.iter().any(|pid| runs(&self.tracees, pid)) {
            self.collect(true)?;
            if Instant::now() >= deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "a tracee does not stop"));
            }
        }
        Ok(())
    }

    /// Handles one stop, or the end, of one tracee.
    fn handle(&mut self, pid: i32, stop: Stop) -> std::result::Result<Disposition, Error> {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        match stop {
            Stop::Exited(_, ending) => {
                self.ended(pid, ending);
                return Ok(Disposition::Stay);
            }
            Stop::SyscallEntry(_, call) => {
                tracee.call = Some(call);
                // Not at the exit: a signal handler's end leads to where the signal came.
                tracee.memory.borrow_mut().syscall_at = call.instruction;
                return self.enter(pid, call);
            }
            Stop::SyscallExit { result, .. } => {
                return match tracee.call.take() {
                    Some(call) => self.leave(pid, call, result),
                    None => Ok(Disposition::Resume), // Of the `execve` or `fork` that it began with.
                };
            }
            Stop::Executed { former, .. } => {
                let memory = WatchedMemory::of(tracee.pid, self.fixture.traps_loads())?;
                tracee.memory = Rc::new(RefCell::new(memory));
                (tracee.pending_store, tracee.robust, tracee.repeating) = (None, 0, 0);
                (tracee.redirect_buffer, tracee.redirected) = (0..0, None);
                tracee.kernel_stores.clear();
                tracee.sigsegv.executed();
                let executed = tracee.pid;
                if former != executed {
                    (tracee.call, tracee.exiting) = (None, false);
                    self.tracees.remove(&former.as_raw());
                }
                self.hide_the_machines_clock(executed)?;
            }
            Stop::NewTracee { child, vfork, .. } => self.born(pid, child, vfork)?,
            Stop::Signal(_, libc::SIGSEGV) => return self.fault(pid),
            Stop::Signal(_, signal) => tracee.signal = signal,
            Stop::Exiting(_) => tracee.exiting = true,
            Stop::Interrupted(_) => tracee.told_to_stop = false,
            Stop::Started(_) | Stop::GroupStop(..) => {}
        }
        Ok(Disposition::Resume)
    }

    /// A tracee has ended.
    fn ended(&mut self, pid: i32, ending: Ending) {
        let Some(tracee) = self.tracees.remove(&pid) else {
            return;
        };
        let actor = &mut self.actors[tracee.actor];
        if actor.process == pid {
            actor.ended = Some(ending);
            self.one_has_ended = true;
            self.note(tracee.actor, EventKind::Ended(ending));
        }
    }

    /// A tracee has started another: a child, or a thread.
    fn born(&mut self, parent: i32, child: Pid, vfork: bool) -> std::result::Result<(), Error> {
        if self.processes.tree().has_ended(child) {
            return Ok(());
        }
        let Some(parent) = self.tracees.get(&parent) else {
            return Ok(());
        };
        let flags = match parent.call {
            Some(call) if call.number == libc::SYS_clone => call.arguments[0],
            Some(call) if call.number == libc::SYS_clone3 => {
                parent.memory.borrow().word(call.arguments[0]).unwrap_or(0)
            }
            _ if vfork => flag(libc::CLONE_VM),
            _ => 0,
        };
        let has = |bit: i32| flags & flag(bit) != 0;
        let process = if has(libc::CLONE_THREAD) { parent.process } else { child };
        let memory = if has(libc::CLONE_VM) {
            Rc::clone(&parent.memory)
        } else {
            Rc::new(RefCell::new(parent.memory.borrow().forked(child)?))
        };
        let actor = parent.actor;
        let mut tracee = ActorTracee::new(child, process, actor, memory);
        tracee.sigsegv = parent.sigsegv.of_child(has(libc::CLONE_SIGHAND));
        tracee.stop = self.early_stops.remove(&child.as_raw());
        tracee.running = tracee.stop.is_none();
        self.tracees.insert(child.as_raw(), tracee);
        self.actors[actor].idle.progress();
        Ok(())
    }

    /// Counts a preemption point; is the actor to be stopped here?
    fn point(&mut self, actor: usize, operation: Operation) -> Here {
        let actor = &mut self.actors[actor];
        let number = actor.points.len() + 1;
        let stops = actor.stops_before.take_if(|is_it| is_it(&operation)).is_some();
        actor.points.push(PreemptionPoint { number, operation });
        if stops {
            return Here::Before;
        }
        match actor.preemption {
            Some(at) if at.number == number && at.after => Here::After,
            Some(at) if at.number == number => Here::Before,
            _ => Here::Not,
        }
    }

    /// A SIGSEGV: a store to watched memory has trapped, or the program has earned it.
    fn fault(&mut self, pid: i32) -> std::result::Result<Disposition, Error> {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        let memory = Rc::clone(&tracee.memory);
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        let region = stopped
            .protection_fault()?
            .and_then(|at| memory.borrow().region(at).cloned().map(|region| (at, region)));
        let Some((address, region)) = region.filter(|(_, region)| region.writable) else {
            if tracee.holds_robust_mutex() {
                memory.borrow_mut().unprotect(&mut stopped)?; // It dies: the kernel marks its mutexes.
            }
            tracee.signal = libc::SIGSEGV;
            return Ok(Disposition::Resume);
        };
        tracee.sigsegv.put_back(&mut stopped, &memory.borrow())?;
        if self.mode == RunMode::Free {
            memory.borrow_mut().unprotect(&mut stopped)?; // And so it stays.
            return Ok(Disposition::Resume);
        }
        if memory.borrow().unprotected {
            // Another thread was let through between the fault and now: the store just happens.
            return Ok(Disposition::Resume);
        }
        let (actor, begun) = (tracee.actor, tracee.repeating);
        self.note_source(pid, true);
        if self.load(pid, address)? {
            return Ok(Disposition::Resume);
        }
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        let stopped = self.processes.tree().tracee(tracee.pid);
        let found = pending_store::decode(&stopped, &memory.borrow())?;
        let offset = region.offset + (address - region.start);
        let middle = found.kind == StoreKind::Repeated && begun == found.at;
        let operation = Operation::Store { offset, size: found.size, instruction: found.at };
        let here = self.point(actor, operation);
        if here == Here::Before {
            return self.stop_before_store(pid, address, offset, found, middle);
        }
        let blocked = self.store(pid, address, found, None)?;
        if let Some(why) = blocked {
            return Ok(Disposition::Pause(Pause::Blocked(why)));
        }
        if here == Here::After {
            self.note(actor, EventKind::StopsAfter);
            return Ok(Disposition::Pause(Pause::Arrived));
        }
        Ok(Disposition::Resume)
    }

    /// Makes a load that has trapped. `false`: it was a store that trapped.
    fn load(&mut self, pid: i32, address: u64) -> std::result::Result<bool, Error> {
        let Some(tracee) = self.tracees.get(&pid).filter(|_| self.fixture.traps_loads()) else {
            return Ok(false);
        };
        let (actor, memory) = (tracee.actor, Rc::clone(&tracee.memory));
        let mut memory = memory.borrow_mut();
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        let Some(loaded) = pending_store::perform_load(&mut stopped, &mut memory, address)? else {
            return Ok(false);
        };
        let offset = memory.offset(loaded.address);
        drop(memory);
        self.looked(actor, EventKind::Load { offset, bytes: loaded.bytes });
        Ok(true)
    }

    /// Records a look. The looks of a loop that waits are told once, at however many words it looks.
    fn looked(&mut self, actor: usize, kind: EventKind) {
        let is_look = |event: &&Event| event.actor == actor && event.kind.is_look();
        let mut since = self.events.iter().rev().take_while(is_look);
        if !since.any(|event| event.kind == kind) {
            self.note(actor, kind);
        }
    }

    /// Leaves a store pending, and ends the turn. Of a plain store, the load is done first.
    fn stop_before_store(
        &mut self,
        pid: i32,
        address: u64,
        offset: u64,
        found: arch::StoreInstruction,
        middle: bool,
    ) -> std::result::Result<Disposition, Error> {
        let pages = self.pages(); // The store is tried, and taken back, to know its bytes.
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        let (actor, form) = (tracee.actor, found.form);
        let low_bytes = |value: u64| value.to_ne_bytes().get(..found.size).map(<[u8]>::to_vec);
        let brings = match form {
            StoreForm::Exchange { stores } => stores,
            StoreForm::CompareExchange { swap } => swap.map(|swap| swap.stores),
            StoreForm::Store | StoreForm::Update { .. } => None,
        };
        let mut about = brings.and_then(low_bytes);
        let mut memory = tracee.memory.borrow_mut();
        let there;
        tracee.pending_store = Some(if found.kind == StoreKind::Plain {
            let mut stopped = self.processes.tree().tracee(tracee.pid);
            let done = pending_store::perform(&mut stopped, &mut memory, address, found.size)?;
            memory.write(address, &done.before)?;
            memory.protect(&mut stopped)?;
            about = Some(done.after.clone());
            there = done.before.clone();
            PendingStore::Bytes { address, bytes: done.after, seen: done.before, form, call: None }
        } else {
            // A page past the end of the file has no bytes; of a series of stores, each has its own.
            let seen = (found.kind == StoreKind::Locked)
                .then(|| memory.read(address, found.size).ok())
                .flatten();
            there = seen.clone().unwrap_or_default();
            PendingStore::Instruction { address, seen }
        });
        drop(memory);
        let stops = EventKind::StopsBeforeStore {
            offset,
            bytes: about,
            there,
            form,
            locked: found.kind == StoreKind::Locked,
            middle,
            call: None,
        };
        self.note(actor, stops);
        if let Some(event) = self.events.last_mut() {
            event.seen.pages = pages;
        }
        Ok(Disposition::Pause(Pause::Arrived))
    }

    /// Makes a store that has trapped, or the next part of it. Why the actor is blocked, if so.
    fn store(
        &mut self,
        pid: i32,
        address: u64,
        found: arch::StoreInstruction,
        seen: Option<Vec<u8>>,
    ) -> std::result::Result<Option<Blocked>, Error> {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(None);
        };
        let (actor, offset) = (tracee.actor, tracee.memory.borrow().offset(address));
        let mut memory = tracee.memory.borrow_mut();
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        let done = if found.kind == StoreKind::Repeated {
            let has_begun = tracee.repeating == found.at;
            let (done, is_half) =
                pending_store::perform_some(&mut stopped, &mut memory, address, has_begun)?;
            tracee.repeating = if is_half { found.at } else { 0 };
            done
        } else {
            pending_store::perform(&mut stopped, &mut memory, address, found.size)?
        };
        memory.protect(&mut stopped)?;
        drop(memory);
        // What is computed from the old value in one step has seen it.
        let seen = seen.filter(|_| matches!(found.form, StoreForm::Exchange { .. }));
        let (done, left_out) = match found.kind {
            StoreKind::Masked => done.trimmed(),
            _ => (done, 0),
        };
        let (kinds, offset) = ((found.kind, found.form), offset + left_out);
        let blocked = self.stored(actor, offset, done, kinds, (seen, None));
        Ok(blocked.filter(|_| found.kind != StoreKind::Repeated))
    }

    /// A tracee that was stopped before a sleep has slept while the other actor moved: the call is left out.
    /// How long the other took is for nobody to say, so this is no other run.
    fn end_sleep(&mut self, pid: i32) -> std::result::Result<(), Error> {
        let Some(tracee) = self.tracees.get_mut(&pid) else { return Ok(()) };
        let (actor, before) = (tracee.actor, tracee.before_sleep.take());
        let moves = |event: &Event| {
            event.actor != actor
                && !event.kind.is_look()
                && !matches!(event.kind, EventKind::Blocked(_))
        };
        let since = before.and_then(|before| self.events.get(before..)).unwrap_or_default();
        let is_over = match self.mode {
            RunMode::Scheduled => since.iter().any(moves),
            RunMode::Hurried => before.is_some(),
            RunMode::Patient | RunMode::Free => false,
        };
        if is_over {
            tracee.skipped = Some(0);
            self.processes.tree().tracee(tracee.pid).skip_syscall()?;
            self.actors[actor].idle.slept();
        }
        Ok(())
    }

    /// Commits the store before which a tracee was stopped; then the tracee goes on.
    fn commit(&mut self, pid: i32) -> std::result::Result<Disposition, Error> {
        self.end_sleep(pid)?;
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        match tracee.pending_store.take() {
            None => {}
            Some(PendingStore::Bytes { address, bytes, seen, form, call }) => {
                let store = KernelStore { address, bytes, call };
                self.commit_bytes(pid, store, form, Some(seen))?;
            }
            Some(PendingStore::Instruction { address, seen }) => {
                let stopped = self.processes.tree().tracee(tracee.pid);
                let found = pending_store::decode(&stopped, &tracee.memory.borrow())?;
                self.store(pid, address, found, seen)?;
            }
        }
        self.store_for_call(pid)
    }

    /// Stores bytes in watched memory. `seen` is what was there when their actor was stopped before.
    fn commit_bytes(
        &mut self,
        pid: i32,
        store: KernelStore,
        form: StoreForm,
        seen: Option<Vec<u8>>,
    ) -> std::result::Result<(), Error> {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(());
        };
        let KernelStore { address, bytes, call } = store;
        let actor = tracee.actor;
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        let mut memory = tracee.memory.borrow_mut();
        let offset = memory.offset(address);
        let done = pending_store::commit_bytes(&mut stopped, &mut memory, address, bytes)?;
        memory.protect(&mut stopped)?;
        drop(memory);
        self.stored(actor, offset, done, (StoreKind::Plain, form), (seen, call));
        Ok(())
    }

    /// Stores what the kernel has to store for a call that has returned: each store is a preemption
    /// point.
    fn store_for_call(&mut self, pid: i32) -> std::result::Result<Disposition, Error> {
        loop {
            let Some(tracee) = self.tracees.get_mut(&pid) else {
                return Ok(Disposition::Stay);
            };
            let Some(store) = tracee.kernel_stores.pop_front() else {
                return Ok(Disposition::Resume);
            };
            let (actor, memory) = (tracee.actor, Rc::clone(&tracee.memory));
            let (offset, size) = (memory.borrow().offset(store.address), store.bytes.len());
            let instruction = store.call.map_or(0, |call| call.instruction);
            match self.point(actor, Operation::Store { offset, size, instruction }) {
                Here::Before => {
                    let KernelStore { address, bytes, call } = store;
                    let seen = memory.borrow().read(address, size)?;
                    let about = Some(bytes.clone());
                    if let Some(tracee) = self.tracees.get_mut(&pid) {
                        let (seen, form) = (seen.clone(), StoreForm::Store);
                        let pending = PendingStore::Bytes { address, bytes, seen, form, call };
                        tracee.pending_store = Some(pending);
                    }
                    self.note(
                        actor,
                        EventKind::StopsBeforeStore {
                            offset,
                            bytes: about,
                            there: seen,
                            form: StoreForm::Store,
                            locked: false,
                            middle: false,
                            call: call.map(|call| call.name()),
                        },
                    );
                    return Ok(Disposition::Pause(Pause::Arrived));
                }
                here => {
                    self.commit_bytes(pid, store, StoreForm::Store, None)?;
                    if here == Here::After {
                        self.note(actor, EventKind::StopsAfter);
                        return Ok(Disposition::Pause(Pause::Arrived));
                    }
                }
            }
        }
    }

    fn note(&mut self, actor: usize, kind: EventKind) {
        let seen = self.seen(actor, &kind);
        self.events.push(Event { actor, kind, seen });
    }

    /// What else is seen of an event, if somebody looks.
    fn seen(&self, actor: usize, kind: &EventKind) -> Seen {
        if self.sources.is_none() {
            return Seen::default();
        }
        let process = self.tracees.get(&self.actors[actor].process);
        // A process that turns in a loop is somewhere else than at its last store.
        let has_line = |tracee: &&ActorTracee| match kind {
            EventKind::Begins(_) | EventKind::Killed | EventKind::StopsAfter => false,
            EventKind::Blocked(_) => tracee.call.is_some(),
            _ => true,
        };
        let source = process.filter(has_line).and_then(|tracee| tracee.source.clone());
        // A try changes no page, and there may be thousands of them.
        let is_try = kind.is_futex_that_does_not_sleep()
            || matches!(kind, EventKind::Store { before, after, .. } if before == after);
        Seen { source, pages: if is_try { None } else { self.pages() } }
    }

    /// FILE's pages now, if somebody looks.
    fn pages(&self) -> Option<Pages> {
        self.sources.as_ref()?;
        let living = |actor: usize| {
            let tracee = self.tracees.get(&self.actors[actor].process)?;
            (!tracee.exiting).then(|| (format!("process {}", letter(actor)), tracee.pid))
        };
        self.fixture.pages(&[0, 1].into_iter().filter_map(living).collect::<Vec<_>>())
    }

    /// Notes at which line of its source a tracee stands, if somebody looks. It is about to store, or to
    /// make a call. If that is not told, the line does not matter.
    fn note_source(&mut self, pid: i32, is_told: bool) {
        if let (Some(sources), Some(tracee)) = (&mut self.sources, self.tracees.get_mut(&pid)) {
            tracee.source = if is_told { sources.line(tracee.pid) } else { None };
        }
    }

    /// FILE's pages before either actor had begun, if somebody looks.
    #[must_use]
    pub fn pages_at_start(&self) -> Option<Pages> {
        self.pages_at_start.clone()
    }

    /// Records a store that has happened. Why the actor is blocked, if it has come to that.
    fn stored(
        &mut self,
        actor: usize,
        offset: u64,
        done: Stored,
        (kind, form): (StoreKind, StoreForm),
        (seen, call): (Option<Vec<u8>>, Option<Syscall>),
    ) -> Option<Blocked> {
        let stale = seen.filter(|seen| *seen != done.before);
        let same = done.before == done.after;
        let Stored { before, after } = done;
        let idle = &mut self.actors[actor].idle;
        idle.moves += 1;
        let blocked = if same && kind == StoreKind::Locked && self.mode == RunMode::Scheduled {
            idle.iteration()
        } else {
            if !same {
                idle.progress();
            }
            None
        };
        let call = call.map(|call| call.name());
        let locked = kind == StoreKind::Locked;
        self.note(actor, EventKind::Store { offset, before, after, stale, form, locked, call });
        blocked
    }

    /// Leaves a call out, and gives the program this result of it.
    fn skip(&mut self, pid: i32, result: i64) -> std::result::Result<Disposition, Error> {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        tracee.skipped = Some(result);
        self.processes.tree().tracee(tracee.pid).skip_syscall()?;
        Ok(Disposition::Resume)
    }

    /// A tracee is about to make a call.
    fn enter(&mut self, pid: i32, call: Syscall) -> std::result::Result<Disposition, Error> {
        if self.redirect(pid, call)? {
            return Ok(Disposition::Resume);
        }
        let maps =
            if maps_a_file_shared(call) { self.watched(pid, call.arguments[4])? } else { None };
        let wait = self.waits(pid, &call).map_err(Error::System)?;
        let closes = self.ends_a_record_lock(pid, &call)?;
        let holds_none = self.gives_back_nothing(pid, &call)?;
        self.note_source(pid, call.point().is_some() || wait.is_some() || closes.is_some());
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        (tracee.closes, tracee.holds_none) = (closes, holds_none);
        let actor = tracee.actor;
        let among_threads = is_among_threads(&tracee.memory.borrow(), &call);
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        (tracee.maps, tracee.began) = (maps, tracee.memory.borrow().mapped);
        tracee.stripped = tracee.memory.borrow().strip(&mut stopped, call, maps.is_some())?;
        tracee.sigsegv.note(call, &tracee.memory.borrow());
        if tracee.ends_with_a_robust_mutex(&call) {
            // The kernel marks the mutex as its owner ends, and needs the page: the call is left
            // out, the page unprotected, and the call made again.
            tracee.again = true;
            stopped.skip_syscall()?;
            return Ok(Disposition::Resume);
        }
        let after_a_signal = tracee.is_made_after_a_signal(&call);
        self.actors[actor].calls += 1;
        self.actors[actor].after_signals += u64::from(after_a_signal);
        hurry::note_timers(&mut self.actors[actor], stopped.pid(), &call)?;
        if tracee.again {
            return Ok(Disposition::Resume);
        }
        if self.mode == RunMode::Scheduled {
            let ends_turn = self.actors[actor].idle.call(&call, wait);
            if let Some(why) = ends_turn {
                let sleeps = wait == Some(Wait::Sleep) && !call.sleeps_until_a_signal();
                tracee.before_sleep = sleeps.then_some(self.events.len());
                return Ok(Disposition::Pause(Pause::Blocked(why)));
            }
            if wait == Some(Wait::Sleep) && !call.sleeps_until_a_signal() {
                return self.skip(pid, 0);
            }
        }
        if let Some(result) = self.hurries(actor, &call, wait, among_threads) {
            self.note_timeout(pid, &call, result);
            return self.skip(pid, result);
        }
        let Some(kind) = call.point().filter(|_| !among_threads) else {
            return Ok(Disposition::Resume);
        };
        if self.point(actor, Operation::Call(kind)) == Here::Before {
            let request = call.request(&self.about(pid, &call));
            self.note(actor, EventKind::StopsBeforeCall(request));
            return Ok(Disposition::Pause(Pause::Arrived));
        }
        Ok(Disposition::Resume)
    }

    /// The name of the file on which a call ends a record lock of its process: the kernel ends it when the
    /// process closes any descriptor of the file.
    fn ends_a_record_lock(&self, pid: i32, call: &Syscall) -> io::Result<Option<String>> {
        let Some((tracee, closes)) = self.tracees.get(&pid).zip(call.closes()) else {
            return Ok(None);
        };
        if !self.has_locked(tracee.actor) {
            return Ok(None);
        }
        for descriptor in descriptors(tracee.pid)? {
            let Some(opened) = Opened::by(tracee.pid, descriptor.cast_signed())? else { continue };
            let closed = closes.descriptors.contains(&descriptor)
                && (!closes.by_exec || opened.flags & libc::O_CLOEXEC != 0);
            if !closed || self.watched(pid, descriptor.into())?.is_none() {
                continue;
            }
            let link = format!("/proc/{pid}/fd/{descriptor}");
            let path = look(tracee.pid, &link, fs::read_link(&link))?;
            if let Some(path) = path
                && holds_record_lock(tracee.pid, opened.file)?
            {
                return Ok(Some(self.name(&path)));
            }
        }
        Ok(None)
    }

    /// Does a call give back a record lock that its process does not hold?
    fn gives_back_nothing(&self, pid: i32, call: &Syscall) -> io::Result<bool> {
        let Some(tracee) = self.tracees.get(&pid).filter(|_| call.is_record_lock()) else {
            return Ok(false);
        };
        let gives_back = self.about(pid, call).lock.map(i32::from) == Some(libc::F_UNLCK);
        Ok(gives_back && self.holds_a_record_lock(tracee, call.arguments[0])? == Some(false))
    }

    /// Does the process of a tracee hold a record lock on the file of a descriptor? `None`: it is not known.
    fn holds_a_record_lock(
        &self,
        tracee: &ActorTracee,
        descriptor: u64,
    ) -> io::Result<Option<bool>> {
        let Some(opened) = Opened::by(tracee.pid, as_int(descriptor))? else { return Ok(None) };
        Ok(Some(holds_record_lock(tracee.pid, opened.file)?))
    }

    /// Has the actor asked for a file lock?
    fn has_locked(&self, actor: usize) -> bool {
        let is_lock = |point: &PreemptionPoint| point.operation == Operation::Call(CallKind::Lock);
        self.actors[actor].points.iter().any(is_lock)
    }

    /// A call that would store in watched memory gets other memory for that. Whether it is skipped: then
    /// this memory must be made first.
    fn redirect(&mut self, pid: i32, call: Syscall) -> std::result::Result<bool, Error> {
        let Some(tracee) = self.tracees.get(&pid) else {
            return Ok(false);
        };
        if call.number == libc::SYS_process_vm_writev {
            let target = call.arguments[0];
            let is_it = |pid: Pid| u64::from(pid.as_raw().cast_unsigned()) == target;
            let mut known =
                self.tracees.values().filter(|one| is_it(one.pid) || is_it(one.process));
            match known.next() {
                Some(known) if Rc::ptr_eq(&known.memory, &tracee.memory) => {}
                Some(known) if !known.memory.borrow().regions.is_empty() => {
                    return Err(redirect::cannot(call));
                }
                _ => return Ok(false),
            }
        }
        let outputs = redirect::output_buffers(&tracee.memory.borrow(), call)?;
        let Some(tracee) = self.tracees.get_mut(&pid).filter(|_| !outputs.is_empty()) else {
            return Ok(false);
        };
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        let size = outputs.iter().map(|(_, size)| size).sum();
        if tracee.redirect_buffer.end - tracee.redirect_buffer.start < size {
            tracee.wanted = size;
            stopped.skip_syscall()?;
            return Ok(true);
        }
        let (memory, place) = (tracee.memory.borrow(), tracee.redirect_buffer.start);
        let redirected = Redirected::new(&mut stopped, &memory, call, outputs, place)?;
        drop(memory);
        tracee.redirected = Some(redirected);
        Ok(false)
    }

    /// How a call that a tracee begins makes its actor wait, if it does: not while another of its threads
    /// works, and not by what its threads do among themselves. If nobody wakes them, all sleep. Only a
    /// wait with a timeout may be an iteration of a loop that looks at the file.
    fn waits(&self, pid: i32, call: &Syscall) -> io::Result<Option<Wait>> {
        let Some(this) = self.tracees.get(&pid) else {
            return Ok(None);
        };
        let counts =
            |_: &Wait| call.is_timed_futex() || !is_among_threads(&this.memory.borrow(), call);
        let Some(wait) = call.wait().filter(counts) else {
            return Ok(None);
        };
        for other in self.tracees.values() {
            if other.pid != this.pid && other.actor == this.actor && !is_asleep(other)? {
                return Ok(None);
            }
        }
        Ok(Some(wait))
    }

    /// A tracee has made a call.
    fn leave(
        &mut self,
        pid: i32,
        call: Syscall,
        result: i64,
    ) -> std::result::Result<Disposition, Error> {
        let is_unfinished = self.is_unfinished(pid, call, result)?;
        self.note_timeout(pid, &call, result);
        if is_unfinished {
            return Ok(Disposition::Resume);
        }
        if call.filters_calls() && result >= 0 {
            return Err(CannotFollow::new("the program filters its own system calls").into());
        }
        tracer::hide_tracer(Pid::from_raw(pid), call.number, call.arguments, result)?;
        let told = self.put_time_right(pid, &call, result)?;
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(Disposition::Stay);
        };
        let (actor, memory) = (tracee.actor, Rc::clone(&tracee.memory));
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        if let Some(told) = told {
            stopped.set_result(told)?;
        }
        if call.number == libc::SYS_set_robust_list && result == 0 {
            tracee.robust = call.arguments[0];
        }
        let writable = std::mem::take(&mut tracee.stripped);
        if writable {
            stopped.set_argument(2, call.arguments[2])?; // The caller finds it as it left it.
        }
        if !(-HIGHEST_ERROR..0).contains(&result) {
            let (file, began) = (tracee.maps.take(), tracee.began);
            memory.borrow_mut().follow(call, result.cast_unsigned(), file, (writable, began));
        }
        if let Some(redirected) = tracee.redirected.take() {
            tracee.kernel_stores.extend(redirected.stores(&memory.borrow(), result)?);
        }
        self.note_call(pid, actor, &call, result);
        if let Some(what) = Denied::by(Pid::from_raw(pid), call.number, call.arguments, result)? {
            self.looked(actor, EventKind::Denied(what));
        }
        self.note_size(pid, actor, &call, result)?;
        self.note_opened(pid, actor, &call, result)?;
        if call.number == libc::SYS_fallocate && result == 0 {
            self.processes.look_at_disk()?; // What it took may be given back before the next look.
        }
        if self.has_arrived_after(actor, &call) {
            self.note(actor, EventKind::StopsAfter);
            return Ok(Disposition::Pause(Pause::Arrived));
        }
        self.store_for_call(pid)
    }

    /// Notes a wait for another process whose time is over. The end of a sleep is no such wait, and neither is a futex
    /// call on the program's own memory, by which its threads wait for each other. If its process waits once more, or asks
    /// for a lock on a file, and gets what it asked for, the wait whose time is over has no effect any more.
    fn note_timeout(&mut self, pid: i32, call: &Syscall, result: i64) {
        let is_wait = || call.when_its_time_is_over().is_some_and(|over| over < 0);
        if result >= 0 && (is_wait() || call.is_file_lock()) {
            let actor = self.tracees.get(&pid).map(|tracee| tracee.actor);
            let has_stored = |event: &Event| {
                Some(event.actor) == actor && matches!(event.kind, EventKind::Store { .. })
            };
            let has_gone_on = |from: usize| self.events.iter().skip(from).any(has_stored);
            self.timeouts.retain(|(of, from)| Some(*of) != actor || has_gone_on(*from));
        }
        let over = call.when_its_time_is_over().filter(|over| *over < 0);
        let Some(tracee) = self.tracees.get(&pid).filter(|_| over == Some(result)) else { return };
        let is_of_file = || tracee.memory.borrow().region(call.arguments[0]).is_some();
        if call.number != libc::SYS_futex || is_of_file() {
            self.timeouts.push((tracee.actor, self.events.len()));
        }
    }

    /// Was a call skipped or interrupted, or is it to be made again? Then it has done nothing yet.
    fn is_unfinished(
        &mut self,
        pid: i32,
        call: Syscall,
        result: i64,
    ) -> std::result::Result<bool, Error> {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(true);
        };
        let memory = Rc::clone(&tracee.memory);
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        let was_told_to_stop = std::mem::take(&mut tracee.told_to_stop);
        if tracee.wanted > 0 {
            let size = std::mem::take(&mut tracee.wanted);
            tracee.redirect_buffer = memory.borrow().map_redirect_buffer(&mut stopped, size)?;
            stopped.repeat_syscall(call.number)?;
            return Ok(true);
        }
        if let Some(redirected) = &tracee.redirected {
            redirected.put_back(&mut stopped, &memory.borrow())?;
        }
        if let Some(over) = hurry::result(tracee, &call, result) {
            hurry::forget_ready(tracee, &call)?;
            tracee.redirected = None;
            stopped.set_result(over)?; // Not made again: its time is over.
            self.note_timeout(pid, &call, over);
            return Ok(true);
        }
        if RESTARTS.contains(&result) {
            tracee.interrupted = Some(call.number);
            if tracee.redirected.take().is_some() && result == RESTARTS_BY_ITS_OWN_MEANS {
                return Err(redirect::cannot(call)); // The kernel has kept the pointers.
            }
            return Ok(true); // Nothing may be injected here: the restart would be lost.
        }
        if let Some(result) = tracee.skipped.take() {
            tracee.redirected = None;
            stopped.set_result(result)?;
            return Ok(true);
        }
        if was_told_to_stop && is_cut_short(&call, result) {
            (tracee.interrupted, tracee.redirected) = (Some(call.number), None);
            stopped.repeat_syscall(call.number)?;
            return Ok(true);
        }
        self.is_made_again(pid, call, result)
    }

    /// Was the kernel itself to store to a protected page? Then the page is unprotected, and the call is made again.
    fn is_made_again(
        &mut self,
        pid: i32,
        call: Syscall,
        result: i64,
    ) -> std::result::Result<bool, Error> {
        let exits = matches!(call.number, libc::SYS_exit | libc::SYS_exit_group);
        let is_refused = !exits && self.is_refused(pid, call, result)?;
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return Ok(true);
        };
        let memory = Rc::clone(&tracee.memory);
        let mut stopped = self.processes.tree().tracee(tracee.pid);
        let was_again = std::mem::take(&mut tracee.again);
        let must_be_again = exits || (is_refused && !was_again);
        if must_be_again {
            tracee.again = true;
            memory.borrow_mut().unprotect(&mut stopped)?;
            stopped.repeat_syscall(call.number)?;
        } else if was_again && memory.borrow().unprotected {
            memory.borrow_mut().protect(&mut stopped)?;
        }
        Ok(must_be_again)
    }

    /// Was a call refused because a page is protected that the program believes it may write? Only a
    /// futex needs the page itself.
    fn is_refused(&self, pid: i32, call: Syscall, result: i64) -> std::result::Result<bool, Error> {
        let Some(tracee) = self.tracees.get(&pid) else {
            return Ok(false);
        };
        let memory = tracee.memory.borrow();
        if memory.regions.iter().all(|region| !region.writable) {
            return Ok(false);
        }
        let is_fault = result == -i64::from(libc::EFAULT);
        let shares = |one: &&ActorTracee| !one.exiting && Rc::ptr_eq(&one.memory, &tracee.memory);
        match (call.number, call.stores_through()) {
            // While it waits with the page unprotected, nothing else may store there.
            (libc::SYS_futex, _)
                if is_fault && self.tracees.values().filter(shares).count() > 1 =>
            {
                Err(redirect::cannot(call))
            }
            (libc::SYS_futex, _) => Ok(is_fault),
            (_, StoresThrough::Unknown) if is_fault || result >= 0 => Err(redirect::cannot(call)),
            (_, StoresThrough::Nested) if is_fault => Err(redirect::cannot(call)),
            _ if is_fault && call.arguments.iter().any(|at| memory.region(*at).is_some()) => {
                Err(redirect::cannot(call))
            }
            _ => Ok(false),
        }
    }

    /// Records a call that is a preemption point.
    fn note_call(&mut self, pid: i32, actor: usize, call: &Syscall, result: i64) {
        let closes = self.tracees.get_mut(&pid).and_then(|tracee| tracee.closes.take());
        if let Some(file) = closes.filter(|_| result >= 0) {
            let (kind, request) = (CallKind::Lock, Request::CloseLocked(file));
            let returned = Returned { kind, request, error: None, empties: false };
            self.note(actor, EventKind::Call(returned));
        }
        let among_threads = |tracee: &ActorTracee| is_among_threads(&tracee.memory.borrow(), call);
        let Some(kind) =
            call.point().filter(|_| !self.tracees.get(&pid).is_some_and(among_threads))
        else {
            return;
        };
        let error = i32::try_from(-result).ok().filter(|error| *error > 0).map(Errno::from_raw);
        let mut request = call.request(&self.about(pid, call));
        let does_not_sleep =
            matches!(request, Request::Sleep { .. }) && error == Some(Errno::EAGAIN);
        if kind == CallKind::Futex && error.is_some() && !does_not_sleep {
            return;
        }
        if let Request::Unlock { holds_none, .. } = &mut request {
            *holds_none = self.tracees.get(&pid).is_some_and(|tracee| tracee.holds_none);
        }
        let empties = error.is_none() && call.empties();
        let event = EventKind::Call(Returned { kind, request, error, empties });
        match does_not_sleep {
            true => self.looked(actor, event),
            false => self.note(actor, event),
        }
    }

    /// Records how many bytes FILE has, if a call has told its process, and if loads are recorded.
    fn note_size(&mut self, pid: i32, actor: usize, call: &Syscall, result: i64) -> io::Result<()> {
        let is_noted = self.fixture.traps_loads() && result >= 0;
        let Some(look) = call.looks_at_size().filter(|_| is_noted) else { return Ok(()) };
        if self.watched(pid, look.descriptor)? != Some(0) {
            return Ok(());
        }
        let size = match look.stored_at {
            None => u64::try_from(result).ok(),
            Some(at) => self.tracees.get(&pid).and_then(|tracee| tracee.memory.borrow().word(at)),
        };
        if let Some(size) = size {
            self.looked(actor, EventKind::SeesSize(size));
        }
        Ok(())
    }

    /// Notes that an actor has opened a file of the directory, or the directory: from here on it can be waiting for
    /// the other, so each of its calls counts.
    fn note_opened(&mut self, pid: i32, actor: usize, call: &Syscall, made: i64) -> io::Result<()> {
        if made >= 0 && call.opens() && !self.actors[actor].has_opened {
            let link = format!("/proc/{pid}/fd/{made}");
            let path = look(Pid::from_raw(pid), &link, fs::read_link(&link))?;
            self.actors[actor].has_opened =
                path.is_some_and(|path| path.starts_with(&self.directory));
        }
        Ok(())
    }

    /// What a call is about, for a table. What cannot be seen is left out.
    fn about(&self, pid: i32, call: &Syscall) -> About {
        let tracee = Pid::from_raw(pid);
        match call.names() {
            Named::Paths(addresses) => {
                let path = |at: &u64| {
                    path_at(tracee, *at).map_or_else(|| "a file".into(), |path| self.name(&path))
                };
                About { files: addresses.iter().map(path).collect(), ..About::default() }
            }
            Named::Descriptor { number, lock } => {
                let number = u32::try_from(number & u64::from(u32::MAX)).unwrap_or(u32::MAX);
                let link = fs::read_link(format!("/proc/{pid}/fd/{}", number.cast_signed()));
                let files = link.ok().map(|path| self.name(&path)).into_iter().collect();
                let lock = lock.and_then(|at| lock_at(tracee, at));
                let bytes = lock.and_then(|lock| lock.1);
                About { files, lock: lock.map(|lock| lock.0), bytes, ..About::default() }
            }
            Named::Word(address) => {
                let Some(memory) = self.tracees.get(&pid).map(|tracee| tracee.memory.borrow())
                else {
                    return About::default();
                };
                let bytes = memory.read(address, size_of::<u32>()).ok();
                let found = bytes.and_then(|bytes| bytes.first_chunk().copied());
                let (word, found) = (memory.offset(address), found.map(u32::from_ne_bytes));
                About { word, found, ..About::default() }
            }
            Named::Text { address, length } => {
                // A letter has at most 4 bytes.
                let told =
                    usize::try_from(length).unwrap_or(usize::MAX).min(4 * MOST_OF_A_TEXT + 1);
                let memory = self.tracees.get(&pid).map(|tracee| tracee.memory.borrow());
                let text = memory.and_then(|memory| memory.read(address, told).ok());
                About { text, ..About::default() }
            }
        }
    }

    /// How a file is called in a table: a file of the directory by its name there.
    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.directory).unwrap_or(path).display().to_string()
    }

    /// Is the actor to be stopped after this call?
    fn has_arrived_after(&self, actor: usize, call: &Syscall) -> bool {
        let Actor { preemption, points, .. } = &self.actors[actor];
        let this = Operation::Call(call.point().unwrap_or(CallKind::Lock));
        match (preemption, points.last()) {
            (Some(at), Some(point)) => {
                at.after && at.number == point.number && point.operation == this
            }
            _ => false,
        }
    }

    /// Where the bytes of a descriptor's file begin, if it is a regular file of the directory.
    fn watched(&self, pid: i32, descriptor: u64) -> io::Result<Option<u64>> {
        // By the thread, not by its process: the descriptors of a process whose first thread has ended
        // are hidden.
        let descriptor = as_int(descriptor);
        let link = format!("/proc/{pid}/fd/{descriptor}");
        let tracee = Pid::from_raw(pid);
        let target = look(tracee, &link, fs::read_link(&link))?;
        let (Some(target), Some(found)) = (target, Opened::by(tracee, descriptor)?) else {
            return Ok(None);
        };
        if !target.starts_with(&self.directory) || !found.regular {
            return Ok(None);
        }
        let ours = FileId::at(&self.directory.join("FILE"))? == Some(found.file);
        Ok(Some(if ours { 0 } else { ELSEWHERE }))
    }

    /// Why none of these actors can go on alone; `None` if one of them can.
    fn cannot_go_on(&mut self, actors: &[usize]) -> io::Result<Option<Blocked>> {
        if self.mode != RunMode::Scheduled {
            return Ok(None);
        }
        if self.all_asleep(actors)?.is_some() {
            // A thread may have woken another that had been looked at, and then have gone to sleep. Then
            // the other's stop is there by now, or it does not sleep any more.
            let waits = if self.collect(false)? { None } else { self.all_asleep(actors)? };
            return Ok(waits);
        }
        for actor in actors {
            if let Some(why) = self.spins(*actor)? {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// Do all tracees of these actors sleep in the kernel? Why the last of them does.
    fn all_asleep(&self, actors: &[usize]) -> io::Result<Option<Blocked>> {
        let mut waits = None;
        for tracee in self.tracees.values().filter(|tracee| actors.contains(&tracee.actor)) {
            if !is_asleep(tracee)? {
                return Ok(None);
            }
            if !is_zombie(tracee)? {
                waits = tracee.call.map(|call| (tracee, call));
            }
        }
        Ok(waits.map(|(tracee, call)| match is_among_threads(&tracee.memory.borrow(), &call) {
            true => Blocked::Futex { is_private: false }, // Its threads among themselves need no other word.
            false => call.waits_for(&self.about(tracee.pid.as_raw(), &call)),
        }))
    }

    /// Is everybody asleep in a call that only another of them could end?
    ///
    /// # Errors
    /// The system's.
    pub fn is_deadlocked(&mut self) -> Result<bool> {
        self.nobody_can_wake().step(MECHANISM)
    }

    fn nobody_can_wake(&mut self) -> io::Result<bool> {
        Ok(self.all_sleep_until_woken()? && !self.collect(false)?)
    }

    /// Is this a deadlock? Every tracee sleeps in a call that only another process could end.
    fn all_sleep_until_woken(&self) -> io::Result<bool> {
        let mut works = false;
        for tracee in self.tracees.values() {
            if is_zombie(tracee)? {
                continue;
            }
            works = true;
            let waits = tracee.call.is_some_and(|call| self.only_another_process_ends(call));
            let alone = tracee.running && waits && !self.actors[tracee.actor].has_timer;
            if !alone || !blocking::sleeps_soundly(tracee.pid)? {
                return Ok(false);
            }
        }
        Ok(works)
    }

    /// Can only another process of this execution end this call? A file lock of a process that has ended can end it
    /// late: the lock goes with the last reference to its open file, and the dead process's memory map is one. Whoever
    /// looks at that process in `/proc`, as `ps` does, may hold its memory a little longer than it lives.
    fn only_another_process_ends(&self, call: Syscall) -> bool {
        call.waits_for_another() && !(self.one_has_ended && call.is_file_lock())
    }

    /// Waits until the kernel has woken an actor that sleeps for a file lock, if a process that has ended may have held
    /// it: for as long as it takes to see whether it does.
    ///
    /// # Errors
    /// The system's.
    pub fn wait_for_locks_of_the_dead(&self, actor: usize) -> Result<()> {
        let deadline = Instant::now() + LONG_ENOUGH;
        let may_be_woken = |tracee: &ActorTracee| {
            let waits =
                |call: Syscall| call.waits_for_another() && !self.only_another_process_ends(call);
            Ok(tracee.call.is_some_and(waits) && blocking::sleeps(tracee.pid)?)
        };
        let mut waits = true;
        while waits && Instant::now() < deadline {
            let all = self.tracees_of(actor).map(may_be_woken);
            waits = all.collect::<io::Result<Vec<_>>>().step(MECHANISM)?.contains(&true);
        }
        Ok(())
    }

    /// Has the actor opened a file of the directory, or the directory?
    pub(crate) fn has_opened(&self, actor: usize) -> bool {
        self.actors[actor].has_opened
    }

    /// Has the actor used CPU time without a call or a store?
    fn spins(&mut self, actor: usize) -> io::Result<Option<Blocked>> {
        let maps = |tracee: &ActorTracee| !tracee.memory.borrow().regions.is_empty();
        let mapped = self.tracees.values().any(|tracee| tracee.actor == actor && maps(tracee));
        let Actor { process, idle, .. } = &mut self.actors[actor];
        let time = cpu_time_of(Pid::from_raw(*process))?;
        Ok(time.and_then(|time| idle.spins(time, mapped)))
    }

    /// Kills an actor where it is, with SIGKILL, and reaps it at once: its pending store is discarded.
    ///
    /// # Errors
    /// The system's.
    pub fn kill(&mut self, actor: usize) -> Result<()> {
        let ours = |tracee: &&ActorTracee| tracee.actor == actor;
        let pids: Vec<Pid> = self.tracees.values().filter(ours).map(|tracee| tracee.pid).collect();
        self.note(actor, EventKind::Killed);
        for pid in &pids {
            self.clean_up(*pid).step(MECHANISM)?;
        }
        for pid in pids {
            // A thread's leader may have taken it along already.
            let _ = signal::kill(pid, Signal::SIGKILL);
        }
        self.reap(actor).step(MECHANISM)
    }

    /// Lets the kernel mark a tracee's robust mutexes when it is killed. If that fails, the others would wait for a
    /// mutex whose owner the kernel could not mark, and it would not be their fault.
    fn clean_up(&mut self, pid: Pid) -> io::Result<()> {
        match self.let_the_kernel_clean_up(pid) {
            Ok(()) | Err(Error::Gone(None)) => Ok(()),
            Err(Error::Gone(Some(stop))) => {
                self.tracees.entry(pid.as_raw()).and_modify(|tracee| tracee.stop = Some(stop));
                Ok(())
            }
            Err(Error::Signal(signal)) => {
                let why = format!("an injected call raised signal {signal}");
                Err(LookRefused::because("what a killed process holds", why))
            }
            Err(Error::System(error)) => Err(error),
        }
    }

    /// Waits until all tracees of an actor, which are being killed, have ended.
    fn reap(&mut self, actor: usize) -> io::Result<()> {
        let deadline = Instant::now() + PROMPT;
        while self.lives(actor) {
            self.collect(true)?;
            while let Some((pid, stop)) = self.next_stop(&[actor]) {
                match stop {
                    Stop::Exited(_, ending) => self.ended(pid, ending),
                    _ => {
                        let tree = self.processes.tree();
                        tree.resume(Pid::from_raw(pid), Resume::ToSyscall, libc::SIGKILL)?;
                    }
                }
            }
            if Instant::now() >= deadline {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "a killed tracee does not end",
                ));
            }
        }
        Ok(())
    }

    /// The kernel marks a dead owner's robust mutexes: with the pages protected it could not.
    fn let_the_kernel_clean_up(&mut self, pid: Pid) -> std::result::Result<(), Error> {
        let holds = |tracee: &&mut ActorTracee| {
            !tracee.exiting && tracee.holds_robust_mutex() && !tracee.memory.borrow().unprotected
        };
        if let Some(sleeper) = self.tracees.get_mut(&pid.as_raw()).filter(holds)
            && sleeper.running
        {
            self.stop_and_wait(&[pid])?;
        }
        let Some(tracee) = self.tracees.get_mut(&pid.as_raw()).filter(holds) else {
            return Ok(());
        };
        match tracee.stop {
            Some(Stop::Exiting(_) | Stop::Exited(..)) => return Ok(()), // It has ended by itself.
            Some(Stop::SyscallExit { .. }) => tracee.call = None,
            _ => {}
        }
        let mut stopped = self.processes.tree().tracee(pid);
        if tracee.call.is_some() && tracee.skipped.is_none() {
            // It is stopped at a call's entry: out of it first, without making it.
            stopped.skip_syscall()?;
            stopped.resume_and_wait(Resume::ToSyscall)?;
            tracee.call = None;
        }
        tracee.memory.borrow_mut().unprotect(&mut stopped)
    }

    /// One actor runs as it would alone, until the deadline: nothing that it does is skipped, nor, in
    /// [`RunMode::Free`], seen.
    ///
    /// # Errors
    /// The system's.
    pub fn run_alone(&mut self, actor: usize, deadline: Instant, mode: RunMode) -> Result<Pause> {
        self.run_in(mode, actor, None, deadline)
    }

    fn run_in(
        &mut self,
        mode: RunMode,
        actor: usize,
        preemption: Option<Preemption>,
        deadline: Instant,
    ) -> Result<Pause> {
        self.mode = mode;
        let pause = self.run(&[actor], preemption, deadline);
        self.mode = RunMode::Scheduled;
        pause
    }

    /// The actor is stopped before the next such operation, in whichever turn it comes to it. `None`: nowhere.
    pub fn stop_before(&mut self, actor: usize, is_it: Option<fn(&Operation) -> bool>) {
        self.actors[actor].stops_before = is_it;
    }

    /// Has the actor not come to its [`stop_before`](Self::stop_before) yet?
    #[must_use]
    pub fn is_on_its_way(&self, actor: usize) -> bool {
        self.actors[actor].stops_before.is_some()
    }

    /// Lets the actor come to a preemption point while the other one stands still for as long as it likes: a wait for
    /// a time is over at once.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_hurried(
        &mut self,
        actor: usize,
        preemption: Option<Preemption>,
        deadline: Instant,
    ) -> Result<Pause> {
        self.run_in(RunMode::Hurried, actor, preemption, deadline)
    }

    /// Is the actor in a call that ends by itself after some time?
    #[must_use]
    pub fn waits_for_a_time(&self, actor: usize) -> bool {
        let is_timed = |call: Syscall| call.when_its_time_is_over().is_some();
        self.tracees_of(actor).any(|tracee| tracee.call.is_some_and(is_timed))
    }

    /// Is the actor in a sleep that ends by itself?
    fn is_in_a_sleep(&self, actor: usize) -> bool {
        let sleeps =
            |call: Syscall| call.wait() == Some(Wait::Sleep) && !call.sleeps_until_a_signal();
        self.tracees_of(actor).any(|tracee| tracee.call.is_some_and(sleeps))
    }

    /// Is an actor asleep in calls that only another process could end? Then it waits, however long that takes.
    ///
    /// # Errors
    /// The system's.
    pub fn sleeps_until_woken(&self, actor: usize) -> Result<bool> {
        self.can_only_be_woken(actor).step(MECHANISM)
    }

    fn can_only_be_woken(&self, actor: usize) -> io::Result<bool> {
        let is_in = |tracee: &ActorTracee, kind: fn(&Syscall) -> bool| {
            tracee.call.is_some_and(|call| kind(&call))
        };
        let mut waits = false;
        for tracee in self.tracees_of(actor) {
            let for_another = is_in(tracee, Operations::waits_for_another);
            // A process waits for its child as long as the child does.
            let for_its_child = is_in(tracee, Operations::waits_for_its_child);
            let sleeps = (for_another || for_its_child) && blocking::sleeps(tracee.pid)?;
            if self.actors[actor].has_timer || !(sleeps || is_zombie(tracee)?) {
                return Ok(false);
            }
            waits |= for_another;
        }
        Ok(waits)
    }

    /// Lets both run at once until they have ended, or until all sleep and no process is left that could
    /// wake them, or until `patience` is over. On a busy machine, patience lasts longer: until each actor
    /// has had time enough of its own. A sleep in which an actor is when this begins counts for nothing. Returns whether they had that much before `latest`. If not, nothing
    /// is known about them. It also ends when an actor comes to its [`stop_before`](Self::stop_before).
    ///
    /// # Errors
    /// The system's.
    pub fn finish(&mut self, patience: Duration, latest: Instant) -> Result<bool> {
        let began = Instant::now();
        let mut times = [self.own_time(0)?, self.own_time(1)?];
        let mut sleeps =
            [0, 1].map(|actor| self.is_in_a_sleep(actor).then(|| self.actors[actor].calls));
        let mut end = began + patience;
        loop {
            self.mode = RunMode::Patient;
            let pause = self.run(&[0, 1], None, end.min(latest));
            self.mode = RunMode::Scheduled;
            let pause = pause?;
            if matches!(pause, Pause::Ended | Pause::Arrived) || self.is_deadlocked()? {
                return Ok(true);
            }
            let mut lacks = Duration::ZERO;
            for (actor, time) in times.iter_mut().enumerate() {
                let same =
                    |calls: u64| self.is_in_a_sleep(actor) && self.actors[actor].calls == calls;
                let is_asleep = sleeps[actor].map(same);
                if is_asleep == Some(false) {
                    (sleeps[actor], *time) = (None, self.own_time(actor)?); // It has time to look.
                }
                let sleeps_on =
                    is_asleep == Some(true) && began.elapsed() < patience + SLEEP_AT_MOST;
                lacks = lacks.max(if sleeps_on { LOOK } else { self.lacks(actor, time)? });
            }
            if began.elapsed() >= patience && lacks.is_zero() {
                return Ok(true);
            }
            if Instant::now() >= latest {
                return Ok(false);
            }
            end = end.max(Instant::now() + lacks.min(LOOK));
        }
    }

    /// Gives one actor the turn, as [`run`](Self::run). On a busy machine its turn lasts longer than the
    /// deadline: until it has had time enough of its own, or until `latest`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_patiently(
        &mut self,
        actor: usize,
        preemption: Option<Preemption>,
        deadline: Instant,
        latest: Instant,
    ) -> Result<Pause> {
        let (mut time, mut end) = (self.own_time(actor)?, deadline.min(latest));
        loop {
            let pause = self.run(&[actor], preemption, end)?;
            let lacks = self.lacks(actor, &mut time)?;
            if pause != Pause::TimeUp || lacks.is_zero() || Instant::now() >= latest {
                return Ok(pause);
            }
            end = (Instant::now() + lacks.min(LOOK)).min(latest);
        }
    }

    fn tracees_of(&self, actor: usize) -> impl Iterator<Item = &ActorTracee> {
        self.tracees.values().filter(move |tracee| tracee.actor == actor)
    }

    /// Has the actor come to FILE? Before that, it only starts.
    fn has_begun(&self, actor: usize) -> bool {
        let maps = |tracee: &ActorTracee| !tracee.memory.borrow().regions.is_empty();
        !self.actors[actor].points.is_empty() || self.tracees_of(actor).any(maps)
    }

    fn own_time(&self, actor: usize) -> Result<OwnTime> {
        OwnTime::new(self.tracees_of(actor), self.has_begun(actor)).step(SHARE)
    }

    /// What an actor still lacks of the time that is enough for any program. It counts from zero at the moment
    /// at which the actor has come to FILE.
    fn lacks(&self, actor: usize, time: &mut OwnTime) -> Result<Duration> {
        if !self.lives(actor) {
            return Ok(Duration::ZERO);
        }
        if !time.has_begun() && self.has_begun(actor) {
            *time = self.own_time(actor)?;
        }
        time.lacks(self.tracees_of(actor)).step(SHARE)
    }

    /// Do these actors, which have not ended in time, work at something instead of waiting?
    ///
    /// # Errors
    /// The system's.
    pub fn work(&mut self, actors: &[usize]) -> Result<bool> {
        let told = self.events.len();
        self.run(actors, None, Instant::now() + LONG_ENOUGH)?;
        self.events.truncate(told);
        Ok(actors.iter().any(|actor| self.lives(*actor) && self.actors[*actor].idle.works()))
    }

    /// Has the actor a process that has not ended?
    #[must_use]
    pub fn lives(&self, actor: usize) -> bool {
        self.tracees.values().any(|tracee| tracee.actor == actor)
    }

    /// How many system calls an actor has begun, without those that the kernel makes for it after a signal: a
    /// program with a timer does not look again and again.
    #[must_use]
    pub fn calls_of_its_own(&self, actor: usize) -> u64 {
        let Actor { calls, after_signals, .. } = self.actors[actor];
        calls - after_signals
    }

    /// CPU time of a process, so far or up to its end.
    ///
    /// # Errors
    /// The look was refused.
    pub fn cpu_time(&mut self, process: Pid) -> Result<Duration> {
        let time = cpu_time_of(process).step("look at the CPU time of a process")?;
        let used = || self.processes.tree().used(process).map(|used| used.cpu_time);
        let what = || format!("the CPU time of process {process}");
        let unknown = || LookRefused::because(what(), "it has ended, and nobody has seen how");
        time.or_else(used).ok_or_else(unknown).step("look at the CPU time of a process")
    }

    /// The preemption points to which an actor's process has come.
    #[must_use]
    pub fn points_of(&self, actor: usize) -> &[PreemptionPoint] {
        &self.actors[actor].points
    }

    /// How many preemption points an actor has come to.
    #[must_use]
    pub fn points(&self, actor: usize) -> usize {
        self.actors[actor].points.len()
    }

    /// The last preemption point that an actor has come to.
    #[must_use]
    pub fn last_operation(&self, actor: usize) -> Option<&Operation> {
        self.actors[actor].points.last().map(|point| &point.operation)
    }

    /// How the actor's first process ended.
    #[must_use]
    pub fn ending(&self, actor: usize) -> Option<Ending> {
        self.actors[actor].ended
    }

    /// The limit for which all were killed.
    ///
    /// # Errors
    /// As [`ProcessTree::limit_exceeded`](tracer::ProcessTree::limit_exceeded).
    pub fn limit_exceeded(&mut self) -> Result<Option<LimitExceeded>> {
        self.processes.tree().limit_exceeded().step("look at what the processes use")
    }

    /// What an actor's first process has written to its standard output and its standard error.
    #[must_use]
    pub fn outputs(&self, actor: usize) -> [Vec<u8>; 2] {
        self.processes.outputs(Pid::from_raw(self.actors[actor].process))
    }

    /// Everything that happened so far.
    #[must_use]
    pub fn trace(&self) -> &[Event] {
        &self.events
    }

    /// Has an actor gone on to such an operation because the time of a wait was over? It has stored nothing else in
    /// FILE since.
    #[must_use]
    pub fn has_gone_on_without(&self, is_it: impl Fn(&Operation) -> bool) -> bool {
        gone_on_without(&self.timeouts, &self.events, is_it)
    }

    /// Whose waits for something have ended because their time was over, and how many events there were by then.
    pub(crate) fn timeouts(&self) -> &[(usize, usize)] {
        &self.timeouts
    }

    /// Records that an actor is a new process from here on.
    pub fn note_begins(&mut self, actor: usize, arguments: &[&str]) {
        self.note(actor, EventKind::Begins(arguments.join(" ")));
    }

    /// Records that an actor cannot go on.
    pub fn note_blocked(&mut self, actor: usize, why: Blocked) {
        self.note(actor, EventKind::Blocked(why));
    }

    /// Everything that happened, and the preemption points of both.
    #[must_use]
    pub fn into_trace(self) -> (Vec<Event>, [Vec<PreemptionPoint>; 2]) {
        let [one, two] = self.actors;
        (self.events, [one.points, two.points])
    }
}

/// The path at an address of a tracee, if it is there whole.
fn path_at(tracee: Pid, address: u64) -> Option<PathBuf> {
    const MOST: usize = 4 << 10;
    let mut bytes = Vec::new();
    let mut at = usize::try_from(address).ok()?;
    while bytes.len() < MOST {
        let left = common::page_size() - at % common::page_size();
        let part = tracer::memory(tracee, at, left).ok()??;
        let end = part.iter().position(|byte| *byte == 0);
        bytes.extend_from_slice(part.get(..end.unwrap_or(left))?);
        if end.is_some() {
            return Some(OsString::from_vec(bytes).into());
        }
        at += left;
    }
    None
}

/// A descriptor is an int: the kernel looks at the lower half of an argument only.
fn as_int(argument: u64) -> i32 {
    u32::try_from(argument & u64::from(u32::MAX)).unwrap_or(u32::MAX).cast_signed()
}

/// The descriptors that a process has open.
fn descriptors(process: Pid) -> io::Result<Vec<u32>> {
    let path = format!("/proc/{process}/fd");
    let mut found = Vec::new();
    for entry in look(process, &path, fs::read_dir(&path))?.into_iter().flatten() {
        let Some(entry) = look(process, &path, entry)? else { break };
        found.extend(entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(found)
}

/// Whether a process holds a record lock on a file. The kernel lists the lock with the descriptor by which the
/// process has taken it: were this one closed, the lock would be gone.
fn holds_record_lock(process: Pid, file: FileId) -> io::Result<bool> {
    for descriptor in descriptors(process)? {
        let opened = Opened::by(process, descriptor.cast_signed())?;
        if opened.is_none_or(|opened| opened.file != file) {
            continue;
        }
        let path = format!("/proc/{process}/fdinfo/{descriptor}");
        let about = look(process, &path, fs::read_to_string(&path))?.unwrap_or_default();
        if lists_record_lock(&about) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the text of `/proc/PID/fdinfo/FD` has a record lock.
fn lists_record_lock(about: &str) -> bool {
    // A lock that is waited for has `->` in the third place.
    about.lines().any(|line| {
        matches!(line.split_whitespace().collect::<Vec<_>>()[..], ["lock:", _, "POSIX", ..])
    })
}

/// The kind of the record lock that is described at an address, and the bytes that it is on: the first one,
/// and how many. A lock on the whole file has no bytes, nor has one whose first byte is counted from elsewhere.
fn lock_at(tracee: Pid, address: u64) -> Option<(i16, Option<(i64, i64)>)> {
    let address = usize::try_from(address).ok()?;
    let bytes = tracer::memory(tracee, address, size_of::<libc::flock>()).ok()??;
    let short = |at: usize| bytes.get(at..)?.first_chunk().map(|two| i16::from_ne_bytes(*two));
    let long = |at: usize| bytes.get(at..)?.first_chunk().map(|eight| i64::from_ne_bytes(*eight));
    let from_the_start =
        short(offset_of!(libc::flock, l_whence)).map(i32::from) == Some(libc::SEEK_SET);
    let first = long(offset_of!(libc::flock, l_start));
    let count = long(offset_of!(libc::flock, l_len)).filter(|count| from_the_start && *count > 0);
    Some((short(offset_of!(libc::flock, l_type))?, first.zip(count)))
}

/// Does it sleep in the kernel, or has it ended?
fn is_asleep(tracee: &ActorTracee) -> io::Result<bool> {
    Ok(is_zombie(tracee)?
        || (tracee.call.is_some() && tracee.running && blocking::sleeps(tracee.pid)?))
}

/// Has the judge ended the sleep of this call by telling its caller to stop? No signal has come. So the call is made again,
/// and the program knows nothing of it.
fn is_cut_short(call: &Syscall, result: i64) -> bool {
    let has_an_effect = matches!(call.number, libc::SYS_close | libc::SYS_connect);
    result == -i64::from(libc::EINTR) && !has_an_effect
}

/// Has an actor gone on to such a store because the time of a wait was over? It has stored nothing else in FILE since.
/// The waits are given by their actors, and by how many events there were when they ended.
pub(crate) fn gone_on_without(
    timeouts: &[(usize, usize)],
    events: &[Event],
    is_it: impl Fn(&Operation) -> bool,
) -> bool {
    timeouts.iter().any(|(actor, from)| {
        let later = events.iter().skip(*from).filter(|event| event.actor == *actor);
        let stores = later.filter_map(|event| match &event.kind {
            EventKind::Store { offset, after, .. } => {
                Some(Operation::Store { offset: *offset, size: after.len(), instruction: 0 })
            }
            _ => None,
        });
        stores.take(1).any(|store| is_it(&store))
    })
}

/// A futex on a word of private memory concerns the threads of one process only.
fn is_among_threads(memory: &WatchedMemory, call: &Syscall) -> bool {
    let [word, ..] = call.arguments;
    call.number == libc::SYS_futex && memory.region(word).is_none()
}

/// Is it the first thread of a process, ended before another thread?
fn is_zombie(tracee: &ActorTracee) -> io::Result<bool> {
    Ok(tracee.exiting && blocking::is_zombie(tracee.pid)?)
}

fn flag(bit: i32) -> u64 {
    u64::from(bit.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_lock_is_found_whichever_descriptor_of_the_file_is_asked_about() {
        let path = std::env::temp_dir().join(format!("record-lock-{}", std::process::id()));
        fs::write(&path, "").unwrap();
        let open = || fs::File::options().read(true).write(true).open(&path).unwrap();
        let (one, other) = (open(), open());
        let me = nix::unistd::getpid();
        let file = FileId::of(&other).unwrap();
        let held = || holds_record_lock(me, file).unwrap();
        let before = held();
        // By a process of its own, the lock would be another one's.
        let lock = libc::flock {
            l_type: i16::try_from(libc::F_WRLCK).unwrap(),
            l_whence: i16::try_from(libc::SEEK_SET).unwrap(),
            l_start: 0,
            l_len: 10,
            l_pid: 0,
        };
        nix::fcntl::fcntl(&one, nix::fcntl::FcntlArg::F_SETLK(&lock)).unwrap();
        let (after, of_null) = (held(), FileId::of(fs::File::open("/dev/null").unwrap()).unwrap());
        let elsewhere = holds_record_lock(me, of_null).unwrap();
        drop(one); // Its lock goes with it.
        let closed = held();
        fs::remove_file(&path).unwrap();
        assert!(!before && after && !elsewhere && !closed);
        let only_waits = "lock:\t1: -> POSIX  ADVISORY  WRITE 4712 fe:00:1234 0 EOF\n";
        let flock = "lock:\t2: FLOCK  ADVISORY  WRITE 4713 fe:00:1234 0 EOF\n";
        assert!(!lists_record_lock(only_waits) && !lists_record_lock(flock));
    }

    #[test]
    fn what_a_process_stores_first_after_its_timeout_shows_that_it_went_on_without_the_lock() {
        let store = |actor, offset| {
            let kind = EventKind::Store {
                offset,
                before: vec![0; 8],
                after: vec![1; 8],
                stale: None,
                form: StoreForm::Store,
                locked: false,
                call: None,
            };
            Event::new(actor, kind)
        };
        let gone_on = |timeouts: &[(usize, usize)], events: &[Event]| {
            gone_on_without(timeouts, events, |operation| {
                crate::kill_points::stores_in(operation, 0, 72)
            })
        };
        let events = [store(0, 0), store(1, 1024), store(1, 0)];
        assert!(gone_on(&[(0, 0)], &events));
        assert!(gone_on(&[(1, 2)], &events));
        assert!(!gone_on(&[], &events), "no wait has ended");
        assert!(!gone_on(&[(0, 1)], &events), "it stored before its time was over");
        assert!(!gone_on(&[(1, 0)], &events), "it stored in the lock first: it has taken it");
        assert!(gone_on(&[(1, 0), (0, 0)], &events), "one of two");
    }
}
