//! Six at once on all processors: what no schedule of stores shows, such as loads that overtake
//! stores.

use super::alone::expect;
use super::{BALANCES, COUNTER, bank, word};
use crate::exercises::{Bench, Finding, Verdict, failed};
use crate::supervise::{Ending, How, Stop};

/// Six processes on as many processors as there are: no schedule, just speed.
pub(super) fn crowd(bench: &mut Bench) -> Verdict {
    const TIMES: u64 = 500;
    let times = TIMES.to_string();
    bench.new_room()?.write("FILE", &bank())?;
    let mut family = bench.family()?;
    let add: &[&str] = &["add", "FILE", &times];
    let (there, back): (&[&str], &[&str]) =
        (&["transfer", "FILE", "1", "2", "7"], &["transfer", "FILE", "2", "1", "5"]);
    let mut pids = Vec::new();
    for arguments in [add, add, add, add, there, back] {
        pids.push(family.start(&bench.start(arguments))?);
    }
    for pid in pids {
        family.resume(pid, How::Freely, 0)?;
    }
    let mut failures = Vec::new();
    while let Some(stop) = family.wait()? {
        match stop {
            Stop::Ended(_, Ending::Exited(0)) => {}
            Stop::Ended(_, ending) => failures.push(ending.to_string()),
            Stop::Signal(pid, signal) => family.resume(pid, How::Freely, signal)?,
            _ => family.resume(stop.pid(), How::Freely, 0)?,
        }
    }
    if let Some(breach) = family.breach() {
        let expected = "four times `add FILE 500` and two transfers at once come to their end";
        return Err(Finding::new("nobody-goes-on", expected, breach.to_string()).into());
    }
    if !failures.is_empty() {
        let expected = "all six succeed beside each other";
        return failed("fails-beside-another", expected, failures.join(", "));
    }
    let mut after = BALANCES;
    (after[0], after[1]) = (98, 102);
    let what = "four times add 500 at once";
    expect(bench, COUNTER + 4 * TIMES, BALANCES, "lost-addition", what).or_else(|trouble| {
        // The accounts have changed, too: the counter is what the first comparison was about.
        match bench.read("FILE").ok().and_then(|file| word(&file, 0)) {
            Some(sum) if sum == COUNTER + 4 * TIMES => {
                expect(bench, sum, after, "lost-money", "two transfers at once")
            }
            _ => Err(trouble),
        }
    })
}
