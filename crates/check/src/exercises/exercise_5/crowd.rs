//! Six at once on all processors: what no schedule of stores shows, such as loads that overtake
//! stores.

use tracer::{Ending, Resume, Stop, processors};

use super::alone::expect;
use super::{BALANCES, COUNTER, bank, word};
use crate::exercises::CheckContext;
use crate::observe::killed_for;
use crate::verdict::{Verdict, failed};

/// Six processes on as many processors as there are: no schedule, just speed.
pub(super) fn crowd(context: &mut CheckContext) -> Verdict {
    processors::unpin();
    let verdict = at_once(context);
    if context.settings().machine.tracing {
        processors::pin();
    }
    verdict
}

fn at_once(context: &mut CheckContext) -> Verdict {
    const TIMES: u64 = 500;
    const PROCESSES: u32 = 6;
    // Each may use as much as one alone: on a busy machine, whoever has the lock stands in the queue for a
    // processor, and the others try again and again meanwhile.
    context.limits().processor *= PROCESSES;
    let times = TIMES.to_string();
    context.new_work_directory()?.write("FILE", &bank())?;
    let add: &[&str] = &["add", "FILE", &times];
    let (there, back): (&[&str], &[&str]) =
        (&["transfer", "FILE", "1", "2", "7"], &["transfer", "FILE", "2", "1", "5"]);
    let calls = [add, add, add, add, there, back];
    // Each may start as many threads, and use as much CPU time, as one that runs by itself.
    let alone = *context.limits();
    context.limits().processes = alone.processes * calls.len();
    context.limits().processor = calls.iter().map(|_| alone.processor).sum();
    let mut sandbox = context.sandbox()?;
    let mut pids = Vec::new();
    for arguments in calls {
        pids.push(sandbox.start(&context.start(arguments))?);
    }
    for pid in pids {
        sandbox.resume(pid, Resume::Freely, 0)?;
    }
    let mut failures = Vec::new();
    while let Some(stop) = sandbox.wait()? {
        match stop {
            Stop::Exited(_, Ending::Exited(0)) => {}
            Stop::Exited(_, ending) => failures.push(ending.to_string()),
            Stop::Signal(pid, signal) => sandbox.resume(pid, Resume::Freely, signal)?,
            _ => sandbox.resume(stop.pid(), Resume::Freely, 0)?,
        }
    }
    if let Some(limit) = sandbox.limit_exceeded()? {
        let expected = "four times `add FILE 500` and two transfers at once end";
        return Err(killed_for(limit, expected, "together they"));
    }
    if !failures.is_empty() {
        let expected = "all six succeed beside each other";
        return failed("fails-beside-another", expected, failures.join(", "));
    }
    let mut after = BALANCES;
    (after[0], after[1]) = (98, 102);
    let what = "four times add 500 at once";
    expect(context, COUNTER + 4 * TIMES, BALANCES, "lost-addition", what).or_else(|trouble| {
        // The accounts have changed, too: the counter is what the first comparison was about.
        match context.read("FILE").ok().and_then(|file| word(&file, 0)) {
            Some(sum) if sum == COUNTER + 4 * TIMES => {
                expect(context, sum, after, "lost-money", "two transfers at once")
            }
            _ => Err(trouble),
        }
    })
}
