//! Drives a program to its end and notes what it did.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::Context;
use nix::unistd::Pid;
use sandbox::{Output, Sandbox, Start};
use tracer::{
    Call, Denied, Ending, FileId, LimitExceeded, MECHANISM, Opened, Resume, Stop, Syscall, Use,
    hide_tracer,
};

use super::in_vain::InVain;
use super::{Fault, Observer};
use crate::verdict::{CheckError, Finding, Verdict};

/// What a run did.
#[derive(Debug)]
pub struct Run {
    /// How it was called, for messages.
    pub called: String,
    /// How the program ended.
    pub ending: Ending,
    /// The limit that was broken; everything was killed then.
    pub limit_exceeded: Option<LimitExceeded>,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error.
    pub stderr: Output,
    /// The calls about files, in order, of all its processes; `None` where tracing is refused, and of a
    /// start that is [`without_syscall_tracing`](Start::without_syscall_tracing).
    pub calls: Option<Vec<Call>>,
    /// Paths that it could not open or execute for want of a right.
    pub refused: BTreeSet<PathBuf>,
    /// What the sandbox did not allow it.
    pub denied: BTreeSet<Denied>,
    /// The system call that it was in when it ended, if it did not end by itself.
    pub unfinished: Option<String>,
    /// What it should print was in its memory when it ended, and no call had written it.
    pub unflushed: bool,
    /// Another process of its wrote to standard output when its first process had ended.
    pub printed_late: bool,
    /// What killed it, if that was an access.
    pub fault: Option<Fault>,
    /// How long it took by the clock.
    pub time: Duration,
    /// CPU time.
    pub cpu_time: Duration,
    /// The most memory it had at a time, in bytes; pages of files count, too.
    pub peak_memory: u64,
}

/// Runs a program to its end.
///
/// # Errors
/// The observer's, and faults of the judge.
pub fn run(sandbox: &mut Sandbox, start: &Start, observer: &mut dyn Observer) -> Verdict<Run> {
    driven(sandbox, start, observer, false)
}

/// As [`run`], for a program that may wait in vain for the other end of a FIFO: the judge ends it as soon as it sees
/// that.
///
/// # Errors
/// As [`run`].
pub fn run_with_fifos(
    sandbox: &mut Sandbox,
    start: &Start,
    observer: &mut dyn Observer,
) -> Verdict<Run> {
    sandbox.tree().tick().step("timer_settime")?;
    driven(sandbox, start, observer, true)
}

fn driven(
    sandbox: &mut Sandbox,
    start: &Start,
    observer: &mut dyn Observer,
    has_fifos: bool,
) -> Verdict<Run> {
    let (began, called) = (Instant::now(), shortened(&start.called()));
    let pid = sandbox.start(start)?;
    let traced = sandbox.is_traced();
    let free = start.is_without_syscall_tracing();
    let how = if free { Resume::Freely } else { Resume::ToReportedSyscall };
    let mut run = Run::begun(called, traced && !free);
    if traced {
        sandbox.resume(pid, how, 0)?;
    }
    let (mut entered, mut ending) = (BTreeMap::new(), None);
    while let Some(stop) = next(sandbox, &entered, has_fifos)? {
        let mut deliver = 0;
        match stop {
            Stop::SyscallEntry(who, syscall) => enter(who, syscall, &mut entered, observer)?,
            Stop::SyscallExit { pid: who, result, .. } => {
                if let Some(call) = entered.remove(&who) {
                    run.printed_late |= ending.is_some() && prints(&call) && result > 0;
                    if call.number == libc::SYS_fallocate && result == 0 {
                        sandbox.look_at_disk().step(MECHANISM)?;
                    }
                    leave(who, call, result, &mut run, observer)?;
                }
            }
            Stop::Signal(who, signal) if observer.signal(who, signal)? => {}
            Stop::Signal(who, signal) => {
                run.fault = Fault::of(who, signal)?.or(run.fault);
                deliver = signal;
            }
            Stop::Exiting(who) => observer.ending(who)?,
            Stop::Exited(who, how_it_ended) => {
                let undone = entered.remove(&who);
                if who == pid && matches!(how_it_ended, Ending::Killed(_)) {
                    run.unfinished = undone.as_ref().map(Call::name);
                }
                run.note_undone(undone);
                if who == pid {
                    (ending, run.time) = (Some(how_it_ended), began.elapsed());
                    observer.ended(!sandbox.tree().table().lock().is_empty())?;
                }
                continue;
            }
            Stop::Executed { pid: who, former } if who != former => {
                // Of a thread, which becomes the process: what the process was doing is never done.
                let call = entered.remove(&former);
                run.note_undone(entered.remove(&who));
                entered.extend(call.map(|call| (who, call)));
            }
            _ => {}
        }
        sandbox.resume(stop.pid(), how, deliver)?;
    }
    run.ending = ending.ok_or_else(|| io::Error::other(END_UNSEEN)).step(MECHANISM)?;
    finished(run, sandbox, pid)
}

/// The next stop. If there are FIFOs, ends the processes when all wait for a FIFO in vain.
fn next(
    sandbox: &mut Sandbox,
    entered: &BTreeMap<Pid, Call>,
    has_fifos: bool,
) -> Verdict<Option<Stop>> {
    if !has_fifos {
        return Ok(sandbox.wait()?);
    }
    let (mut in_vain, table) = (InVain::default(), sandbox.tree().table());
    let stop = sandbox.tree().wait_looking(|| in_vain.look(&table, entered));
    Ok(stop.step(MECHANISM)?)
}

/// A call for messages, cut if it has many arguments.
fn shortened(called: &str) -> String {
    const MOST: usize = 200;
    match called.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", called.get(..end).unwrap_or_default()),
        None => called.into(),
    }
}

/// A fault of the judge: without an end, nothing is known about the run.
const END_UNSEEN: &str = "all processes are gone, and the end of the program was not seen";

/// A run with what is known at its end.
fn finished(mut run: Run, sandbox: &mut Sandbox, pid: Pid) -> Verdict<Run> {
    run.limit_exceeded = sandbox.limit_exceeded()?;
    (run.stdout, run.stderr) = sandbox.outputs(pid);
    if let Some(used) = sandbox.used(pid) {
        (run.cpu_time, run.peak_memory) = (used.cpu_time, used.peak_memory);
        if run.limit_exceeded.is_none() && run.ending == Ending::Killed(libc::SIGKILL) {
            run.limit_exceeded = sandbox.out_of_time(used.cpu_time); // The kernel killed it before the judge did.
        }
    }
    Ok(run)
}

/// A process is about to make a call.
fn enter(
    pid: Pid,
    syscall: Syscall,
    entered: &mut BTreeMap<Pid, Call>,
    observer: &mut dyn Observer,
) -> Verdict {
    let call = Call::entered(pid, syscall).step(MECHANISM)?;
    observer.entry(pid, &call)?;
    entered.insert(pid, call);
    Ok(())
}

/// Whether it writes to standard output.
fn prints(call: &Call) -> bool {
    call.does() == Use::TransfersData && call.arguments[0] == 1
}

/// A call has returned.
fn leave(who: Pid, call: Call, result: i64, run: &mut Run, observer: &mut dyn Observer) -> Verdict {
    hide_tracer(who, call.number, call.arguments, result).step(MECHANISM)?;
    run.denied.extend(Denied::by(who, call.number, call.arguments, result).step(MECHANISM)?);
    let call = call.returned(result).step(MECHANISM)?;
    observer.exit(call.pid, &call)?;
    run.refused.extend(call.refused.clone());
    run.note(call);
    Ok(())
}

impl Run {
    /// A run of which nothing is known yet.
    fn begun(called: String, calls_are_seen: bool) -> Self {
        Self {
            called,
            ending: Ending::Killed(libc::SIGKILL),
            limit_exceeded: None,
            stdout: Output::default(),
            stderr: Output::default(),
            calls: calls_are_seen.then(Vec::new),
            refused: BTreeSet::new(),
            denied: BTreeSet::new(),
            unfinished: None,
            unflushed: false,
            printed_late: false,
            fault: None,
            time: Duration::ZERO,
            cpu_time: Duration::ZERO,
            peak_memory: 0,
        }
    }

    /// A run of which only its end is known.
    #[cfg(test)]
    pub(crate) fn ended(called: &str, ending: Ending) -> Self {
        Self { ending, ..Self::begun(called.into(), true) }
    }

    fn note(&mut self, call: Call) {
        const MAPPINGS: [i64; 3] = [libc::SYS_msync, libc::SYS_munmap, libc::SYS_mremap];
        const IF_FAILED: [i64; 3] = [libc::SYS_ftruncate, libc::SYS_fallocate, libc::SYS_mprotect];
        let has_failed = call.result.is_some_and(|result| result < 0);
        let is_noted = call.does() != Use::Else
            || MAPPINGS.contains(&call.number)
            || (IF_FAILED.contains(&call.number) && has_failed);
        if is_noted {
            self.calls.get_or_insert_default().push(call);
        }
    }

    /// A call that its caller was killed in. It may have been made: the caller was not there to be told.
    fn note_undone(&mut self, call: Option<Call>) {
        if let Some(call) = call {
            self.note(call);
        }
    }

    /// Its calls about this file: by a descriptor of it, made or given.
    pub fn calls_on(&self, file: FileId) -> impl Iterator<Item = &Call> + '_ {
        self.calls.iter().flatten().filter(move |call| call.is_about(file))
    }

    /// How it opened this file, each time.
    pub fn opened(&self, file: FileId) -> impl Iterator<Item = &Opened> + '_ {
        let opens = self.calls_on(file).filter(|call| call.does() == Use::Opens);
        opens.flat_map(|call| &call.files)
    }

    /// How it mapped this file: the calls that succeeded. A call with MAP_ANONYMOUS maps no file.
    pub fn mapped(&self, file: FileId) -> impl Iterator<Item = &Call> + '_ {
        self.mapped_with(file).filter(|call| !is_anonymous(call))
    }

    /// Calls of `mmap` that succeeded and were given a descriptor of this file.
    pub fn mapped_with(&self, file: FileId) -> impl Iterator<Item = &Call> + '_ {
        self.calls_on(file).filter(|call| call.does() == Use::Maps).filter(|call| {
            // An address, which no process has in the upper half; an error is negative.
            call.result.is_some_and(|result| result > 0)
        })
    }
}

/// Whether a call of `mmap` asks for memory without a file. Then its descriptor counts for nothing.
#[must_use]
pub fn is_anonymous(call: &Call) -> bool {
    let [_, _, _, flags, ..] = call.arguments;
    call.does() == Use::Maps && flags & u64::from(libc::MAP_ANONYMOUS.cast_unsigned()) != 0
}

/// What is said of processes that were killed for a limit.
pub fn killed_for(limit: LimitExceeded, expected: impl Into<String>, who: &str) -> CheckError {
    let finding = Finding::new(diagnosis_of(limit), expected, format!("{who} {limit}"));
    let finding = Finding { limit: Some(limit), ..finding };
    // What hangs here may do something else right: only a run that harms the machine is the last one.
    match finding.diagnosis {
        "hang" => CheckError::Wrong(Box::new(finding)),
        _ => CheckError::Ended(Box::new(finding)),
    }
}

/// The common diagnosis of a broken limit.
#[must_use]
pub fn diagnosis_of(limit_exceeded: LimitExceeded) -> &'static str {
    match limit_exceeded {
        LimitExceeded::CpuTime(_)
        | LimitExceeded::Wall(_)
        | LimitExceeded::Fifo
        | LimitExceeded::Stopped => "hang",
        LimitExceeded::Memory(_) => "too-much-memory",
        LimitExceeded::Disk(_) | LimitExceeded::Files(..) => "too-much-disk",
        LimitExceeded::Processes(_) | LimitExceeded::Born(_) => "too-many-processes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_with_thousands_of_arguments_is_cut_in_messages() {
        assert_eq!(shortened("ledger list FILE"), "ledger list FILE");
        let long = shortened(&format!("lines {}", "file-0001 ".repeat(2000)));
        assert!(long.starts_with("lines file-0001 ") && long.ends_with(" …"), "{long}");
        assert!(long.chars().count() < 210, "{long}");
    }
}
