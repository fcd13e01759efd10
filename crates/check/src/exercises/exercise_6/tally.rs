//! What `lines` must print.

use crate::counted::counted;
use crate::observe::Run;
use crate::verdict::{Finding, Verdict};

/// The lines that must be printed.
#[derive(Default)]
pub(super) struct Tally {
    lines: Vec<String>,
    totals: (usize, usize),
    /// The lines that a program prints which counts a last line without a newline, too.
    with_unended: Vec<String>,
    unended: usize,
}

impl Tally {
    /// A file of this name and content is counted next.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) {
        let lines = content.iter().filter(|byte| **byte == b'\n').count();
        let unended = usize::from(content.last().is_some_and(|last| *last != b'\n'));
        self.add_counts(name, lines, content.len());
        if let Some(line) = self.with_unended.last_mut() {
            *line = format!("{} {} {name}", lines + unended, content.len());
        }
        self.unended += unended;
    }

    /// A file whose counts are known.
    pub(super) fn add_counts(&mut self, name: &str, lines: usize, bytes: usize) {
        self.lines.push(format!("{lines} {bytes} {name}"));
        self.with_unended.push(format!("{lines} {bytes} {name}"));
        self.totals = (self.totals.0 + lines, self.totals.1 + bytes);
    }

    /// Several were given: their total is the last line.
    pub(super) fn with_total(mut self) -> Self {
        let (lines, bytes) = self.totals;
        self.lines.push(format!("{lines} {bytes} total"));
        self.with_unended.push(format!("{} {bytes} total", lines + self.unended));
        self
    }

    /// The lines as they are printed.
    pub(super) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The run printed exactly these lines.
    pub(super) fn expect(&self, run: &Run) -> Verdict {
        let said = String::from_utf8_lossy(&run.stdout.bytes).into_owned();
        let found: Vec<_> = said.lines().collect();
        if found == self.lines && said.ends_with('\n') {
            return Ok(());
        }
        let difference =
            self.lines.iter().enumerate().find(|(at, line)| found.get(*at) != Some(&line.as_str()));
        let (expected, actual) = match difference {
            Some((at, line)) => (format!("line {} is `{line}`", at + 1), found.get(at).copied()),
            None if found.len() == self.lines.len() => {
                ("a newline after the last line".into(), found.last().copied())
            }
            None => {
                let right = self.lines.len();
                let lines = counted(right as u64, "line");
                let of_one = if right == 1 { ": of one FILE, there is no total" } else { "" };
                let expected = format!("`{}` prints {lines}, and no more{of_one}", run.called);
                (expected, found.get(right).or(found.last()).copied())
            }
        };
        let overflows =
            difference.is_some_and(|(_, line)| actual.is_some_and(|found| is_cut(line, found)));
        let actual = actual.map_or("it is missing".into(), |line| format!("it is `{line}`"));
        let counts_unended = found == self.with_unended && said.ends_with('\n');
        let id = match () {
            () if counts_unended => "unended-line-counted",
            () if overflows => "count-overflows",
            () => "wrong-count",
        };
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let same_words =
            found.iter().copied().map(words).eq(self.lines.iter().map(|line| words(line)));
        let blanks = (same_words && found != self.lines).then_some(
            "all numbers and names are right: only the blanks differ. One blank stands between two of them, and \
             none before the first",
        );
        Err(Finding::new(id, expected, actual).details(blanks).into())
    }
}

/// Are the bytes in a line those that are expected, but for what does not fit into 32 bits?
fn is_cut(expected: &str, found: &str) -> bool {
    let bytes = |line: &str| line.split_whitespace().nth(1)?.parse::<i128>().ok();
    let (Some(expected), Some(found)) = (bytes(expected), bytes(found)) else { return false };
    expected != found && (expected - found) % (1 << 32) == 0
}

#[cfg(test)]
mod tests {
    use tracer::Ending;

    use super::*;
    use crate::verdict::CheckError;

    /// What is said of an output, where a file of three lines is counted.
    fn found(output: &str) -> Finding {
        let mut tally = Tally::default();
        tally.add("words", b"one\ntwo\nthree\n");
        let mut run = Run::ended("exercise-6 lines words", Ending::Exited(0));
        run.stdout.bytes = output.into();
        match tally.expect(&run) {
            Err(CheckError::Wrong(finding)) => *finding,
            other => panic!("{other:?}"),
        }
    }

    fn told(output: &str) -> (String, String) {
        let finding = found(output);
        (finding.expected, finding.actual)
    }

    #[test]
    fn numbers_that_are_right_are_not_said_to_be_wrong() {
        let padded = found("      3      14 words\n");
        assert!(padded.details.concat().contains("only the blanks differ"), "{padded:?}");
        assert_eq!(found("2 14 words\n").details, [""; 0]);
    }

    #[test]
    fn a_number_of_which_only_32_bits_are_printed_overflows() {
        assert!(is_cut("4 2147483648 total", "4 -2147483648 total"));
        assert!(is_cut("4 4294967296 total", "4 0 total"));
        assert!(!is_cut("4 2147483648 total", "4 2147483648 total"));
        assert!(!is_cut("4 2147483648 total", "4 2147483647 total"));
    }

    #[test]
    fn a_line_too_many_and_a_missing_newline_are_told_as_such() {
        let (expected, actual) = told("3 14 words\n3 14 total\n");
        assert!(expected.ends_with("prints 1 line, and no more: of one FILE, there is no total"));
        assert_eq!(actual, "it is `3 14 total`");
        let (expected, actual) = told("3 14 words");
        assert_eq!(expected, "a newline after the last line");
        assert_eq!(actual, "it is `3 14 words`");
    }
}
