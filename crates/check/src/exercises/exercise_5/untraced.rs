//! Two additions at once that nobody traces. A program can find out in many ways that it is traced, and lock
//! only then. Here it is judged by what it does if it is not.

use std::time::{Duration, Instant};

use sandbox::Sandbox;
use tracer::{Ending, Stop};

use super::{COUNTER, bank, word};
use crate::exercises::CheckContext;
use crate::verdict::{CheckError, Verdict, failed};

/// How many processes add at once.
const COPIES: u32 = 2;
/// How many additions each of them makes first. If that does not take long enough, it makes more.
const FIRST: u64 = 500;
const MORE: u64 = 8;
const MOST: u64 = 1 << 28;
/// How much more CPU time than the cheapest run they must use. Without a lock, each then adds a million times
/// while the other one does, or is interrupted in the middle.
const ENOUGH: Duration = Duration::from_millis(50);
/// How long a run may take, by the clock, before it is the last: one in which processes sleep uses little.
const LONG: Duration = Duration::from_millis(400);

/// No addition is lost. A right program has the exact sum, however the processes run.
pub(super) fn additions(context: &mut CheckContext) -> Verdict {
    let mut cheapest = Duration::MAX;
    let mut times = FIRST;
    while times <= MOST {
        let (took, used) = match at_once(context, times)? {
            Ended::Added { took, used } => (took, used),
            Ended::Unknown(how) => {
                let so_many =
                    format!("{COPIES} times `add FILE {times}` at once that nobody traces");
                context.note(format!("nothing is known about {so_many}: {how}"));
                return Ok(());
            }
        };
        cheapest = cheapest.min(used);
        if used >= cheapest + ENOUGH || took >= LONG {
            return Ok(());
        }
        times *= MORE;
    }
    Ok(())
}

/// How the processes ended.
enum Ended {
    /// They have added, and nothing was lost.
    Added { took: Duration, used: Duration },
    /// Their sum is not known, because of a limit or of the machine. The machine may be busy.
    Unknown(String),
}

fn at_once(context: &mut CheckContext, times: u64) -> Verdict<Ended> {
    context.new_work_directory()?.write("FILE", &bank())?;
    let limits = *context.limits();
    let mut sandbox = Sandbox::new(context.work_directory(), limits, false)?;
    let start = context.start(&["add", "FILE", &times.to_string()]).copies(COPIES as usize);
    let began = Instant::now();
    let pid = match sandbox.start(&start) {
        Ok(pid) => pid,
        Err(failure) => {
            return match CheckError::from(failure) {
                CheckError::Cannot(why) => Ok(Ended::Unknown(why)),
                error => Err(error),
            };
        }
    };
    let mut ended_well = false;
    while let Some(stop) = sandbox.wait()? {
        if let Stop::Exited(_, ending) = stop {
            ended_well = ending == Ending::Exited(0);
        }
    }
    let took = began.elapsed();
    if let Some(limit) = sandbox.limit_exceeded()? {
        return Ok(Ended::Unknown(format!("a process {limit}")));
    }
    // Those that waited for the processes have used next to nothing themselves.
    let used = sandbox.used(pid).map(|used| used.processor).unwrap_or_default();
    drop(sandbox);
    if !ended_well {
        let expected =
            format!("{COPIES} times `add FILE {times}` at once, in a run without tracer, succeed");
        return failed("fails-beside-another", expected, "at least one of them does not");
    }
    let right = COUNTER + u64::from(COPIES) * times;
    match word(&context.read("FILE")?, 0).unwrap_or_default() {
        found if found == right => Ok(Ended::Added { took, used }),
        found => failed(
            "lost-addition",
            format!(
                "{COPIES} times `add FILE {times}` at once, in a run without tracer: the counter, \
                 which was {COUNTER}, holds {right}"
            ),
            format!("it holds {found}: {} additions are lost", right.saturating_sub(found)),
        ),
    }
}
