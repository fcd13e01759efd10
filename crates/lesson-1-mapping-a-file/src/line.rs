//! How the story's lines are set: what was seen on the left, what had to be seen on the right.

use common::{Result, say};

/// One line in two columns.
///
/// # Errors
/// Those of standard output.
pub(crate) fn compare(seen: &str, expected: &str) -> Result<()> {
    say!("   {seen:<51}  expected {expected}")
}
