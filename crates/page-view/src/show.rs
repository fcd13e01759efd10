//! Pictures in a lesson's story.

use std::ops::Range;

use common::{COLUMNS, Result, say};

use crate::report::{Report, Row, send};
use crate::{View, draw};

/// Prints the picture of the mapping at `address` of process `pid`, with `label` at its left.
///
/// # Errors
/// As [`View::at`], and of the output.
pub fn show(label: &str, pid: u32, address: usize) -> Result<()> {
    let view = View::at(pid, address)?;
    say!("{}", draw(&view, label, COLUMNS))?;
    send(&Report::Rows(vec![Row { pid, addresses: view.addresses }]))
}

/// Prints the pictures of some addresses, mapped or not, one below the other: each with its label,
/// its process, and its addresses.
///
/// In step mode and in a figure, these are the pages that the next pause is about.
///
/// # Errors
/// As [`View::of`], and of the output.
pub fn show_rows(rows: &[(&str, u32, Range<usize>)]) -> Result<()> {
    // A label of blanks only is an indentation.
    let length = |label: &str| match label.trim_end() {
        "" => label.chars().count(),
        words => words.chars().count(),
    };
    let widest = rows.iter().map(|(label, ..)| length(label)).max().unwrap_or(0);
    for (label, pid, addresses) in rows {
        let label = format!("{:widest$}", label.trim_end());
        say!("{}", draw(&View::of(*pid, addresses.clone())?, &label, COLUMNS))?;
    }
    let row = |(_, pid, addresses): &(&str, u32, Range<usize>)| Row {
        pid: *pid,
        addresses: addresses.clone(),
    };
    send(&Report::Rows(rows.iter().map(row).collect()))
}
