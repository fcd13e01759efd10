//! How the story's lines are set: what was found on the left, what had to be found on the right.

use std::io;

use common::{Context, Result, say};

/// One line in two columns: `what`, what was found, and what was expected.
///
/// # Errors
/// That the two differ; and those of standard output.
pub(crate) fn compare(what: &str, found: &str, expected: &str) -> Result<()> {
    say!("   {:<51}  expected {expected}", format!("{what}{found}"))?;
    match found == expected {
        true => Ok(()),
        false => Err(io::Error::other("not as expected")).step(&format!("show {:?}", what.trim())),
    }
}

/// The same for a line that a second process said, which ends in what it found.
///
/// # Errors
/// As [`compare`].
pub(crate) fn compare_last_word(line: &str, expected: &str) -> Result<()> {
    let (what, found) = line.split_at(line.rfind(' ').map_or(0, |space| space + 1));
    compare(&format!("   {what}"), found, expected)
}
