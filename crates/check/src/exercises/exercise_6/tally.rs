//! What `lines` must print.

use crate::observe::Run;
use crate::verdict::{Verdict, failed};

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
            None => (format!("{} lines", self.lines.len()), found.last().copied()),
        };
        let actual = actual.map_or("it is missing".into(), |line| format!("it is `{line}`"));
        let counts_unended = found == self.with_unended && said.ends_with('\n');
        failed(
            if counts_unended { "unended-line-counted" } else { "wrong-count" },
            expected,
            actual,
        )
    }
}
