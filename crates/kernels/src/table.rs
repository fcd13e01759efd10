//! The record as tables, in Markdown that is also readable in a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::machines::Machines;
use crate::record::{End, FILE_SYSTEMS, Record, Run};

/// What ran where: a row for each kernel.
pub fn machines(machines: &Machines) -> String {
    let mut text = String::from(
        "| kernel | Debian's package | C library | processor | date |\n| --- | --- | --- | --- | --- |\n",
    );
    for (kernel, machine) in machines.sorted() {
        let day = machine.date.split('T').next().unwrap_or_default();
        let (package, library) = (&machine.package, &machine.c_library);
        let processor = &machine.processor;
        // A String takes every text.
        let _ = writeln!(text, "| {kernel} | {package} | {library} | {processor} | {day} |");
    }
    text
}

/// How many tests passed, failed and were left out: kernel by file system.
pub fn counts(record: &Record) -> String {
    let runs = record.runs();
    let has = |system: &&str| runs.iter().any(|run| run.file_system == *system);
    let systems: Vec<_> = FILE_SYSTEMS.into_iter().filter(has).collect();
    let rule = "--- | ".repeat(systems.len() + 1);
    let mut text = format!("| kernel | {} |\n| {}\n", systems.join(" | "), rule.trim_end());
    for kernel in record.kernels() {
        let cell = |system: &&str| cell(record, &Run::new(kernel, system));
        let cells: Vec<_> = systems.iter().map(cell).collect();
        let _ = writeln!(text, "| {kernel} | {} |", cells.join(" | "));
    }
    text
}

fn cell(record: &Record, run: &Run) -> String {
    let ends: Vec<_> =
        record.all().filter(|(_, at, _)| *at == run).map(|(_, _, end)| end).collect();
    let count = |is: fn(&End) -> bool| ends.iter().filter(|end| is(end)).count();
    let counts = [
        (count(|end| *end == End::Passed), "passed"),
        (count(|end| matches!(end, End::Failed(_))), "**failed**"),
        (count(|end| matches!(end, End::LeftOut(_))), "left out"),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, how)| format!("{count} {how}")).collect();
    if told.is_empty() { "not run".into() } else { told.join(", ") }
}

/// Each test that did not pass somewhere, with what it said and where.
pub fn differences(record: &Record) -> String {
    let mut text = String::new();
    for (title, which) in [("Failed", true), ("Left out", false)] {
        let mut by_test: BTreeMap<(&str, &str), Vec<&Run>> = BTreeMap::new();
        for (test, run, end) in record.all() {
            let said = match end {
                End::Failed(said) if which => said,
                End::LeftOut(said) if !which => said,
                _ => continue,
            };
            by_test.entry((test, said)).or_default().push(run);
        }
        if by_test.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {title}\n");
        for ((test, said), runs) in by_test {
            let _ = writeln!(text, "- `{test}`: {}. {said}", places(&runs));
        }
    }
    text
}

/// `6.1 on ext4, xfs; 6.12 on ext4`.
pub fn places(runs: &[&Run]) -> String {
    let mut sorted = runs.to_vec();
    sorted.sort();
    let mut by_kernel: Vec<(&str, Vec<&str>)> = Vec::new();
    for run in sorted {
        match by_kernel.last_mut() {
            Some((kernel, systems)) if *kernel == run.kernel => systems.push(&run.file_system),
            _ => by_kernel.push((&run.kernel, vec![&run.file_system])),
        }
    }
    let place =
        |(kernel, systems): &(&str, Vec<&str>)| format!("{kernel} on {}", systems.join(", "));
    by_kernel.iter().map(place).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let text = r#"{
            "x: a::one": { "6.12/ext4": "passed", "6.1/xfs": { "failed": "2, not 1" },
                           "6.1/ext4": { "failed": "2, not 1" } },
            "x: a::two": { "6.1/tmpfs": "passed", "6.12/ext4": { "left out": "no disk" } } }"#;
        Record::parse(text).unwrap()
    }

    #[test]
    fn each_kernel_has_a_row_with_a_cell_for_each_file_system() {
        let text = counts(&record());
        assert!(
            text.contains("| kernel | ext4 | xfs | tmpfs |\n| --- | --- | --- | --- |\n"),
            "{text}"
        );
        assert!(text.contains("| 6.1 | 1 **failed** | 1 **failed** | 1 passed |"), "{text}");
        assert!(text.contains("| 6.12 | 1 passed, 1 left out | not run | not run |"), "{text}");
    }

    #[test]
    fn a_difference_is_named_with_its_kernel_and_file_systems() {
        let text = differences(&record());
        assert!(
            text.contains("## Failed\n\n- `x: a::one`: 6.1 on ext4, xfs. 2, not 1\n"),
            "{text}"
        );
        assert!(text.contains("## Left out\n\n- `x: a::two`: 6.12 on ext4. no disk\n"), "{text}");
        assert_eq!(differences(&Record::default()), "");
    }
}
