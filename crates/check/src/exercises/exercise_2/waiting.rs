//! Who has waited for five seconds gives up; both are tried at once, to wait only once.

use std::time::{Duration, Instant};

use super::{full_of, mailbox};
use crate::exercises::{Bench, Verdict, failed};
use crate::supervise::{Ending, Family, How, Start, Stop};

/// How long each waits, and what is given for a slow machine and for other ways to count.
const WAITS: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_secs(2);
const EARLY: Duration = Duration::from_millis(500);

pub(super) fn gives_up(bench: &mut Bench) -> Verdict {
    bench.room().write("EMPTY", &mailbox(0, 0, b""))?;
    bench.room().write("FULL", &full_of("nobody takes this"))?;
    let calls: [&[&str]; 2] = [&["take", "EMPTY"], &["post", "FULL", "x"]];
    // How it waits is free: two that turn in a loop all the time are right, too.
    bench.limits().processor = 2 * (WAITS + LATE);
    let starts = calls.map(|arguments| bench.start(arguments));
    let mut family = bench.family()?;
    let mut running = Vec::new();
    for (start, arguments) in starts.iter().zip(calls) {
        running.push((begin(&mut family, start)?, arguments.join(" "), Instant::now()));
    }
    let mut ends = Vec::new();
    while let Some(stop) = family.wait()? {
        match stop {
            Stop::Ended(pid, ending) => {
                if let Some((_, called, since)) = running.iter().find(|(of, ..)| *of == pid) {
                    ends.push((pid, called.clone(), ending, since.elapsed()));
                }
            }
            Stop::Signal(pid, signal) => family.resume(pid, How::Freely, signal)?,
            _ => family.resume(stop.pid(), How::Freely, 0)?,
        }
    }
    for (pid, called, ending, took) in ends {
        let seconds = format!("{ending} after {:.1} s", took.as_secs_f64());
        let expected = format!("`{called}`, which nobody helps, fails after 5 s");
        if ending != Ending::Exited(1) || took > WAITS + LATE {
            return failed("waits-for-ever", expected, seconds);
        }
        if took < WAITS - EARLY {
            return failed("gives-up-early", expected, seconds);
        }
        let said = family.outputs(pid).1.text();
        let name = called.split(' ').nth(1).unwrap_or_default();
        if said.lines().count() != 1 || !said.contains(name) {
            let expected = format!("`{called}` says one line that names {name}");
            return failed("no-error-line", expected, said);
        }
    }
    Ok(())
}

fn begin(family: &mut Family, start: &Start) -> Verdict<nix::unistd::Pid> {
    let pid = family.start(start)?;
    family.resume(pid, How::Freely, 0)?;
    Ok(pid)
}
