//! A process that has waited for five seconds gives up. Both roles are tried at once, to save time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::Context;
use nix::unistd::Pid;
use sandbox::{Sandbox, Start};
use tracer::{Ending, ProcessorShare, Resume, Stop};

use super::{full_of, mailbox};
use crate::exercises::CheckContext;
use crate::expect::complaint;
use crate::observe::{diagnosis_of, killed_for};
use crate::verdict::{CheckError, Finding, Verdict};

/// How long each waits, and what is given for a slow machine and for other ways to count.
const WAITS: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_secs(2);
const SURE: Duration = Duration::from_millis(100);
const EARLY: Duration = Duration::from_millis(500);

/// How one of the two has ended.
struct End {
    pid: Pid,
    called: String,
    ending: Ending,
    /// From its start until the judge noticed its end.
    took: Duration,
    /// For so long it stood in the queue for a processor.
    queued: Duration,
    /// For so long the judge could not notice an end.
    unnoticed: Duration,
}

pub(super) fn gives_up(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("EMPTY", &mailbox(0, 0, b""))?;
    context.work_directory().write("FULL", &full_of("nobody takes this"))?;
    let calls: [&[&str]; 2] = [&["take", "EMPTY"], &["post", "FULL", "x"]];
    give_time(context);
    let starts = calls.map(|arguments| context.start(arguments).without_syscall_tracing());
    let mut sandbox = context.sandbox()?;
    let mut running = Vec::new();
    for (start, arguments) in starts.iter().zip(calls) {
        let pid = begin(&mut sandbox, start)?;
        running.push((pid, arguments.join(" "), Instant::now(), share_of_the_judge()?));
    }
    let both_run = Instant::now();
    let (mut queued, mut ends) = (BTreeMap::new(), Vec::new());
    while let Some(stop) = sandbox.wait()? {
        if let Stop::Exiting(pid) = stop {
            let share = ProcessorShare::of(pid).step("look at how long a process has waited")?;
            queued.insert(pid, share.queued);
        }
        match stop {
            Stop::Exited(pid, ending) => {
                let one = running.iter().find(|(of, ..)| *of == pid);
                let Some((_, called, since, judge)) = one.cloned() else { continue };
                let in_the_queue = share_of_the_judge()?.since(judge).queued;
                let queued = queued.get(&pid).copied().unwrap_or_default();
                // While the judge starts the other one, it does not look.
                let unnoticed = both_run.duration_since(since).max(in_the_queue);
                ends.push(End { pid, called, ending, took: since.elapsed(), queued, unnoticed });
            }
            Stop::Signal(pid, signal) => sandbox.resume(pid, Resume::Freely, signal)?,
            _ => sandbox.resume(stop.pid(), Resume::Freely, 0)?,
        }
    }
    // That they do not end is what is looked for here, and has a name of its own.
    if let Some(limit) = sandbox.limit_exceeded()?.filter(|limit| diagnosis_of(*limit) != "hang") {
        return Err(killed_for(limit, "two that wait stay within the limits", "they"));
    }
    ends.iter().try_for_each(|end| judged(end, &sandbox.outputs(end.pid).1.text()))
}

fn judged(end: &End, said: &str) -> Verdict {
    let End { called, ending, took, .. } = end;
    let boxes =
        "EMPTY was a box that is empty, and FULL one that is full: regular files of 4096 bytes";
    let failed = |id, expected: String, seen: String| {
        Err(Finding::new(id, expected, seen).details([boxes]).into())
    };
    if may_be_the_machine(end) {
        let why =
            "it is not known when a process gave up: try again on a machine that is less busy";
        return Err(CheckError::Cannot(why.into()));
    }
    let seconds = match took.as_secs_f64() {
        seconds if *ending == Ending::Killed(libc::SIGKILL) && *took > WAITS + LATE => {
            format!("it was still waiting after {seconds:.1} s, and the judge killed it")
        }
        seconds if seconds < 0.1 => format!("{ending} after less than 0.1 s"),
        seconds => format!("{ending} after {seconds:.1} s"),
    };
    let expected = format!("`{called}`, which nobody helps, fails after 5 s");
    if *took > WAITS + LATE {
        return failed("waits-for-ever", expected, seconds);
    }
    if *ending != Ending::Exited(1) {
        return failed("wrong-exit-status", expected, seconds);
    }
    if *took < WAITS - EARLY {
        return failed("gives-up-early", expected, seconds);
    }
    let name = called.split(' ').nth(1).unwrap_or_default();
    if said.lines().count() != 1 || !said.contains(name) {
        let expected = format!("`{called}` says one line that names {name}");
        return failed("no-error-line", expected, complaint(said));
    }
    Ok(())
}

/// Whether the end may have been late, or in time, only because this machine was busy.
fn may_be_the_machine(end: &End) -> bool {
    let in_time = |took: Duration| (WAITS - EARLY..=WAITS + LATE).contains(&took);
    let late = end.took > WAITS + LATE
        && end.took.saturating_sub(end.queued + end.unnoticed) <= WAITS + LATE;
    let early = in_time(end.took) && !in_time(end.took.saturating_sub(end.unnoticed));
    end.ending == Ending::Exited(1) && (late || early)
}

fn share_of_the_judge() -> common::Result<ProcessorShare> {
    ProcessorShare::of_this_thread().step("look at how long the judge has waited for a processor")
}

fn give_time(context: &mut CheckContext) {
    // How it waits is free: two that turn in a loop all the time are right, too.
    context.limits_mut().cpu_time = 2 * (WAITS + LATE);
    // What still waits then waits too long, whenever it would end.
    context.limits_mut().wall = WAITS + LATE + SURE;
}

fn begin(sandbox: &mut Sandbox, start: &Start) -> Verdict<Pid> {
    let pid = sandbox.start(start)?;
    sandbox.resume(pid, Resume::Freely, 0)?;
    Ok(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_only_the_machine_may_have_delayed_is_no_verdict() {
        let end = |took: f64, queued: f64, unnoticed: f64| {
            let [took, queued, unnoticed] = [took, queued, unnoticed].map(Duration::from_secs_f64);
            let ending = Ending::Exited(1);
            End { pid: Pid::this(), called: "take EMPTY".into(), ending, took, queued, unnoticed }
        };
        for (took, queued, unnoticed, is_known) in [
            (5.0, 0.0, 0.0, true),
            (5.0, 2.5, 0.01, true),  // It turns in a loop, beside another one.
            (12.7, 9.0, 0.0, false), // It stood in the queue.
            (12.7, 0.0, 9.0, false), // The judge did.
            (12.7, 1.0, 1.0, true),
            (5.0, 0.0, 2.0, false), // It may have given up after 3 s.
            (3.0, 0.0, 2.0, true),
        ] {
            let end = end(took, queued, unnoticed);
            assert_eq!(!may_be_the_machine(&end), is_known, "{took} {queued} {unnoticed}");
        }
    }
}
