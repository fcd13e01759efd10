//! One is killed before each of its stores and lock calls; the others must finish.

use std::thread;
use std::time::Duration;

use common::Failure;
use explore::kill_points::{Killed, kill_points};

use super::{COUNTER, bank, together::names, word};
use crate::exercises::CheckContext;
use crate::fixture::Fixture;
use crate::observe::diagnosis_of;
use crate::scenarios::{NEEDS, can_be_shown};
use crate::verdict::{CheckError, Finding, Verdict};

/// How long the others have, says the contract.
const TIME: Duration = Duration::from_secs(5);

pub(super) fn kills(context: &mut CheckContext) -> Verdict {
    if context.settings().schedule.is_some() {
        return Err(CheckError::Cannot("a schedule is replayed; it has no kills".into()));
    }
    if !can_be_shown(context) {
        return Err(CheckError::Cannot(NEEDS.into()));
    }
    let jobs: [(&[&str], &str); 2] =
        [(&["add", "FILE", "1"], "adder"), (&["transfer", "FILE", "1", "2", "10"], "transferrer")];
    let mut fixtures = Vec::new();
    for (_, name) in jobs {
        fixtures.push(context.fixture(name)?);
    }
    let panicked = || Failure::refusal("kill", fixtures[0].program, "a thread has panicked");
    let results: Vec<Verdict> = thread::scope(|scope| {
        let spawn = |(fixture, (victim, _))| scope.spawn(move || one(fixture, victim));
        let handles: Vec<_> = fixtures.iter().zip(jobs).map(spawn).collect();
        let joined = handles.into_iter().map(|handle| handle.join());
        joined.map(|result| result.unwrap_or_else(|_| Err(panicked().into()))).collect()
    });
    results.into_iter().collect()
}

/// All points of one victim.
fn one(fixture: &Fixture, victim: &'static [&'static str]) -> Verdict {
    let add: &'static [&'static str] = &["add", "FILE", "1"];
    let transfer: &'static [&'static str] = &["transfer", "FILE", "1", "3", "10"];
    let adds = victim[0] == "add";
    let others = [if adds { add } else { transfer }, add];
    let (killed, cut) = kill_points(fixture, &bank(), victim, others, TIME, names)?;
    for Killed { before, stuck, limit_exceeded, failed, later, file, table } in killed {
        let when = format!("`{}` is killed just before it {before}", victim.join(" "));
        let told = |id, expected: String, seen: String| {
            Err(Finding::new(id, format!("{when}; {expected}"), seen).details(table.clone()).into())
        };
        if let Some(limit) = limit_exceeded {
            return told(
                diagnosis_of(limit),
                "the others stay within the limits".into(),
                limit.to_string(),
            );
        }
        if let Some(who) = stuck {
            let seen = format!("{who} had not finished 5 seconds later");
            return told("orphaned-lock", "the others finish".into(), seen);
        }
        if let Some(how) = failed {
            return told("fails-after-a-kill", "the others succeed".into(), how);
        }
        // What the dead was about to add may be there or not; what the others added must be.
        let least = COUNTER + u64::from(adds) + later;
        let sum = file.and_then(|file| word(&file, 0));
        if !sum.is_some_and(|sum| (least..=least + u64::from(adds)).contains(&sum)) {
            let seen = sum.map_or("there is none".into(), |sum| format!("it is {sum}"));
            return told("lost-addition", format!("the counter counts the others: {least}"), seen);
        }
    }
    if cut {
        let why = "not every point could be tried in the time that a check may take: try again on a \
                   machine that is less busy";
        return Err(CheckError::Cannot(why.into()));
    }
    Ok(())
}
