//! The mappings of a process, one a line.

use std::collections::BTreeMap;

use common::Result;
use page_view::{Line, Mapping, mappings_of};
use serde::Serialize;

use crate::Format;
use crate::output::{columns, harmless, print_json, print_lines};

#[derive(Serialize)]
pub(crate) struct Listing<'a> {
    pid: u32,
    mappings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    start: usize,
    end: usize,
    permissions: &'a str,
    offset: u64,
    file: Option<&'a str>,
    smaps: BTreeMap<&'a str, u64>,
}

/// Prints the mappings of process `pid`.
pub(crate) fn print(pid: u32, format: Format) -> Result<()> {
    let mappings = mappings_of(pid)?;
    match format {
        Format::Json => print_json(&of(pid, &mappings)),
        Format::Text | Format::Svg => print_lines(&lines(&mappings, columns())),
    }
}

/// A head, then a line for each mapping.
pub(crate) fn lines(mappings: &[Mapping], width: usize) -> Vec<Line> {
    let head = format!("{:>14}-{:<14} mode {:>11} {:>11}  name", "from", "to", "kB", "in memory");
    let rows = mappings.iter().map(|mapping| {
        let (start, end) = (mapping.addresses.start, mapping.addresses.end);
        let size = mapping.addresses.len() >> 10;
        let resident = mapping.sum("Rss").map_or("unknown".into(), |sum| (sum >> 10).to_string());
        let name = harmless(mapping.path.as_deref().unwrap_or("anonymous memory"));
        format!("{start:>14x}-{end:<14x} {} {size:>11} {resident:>11}  {name}", mapping.permissions)
    });
    let narrow = |row: String| match row.chars().count() > width {
        true => fold_row(&row, width),
        false => vec![Line { before: row, ..Line::default() }],
    };
    [head].into_iter().chain(rows).flat_map(narrow).collect()
}

/// A row that is too long goes on below, indented by two.
fn fold_row(row: &str, width: usize) -> Vec<Line> {
    let words = row.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = crate::text::folded(&words, width.saturating_sub(2), 0);
    lines.iter_mut().skip(1).for_each(|line| line.before.insert_str(0, "  "));
    lines
}

/// The list as JSON.
pub(crate) fn of(pid: u32, mappings: &[Mapping]) -> Listing<'_> {
    Listing { pid, mappings: mappings.iter().map(entry).collect() }
}

fn entry(mapping: &Mapping) -> Entry<'_> {
    Entry {
        start: mapping.addresses.start,
        end: mapping.addresses.end,
        permissions: &mapping.permissions,
        offset: mapping.offset,
        file: mapping.path.as_deref(),
        smaps: mapping.sums(),
    }
}
