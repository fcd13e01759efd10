//! Which processes belong to a run and what they have used: what the tracer and whoever watches the
//! limits both know, behind one lock.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::unistd::{Pid, gettid};

use crate::arch::legacy;
use crate::cpu_time::CpuTime;
use crate::look::{LookRefused, memory_of, read_text, status_number};
use crate::pid_namespace::PidNamespace;
use crate::{LimitExceeded, Limits, ProcessorShare, Stat, queued_in_all, sys};

/// How often it is looked at whether a thread can run, at most.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// Of the time between two looks, no more than this counts as time at rest, unless the kernel says that no thread has run
/// meanwhile. Of the CPU time that came between two looks,
/// no more than this counts, either: the processes may have had it while the whole machine stood still.
const MOST_BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// The processes of one run.
pub struct ProcessTable {
    living: BTreeMap<Pid, Living>,
    /// Processes that have ended. Until its parent has waited for it, such a process still counts.
    ended: Vec<OwnedFd>,
    /// How many processes and threads there were.
    born: usize,
    exceeded: Option<LimitExceeded>,
    /// Why all were killed, if it could not be seen what they use.
    failure: Option<Failed>,
    /// CPU time of those that have ended.
    cpu_time_before: CpuTime,
    /// CPU time of all at the last look, and how much of it does not count.
    last_cpu_time: Duration,
    unseen_cpu_time: Duration,
    /// How long the threads that have ended stood in the queue for a processor, all of them together.
    queued_before: Duration,
    limits: Limits,
    started: Instant,
    /// What the last look at the threads saw.
    last_look: LastLook,
    /// The times between two looks at which no thread could run.
    at_rest: Duration,
    /// The thread that follows them, and its share of a processor when the clock started.
    tracer: (Pid, ProcessorShare),
}

/// What a look at the threads saw.
struct LastLook {
    when: Instant,
    /// Whether a thread could run.
    could_run: bool,
    /// How long each has run. `None`: one could run, or was stopped and waited for its tracer.
    ran: Option<Vec<(Pid, Duration)>>,
}

/// A failure that is not forgotten once it was returned.
enum Failed {
    New(io::Error),
    Returned,
}

/// A process or thread that has not ended, or what stands for a whole PID namespace.
enum Living {
    /// A process: its handle, and its CPU time when it was looked at last.
    Process { handle: OwnedFd, cpu_time: CpuTime },
    /// A thread, which dies with its process.
    Thread { process: Pid },
    /// A process beside a PID namespace: the handle is of the namespace's first process.
    Namespace { handle: OwnedFd, inside: PidNamespace },
}

impl Living {
    /// A process or thread that was just born.
    fn of(pid: Pid) -> io::Result<Self> {
        match sys::pidfd(pid) {
            Ok(handle) => Ok(Self::Process { handle, cpu_time: CpuTime::default() }),
            Err(error) => match error.raw_os_error() {
                // A thread that is no process, and a process that has ended, have no handle.
                Some(libc::EINVAL | libc::ENOENT | libc::ESRCH) => {
                    let process =
                        status_number(pid, "Tgid")?.and_then(|number| number.try_into().ok());
                    Ok(Self::Thread { process: process.map_or(pid, Pid::from_raw) })
                }
                _ => Err(LookRefused::of(format!("process {pid}"), error)),
            },
        }
    }

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
        let started = Instant::now();
        Ok(Self {
            living: BTreeMap::new(),
            ended: Vec::new(),
            born: 0,
            exceeded: None,
            failure: None,
            cpu_time_before: CpuTime::default(),
            last_cpu_time: Duration::ZERO,
            unseen_cpu_time: Duration::ZERO,
            queued_before: Duration::ZERO,
            limits,
            started,
            last_look: LastLook { when: started, could_run: true, ran: None },
            at_rest: Duration::ZERO,
            tracer: (gettid(), ProcessorShare::of_this_thread()?),
        })
    }

    /// A process or thread is born. One more than the limit ends all of them.
    pub(crate) fn add(&mut self, pid: Pid) {
        if let Entry::Vacant(place) = self.living.entry(pid) {
            self.born += 1;
            match Living::of(pid) {
                Ok(living) => drop(place.insert(living)),
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
        if self.living.contains_key(&pid) {
            self.queued_before += ProcessorShare::of(pid)?.queued;
        }
        match self.living.get(&pid) {
            Some(Living::Process { .. }) => return self.enforce(),
            Some(Living::Thread { process }) => {
                let process = *process;
                if let Some(Living::Process { cpu_time, .. }) = self.living.get_mut(&process) {
                    *cpu_time = cpu_time.max(CpuTime::of(process)?);
                }
            }
            Some(Living::Namespace { .. }) | None => {}
        }
        Ok(())
    }

    /// A process or thread has ended; whether it was in the table. `cpu_time`: that of a process beside a PID
    /// namespace, and of those that it has waited for. That of another process is known from the look at it.
    pub(crate) fn remove(&mut self, pid: Pid, cpu_time: Duration) -> bool {
        match self.living.remove(&pid) {
            None => return false,
            Some(Living::Thread { .. }) => {}
            Some(Living::Process { handle, cpu_time }) => {
                // Children that it has waited for have been counted when they ended.
                self.cpu_time_before += cpu_time;
                self.ended.push(handle);
            }
            Some(Living::Namespace { inside, .. }) => {
                let at_the_end = CpuTime { in_all: cpu_time, ..CpuTime::default() };
                self.cpu_time_before += inside.cpu_time.max(at_the_end);
            }
        }
        self.enforce_cpu_time(self.cpu_time_before);
        true
    }

    /// The first process of the PID namespace below `pid` is the one to kill from now on, and all in the
    /// namespace count. Whether it could be held: not if it has ended, or if all are being killed.
    pub fn hold_namespace(&mut self, pid: Pid, first: Pid) -> bool {
        match sys::pidfd(first) {
            Ok(handle) if self.exceeded.is_none() && self.failure.is_none() => {
                let inside = PidNamespace::new(first);
                self.living.insert(pid, Living::Namespace { handle, inside });
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
            Some(failed) => Err(match std::mem::replace(failed, Failed::Returned) {
                Failed::New(error) => error,
                Failed::Returned => {
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
        self.failure.get_or_insert(Failed::New(error));
        self.kill();
    }

    /// Kills all.
    pub(crate) fn kill(&self) {
        self.living
            .values()
            .filter_map(Living::handle)
            .for_each(|process| sys::kill(process.as_fd()));
    }

    /// All that live, their threads included.
    #[must_use]
    pub fn all(&self) -> Vec<Pid> {
        self.living.keys().copied().collect()
    }

    /// Looks at what all use now, and kills them if that is above a limit.
    ///
    /// # Errors
    /// The system refuses to show what a process uses that lives.
    pub fn enforce(&mut self) -> io::Result<()> {
        let Limits { wall, memory, processes, born, .. } = self.limits;
        if self.exceeded.is_some() || self.failure.is_some() {
            return Ok(());
        }
        let can_run = self.look_for_rest()?;
        if self.started.elapsed() > wall {
            self.enforce_wall(can_run)?;
        }
        let (mut spent, mut resident) = (self.cpu_time_before, 0);
        let (mut inside, mut most_born) = (0, 0);
        for (pid, living) in &mut self.living {
            match living {
                Living::Process { cpu_time, .. } => {
                    *cpu_time = cpu_time.max(CpuTime::of(*pid)?);
                    spent += *cpu_time;
                    resident += memory_of(*pid)?;
                }
                Living::Thread { .. } => {}
                Living::Namespace { inside: namespace, .. } => {
                    let usage = namespace.look(processes)?;
                    spent += namespace.cpu_time;
                    resident += usage.memory;
                    inside += usage.processes;
                    most_born = usage.born.max(most_born);
                }
            }
        }
        self.end_if(inside > processes, LimitExceeded::Processes(processes));
        self.end_if(most_born > born, LimitExceeded::Born(born));
        self.enforce_cpu_time(spent);
        self.end_if(resident > memory, LimitExceeded::Memory(memory));
        Ok(())
    }

    /// Kills all if this is more CPU time than they may use. What came while nobody looked does not count whole, nor what
    /// the machine may have needed to hand out memory.
    fn enforce_cpu_time(&mut self, spent: CpuTime) {
        let new = spent.in_all.saturating_sub(self.last_cpu_time);
        self.unseen_cpu_time += new.saturating_sub(MOST_BETWEEN_LOOKS);
        self.last_cpu_time += new;
        let limit = self.limits.cpu_time;
        let counts = spent.without_memory(limit).saturating_sub(self.unseen_cpu_time);
        self.end_if(counts > limit, LimitExceeded::CpuTime(limit));
    }

    /// All living threads, and so all processes. Of processes in a namespace above the limit, some are left out.
    fn threads(&self) -> io::Result<Vec<Pid>> {
        let mut threads = Vec::new();
        for (pid, living) in &self.living {
            match living {
                Living::Process { .. } | Living::Thread { .. } => threads.push(*pid),
                Living::Namespace { inside, .. } => {
                    threads.extend(inside.threads(self.limits.processes)?);
                }
            }
        }
        Ok(threads)
    }

    /// Looks whether a thread can run now, unless it was looked at just before. The time between two looks at which
    /// none could run is time at rest. If the second look is late and a thread has run meanwhile, only a part of that
    /// time counts: nobody saw for how long it could have run.
    fn look_for_rest(&mut self) -> io::Result<bool> {
        let LastLook { when: then, could_run, .. } = self.last_look;
        if then.elapsed() < BETWEEN_LOOKS {
            return Ok(could_run);
        }
        let threads = self.threads()?;
        let (mut can_run, mut waits_for_its_tracer) = (false, false);
        for thread in &threads {
            let state = Stat::of(*thread)?.map(|stat| stat.state);
            can_run = can_run || is_able_to_run(*thread, state);
            waits_for_its_tracer |= state == Some('t');
        }
        let mut ran = Vec::new();
        for thread in threads.into_iter().filter(|_| !can_run && !waits_for_its_tracer) {
            ran.push((thread, ProcessorShare::of(thread)?.ran));
        }
        let ran = Some(ran).filter(|_| !can_run && !waits_for_its_tracer);
        let now = Instant::now();
        if !can_run && !could_run {
            let has_not_run = ran.is_some() && ran == self.last_look.ran;
            let most = if has_not_run { Duration::MAX } else { MOST_BETWEEN_LOOKS };
            self.at_rest += (now - then).min(most);
        }
        self.last_look = LastLook { when: now, could_run: can_run, ran };
        Ok(can_run)
    }

    /// Kills all if they have had their time by the clock. The times for which their threads, those that have ended
    /// included, and the tracer stood in the queue for a processor do not count: threads may wait for each other, and
    /// so stand there one after another. The kernel shows such a time only when it is over, and shows nothing of
    /// threads in a namespace that have ended. So the time at rest must exceed the limit, too. A thread that can run
    /// now stands in the queue or uses CPU time, which has its own limit.
    fn enforce_wall(&mut self, can_run: bool) -> io::Result<()> {
        let wall = self.limits.wall;
        let mut shares = Vec::new();
        for thread in self.threads()? {
            shares.push(ProcessorShare::of(thread)?);
        }
        let (tracer, before) = self.tracer;
        shares.push(ProcessorShare::of(tracer)?.since(before));
        let queued = self.queued_before + queued_in_all(&shares);
        let elapsed = self.started.elapsed();
        let over = !can_run && elapsed.saturating_sub(queued).min(self.at_rest) > wall;
        self.end_if(over, LimitExceeded::Wall(wall));
        if !over && elapsed > self.limits.wall_at_most() {
            let why = format!(
                "{:.0} s after their start, they still had not had {:.1} s in which they could run; this \
                 machine, or its disk, is too busy: try again while it is less busy",
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
        for (pid, living) in &self.living {
            match living {
                Living::Process { .. } => found.push(*pid),
                Living::Thread { .. } => {}
                Living::Namespace { inside, .. } => {
                    found.extend(inside.processes(self.limits.processes)?);
                }
            }
        }
        Ok(found)
    }
}

/// Whether a thread in this state can run now. A thread that waits for the machine, such as for a disk, counts as one that can: it does
/// not hang.
fn is_able_to_run(thread: Pid, state: Option<char>) -> bool {
    match state {
        Some('R') => true,
        Some('D') => read_text(thread, &format!("/proc/{thread}/syscall"))
            .map_or(true, waits_for_the_machine),
        _ => false,
    }
}

/// Whether a thread in an uninterruptible sleep waits for the machine. `call` is what `/proc/PID/syscall`
/// says: after `vfork`, a thread sleeps like that until its child has executed a program or ended. If no
/// call is told, the thread is not said to hang.
fn waits_for_the_machine(call: Option<String>) -> bool {
    const FORKS: [i64; 3] = [legacy::SYS_vfork, libc::SYS_clone, libc::SYS_clone3];
    let number = call.and_then(|text| text.split_whitespace().next()?.parse::<i64>().ok());
    number.is_none_or(|number| !FORKS.contains(&number))
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;
    use crate::cpu_time::cpu_time_of;

    #[test]
    fn a_living_process_uses_memory_and_cpu_time_and_an_ended_one_none() {
        let me = nix::unistd::getpid();
        assert!(memory_of(me).unwrap() > 0);
        assert!(cpu_time_of(me).unwrap() > Some(Duration::ZERO));
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let ended = Pid::from_raw(child.id().cast_signed());
        child.wait().unwrap();
        assert_eq!(memory_of(ended).unwrap(), 0);
        assert_eq!(cpu_time_of(ended).unwrap(), None);
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

    const SPIN: &str = "while :; do :; done";

    /// These tests keep processors busy. Two at a time would make the machine too busy for each other.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    fn alone() -> MutexGuard<'static, ()> {
        ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is seen at the first try for which the machine is not too busy. If it is, the table says so, and
    /// tells nothing about the processes.
    fn seen<T>(look: impl Fn() -> io::Result<T>) -> T {
        (0..40).find_map(|_| look().ok()).expect("the machine was too busy 40 times")
    }

    #[test]
    fn time_in_the_queue_for_a_processor_is_no_time_by_the_clock() {
        let _alone = alone();
        let wall = Duration::from_millis(300);
        let limits = Limits { wall, cpu_time: Duration::from_secs(60), ..Limits::default() };
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
        assert!(
            failed.to_string().contains("is too busy: try again while it is less busy"),
            "{failed}"
        );
        crate::processors::unpin();
    }

    #[test]
    fn time_for_which_a_process_that_has_ended_was_in_the_queue_does_not_count() {
        let _alone = alone();
        let wall = Duration::from_millis(300);
        let limits = Limits { wall, cpu_time: Duration::from_secs(60), ..Limits::default() };
        let limit_exceeded = || {
            crate::processors::pin(); // All that begins here shares this thread's processor.
            let _busy = Running::of(&["sh", "-c", SPIN]);
            let asleep = Running::of(&["sleep", "100"]);
            let starved = Running::of(&["chrt", "--idle", "0", "sh", "-c", SPIN]);
            crate::processors::unpin();
            let mut table = ProcessTable::new(limits).unwrap();
            table.add(asleep.pid());
            table.add(starved.pid());
            while ProcessorShare::of(starved.pid())?.queued < 2 * wall {}
            table.ending(starved.pid())?;
            table.remove(starved.pid(), Duration::ZERO);
            table.enforce()?;
            table.exceeded()
        };
        assert_eq!(seen(limit_exceeded), None);
    }

    #[test]
    fn a_process_that_sleeps_has_the_time_by_the_clock_and_no_more() {
        let _alone = alone();
        let wall = Duration::from_millis(300);
        let limit_exceeded = || {
            let asleep = Running::of(&["sleep", "100"]);
            // On a busy machine it may not have begun to sleep yet.
            while Stat::of(asleep.pid())?.is_some_and(|stat| stat.state != 'S') {}
            let mut table = ProcessTable::new(Limits { wall, ..Limits::default() })?;
            table.add(asleep.pid());
            loop {
                table.enforce()?;
                if let Some(limit) = table.exceeded()? {
                    return Ok::<_, io::Error>(limit);
                }
            }
        };
        assert_eq!(seen(limit_exceeded), LimitExceeded::Wall(wall));
    }

    #[test]
    fn only_time_between_two_looks_is_time_at_rest_and_only_a_part_if_a_thread_has_run_meanwhile() {
        let _alone = alone();
        let gap = 2 * MOST_BETWEEN_LOOKS;
        let asleep = |pid| while Stat::of(pid).unwrap().is_some_and(|stat| stat.state != 'S') {};
        let late = |table: &ProcessTable| while table.last_look.when.elapsed() < gap {};
        // It sleeps until there is a line to read.
        let mut reader = std::process::Command::new("sh")
            .args(["-c", "while read line; do :; done"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = Pid::from_raw(reader.id().cast_signed());
        asleep(pid);
        let mut table = ProcessTable::new(Limits::default()).unwrap();
        table.add(pid);
        late(&table); // Nobody has looked: it may have worked all the time.
        table.enforce().unwrap();
        assert_eq!(table.at_rest, Duration::ZERO);
        let before = ProcessorShare::of(pid).unwrap();
        io::Write::write_all(reader.stdin.as_mut().unwrap(), b"\n").unwrap();
        while ProcessorShare::of(pid).unwrap() == before {}
        asleep(pid);
        late(&table);
        table.enforce().unwrap();
        assert_eq!(table.at_rest, MOST_BETWEEN_LOOKS);
        late(&table);
        table.enforce().unwrap();
        assert!(table.at_rest >= MOST_BETWEEN_LOOKS + gap, "{:?}", table.at_rest);
        drop(reader.stdin.take());
        reader.wait().unwrap();
    }

    /// Whether a table with the default limits is over its CPU time after looks that saw these times, in milliseconds: all
    /// CPU time, and the most of it that page faults can have taken.
    fn is_out_of_time(looks: &[(u64, u64)]) -> bool {
        let limit = Limits::default().cpu_time;
        let mut table = ProcessTable::new(Limits::default()).unwrap();
        for (in_all, for_memory) in looks {
            let in_all = Duration::from_millis(*in_all);
            let for_memory = Duration::from_millis(*for_memory);
            table.enforce_cpu_time(CpuTime { in_all, for_memory });
        }
        let exceeded = table.exceeded().unwrap();
        assert!(exceeded.is_none_or(|exceeded| exceeded == LimitExceeded::CpuTime(limit)));
        exceeded.is_some()
    }

    /// Looks at a run every 25 ms until it has had this CPU time.
    fn looks(until: u64, for_memory: u64) -> Vec<(u64, u64)> {
        (1..=until / 25).map(|look| (25 * look, for_memory.min(25 * look))).collect()
    }

    #[test]
    fn cpu_time_that_page_faults_can_have_taken_does_not_count_up_to_twice_the_limit() {
        assert!(!is_out_of_time(&looks(2000, 0)));
        assert!(is_out_of_time(&looks(2025, 0)));
        assert!(!is_out_of_time(&looks(4900, 2900)));
        assert!(is_out_of_time(&looks(4925, 2900)));
        assert!(!is_out_of_time(&looks(6000, 60_000)));
        assert!(is_out_of_time(&looks(6025, 60_000)));
    }

    #[test]
    fn cpu_time_that_came_while_nobody_looked_counts_only_in_part() {
        let stood_still = |before: u64| looks(100, 0).into_iter().chain([(100 + before, 0)]);
        let most = u64::try_from(MOST_BETWEEN_LOOKS.as_millis()).unwrap();
        assert!(!is_out_of_time(&stood_still(60_000).collect::<Vec<_>>()));
        // It goes on, and uses up its time.
        let later = |until| (1..=until / 25).map(|look| (60_100 + 25 * look, 0));
        let left = 2000 - 100 - most;
        assert!(!is_out_of_time(&stood_still(60_000).chain(later(left)).collect::<Vec<_>>()));
        assert!(is_out_of_time(&stood_still(60_000).chain(later(left + 25)).collect::<Vec<_>>()));
    }

    #[test]
    fn a_thread_that_waits_for_the_child_of_its_vfork_does_not_wait_for_the_machine() {
        let said = |text: &str| waits_for_the_machine(Some(text.into()));
        assert!(said("9 0x0 0x1e1f50 0x1 0x802 0x3 0x0 0x7fffc5658508 0x7f5ff1550ca3"));
        assert!(!said(&format!("{} 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0", libc::SYS_clone3)));
        // It has woken since, or has ended; or the kernel does not tell the call.
        assert!(said("running") && said("") && said("?") && waits_for_the_machine(None));
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
