//! The list of a process's mappings.

use std::collections::BTreeMap;

use common::Result;
use page_view::{Line, Mapping, mappings_of};
use serde::Serialize;

use crate::choice;
use crate::output::{Format, columns, print_json, print_lines};
use crate::text::harmless;

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
    let mappings = choice::living(pid, mappings_of)?;
    match format {
        Format::Json => print_json(&of(pid, &mappings)),
        Format::Text | Format::Svg => print_lines(&lines(&mappings, columns())),
    }
}

/// A head, then a row for each mapping. A name that does not fit stands below its row.
pub(crate) fn lines(mappings: &[Mapping], width: usize) -> Vec<Line> {
    let range =
        |mapping: &Mapping| format!("{:x}-{:x}", mapping.addresses.start, mapping.addresses.end);
    let column = mappings.iter().map(|mapping| range(mapping).len()).max().unwrap_or(0);
    let row = |range: &str, mode: &str, size: &str, resident: &str| {
        format!("{range:column$} {mode:4} {size:>9} {resident:>9}")
    };
    let mut lines = beside(row("addresses", "mode", "kB", "in memory"), "name", width);
    for mapping in mappings {
        let size = (mapping.addresses.len() >> 10).to_string();
        let resident = mapping.in_memory().map_or("unknown".into(), |sum| (sum >> 10).to_string());
        let name = harmless(mapping.path.as_deref().unwrap_or("anonymous memory"));
        let row = row(&range(mapping), &mapping.permissions, &size, &resident);
        lines.extend(beside(row, &name, width));
    }
    lines
}

fn beside(row: String, name: &str, width: usize) -> Vec<Line> {
    if row.chars().count() + 2 + name.chars().count() <= width {
        return vec![Line::plain(format!("{row}  {name}"))];
    }
    let mut lines = crate::text::folded(&row, width, 0); // A very narrow terminal folds the row, too.
    lines.extend(crate::text::cut(name, width, 2));
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
