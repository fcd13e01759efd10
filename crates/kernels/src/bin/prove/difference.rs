//! One claim that does not hold on this machine.

use std::fmt;

use common::{Result, root};
use kernels::outcome::{self, Output};
use kernels::programs::Program;
use kernels::record::{End, Record, Run};
use kernels::table;

use crate::claims;

/// A claim, what was expected, what was seen, and where it held before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    test: String,
    /// Runs the test again.
    again: String,
    sentence: Option<String>,
    /// The file and line that failed, and the statement there.
    place: Option<(String, Option<String>)>,
    said: Said,
    /// The recorded runs in which the claim held.
    held: String,
    /// The recorded runs in which it failed or was left out.
    not_held: String,
}

/// What a failed test said.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// The two sides of an `assert_eq!`, and its message.
    Compared {
        seen: String,
        expected: String,
        message: String,
    },
    Other(String),
}

impl Difference {
    /// Explains the failure of a test.
    ///
    /// # Errors
    /// The workspace's root is not found.
    pub(crate) fn of(
        program: &Program,
        test: &str,
        output: Output<'_>,
        record: &Record,
    ) -> Result<Self> {
        let root = root()?;
        let place = outcome::place(output.stdout, test);
        let place = place.map(|place| (place.into(), claims::statement(&root, place)));
        let key = program.key(test);
        let runs = |is: fn(&End) -> bool| {
            let ends = record.ends(&key).into_iter().flatten();
            let runs: Vec<&Run> = ends.filter(|(_, end)| is(end)).map(|(run, _)| run).collect();
            table::places(&runs)
        };
        let (package, target) = program.name.split_once(' ').unwrap_or((&program.name, "claims"));
        Ok(Self {
            again: format!("cargo test -p {package} --test {target} -- --exact {test}"),
            sentence: claims::sentence(&program.directory, test),
            place,
            said: said(&outcome::said(output.stdout, test), output.status),
            held: runs(|end| *end == End::Passed),
            not_held: runs(|end| *end != End::Passed),
            test: key,
        })
    }
}

fn said(lines: &[&str], status: &str) -> Said {
    let value = |name: &str| {
        let mut lines = lines.iter().skip_while(|line| !line.trim_start().starts_with(name));
        let first = lines.next()?.trim_start().strip_prefix(name)?.trim();
        let more = lines.take_while(|line| {
            !line.trim().is_empty() && !line.trim_start().starts_with("right: ")
        });
        Some(std::iter::once(first).chain(more.copied()).collect::<Vec<_>>().join("\n"))
    };
    let text = lines.join("\n").trim().to_owned();
    match (text.strip_prefix("assertion `left == right` failed"), value("left: "), value("right: "))
    {
        (Some(rest), Some(seen), Some(expected)) => {
            let message = rest.lines().next().unwrap_or_default().trim_start_matches(": ");
            Said::Compared { seen, expected, message: message.into() }
        }
        _ if text.is_empty() => Said::Other(format!("nothing: its program ended with {status}")),
        _ => Said::Other(text),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## `{}`\n", self.test)?;
        writeln!(f, "- claim: {}", self.sentence.as_deref().unwrap_or("it has no sentence"))?;
        match &self.said {
            Said::Compared { seen, expected, message } => {
                writeln!(f, "- expected: {expected}")?;
                writeln!(f, "- seen here: {seen}")?;
                if !message.is_empty() {
                    writeln!(f, "- where: {message}")?;
                }
            }
            Said::Other(text) => writeln!(f, "- the test said: {text}")?,
        }
        if let Some((place, statement)) = &self.place {
            let statement = statement.as_ref().map(|it| format!(": `{it}`")).unwrap_or_default();
            writeln!(f, "- asserted at {place}{statement}")?;
        }
        let before =
            [("held before on", &self.held), ("did not hold, or was left out, on", &self.not_held)];
        if before.iter().all(|(_, runs)| runs.is_empty()) {
            writeln!(f, "- no run on another kernel is recorded")?;
        }
        for (text, runs) in before.iter().filter(|(_, runs)| !runs.is_empty()) {
            writeln!(f, "- {text} Linux {runs}")?;
        }
        write!(f, "- to see it again: `{}`", self.again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_comparison_are_told() {
        let lines =
            ["assertion `left == right` failed: after the flush", "  left: [1,", "2]", " right: 3"];
        let (seen, expected) = ("[1,\n2]".into(), "3".into());
        let compared = Said::Compared { seen, expected, message: "after the flush".into() };
        assert_eq!(said(&lines, "101"), compared);
        assert_eq!(said(&["assertion failed: a"], ""), Said::Other("assertion failed: a".into()));
        let Said::Other(text) = said(&[], "signal: 7 (SIGBUS)") else { panic!("compared nothing") };
        assert!(text.contains("SIGBUS"), "{text}");
    }

    #[test]
    fn a_difference_says_the_sentence_both_values_and_where_the_claim_held() {
        let record = r#"{ "lesson-1-mapping-a-file: munmap::munmap_of_addresses_that_are_not_mapped_succeeds":
            { "6.1/ext4": "passed", "6.1/xfs": "passed", "5.10/ext4": { "left out": "no disk" } } }"#;
        let record = Record::parse(record).unwrap();
        let root = root().unwrap();
        let program = Program {
            name: "lesson-1-mapping-a-file claims".into(),
            directory: root.join("crates/lesson-1-mapping-a-file"),
            ..Program::default()
        };
        let test = "munmap::munmap_of_addresses_that_are_not_mapped_succeeds";
        let stdout = format!(
            "---- {test} stdout ----\n\nthread 'x' (7) panicked at nonexistent.rs:3:5:\n\
             assertion `left == right` failed\n  left: \"EINVAL\"\n right: \"ok\"\n\n"
        );
        let output = Output { stdout: &stdout, stderr: "", status: "101" };
        let text = Difference::of(&program, test, output, &record).unwrap().to_string();
        for part in [
            "- claim: `munmap` of addresses that are not mapped succeeds.\n",
            "- expected: \"ok\"\n- seen here: \"EINVAL\"\n",
            "- held before on Linux 6.1 on ext4, xfs\n",
            "- did not hold, or was left out, on Linux 5.10 on ext4\n",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
