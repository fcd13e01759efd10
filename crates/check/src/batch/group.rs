//! Submissions of one exercise whose runs did the same, so that a teacher comments once.

use std::collections::BTreeMap;

use super::entry::Entry;
use crate::printable::printable_name;

/// A line for each group of two or more, the largest first, with one representative.
pub(super) fn table(entries: &[Entry]) -> String {
    let mut groups: BTreeMap<(u8, &str), Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(report) = &entry.report {
            groups.entry((entry.exercise, report.fingerprint.as_str())).or_default().push(entry);
        }
    }
    let single = groups.values().filter(|group| group.len() == 1).count();
    let mut groups: Vec<_> = groups.into_iter().filter(|(_, group)| group.len() > 1).collect();
    groups.sort_by_key(|((exercise, _), group)| (*exercise, std::cmp::Reverse(group.len())));
    let mut lines: Vec<_> = groups
        .iter()
        .filter_map(|((exercise, _), group)| {
            let (first, others) = group.split_first()?;
            let diagnosis = first.diagnosis.as_deref().unwrap_or(&first.state);
            let others: Vec<_> =
                others.iter().map(|entry| printable_name(&entry.student)).collect();
            Some(format!(
                "exercise {exercise}, {} submissions, {diagnosis}: see {}; the same: {}",
                group.len(),
                printable_name(&first.student),
                others.join(", ")
            ))
        })
        .collect();
    let found = match groups.len() {
        1 => "1 group".to_owned(),
        number => format!("{number} groups"),
    };
    lines.push(match single {
        1 => format!("{found}, and 1 submission that is like no other."),
        _ => format!("{found}, and {single} submissions that are like no other."),
    });
    lines.join("\n")
}
