//! A story: the steps that a lesson's program shows, each by itself.

use std::{fmt::Display, io};

use rand::{SeedableRng, rngs::StdRng};

use crate::{Context, Result, Scratch, ground, is_stepping, pause, say};

/// One step of a story: its heading, and the function that shows it.
pub struct Step(pub &'static str, pub fn(&mut Stage) -> Result<()>);

/// What a step may use.
pub struct Stage {
    /// The run's directory.
    pub scratch: Scratch,
    /// Random numbers that `--seed` fixes.
    pub random: StdRng,
}

/// Tells the story of `lesson`, a package: the ground, then each step under its number, with a pause after it in
/// step mode. Otherwise, it ends with what to do next.
pub fn tell(lesson: &str, steps: &[Step], seed: Option<u64>) -> Result<()> {
    let seed = seed.unwrap_or_else(rand::random);
    let mut stage = Stage { scratch: Scratch::new()?, random: StdRng::seed_from_u64(seed) };
    say!("{}", ground(stage.scratch.path())?)?;
    for (number, Step(heading, show)) in (1..).zip(steps) {
        say!("\n{number}. {heading}")?;
        show(&mut stage)?;
        pause()?;
    }
    if is_stepping() { Ok(()) } else { say!("\n{}", next(lesson)) }
}

/// What a reader of `lesson` can do next.
fn next(lesson: &str) -> String {
    let n = lesson.split('-').nth(1).unwrap_or_default();
    [
        format!("The text: lessons/{lesson}.md"),
        format!("Step by step: just step {n}, or cargo page-view step {n}"),
        format!("Questions: just quiz {n}, or cargo quiz {n}"),
    ]
    .join("\n")
}

/// Columns of a story's lines, whatever the terminal, so that the output is the same on every run.
pub const COLUMNS: usize = 60;
/// The column at which `expected` stands, where there is room for it.
const EXPECTED: usize = 40;

/// Prints what a step saw beside what it had to see. `what` describes `seen` and may begin with
/// blanks, which indent the line further than a story's usual three.
///
/// # Errors
/// `not as expected`, after the line has been printed, if the two differ; and those of the output.
pub fn compare(what: &str, seen: impl Display, expected: impl Display) -> Result<()> {
    let (seen, expected) = (seen.to_string(), expected.to_string());
    say!("{}", beside(&format!("   {what}{seen}"), &format!("expected {expected}")))?;
    match seen == expected {
        true => Ok(()),
        false => Err(io::Error::other("not as expected")).step(&format!("show {:?}", what.trim())),
    }
}

/// Prints a sentence of a story, folded at [`COLUMNS`] and indented by three and its own blanks.
///
/// # Errors
/// Those of the output.
pub fn sentence(text: &str) -> Result<()> {
    say!("{}", folded(&format!("   {text}"), 0))
}

/// `left`, and `right` in its column, or on a line of its own if it does not fit beside `left`.
fn beside(left: &str, right: &str) -> String {
    let column = EXPECTED.max(left.chars().count() + 2);
    if column + right.chars().count() <= COLUMNS {
        return format!("{left:column$}{right}");
    }
    let indent = left.chars().take_while(|c| *c == ' ').count() + 3;
    format!("{}\n{}", folded(left, 3), folded(&format!("{:indent$}{right}", ""), 3))
}

/// `text` in lines of at most [`COLUMNS`]. Later lines are indented by `more` than the first.
fn folded(text: &str, more: usize) -> String {
    let indent = " ".repeat(text.chars().take_while(|c| *c == ' ').count());
    let later = format!("{indent}{:more$}", "");
    let options = textwrap::Options::new(COLUMNS).initial_indent(&indent).subsequent_indent(&later);
    textwrap::fill(text.trim_start(), options.break_words(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_expected_stands_beside_or_below_what_was_seen() {
        assert_eq!(beside("   count: 2", "expected 2"), format!("{:40}expected 2", "   count: 2"));
        let long = format!("   {}", "word ".repeat(11).trim());
        assert_eq!(beside(&long, "expected 2"), format!("{long}\n      expected 2"));
        let all = beside(&"   word".repeat(30), &format!("expected {}", "word ".repeat(30)));
        assert!(all.lines().all(|line| line.chars().count() <= COLUMNS), "{all}");
    }
}
