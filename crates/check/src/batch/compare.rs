//! The students who get another result than before, and why.

use super::entry::Entry;
use crate::printable::printable_name;
use crate::report::{CheckResult, Report};

/// A line for each student whose result differs, and one for each check that does.
pub(super) fn table(old: &[Entry], new: &[Entry]) -> String {
    let mut lines = Vec::new();
    let mut changed = 0;
    for entry in new {
        let name = format!("{}, exercise {}", printable_name(&entry.student), entry.exercise);
        let Some(before) = old.iter().find(|before| before.key() == entry.key()) else {
            lines.push(format!("{name}: {}, not there before", entry.summary()));
            changed += 1;
            continue;
        };
        if before.same_result(entry) {
            continue;
        }
        changed += 1;
        lines.push(format!("{name}: {}, before: {}", entry.summary(), before.summary()));
        lines.extend(differing(before.report.as_ref(), entry.report.as_ref()));
        if before.digest != entry.digest {
            lines.push("  the file has changed, too".into());
        }
    }
    let asked = |before: &&Entry| new.iter().any(|entry| entry.key() == before.key());
    lines.extend(match old.len() - old.iter().filter(asked).count() {
        0 => None,
        1 => Some("1 older result is not compared: of another student or exercise.".into()),
        others => Some(format!(
            "{others} older results are not compared: of other students or exercises."
        )),
    });
    lines.push(format!("{changed} of {} results differ.", new.len()));
    lines.join("\n")
}

fn differing(before: Option<&Report>, now: Option<&Report>) -> Vec<String> {
    let (Some(before), Some(now)) = (before, now) else { return Vec::new() };
    let mut lines = Vec::new();
    for check in &now.checks {
        let other = before.checks.iter().find(|other| other.id == check.id);
        let (is, was) = (state(check), other.map_or("not a check".into(), state));
        if is != was {
            lines.push(format!("  {}: {is}, before: {was}", check.id));
            lines.push(format!("    check: {}", check.promise));
            lines.extend(check.actual.iter().map(|seen| format!("    {seen}")));
        }
    }
    let gone = before.checks.iter().filter(|old| now.checks.iter().all(|check| check.id != old.id));
    lines.extend(gone.flat_map(|old| {
        let line = format!("  {}: not a check any more, before: {}", old.id, state(old));
        [line, format!("    check: {}", old.promise)]
    }));
    lines
}

fn state(check: &CheckResult) -> String {
    let word = crate::report::word(check.state);
    match &check.diagnosis {
        Some(diagnosis) => format!("{word} ({diagnosis})"),
        None => word.into(),
    }
}
