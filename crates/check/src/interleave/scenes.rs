//! Searches as a check states them: the scenes, what is said about a run, and the table.

use super::replay::{Replay, Scene, Stage};
use super::schedule::Schedule;
use super::search::{Depth, Hunt, Judge, hunt};
use super::stress::stress;
use super::table::{Names, table};
use crate::exercises::{Bench, Finding, Trouble, Verdict};
use crate::supervise::Ending;

/// Scenes that a check tries.
pub struct Trial {
    /// What the two are.
    pub scene: Scene,
    /// How much is tried.
    pub depth: Depth,
}

/// How many pairs run at a time: two processes each, of which one moves.
const STAGES: usize = 2;

/// Tries scenes in every order, or replays the schedule that was asked for.
///
/// # Errors
/// What `judge` found, with the table; that this machine cannot show interleavings; faults.
pub fn in_every_order(bench: &Bench, trials: &[Trial], judge: Judge, names: Names) -> Verdict {
    let mut stages: Vec<Stage> = Vec::new();
    for number in 0..STAGES {
        stages.push(bench.stage(&format!("stage-{number}"))?);
    }
    if let Some(text) = &bench.settings().schedule {
        if !can_be_shown(bench) {
            return Err(Trouble::Cannot(format!(
                "the schedule {text} cannot be replayed: {NEEDS}"
            )));
        }
        let schedule: Schedule = text.parse().map_err(Trouble::Cannot)?;
        return replay_one(&stages[0], trials, schedule, judge, names);
    }
    if !can_be_shown(bench) {
        return by_stress(&stages[0], trials, judge);
    }
    let hunts = trials.iter().map(|Trial { scene, depth }| Hunt { scene, depth: *depth, judge });
    let (mut runs, mut cut) = (0, false);
    for (trial, found) in trials.iter().zip(hunt(&stages, &hunts.collect::<Vec<_>>())?) {
        if let Some((run, finding)) = found.wrong {
            return Err(told(&trial.scene, &run, finding, names));
        }
        runs += found.runs;
        cut |= found.cut;
    }
    match cut {
        false => Ok(()),
        true => Err(Trouble::Cannot(format!(
            "only {runs} orders could be tried in the time that a check may take: none was wrong; \
             try again on a machine that is less busy"
        ))),
    }
}

/// What it takes to stop a program before its stores.
pub const NEEDS: &str = "a process is stopped before a store by ptrace, on x86-64";

/// Can interleavings be shown here? If not, they are looked for by stress.
#[must_use]
pub fn can_be_shown(bench: &Bench) -> bool {
    bench.settings().ground.ptrace && cfg!(target_arch = "x86_64")
}

fn by_stress(stage: &Stage, trials: &[Trial], judge: Judge) -> Verdict {
    let scenes: Vec<_> = trials.iter().map(|trial| &trial.scene).collect();
    let tried = stress(stage, &scenes, judge)?;
    match tried.wrong {
        Some((scene, finding)) => {
            let how = format!("found by stress, in the scene {scene}: no schedule repeats it");
            Err(finding.details([how]).into())
        }
        None if tried.rounds == 0 => Err(Trouble::Cannot(
            "not one moment could be tried in the time that a check may take: try again on a machine \
             that is less busy"
                .into(),
        )),
        None => Ok(()),
    }
}

fn replay_one(
    stage: &Stage,
    trials: &[Trial],
    schedule: Schedule,
    judge: Judge,
    names: Names,
) -> Verdict {
    let Some(trial) = trials.iter().find(|trial| trial.scene.name == schedule.scene) else {
        return Err(Trouble::Cannot(format!("the schedule {schedule} is of another check")));
    };
    let run = stage.replay(&trial.scene, schedule)?;
    match judge(&trial.scene, &run) {
        Some(finding) => Err(told(&trial.scene, &run, finding, names)),
        None => Ok(()),
    }
}

/// A finding with its table, and how to see it again.
fn told(scene: &Scene, run: &Replay, finding: Finding, names: Names) -> Trouble {
    finding.details(table(scene, run, names)).schedule(run.schedule.to_string()).into()
}

/// What is wrong with any run of two, whatever they do: one crashed, hung, or failed.
#[must_use]
pub fn common_finding(scene: &Scene, run: &Replay, may_fail: bool) -> Option<Finding> {
    let called = |side: usize| format!("`{}`", scene.arguments[side].join(" "));
    if run.breach.is_some() || run.stuck {
        let who: Vec<String> =
            (0..2).filter(|side| run.endings[*side].is_none()).map(called).collect();
        let who = if who.is_empty() { vec![called(0), called(1)] } else { who };
        let seen = match run.breach {
            Some(breach) => format!("{}: {breach}", who.join(" and ")),
            None => format!("{} cannot go on, and nobody is left to wake them", who.join(" and ")),
        };
        return Some(Finding::new("nobody-goes-on", "both processes come to their end", seen));
    }
    for side in 0..2 {
        let said = run.complained[side].text();
        let told = |id, expected: &str, ending: Ending| {
            let finding =
                Finding::new(id, format!("{} {expected}", called(side)), ending.to_string());
            finding.details(said.lines().take(3).map(|line| format!("it said: {line:?}")))
        };
        match run.endings[side] {
            Some(Ending::Exited(0)) => {}
            Some(Ending::Exited(1)) if may_fail => {}
            Some(ending @ Ending::Exited(_)) => {
                return Some(told("fails-beside-another", "succeeds beside another", ending));
            }
            Some(ending @ Ending::Killed(_)) => {
                return Some(told("died-of-a-signal", "ends by itself beside another", ending));
            }
            None => {}
        }
    }
    None
}
