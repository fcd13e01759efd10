//! Pictures in a lesson's story, and the same story told a step at each key press.

use std::io;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use common::{Context, PAUSE, Result, say};

use crate::{Cell, View, draw};

/// As wide as a story's pictures are, whatever the terminal: the same output on every run.
const WIDTH: usize = 80;

/// What stands on a line of its own after which the story waits: ASCII's record separator.
pub const RECORD_SEPARATOR: &str = "\u{1e}";

/// Prints the picture of the mapping at `address` of process `pid`, with `label` at its left.
///
/// # Errors
/// As [`View::at`], and of the output.
pub fn show(label: &str, pid: u32, address: usize) -> Result<()> {
    say!("{}", draw(&View::at(pid, address)?, label, WIDTH))
}

/// The letters that this process's story has explained.
static EXPLAINED: Mutex<Vec<Cell>> = Mutex::new(Vec::new());

/// Prints the pictures of some addresses, mapped or not, one below the other: each with its label,
/// of its process. Below them stands what each letter means that was in no such pictures before.
///
/// # Errors
/// As [`View::of`], and of the output.
pub fn show_rows(rows: &[(&str, u32, Range<usize>)]) -> Result<()> {
    let mut views = Vec::new();
    for (label, pid, addresses) in rows {
        let view = View::of(*pid, addresses.clone())?;
        say!("{}", draw(&view, label, WIDTH))?;
        views.push(view);
    }
    explain_new(&views)
}

/// Prints what each letter in the pictures of these views means that this process's story has not
/// explained before.
///
/// # Errors
/// Of the output.
pub fn explain_new(views: &[View]) -> Result<()> {
    let mut explained = EXPLAINED.lock().unwrap_or_else(PoisonError::into_inner);
    for line in crate::legend(views) {
        if line.cells.iter().any(|cell| !explained.contains(cell)) {
            say!("      {line}")?;
            explained.extend(line.cells);
        }
    }
    Ok(())
}

/// Prints what the letters in the pictures of these views mean, indented as a story is.
///
/// # Errors
/// Of the output.
pub fn explain(views: &[&View]) -> Result<()> {
    crate::legend(views.iter().copied()).iter().try_for_each(|line| say!("   {line}"))
}

/// In step mode, waits for a key; otherwise does nothing. A story calls it where there is something
/// to look at; after each step it happens by itself.
///
/// # Errors
/// Of the output; and a quiet one if there will be no key any more.
pub fn pause() -> Result<()> {
    PAUSE.get().map_or(Ok(()), |pause| pause())
}

/// What every lesson's hidden role `steps` calls: tells its story, and after each step prints a
/// [`RECORD_SEPARATOR`] and waits for a line. The end of standard input ends the story.
///
/// # Errors
/// The story's own.
pub fn in_steps(tell: impl FnOnce() -> Result<()>) -> Result<()> {
    common::end_with_parent()?;
    let _ = PAUSE.set(wait_for_line); // Once set is as good as twice: there is one way to wait.
    tell()
}

fn wait_for_line() -> Result<()> {
    say!("{RECORD_SEPARATOR}")?;
    match io::stdin().read_line(&mut String::new()).step("read standard input")? {
        0 => Err(io::Error::from(io::ErrorKind::BrokenPipe)).step("wait for a key"),
        _ => Ok(()),
    }
}
