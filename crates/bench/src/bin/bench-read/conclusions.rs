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
        "random" => vec![
            question("mapped-before", "a load in an existing mapping", "pread-8", "pread"),
            question("mapped-new", "a load in a new mapping, faults included,", "pread-8", "pread"),
        ],
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
