//! What a run showed, in sentences. Each is the verdict of one comparison, or of several with the same
//! verdict; a comparison without a verdict gives a sentence that says so.

use bench::{Group, Run};

use crate::passes::baseline;

/// All conclusions, in the order of the groups.
pub(crate) fn of(run: &Run) -> Vec<String> {
    run.groups.iter().flat_map(|group| of_group(run, group)).collect()
}

/// The questions of each kind of group: subject, its name in a sentence, baseline, its name.
fn questions(group: &Group) -> Vec<[String; 4]> {
    let own = |method: &str| method.to_owned();
    let (read, in_place) = (baseline(), "counting in place in a mapping");
    let question = |subject: &str, words: &str, other: &str, other_words: &str| {
        [own(subject), own(words), own(other), own(other_words)]
    };
    let kind = group.id.split('-').next().unwrap_or_default();
    match kind {
        "pass" => vec![
            question("mapped", in_place, &read, &read),
            question("mapped-memcpy", "memcpy from a mapping to a buffer", &read, &read),
            question("mapped-atomic", "copying a mapping by 8-byte atomic loads", &read, &read),
            question("mapped-populate", "a mapping with MAP_POPULATE", &read, &read),
        ],
        "two" => vec![question("mapped", in_place, "pread-256K", "pread")],
        "random" => {
            let before =
                question("mapped-before", "a load in an existing mapping", "pread-8", "pread");
            let new = "a load in a new mapping, with its page faults,";
            let new = question("mapped-new", new, "pread-8", "pread");
            if group.row("mapped-new").is_some() { vec![before, new] } else { vec![before] }
        }
        "cold" => vec![
            question("mapped", in_place, &read, &read),
            question("mapped-hugepage", "a mapping with MADV_HUGEPAGE", &read, &read),
        ],
        "small" => vec![question("open-mapped", "mapping a file", "open-read", "reading it")],
        "short" => vec![question("mapped-64", "a mapping", "pread-64", "pread")],
        _ => Vec::new(),
    }
}

fn of_group(run: &Run, group: &Group) -> Vec<String> {
    let says = |[subject, words, baseline, other]: [String; 4]| {
        let full = |method: &str| format!("{}/{method}", group.id);
        let comparison = run.comparison(&full(&subject), &full(&baseline))?;
        Some(comparison.says(&words, &other))
    };
    let clauses: Vec<_> = questions(group).into_iter().filter_map(says).collect();
    let all = || format!("{} ({}): {}.", group.title, group.setting, clauses.join("; "));
    if clauses.is_empty() { Vec::new() } else { vec![all()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Run {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../lessons/measurements/bench-read.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn every_group_has_its_questions_and_each_was_answered() {
        let run = record();
        for group in &run.groups {
            let questions = questions(group);
            assert!(!questions.is_empty(), "{}", group.id);
            for [subject, _, baseline, _] in questions {
                let full = |method: &str| format!("{}/{method}", group.id);
                let comparison = run.comparison(&full(&subject), &full(&baseline));
                assert!(comparison.is_some(), "{}: {subject}, {baseline}", group.id);
            }
        }
    }
}
