//! One is killed before each of its stores and lock calls; the others must finish.

use std::thread;
use std::time::{Duration, Instant};

use common::{Context, Failure, Result};

use super::{COUNTER, bank, together::names, word};
use crate::exercises::{Bench, Finding, Trouble, Verdict};
use crate::interleave::kill_points::{Killed, kill_points};
use crate::interleave::replay::Stage;
use crate::interleave::scenes::{NEEDS, can_be_shown};

/// How long the others have, says the contract.
const TIME: Duration = Duration::from_secs(5);
/// No new point is tried after this time.
const ALL: Duration = Duration::from_millis(3000);

pub(super) fn kills(bench: &mut Bench) -> Verdict {
    if bench.settings().schedule.is_some() {
        return Err(Trouble::Cannot("a schedule is replayed; it has no kills".into()));
    }
    if !can_be_shown(bench) {
        return Err(Trouble::Cannot(NEEDS.into()));
    }
    let jobs: [(&[&str], &str); 2] =
        [(&["add", "FILE", "1"], "adder"), (&["transfer", "FILE", "1", "2", "10"], "transferrer")];
    let mut stages = Vec::new();
    for (_, name) in jobs {
        stages.push(bench.stage(name)?);
    }
    let results: Vec<Result<Option<Finding>>> = thread::scope(|scope| {
        let handles: Vec<_> = stages
            .iter()
            .zip(jobs)
            .map(|(stage, (victim, _))| scope.spawn(move || one(stage, victim)))
            .collect();
        handles
            .into_iter()
            .map(|handle| {
                handle.join().unwrap_or_else(|_| {
                    Err(Failure::refusal("kill", stages[0].program, "a thread has panicked"))
                })
            })
            .collect()
    });
    for result in results {
        if let Some(finding) = result? {
            return Err(Trouble::from(finding));
        }
    }
    Ok(())
}

/// All points of one victim.
fn one(stage: &Stage, victim: &'static [&'static str]) -> Result<Option<Finding>> {
    let add: &'static [&'static str] = &["add", "FILE", "1"];
    let transfer: &'static [&'static str] = &["transfer", "FILE", "1", "3", "10"];
    let others = [if victim[0] == "add" { add } else { transfer }, add];
    let late = Instant::now() + ALL;
    let killed = kill_points(stage, &bank(), victim, others, TIME, late, names)
        .step("kill a process at its points")?;
    for Killed { before, stuck, failed, counter, table } in killed {
        let called = format!("`{}`", victim.join(" "));
        if let Some(who) = stuck {
            let expected = format!("{called} is killed just before it {before}; the others finish");
            let seen = format!("{who} had not finished 5 seconds later");
            return Ok(Some(Finding::new("held-by-the-dead", expected, seen).details(table)));
        }
        if let Some(who) = failed {
            let expected =
                format!("{called} is killed just before it {before}; the others succeed");
            return Ok(Some(Finding::new("fails-after-a-kill", expected, who).details(table)));
        }
        let added = counter.and_then(|file| word(&file, 0));
        let least = COUNTER + if victim[0] == "add" { 2 } else { 1 };
        let most = least + u64::from(victim[0] == "add");
        if !added.is_some_and(|sum| (least..=most).contains(&sum)) {
            let expected = format!(
                "{called} is killed just before it {before}; the counter counts the others: {least}"
            );
            let seen = added.map_or("there is none".into(), |sum| format!("it is {sum}"));
            return Ok(Some(Finding::new("lost-addition", expected, seen).details(table)));
        }
    }
    Ok(None)
}
