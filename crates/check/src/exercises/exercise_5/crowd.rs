//! Six at once on all processors: what no schedule of stores shows, such as loads that overtake
//! stores.

use nix::unistd::Pid;
use sandbox::Sandbox;
use tracer::{Ending, Resume, Stop, processors};

use super::alone::expect;
use super::{BALANCES, COUNTER, FOUND, bank, untraced, word};
use crate::exercises::CheckContext;
use crate::expect::said;
use crate::observe::killed_for;
use crate::verdict::{Finding, Verdict};

/// Six processes on as many processors as there are: no schedule, just speed.
pub(super) fn crowd(context: &mut CheckContext) -> Verdict {
    processors::unpin();
    let verdict = at_once(context)
        .and_then(|()| untraced::additions(context))
        .and_then(|()| untraced::transfers(context));
    if context.settings().machine.tracing {
        processors::pin();
    }
    let verdict = verdict.and_then(|()| untraced::beside_a_traced_one(context));
    verdict.map_err(|error| error.details([FOUND.to_owned()]))
}

fn at_once(context: &mut CheckContext) -> Verdict {
    const TIMES: u64 = 500;
    const MORE: u32 = 6;
    let times = TIMES.to_string();
    context.new_work_directory()?.write("FILE", &bank())?;
    let add: &[&str] = &["add", "FILE", &times];
    let (there, back): (&[&str], &[&str]) =
        (&["transfer", "FILE", "1", "2", "7"], &["transfer", "FILE", "2", "1", "5"]);
    let calls = [add, add, add, add, there, back];
    *context.limits_mut() = context.limits().of_several(calls.len());
    // On a busy machine, the process that has the lock may stand in the queue for a processor. Meanwhile, the others
    // may try again and again, and use much more CPU time than each of them alone.
    context.limits_mut().cpu_time *= MORE;
    let mut sandbox = context.sandbox()?;
    let mut pids = Vec::new();
    for arguments in calls {
        let start = context.start(arguments).without_syscall_tracing();
        pids.push((sandbox.start(&start)?, arguments.join(" ")));
    }
    for (pid, _) in &pids {
        sandbox.resume(*pid, Resume::Freely, 0)?;
    }
    let mut failures = Vec::new();
    while let Some(stop) = sandbox.wait()? {
        match stop {
            Stop::Exited(_, Ending::Exited(0)) => {}
            Stop::Exited(pid, ending) => failures.push((pid, ending)),
            Stop::Signal(pid, signal) => sandbox.resume(pid, Resume::Freely, signal)?,
            _ => sandbox.resume(stop.pid(), Resume::Freely, 0)?,
        }
    }
    if let Some(limit) = sandbox.limit_exceeded()? {
        let expected = "four times `add FILE 500` and two transfers at once end";
        return Err(killed_for(limit, expected, "together they"));
    }
    if !failures.is_empty() {
        return Err(told(&sandbox, &failures, &pids).into());
    }
    let mut after = BALANCES;
    (after[0], after[1]) = (98, 102);
    let what = "four times add 500 at once";
    expect(context, COUNTER + 4 * TIMES, BALANCES, "lost-addition", what).or_else(|error| {
        // The accounts have changed, too: the counter is what the first comparison was about.
        match context.read("FILE").ok().and_then(|file| word(&file, 0)) {
            Some(sum) if sum == COUNTER + 4 * TIMES => {
                expect(context, sum, after, "lost-money", "two transfers at once")
            }
            _ => Err(error),
        }
    })
}

/// What is said of those of the six that did not succeed.
fn told(sandbox: &Sandbox, failures: &[(Pid, Ending)], calls: &[(Pid, String)]) -> Finding {
    let expected = "four times `add FILE 500` and two transfers, all at once, succeed";
    let (mut seen, mut complaints) = (Vec::new(), Vec::new());
    for (pid, ending) in failures {
        // A child of one of the six has none of these calls.
        let call = calls.iter().find(|(of, _)| of == pid);
        let call = call.map_or("a child process".into(), |(_, call)| format!("`{call}`"));
        seen.push(format!("{call}: {ending}"));
        complaints.extend(said(&sandbox.outputs(*pid).1.text()));
    }
    complaints.dedup();
    Finding::new("fails-beside-another", expected, seen.join(", ")).details(complaints)
}
