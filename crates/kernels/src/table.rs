//! The table of a run, kernel by file system, and each difference by name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// A run: what was seen on each kernel and file system.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// When the run began, in UTC.
    pub(crate) date: String,
    /// The name and version of the C library.
    pub(crate) c_library: String,
    /// By kernel, then by file system.
    pub(crate) kernels: BTreeMap<String, BTreeMap<String, Outcome>>,
}

impl Record {
    /// Whether every test passed everywhere.
    pub(crate) fn is_clean(&self) -> bool {
        self.outcomes().all(|(_, _, outcome)| outcome.failed.is_empty() && outcome.cannot.is_none())
    }

    fn outcomes(&self) -> impl Iterator<Item = (&str, &str, &Outcome)> {
        self.kernels.iter().flat_map(|(kernel, systems)| {
            systems.iter().map(move |(system, outcome)| (kernel.as_str(), system.as_str(), outcome))
        })
    }

    /// The table and the differences, as Markdown that is also readable in a terminal.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from(
            "| kernel | file system | passed | failed | left out |\n| --- | --- | --- | --- | --- |\n",
        );
        for (kernel, system, outcome) in self.outcomes() {
            let cells = match &outcome.cannot {
                Some(why) => format!("– | – | all: {why}"),
                None => format!(
                    "{} | {} | {}",
                    outcome.passed,
                    outcome.failed.len(),
                    outcome.left_out.len()
                ),
            };
            let _ = writeln!(text, "| {kernel} | {system} | {cells} |"); // A String takes every text.
        }
        for (title, names) in [
            ("Failed", self.places(|o| o.failed.keys().cloned().collect())),
            ("Left out", self.places(|o| o.left_out.clone())),
        ] {
            if !names.is_empty() {
                let _ = writeln!(text, "\n{title}:\n");
            }
            for (name, places) in names {
                let _ = writeln!(text, "- `{name}`: {}", places.join("; "));
            }
        }
        text
    }

    /// Each name with the kernels and file systems where it occurs.
    fn places(&self, names: impl Fn(&Outcome) -> Vec<String>) -> BTreeMap<String, Vec<String>> {
        let mut places: BTreeMap<String, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
        for (kernel, system, outcome) in self.outcomes() {
            for name in names(outcome) {
                places.entry(name).or_default().entry(kernel).or_default().push(system);
            }
        }
        let line =
            |(kernel, systems): (&str, Vec<&str>)| format!("{kernel} on {}", systems.join(", "));
        places.into_iter().map(|(name, by)| (name, by.into_iter().map(line).collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_named_with_its_kernel_and_file_systems() {
        let mut record = Record::default();
        let fine = Outcome { passed: 2, ..Outcome::default() };
        let mut bad = fine.clone();
        bad.failed.insert("lesson-1: a".into(), "1 is not 2".into());
        let systems = record.kernels.entry("6.1".into()).or_default();
        systems.insert("ext4".into(), bad.clone());
        systems.insert("xfs".into(), bad);
        systems.insert("tmpfs".into(), fine);
        let text = record.markdown();
        assert!(text.contains("| 6.1 | ext4 | 2 | 1 | 0 |"), "{text}");
        assert!(text.contains("- `lesson-1: a`: 6.1 on ext4, xfs\n"), "{text}");
        assert!(!record.is_clean());
    }

    #[test]
    fn a_file_system_that_cannot_be_mounted_is_not_clean() {
        let mut record = Record::default();
        let cannot =
            Outcome { cannot: Some("unknown filesystem type".into()), ..Outcome::default() };
        record.kernels.entry("6.1".into()).or_default().insert("xfs".into(), cannot);
        assert!(!record.is_clean());
        assert!(record.markdown().contains("all: unknown filesystem type"));
    }
}
