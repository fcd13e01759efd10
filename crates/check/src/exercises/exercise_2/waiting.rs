//! A process that has waited for five seconds gives up. Both roles are tried at once, to save time.

use std::time::{Duration, Instant};

use sandbox::{Sandbox, Start};
use tracer::{Ending, Resume, Stop};

use super::{full_of, mailbox};
use crate::exercises::CheckContext;
use crate::expect::complaint;
use crate::observe::{diagnosis_of, killed_for};
use crate::verdict::{Finding, Verdict};

/// How long each waits, and what is given for a slow machine and for other ways to count.
const WAITS: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_secs(2);
const SURE: Duration = Duration::from_millis(100);
const EARLY: Duration = Duration::from_millis(500);

pub(super) fn gives_up(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("EMPTY", &mailbox(0, 0, b""))?;
    context.work_directory().write("FULL", &full_of("nobody takes this"))?;
    let calls: [&[&str]; 2] = [&["take", "EMPTY"], &["post", "FULL", "x"]];
    give_time(context);
    let starts = calls.map(|arguments| context.start(arguments));
    let mut sandbox = context.sandbox()?;
    let mut running = Vec::new();
    for (start, arguments) in starts.iter().zip(calls) {
        running.push((begin(&mut sandbox, start)?, arguments.join(" "), Instant::now()));
    }
    let mut ends = Vec::new();
    while let Some(stop) = sandbox.wait()? {
        match stop {
            Stop::Exited(pid, ending) => {
                if let Some((_, called, since)) = running.iter().find(|(of, ..)| *of == pid) {
                    ends.push((pid, called.clone(), ending, since.elapsed()));
                }
            }
            Stop::Signal(pid, signal) => sandbox.resume(pid, Resume::Freely, signal)?,
            _ => sandbox.resume(stop.pid(), Resume::Freely, 0)?,
        }
    }
    // That they do not end is what is looked for here, and has a name of its own.
    if let Some(limit) = sandbox.limit_exceeded()?.filter(|limit| diagnosis_of(*limit) != "hang") {
        return Err(killed_for(limit, "two that wait stay within the limits", "they"));
    }
    for (pid, called, ending, took) in ends {
        let boxes =
            "EMPTY was a box that is empty, and FULL one that is full: regular files of 4096 bytes";
        let failed = |id, expected: String, seen: String| {
            Err(Finding::new(id, expected, seen).details([boxes]).into())
        };
        let seconds = match took.as_secs_f64() {
            took if ending == Ending::Killed(libc::SIGKILL)
                && took > (WAITS + LATE).as_secs_f64() =>
            {
                format!("it was still waiting after {took:.1} s, and the judge killed it")
            }
            took if took < 0.1 => format!("{ending} after less than 0.1 s"),
            took => format!("{ending} after {took:.1} s"),
        };
        let expected = format!("`{called}`, which nobody helps, fails after 5 s");
        if ending != Ending::Exited(1) || took > WAITS + LATE {
            return failed("waits-for-ever", expected, seconds);
        }
        if took < WAITS - EARLY {
            return failed("gives-up-early", expected, seconds);
        }
        let said = sandbox.outputs(pid).1.text();
        let name = called.split(' ').nth(1).unwrap_or_default();
        if said.lines().count() != 1 || !said.contains(name) {
            let expected = format!("`{called}` says one line that names {name}");
            return failed("no-error-line", expected, complaint(&said));
        }
    }
    Ok(())
}

fn give_time(context: &mut CheckContext) {
    // How it waits is free: two that turn in a loop all the time are right, too.
    context.limits().processor = 2 * (WAITS + LATE);
    // What still waits then waits too long, whenever it would end.
    context.limits().wall = WAITS + LATE + SURE;
}

fn begin(sandbox: &mut Sandbox, start: &Start) -> Verdict<nix::unistd::Pid> {
    let pid = sandbox.start(start)?;
    sandbox.resume(pid, Resume::Freely, 0)?;
    Ok(pid)
}
