//! Step mode: a story that waits for its reader. `page-view` runs a lesson's program in the hidden
//! role `steps`, reads what it prints, and sends one line for each key press.

use std::io::{self, ErrorKind::BrokenPipe};
use std::sync::OnceLock;

use crate::{Context, Result, end_with_parent, say};

/// Printed on a line of its own before each wait: ASCII's record separator.
pub const PAUSE_MARK: &str = "\u{1e}";

/// Set once, when this process tells its story in step mode.
static STEPPING: OnceLock<()> = OnceLock::new();

/// Tells a story in step mode: the hidden role `steps` of every lesson calls this.
///
/// # Errors
/// The story's own.
pub fn in_steps(tell: impl FnOnce() -> Result<()>) -> Result<()> {
    end_with_parent()?;
    STEPPING.get_or_init(|| ());
    tell()
}

/// Whether this process tells its story in step mode.
pub fn is_stepping() -> bool {
    STEPPING.get().is_some()
}

/// In step mode, waits for a line on standard input; otherwise does nothing. [`tell`](crate::tell)
/// pauses after each step by itself. A story pauses wherever else there is something to look at.
///
/// # Errors
/// Those of standard input and output. The end of the input is a `BrokenPipe`, which ends the story
/// without a message.
pub fn pause() -> Result<()> {
    if !is_stepping() {
        return Ok(());
    }
    say!("{PAUSE_MARK}")?;
    match io::stdin().read_line(&mut String::new()).step("read standard input")? {
        0 => Err(io::Error::from(BrokenPipe)).step("wait for a key"),
        _ => Ok(()),
    }
}
