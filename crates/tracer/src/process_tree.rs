//! All processes of one run: the program, its threads, and whatever they start.
//!
//! All calls come from the thread that made the tree: ptrace obeys no other. There is one wait loop,
//! [`ProcessTree::wait_or_tick`], and it waits for every tracee at once: a wait for one thread id
//! would never end if that thread is a zombie whose process goes on. Each wait has a deadline.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::Context;
use nix::sys::prctl;
use nix::sys::signal::{SIGKILL, kill};
use nix::unistd::{Pid, getpid, gettid};

use crate::alarm::{Alarm, TICK};
use crate::arch::Registers;
use crate::denied::is_local;
use crate::look::LookRefused;
use crate::pid_namespace::children;
use crate::sys::{Answer, AtSyscall, StateChange};
use crate::{Ending, FILTER_REPORTS_CALLS, LimitExceeded, Limits, ProcessTable, Resume, Stop, sys};

/// How long processes may take to end after they were killed, before that is a failure of the tracer. A
/// process that was killed needs a processor once more, and on a busy machine it may wait for one.
const GRACE: Duration = Duration::from_secs(30);

/// How long the next wait lasts after [`ProcessTree::tick_soon`]: longer than most calls that do not wait.
const SOON: Duration = Duration::from_micros(100);

const OPTIONS: i32 = libc::PTRACE_O_EXITKILL
    | libc::PTRACE_O_TRACESYSGOOD
    | if FILTER_REPORTS_CALLS { libc::PTRACE_O_TRACESECCOMP } else { 0 }
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACEEXIT;

/// The processes of one run. Dropped, all of them are killed and reaped.
pub struct ProcessTree {
    table: SharedTable,
    traced: bool,
    alarm: Alarm,
    deadline: Instant,
    /// How each of them went on last.
    resumed: BTreeMap<Pid, Resume>,
    /// Those that are in a call whose entry was told, and whose exit is to come.
    inside: BTreeSet<Pid>,
    /// Changes that came while another tracee was waited for.
    pending: VecDeque<StateChange>,
    /// What each process that has ended has used, until its number is another process's.
    used: BTreeMap<Pid, Used>,
    /// The living processes and threads whose beginning was announced.
    announced: BTreeSet<Pid>,
    /// Without tracing: where each process tells how its program ended.
    exit_status_channels: BTreeMap<Pid, UnixStream>,
}

/// What a process that has ended has used.
#[derive(Clone, Copy)]
struct Used {
    change: StateChange,
    /// How its program ended, if that was told.
    ending: Option<Ending>,
    /// Whether its beginning was announced. A child may end before its parent tells of it.
    was_announced: bool,
}

/// The table of a tree's processes, for the thread that watches the limits.
#[derive(Clone)]
pub struct SharedTable(Arc<Mutex<ProcessTable>>);

impl SharedTable {
    /// Locks the table.
    pub fn lock(&self) -> MutexGuard<'_, ProcessTable> {
        // A panic elsewhere leaves a list of processes, which is as good as before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a wait brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// A tracee has stopped or ended.
    Stop(Stop),
    /// Nothing yet.
    Tick,
    /// No process is left.
    Empty,
}

impl ProcessTree {
    /// An empty tree, whose clock starts now. If it is not `traced`, a wait returns only ends, and the stops of the
    /// processes that are [seized](Self::seize).
    ///
    /// # Errors
    /// Those of making a timer.
    pub fn new(limits: Limits, traced: bool) -> common::Result<Self> {
        prctl::set_child_subreaper(true).step("prctl PR_SET_CHILD_SUBREAPER")?;
        let patience = limits.wall_at_most() + GRACE;
        Ok(Self {
            table: SharedTable(Arc::new(Mutex::new(
                ProcessTable::new(limits).step("look at the tracer's share of a processor")?,
            ))),
            traced,
            alarm: Alarm::after(patience).step("timer_create")?,
            deadline: Instant::now() + patience,
            resumed: BTreeMap::new(),
            inside: BTreeSet::new(),
            pending: VecDeque::new(),
            used: BTreeMap::new(),
            announced: BTreeSet::new(),
            exit_status_channels: BTreeMap::new(),
        })
    }

    /// The table of its processes.
    #[must_use]
    pub fn table(&self) -> SharedTable {
        self.table.clone()
    }

    /// Whether its processes are traced.
    #[must_use]
    pub fn is_traced(&self) -> bool {
        self.traced
    }

    /// The limit for which all were killed.
    ///
    /// # Errors
    /// It could not be seen what they use.
    pub fn limit_exceeded(&self) -> io::Result<Option<LimitExceeded>> {
        self.table.lock().exceeded()
    }

    /// What a process used, once it has ended: CPU time and the most memory.
    #[must_use]
    pub fn used(&self, pid: Pid) -> Option<StateChange> {
        self.used.get(&pid).map(|used| used.change)
    }

    /// How a process ended, if that has been told.
    #[must_use]
    pub fn ending(&self, pid: Pid) -> Option<Ending> {
        self.used.get(&pid)?.ending
    }

    /// Adds a child of this thread, or a process that is about to be traced.
    pub fn add(&mut self, child: Pid) {
        self.forget_who_had_the_number(child);
        self.announced.insert(child);
        self.table.lock().add(child);
    }

    /// `PTRACE_SEIZE`: traces a process that was added, and whatever it starts.
    ///
    /// # Errors
    /// EPERM: tracing is not allowed here.
    pub fn seize(&mut self, child: Pid) -> io::Result<()> {
        sys::seize(child, OPTIONS)
    }

    /// Where an untraced process tells its program's wait status, in native byte order.
    pub fn learn_exit_status_from(&mut self, pid: Pid, channel: UnixStream) {
        self.exit_status_channels.insert(pid, channel);
    }

    /// From now on a wait that blocks ends after a millisecond, with [`Waited::Tick`].
    ///
    /// # Errors
    /// Those of setting a timer.
    pub fn tick(&mut self) -> io::Result<()> {
        self.alarm.set(TICK)
    }

    /// As [`tick`](Self::tick), but the next wait ends sooner: the caller expects to see soon, by a look, what it waits
    /// for.
    ///
    /// # Errors
    /// As [`tick`](Self::tick).
    pub fn tick_soon(&mut self) -> io::Result<()> {
        self.alarm.set(SOON)
    }

    /// The next stop of any process, or `None` once none is left.
    ///
    /// # Errors
    /// Those of ptrace, other than that the tracee was killed meanwhile. ETIMEDOUT: processes did not
    /// end though they were killed. As [`limit_exceeded`](Self::limit_exceeded).
    pub fn wait(&mut self) -> io::Result<Option<Stop>> {
        self.wait_looking(|| Ok(()))
    }

    /// As [`wait`](Self::wait), with a look at each tick.
    ///
    /// # Errors
    /// As [`wait`](Self::wait), and those of the look.
    pub fn wait_looking(
        &mut self,
        mut look: impl FnMut() -> io::Result<()>,
    ) -> io::Result<Option<Stop>> {
        loop {
            // If no process is left that we know, orphans are not waited for.
            let block = !self.table.lock().is_empty();
            match self.wait_or_tick(block)? {
                Waited::Stop(stop) => return Ok(Some(stop)),
                Waited::Empty => return Ok(None),
                Waited::Tick if !block => return Ok(None),
                Waited::Tick => {
                    self.check_deadline()?;
                    look()?;
                }
            }
        }
    }

    /// The next stop of one process; those of others are kept for later. `None`: no process is left.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_for(&mut self, pid: Pid) -> io::Result<Option<Stop>> {
        let mut others = VecDeque::new();
        let found = loop {
            match self.next_change(true) {
                Ok(Answer::Changed(change)) if change.pid != pid => others.push_back(change),
                Ok(Answer::Changed(change)) => match self.stop(change) {
                    Ok(None) => {}
                    found => break found,
                },
                Ok(Answer::Nothing) => {
                    if let Err(error) = self.check_deadline() {
                        break Err(error);
                    }
                }
                Ok(Answer::Nobody) => break Ok(None),
                Err(error) => break Err(error),
            }
        };
        others.append(&mut self.pending);
        self.pending = others;
        found
    }

    /// The next stop of any process; blocks until the next tick at most.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_or_tick(&mut self, block: bool) -> io::Result<Waited> {
        loop {
            match self.next_change(block)? {
                Answer::Changed(change) => {
                    if let Some(stop) = self.stop(change)? {
                        return Ok(Waited::Stop(stop));
                    }
                }
                Answer::Nothing => return Ok(Waited::Tick),
                Answer::Nobody => return Ok(Waited::Empty),
            }
        }
    }

    fn next_change(&mut self, block: bool) -> io::Result<Answer> {
        self.limit_exceeded()?; // If limits cannot be looked at, nothing that comes counts.
        match self.pending.pop_front() {
            Some(change) => Ok(Answer::Changed(change)),
            None => sys::wait(block),
        }
    }

    fn check_deadline(&self) -> io::Result<()> {
        if Instant::now() < self.deadline {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "a tracee neither stops nor ends"))
    }

    /// Lets a stopped tracee go on, and gives it a signal, or none by 0.
    ///
    /// # Errors
    /// Those of ptrace, other than that the tracee was killed meanwhile: its end is the next that is
    /// told.
    pub fn resume(&mut self, pid: Pid, how: Resume, signal: i32) -> io::Result<()> {
        self.resumed.insert(pid, how);
        if how == Resume::Freely {
            self.inside.remove(&pid); // The exit is not told.
        }
        match sys::resume(how, self.inside.contains(&pid), pid, signal) {
            Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error),
            _ => Ok(()),
        }
    }

    /// Stops a running tracee: [`Stop::Interrupted`], unless something else stops it first.
    ///
    /// # Errors
    /// ESRCH: it has ended.
    pub fn interrupt(&mut self, pid: Pid) -> io::Result<()> {
        sys::interrupt(pid)
    }

    /// Whether a process or thread has ended and was reaped.
    #[must_use]
    pub fn has_ended(&self, pid: Pid) -> bool {
        self.used.contains_key(&pid)
    }

    /// What a change means; `None` for what concerns nobody else.
    fn stop(&mut self, change: StateChange) -> io::Result<Option<Stop>> {
        let StateChange { pid, status, .. } = change;
        if !libc::WIFSTOPPED(status) {
            return self.ended(change);
        }
        match self.meaning(pid, libc::WSTOPSIG(status), status >> 16) {
            Ok(stop) => Ok(stop),
            // Killed meanwhile: its end is still to come.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn meaning(&mut self, pid: Pid, signal: i32, event: i32) -> io::Result<Option<Stop>> {
        Ok(Some(match event {
            0 if signal == libc::SIGTRAP | 0x80 => match sys::at_syscall(pid)? {
                AtSyscall::Entry(call) => {
                    self.inside.insert(pid);
                    Stop::SyscallEntry(pid, call)
                }
                AtSyscall::Exit(result) => {
                    self.inside.remove(&pid);
                    Stop::SyscallExit { pid, result }
                }
            },
            0 => Stop::Signal(pid, signal),
            libc::PTRACE_EVENT_SECCOMP => return self.reported_by_filter(pid),
            libc::PTRACE_EVENT_EXEC => {
                let former = sys::event_message(pid)?;
                if former != pid {
                    self.table.lock().remove(former, Duration::ZERO);
                    self.inside.remove(&pid);
                    if self.inside.remove(&former) {
                        self.inside.insert(pid); // The exit of the `execve` is its own.
                    }
                }
                Stop::Executed { pid, former }
            }
            libc::PTRACE_EVENT_EXIT => {
                self.table.lock().ending(pid)?;
                Stop::Exiting(pid)
            }
            libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => {
                self.table.lock().end(LimitExceeded::Stopped);
                Stop::GroupStop(pid, signal)
            }
            libc::PTRACE_EVENT_STOP if !self.resumed.contains_key(&pid) => {
                self.forget_who_had_the_number(pid);
                self.table.lock().add(pid);
                Stop::Started(pid)
            }
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                let child = sys::event_message(pid)?;
                self.forget_who_had_the_number(child);
                // It may have been born, and ended, before its parent tells of it.
                match self.used.get_mut(&child) {
                    Some(used) => used.was_announced = true,
                    None => {
                        self.announced.insert(child);
                        self.table.lock().add(child);
                    }
                }
                let vfork = event == libc::PTRACE_EVENT_VFORK;
                Stop::NewTracee { pid, child, vfork }
            }
            _ => Stop::Interrupted(pid),
        }))
    }

    /// The seccomp filter reports a call that is about to be made. It is a syscall-entry stop, unless nobody waits
    /// for one, or it was reported already.
    fn reported_by_filter(&mut self, pid: Pid) -> io::Result<Option<Stop>> {
        let how = self.resumed.get(&pid).copied().unwrap_or(Resume::Freely);
        let is_reported = how == Resume::ToReportedSyscall && !self.inside.contains(&pid);
        match sys::at_filter(pid)? {
            // The program's own filter asks for a tracer. Without one, the kernel would not make the call.
            None => refuse(pid, libc::ENOSYS)?,
            Some(call) => {
                // Reported, but not allowed.
                match call.number {
                    libc::SYS_io_uring_setup => refuse(pid, libc::EPERM)?,
                    libc::SYS_socket if !is_local(call.arguments[0]) => refuse(pid, libc::EACCES)?,
                    _ => {}
                }
                if is_reported {
                    self.inside.insert(pid);
                    return Ok(Some(Stop::SyscallEntry(pid, call)));
                }
            }
        }
        sys::resume(how, self.inside.contains(&pid), pid, 0).map(|()| None)
    }

    /// A process or thread begins that has this number: one that had it before, and has ended, is another one.
    fn forget_who_had_the_number(&mut self, pid: Pid) {
        if self.used.get(&pid).is_some_and(|used| used.was_announced) {
            self.used.remove(&pid);
        }
    }

    fn ended(&mut self, change: StateChange) -> io::Result<Option<Stop>> {
        let StateChange { pid, status, cpu_time, .. } = change;
        self.resumed.remove(&pid);
        self.inside.remove(&pid);
        let was_announced = self.announced.remove(&pid);
        self.used.insert(pid, Used { change, ending: None, was_announced });
        if !self.table.lock().remove(pid, cpu_time) {
            return Ok(None); // An orphan that was not traced, or one that ended before it was told of.
        }
        let status = match self.exit_status_channels.remove(&pid) {
            // It was killed for a limit, and told nothing.
            Some(_) if self.limit_exceeded()?.is_some() && libc::WIFSIGNALED(status) => status,
            Some(channel) => status_from(pid, channel)?,
            None => status,
        };
        let ending = Ending::of_status(status);
        self.used.entry(pid).and_modify(|used| used.ending = Some(ending));
        Ok(Some(Stop::Exited(pid, ending)))
    }
}

/// The wait status that a process tells of its program, as its last words. Without them, nobody has seen how the
/// program ended.
fn status_from(pid: Pid, mut channel: UnixStream) -> io::Result<i32> {
    let mut bytes = Vec::new();
    let read = channel.read_to_end(&mut bytes);
    let status = bytes.try_into().map(i32::from_ne_bytes);
    read.and_then(|_| status.map_err(|said| io::Error::other(format!("{said:?} is no status"))))
        .map_err(|error| LookRefused::of(format!("how the program of process {pid} ended"), error))
}

impl Drop for ProcessTree {
    fn drop(&mut self) {
        self.table.lock().kill();
        let deadline = Instant::now() + GRACE;
        if self.tick().is_err() {
            return; // Then nothing may block; they end with this process (PTRACE_O_EXITKILL).
        }
        // A tracee that has stopped on its way to its end stays there, killed or not, until it is resumed;
        // that stop is not told again.
        for pid in self.table.lock().all() {
            let _ = sys::resume(Resume::Freely, false, pid, 0); // ESRCH: it is not stopped, or not traced.
        }
        // Whatever shows up now, known or not, is killed until nothing is left.
        let mut found = Ok(());
        while Instant::now() < deadline {
            if self.traced {
                found = kill_children(); // A process in a namespace ends with it.
            }
            match sys::wait(true) {
                Ok(Answer::Changed(change)) if libc::WIFSTOPPED(change.status) => {
                    let _ = kill(change.pid, SIGKILL); // A tracee's number is its own until it is reaped.
                    // It may be dead already.
                    let _ = sys::resume(Resume::Freely, false, change.pid, 0);
                }
                Ok(Answer::Changed(_) | Answer::Nothing) => {}
                Ok(Answer::Nobody) | Err(_) => return,
            }
        }
        let why = found.err().map(|error| format!(": {error}")).unwrap_or_default();
        eprintln!("error: processes that were killed have not ended{why}");
    }
}

/// Leaves out the call at whose entry the seccomp filter has stopped a tracee: it fails with this errno.
fn refuse(pid: Pid, errno: i32) -> io::Result<()> {
    let mut registers = Registers::of(pid)?;
    (registers.call, registers.result) = (u64::MAX, i64::from(-errno).cast_unsigned());
    registers.put(pid)
}

/// Kills and reaps the children of this thread. If it is the first one of its process, these are orphans that
/// nobody traces any more. Only when no process tree is left: its processes may be children of this thread, too.
///
/// # Errors
/// `/proc` cannot be read. ETIMEDOUT: one of them does not end.
pub fn end_orphans() -> io::Result<()> {
    let deadline = Instant::now() + GRACE;
    let _interrupts_each_wait = Alarm::after(TICK)?;
    loop {
        kill_children()?;
        match sys::wait(true)? {
            Answer::Nobody => return Ok(()),
            _ if Instant::now() > deadline => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "an orphan does not end"));
            }
            Answer::Changed(_) | Answer::Nothing => {}
        }
    }
}

/// Kills this thread's children: an orphan that nobody traced has become one of them.
fn kill_children() -> io::Result<()> {
    for child in children(getpid(), gettid())? {
        let _ = kill(child, SIGKILL); // Ended, and ours to reap: nobody else's number.
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;
    use crate::LookRefused;

    fn started(command: &str) -> (Child, Pid) {
        let child = Command::new("/bin/sh").args(["-c", command]).spawn().unwrap();
        let pid = Pid::from_raw(child.id().cast_signed());
        (child, pid)
    }

    #[test]
    fn an_end_that_was_not_told_is_no_end_with_status_0() {
        const FAILED: &[u8] = b"{\"Failed\":{\"said\":\"wait4\",\"errno\":10}}\n";
        for said in [&b""[..], &[0; 3], FAILED] {
            let mut tree = ProcessTree::new(Limits::default(), false).unwrap();
            let (_child, pid) = started("exit 0");
            tree.add(pid);
            let (mut tells, told) = UnixStream::pair().unwrap();
            io::Write::write_all(&mut tells, said).unwrap();
            drop(tells);
            tree.learn_exit_status_from(pid, told);
            let error = tree.wait().expect_err("nobody told how the program ended");
            assert!(error.get_ref().is_some_and(|inner| inner.is::<LookRefused>()), "{error}");
        }
    }

    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let mut tree = ProcessTree::new(Limits::default(), true).unwrap();
        let (child, pid) = started("exec sleep 100");
        let change =
            StateChange { pid, status: 0, cpu_time: Duration::from_secs(1), peak_memory: 1 << 20 };
        tree.add(pid);
        tree.ended(change).unwrap().unwrap(); // The one that had the number first.
        tree.meaning(pid, libc::SIGTRAP, libc::PTRACE_EVENT_STOP).unwrap();
        assert!(!tree.has_ended(pid));
        assert_eq!(tree.table().lock().all(), [pid]);
        drop(child);
        let _ = kill(pid, SIGKILL);
    }
}
