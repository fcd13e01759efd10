//! Drives a program to its end and notes what it did.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::{Call, Fault, FileId, Observer, Opened, Use};
use crate::exercises::Verdict;
use crate::supervise::{Breach, Ending, Family, How, Output, Start, Stop};

/// What a run did.
#[derive(Debug)]
pub struct Run {
    /// How it was called, for messages.
    pub called: String,
    /// How the program ended.
    pub ending: Ending,
    /// The limit that was broken; everything was killed then.
    pub breach: Option<Breach>,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error.
    pub stderr: Output,
    /// The calls about files, in order, of all its processes; `None` where ptrace is refused, and of a
    /// start that is [`unseen`](Start::unseen).
    pub calls: Option<Vec<Call>>,
    /// What killed it, if that was an access.
    pub fault: Option<Fault>,
    /// How long it took by the clock.
    pub time: Duration,
    /// Processor time.
    pub processor: Duration,
    /// The most memory it had at a time, in bytes; pages of files count, too.
    pub peak_memory: u64,
}

/// Runs a program to its end.
///
/// # Errors
/// The observer's, and faults of the judge.
pub fn run(family: &mut Family, start: &Start, observer: &mut dyn Observer) -> Verdict<Run> {
    let (began, called) = (Instant::now(), start.called());
    let pid = family.start(start)?;
    let traced = family.is_traced();
    let how = if start.unseen { How::Freely } else { How::ToCall };
    let mut run = Run {
        called,
        ending: Ending::Killed(libc::SIGKILL),
        breach: None,
        stdout: Output::default(),
        stderr: Output::default(),
        calls: (traced && !start.unseen).then(Vec::new),
        fault: None,
        time: Duration::ZERO,
        processor: Duration::ZERO,
        peak_memory: 0,
    };
    if traced {
        family.resume(pid, how, 0)?;
    }
    let mut entered = BTreeMap::new();
    while let Some(stop) = family.wait()? {
        match stop {
            Stop::Call(who) => at_call(who, &mut entered, &mut run, observer)?,
            Stop::Signal(who, signal) => {
                if let Some(fault) = Fault::of(who, signal) {
                    run.fault = Some(fault);
                }
                family.resume(who, how, signal)?;
                continue;
            }
            Stop::Ending(who) => {
                observer.ending(who)?;
            }
            Stop::Ended(who, ending) => {
                if who == pid {
                    run.ending = ending;
                    run.time = began.elapsed();
                }
                continue;
            }
            Stop::Executed(_) | Stop::Born(_) => {}
        }
        family.resume(stop.pid(), how, 0)?;
    }
    run.breach = family.breach();
    (run.stdout, run.stderr) = family.outputs(pid);
    if let Some(used) = family.used(pid) {
        (run.processor, run.peak_memory) = (used.processor, used.peak_memory);
        if run.breach.is_none() && run.ending == Ending::Killed(libc::SIGKILL) {
            run.breach = family.out_of_time(used.processor); // By the kernel, before we looked.
        }
    }
    Ok(run)
}

fn at_call(
    pid: Pid,
    entered: &mut BTreeMap<Pid, Call>,
    run: &mut Run,
    observer: &mut dyn Observer,
) -> Verdict {
    match entered.remove(&pid) {
        None => {
            if let Ok(Some(call)) = Call::entered(pid) {
                observer.entry(pid, &call)?;
                entered.insert(pid, call);
            }
        }
        Some(call) => {
            let Ok(call) = call.returned() else { return Ok(()) }; // Killed meanwhile.
            observer.exit(pid, &call)?;
            if call.does() != Use::Else {
                run.calls.get_or_insert_default().push(call);
            }
        }
    }
    Ok(())
}

impl Run {
    /// Its calls about this file: by a descriptor of it, made or given.
    pub fn calls_on(&self, file: FileId) -> impl Iterator<Item = &Call> + '_ {
        self.calls.iter().flatten().filter(move |call| call.is_about(file))
    }

    /// How it opened this file, each time.
    pub fn opened(&self, file: FileId) -> impl Iterator<Item = &Opened> + '_ {
        let opens = self.calls_on(file).filter(|call| call.does() == Use::Opens);
        opens.flat_map(|call| &call.files)
    }

    /// How it mapped this file: the calls that succeeded.
    pub fn mapped(&self, file: FileId) -> impl Iterator<Item = &Call> + '_ {
        self.calls_on(file).filter(|call| call.does() == Use::Maps).filter(|call| {
            // An address, which no process has in the upper half; an error is negative.
            call.result.is_some_and(|result| result > 0)
        })
    }
}

/// The common diagnosis of a broken limit.
#[must_use]
pub fn diagnosis_of(breach: Breach) -> &'static str {
    match breach {
        Breach::Processor(_) | Breach::Wall(_) | Breach::Stopped => "hang",
        Breach::Memory(_) => "too-much-memory",
        Breach::Disk(_) => "too-much-disk",
        Breach::Processes(_) => "too-many-processes",
    }
}
