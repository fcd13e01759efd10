//! Which processes belong to a run and what they have used: what the tracer and whoever watches the
//! limits both know, behind one lock.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::{Pid, gettid};

use crate::arch::legacy;
use crate::look::{LookRefused, memory_of, read_text, status_number};
use crate::pid_namespace::PidNamespace;
use crate::{LimitExceeded, Limits, Share, Stat, sys};

/// The processes of one run.
pub struct ProcessTable {
    living: BTreeMap<Pid, Member>,
    /// Processes that have ended. Until its parent has waited for it, such a process still counts.
    ended: Vec<OwnedFd>,
    /// How many processes and threads there were.
    born: usize,
    exceeded: Option<LimitExceeded>,
    /// Why all were killed, if it could not be seen what they use.
    failure: Option<Failed>,
    /// CPU time of those that have ended.
    processor_before: Duration,
    limits: Limits,
    started: Instant,
    /// The thread that follows them, and its share of a processor when the clock started.
    tracer: (Pid, Share),
}

/// A failure that is not forgotten once it is told.
enum Failed {
    Untold(io::Error),
    Told,
}

/// Something that lives.
enum Member {
    /// A process: its handle, and its CPU time when it was looked at last.
    Process { handle: OwnedFd, processor: Duration },
    /// A thread, which dies with its process.
    Thread { process: Pid },
    /// A process beside a PID namespace: the handle is of the namespace's first process.
    Namespace { handle: OwnedFd, inside: PidNamespace },
}

impl Member {
    fn handle(&self) -> Option<&OwnedFd> {
        match self {
            Self::Process { handle, .. } | Self::Namespace { handle, .. } => Some(handle),
            Self::Thread { .. } => None,
        }
    }
}

impl ProcessTable {
    /// An empty table, whose clock starts now. This thread follows the processes.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub(crate) fn new(limits: Limits) -> io::Result<Self> {
        Ok(Self {
            living: BTreeMap::new(),
            ended: Vec::new(),
            born: 0,
            exceeded: None,
            failure: None,
            processor_before: Duration::ZERO,
            limits,
            started: Instant::now(),
            tracer: (gettid(), Share::of_this_thread()?),
        })
    }

    /// A process or thread is born. One more than the limit ends all of them.
    pub(crate) fn add(&mut self, pid: Pid) {
        if let Entry::Vacant(place) = self.living.entry(pid) {
            self.born += 1;
            match member(pid) {
                Ok(member) => drop(place.insert(member)),
                Err(error) => self.fail(error),
            }
        }
        // A process born into a run that is being killed is killed, too.
        if self.exceeded.is_some() || self.failure.is_some() {
            self.kill();
        }
        let Limits { processes, born, .. } = self.limits;
        if self.living.len() + self.ended.len() > processes {
            self.ended.retain(|process| sys::is_there(process.as_fd()));
        }
        self.end_if(
            self.living.len() + self.ended.len() > processes,
            LimitExceeded::Processes(processes),
        );
        self.end_if(self.born > born, LimitExceeded::Born(born));
    }

    /// A process or thread is about to end: what its process uses can still be seen, however short its
    /// life was.
    ///
    /// # Errors
    /// As [`enforce`](Self::enforce).
    pub(crate) fn ending(&mut self, pid: Pid) -> io::Result<()> {
        match self.living.get(&pid) {
            Some(Member::Process { .. }) => return self.enforce(),
            Some(Member::Thread { process }) => {
                let process = *process;
                if let Some(Member::Process { processor, .. }) = self.living.get_mut(&process) {
                    *processor = processor_time(process)?.unwrap_or_default().max(*processor);
                }
            }
            Some(Member::Namespace { .. }) | None => {}
        }
        Ok(())
    }

    /// A process or thread has ended; whether it was in the table. `processor`: CPU time of the process,
    /// and of those that it has waited for.
    pub(crate) fn remove(&mut self, pid: Pid, processor: Duration) -> bool {
        match self.living.remove(&pid) {
            None => return false,
            Some(Member::Thread { .. }) => {}
            Some(Member::Process { handle, processor }) => {
                // Children that it has waited for have been counted when they ended.
                self.processor_before += processor;
                self.ended.push(handle);
            }
            Some(Member::Namespace { inside, .. }) => {
                self.processor_before += inside.processor.max(processor);
            }
        }
        let limit = self.limits.processor;
        self.end_if(self.processor_before > limit, LimitExceeded::Processor(limit));
        true
    }

    /// The first process of the PID namespace below `pid` is the one to kill from now on, and all in the
    /// namespace count. Whether it could be held: not if it has ended, or if all are being killed.
    pub fn hold_namespace(&mut self, pid: Pid, first: Pid) -> bool {
        match sys::pidfd(first) {
            Ok(handle) if self.exceeded.is_none() && self.failure.is_none() => {
                let inside = PidNamespace::new(first);
                self.living.insert(pid, Member::Namespace { handle, inside });
                true
            }
            _ => false,
        }
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.living.is_empty()
    }

    /// The limit for which all were killed.
    ///
    /// # Errors
    /// It could not be seen what they use.
    pub fn exceeded(&mut self) -> io::Result<Option<LimitExceeded>> {
        match &mut self.failure {
            None => Ok(self.exceeded),
            Some(failed) => Err(match std::mem::replace(failed, Failed::Told) {
                Failed::Untold(error) => error,
                Failed::Told => {
                    LookRefused::because("what the processes use", "it was refused before")
                }
            }),
        }
    }

    /// Kills all for a limit that was exceeded; the first one counts.
    pub fn end(&mut self, limit: LimitExceeded) {
        self.exceeded.get_or_insert(limit);
        self.kill();
    }

    fn end_if(&mut self, exceeded: bool, limit: LimitExceeded) {
        if exceeded && self.exceeded.is_none() {
            self.end(limit);
        }
    }

    /// Kills all, because it cannot be seen what they use. A wait for them, and a question for the limit
    /// that they exceeded, return the error.
    pub fn fail(&mut self, error: io::Error) {
        self.failure.get_or_insert(Failed::Untold(error));
        self.kill();
    }

    /// Kills all.
    pub(crate) fn kill(&self) {
        self.living
            .values()
            .filter_map(Member::handle)
            .for_each(|process| sys::kill(process.as_fd()));
    }

    /// All that live, their threads included.
    pub(crate) fn all(&self) -> Vec<Pid> {
        self.living.keys().copied().collect()
    }

    /// Looks at what all use now, and kills them if that is above a limit.
    ///
    /// # Errors
    /// The system refuses to show what a process uses that lives.
    pub fn enforce(&mut self) -> io::Result<()> {
        let Limits { processor, wall, memory, processes, born, .. } = self.limits;
        if self.exceeded.is_some() || self.failure.is_some() {
            return Ok(());
        }
        if self.started.elapsed() > wall {
            self.enforce_wall()?;
        }
        let (mut spent, mut resident) = (self.processor_before, 0);
        let (mut inside, mut most_born) = (0, 0);
        for (pid, member) in &mut self.living {
            match member {
                Member::Process { processor, .. } => {
                    *processor = processor_time(*pid)?.unwrap_or_default().max(*processor);
                    spent += *processor;
                    resident += memory_of(*pid)?;
                }
                Member::Thread { .. } => {}
                Member::Namespace { inside: namespace, .. } => {
                    let usage = namespace.look(processes)?;
                    spent += namespace.processor;
                    resident += usage.memory;
                    inside += usage.processes;
                    most_born = usage.born.max(most_born);
                }
            }
        }
        self.end_if(inside > processes, LimitExceeded::Processes(processes));
        self.end_if(most_born > born, LimitExceeded::Born(born));
        self.end_if(spent > processor, LimitExceeded::Processor(processor));
        self.end_if(resident > memory, LimitExceeded::Memory(memory));
        Ok(())
    }

    /// Kills all if they have had their time by the clock. The time for which one of their threads, or the
    /// tracer, stood in the queue for a processor does not count. A thread that can run now stands in the
    /// queue or uses CPU time, which has its own limit. One that waits for the machine, such as for a disk,
    /// does not hang.
    fn enforce_wall(&mut self) -> io::Result<()> {
        let Limits { wall, processes, .. } = self.limits;
        let mut threads = Vec::new();
        for (pid, member) in &self.living {
            match member {
                Member::Process { .. } | Member::Thread { .. } => threads.push(*pid),
                Member::Namespace { inside, .. } => threads.extend(inside.threads(processes)?),
            }
        }
        let (mut queued, mut can_run) = (Duration::ZERO, false);
        for thread in threads {
            queued = queued.max(Share::of(thread)?.queued);
            can_run |= match Stat::of(thread)?.map(|stat| stat.state) {
                Some('R') => true,
                // If the system does not tell the call, the thread is not said to hang.
                Some('D') => read_text(thread, &format!("/proc/{thread}/syscall"))
                    .map_or(true, waits_for_the_machine),
                _ => false,
            };
        }
        let (tracer, before) = self.tracer;
        queued += Share::of(tracer)?.since(before).queued;
        let elapsed = self.started.elapsed();
        let over = !can_run && elapsed.saturating_sub(queued) > wall;
        self.end_if(over, LimitExceeded::Wall(wall));
        if !over && elapsed > self.limits.wall_at_most() {
            let why = format!(
                "{:.0} s after their start, they still had not had {:.1} s in which they could run; this \
                 machine is too busy, or its disk is",
                elapsed.as_secs_f64(),
                wall.as_secs_f64()
            );
            return Err(LookRefused::because("what the processes do", why));
        }
        Ok(())
    }

    /// The living processes, without their threads.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn processes(&self) -> io::Result<Vec<Pid>> {
        let mut found = Vec::new();
        for (pid, member) in &self.living {
            match member {
                Member::Process { .. } => found.push(*pid),
                Member::Thread { .. } => {}
                Member::Namespace { inside, .. } => {
                    found.extend(inside.processes(self.limits.processes)?);
                }
            }
        }
        Ok(found)
    }
}

/// Whether a thread in an uninterruptible sleep waits for the machine. `call` is what `/proc/PID/syscall`
/// says: after `vfork`, a thread sleeps like that until its child has executed a program or ended.
fn waits_for_the_machine(call: Option<String>) -> bool {
    const FORKS: [i64; 3] = [legacy::SYS_vfork, libc::SYS_clone, libc::SYS_clone3];
    let number = call.and_then(|text| text.split_whitespace().next()?.parse::<i64>().ok());
    number.is_some_and(|number| !FORKS.contains(&number))
}

/// What a process or thread is that was born.
fn member(pid: Pid) -> io::Result<Member> {
    match sys::pidfd(pid) {
        Ok(handle) => Ok(Member::Process { handle, processor: Duration::ZERO }),
        Err(error) => match error.raw_os_error() {
            // Of a thread that is no process, or of a process that has ended, there is no handle.
            Some(libc::EINVAL | libc::ENOENT | libc::ESRCH) => {
                let process = status_number(pid, "Tgid")?.and_then(|number| number.try_into().ok());
                Ok(Member::Thread { process: process.map_or(pid, Pid::from_raw) })
            }
            _ => Err(LookRefused::of(format!("process {pid}"), error)),
        },
    }
}

/// CPU time of a process with all its threads; `None` if it has ended and its parent has waited for it.
///
/// # Errors
/// The system's.
pub fn processor_time(process: Pid) -> io::Result<Option<Duration>> {
    match clock_getcpuclockid(process).and_then(ClockId::now) {
        Ok(time) => Ok(Some(Duration::from_nanos(time.num_nanoseconds().unsigned_abs()))),
        // There is no process of this number: for nothing else is such a clock refused.
        Err(Errno::EINVAL | Errno::ESRCH) => Ok(None),
        Err(error) => {
            Err(LookRefused::of(format!("the CPU time of process {process}"), error.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_uses_memory_and_cpu_time_and_an_ended_one_none() {
        let me = nix::unistd::getpid();
        assert!(memory_of(me).unwrap() > 0);
        assert!(processor_time(me).unwrap() > Some(Duration::ZERO));
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let ended = Pid::from_raw(child.id().cast_signed());
        child.wait().unwrap();
        assert_eq!(memory_of(ended).unwrap(), 0);
        assert_eq!(processor_time(ended).unwrap(), None);
    }

    #[test]
    fn a_process_that_nobody_has_waited_for_counts_until_somebody_has() {
        let mut table = ProcessTable::new(Limits { processes: 1, ..Limits::default() }).unwrap();
        let child = || std::process::Command::new("/bin/true").spawn().unwrap();
        let pid = |child: &std::process::Child| Pid::from_raw(child.id().cast_signed());
        let (mut first, mut second) = (child(), child());
        table.add(pid(&first));
        assert!(table.remove(pid(&first), Duration::ZERO)); // Told to the tracer, not to its parent.
        first.wait().unwrap();
        table.add(pid(&second));
        assert_eq!(table.exceeded().unwrap(), None);
        assert!(table.remove(pid(&second), Duration::ZERO));
        let mut third = child();
        table.add(pid(&third));
        assert_eq!(table.exceeded().unwrap(), Some(LimitExceeded::Processes(1)));
        second.wait().unwrap();
        third.wait().unwrap();
    }

    /// A command that is killed at the end of the test.
    struct Running(std::process::Child);

    impl Running {
        fn of(words: &[&str]) -> Self {
            Self(std::process::Command::new(words[0]).args(&words[1..]).spawn().unwrap())
        }

        fn pid(&self) -> Pid {
            Pid::from_raw(self.0.id().cast_signed())
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn time_in_the_queue_for_a_processor_is_no_time_by_the_clock() {
        const SPIN: &str = "while :; do :; done";
        let wall = Duration::from_millis(300);
        let limits = Limits { wall, processor: Duration::from_secs(60), ..Limits::default() };
        crate::processors::pin(); // All that begins here shares this thread's processor.
        let _busy = Running::of(&["sh", "-c", SPIN]);
        let starved = Running::of(&["chrt", "--idle", "0", "sh", "-c", SPIN]);
        let mut table = ProcessTable::new(limits).unwrap();
        table.add(starved.pid());
        let failed = loop {
            match table.enforce() {
                Ok(()) => {
                    assert_eq!(table.exceeded().unwrap(), None, "{:?}", table.started.elapsed())
                }
                Err(error) => break error,
            }
        };
        assert!(table.started.elapsed() > limits.wall_at_most());
        assert!(failed.to_string().contains("this machine is too busy"), "{failed}");
        crate::processors::unpin();
    }

    #[test]
    fn a_process_that_sleeps_has_the_time_by_the_clock_and_no_more() {
        let wall = Duration::from_millis(300);
        let limit_exceeded = || {
            let asleep = Running::of(&["sleep", "100"]);
            let mut table = ProcessTable::new(Limits { wall, ..Limits::default() })?;
            table.add(asleep.pid());
            loop {
                table.enforce()?;
                if let Some(limit) = table.exceeded()? {
                    return Ok::<_, io::Error>(limit);
                }
            }
        };
        // On a machine that is too busy the table says so, and tells nothing about the process.
        let seen = (0..5).map(|_| limit_exceeded()).find(Result::is_ok);
        assert_eq!(
            seen.expect("the machine was too busy five times").unwrap(),
            LimitExceeded::Wall(wall)
        );
    }

    #[test]
    fn a_thread_that_waits_for_the_child_of_its_vfork_does_not_wait_for_the_machine() {
        let said = |text: &str| waits_for_the_machine(Some(text.into()));
        assert!(said("9 0x0 0x1e1f50 0x1 0x802 0x3 0x0 0x7fffc5658508 0x7f5ff1550ca3"));
        assert!(!said(&format!("{} 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0", libc::SYS_clone3)));
        assert!(!said("running") && !waits_for_the_machine(None));
    }

    #[test]
    fn a_failed_look_is_told_to_everybody_who_asks() {
        let mut table = ProcessTable::new(Limits::default()).unwrap();
        table.fail(LookRefused::because("it", "no"));
        for _ in 0..2 {
            let error = table.exceeded().unwrap_err();
            assert!(error.get_ref().is_some_and(|inner| inner.is::<LookRefused>()), "{error}");
        }
    }
}
