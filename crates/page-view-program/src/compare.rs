//! Compares the views that two processes have of one file.

use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;

use common::{Failure, Result};
use page_view::{Cell, Line, View, page_range, parts};
use serde::Serialize;

use crate::aligned::{Same, aligned, same_memory};
use crate::output::{Format, columns, print_json, print_lines, write};
use crate::{choice, json, svg, text};

/// Ranges that are printed; the rest is counted.
const MOST_RANGES: usize = 64;

#[derive(Serialize)]
struct Comparison<'a> {
    views: [json::Document<'a>; 2],
    same: Vec<SameRange>,
}

/// Pages of the file, and whether they are the same memory in both processes; null is unknown.
#[derive(Serialize)]
struct SameRange {
    file_page: u64,
    count: u64,
    same: Option<bool>,
}

/// Compares the first mappings of the file `typed` in two processes.
pub(crate) fn print(pid: u32, other: u32, typed: &OsStr, format: Format) -> Result<()> {
    let one = choice::mappings(pid, typed)?.swap_remove(0);
    // The other process must map the same file, whatever its name there.
    let same_file = |mapping: &page_view::Mapping| {
        (mapping.device, mapping.inode) == (one.device, one.inode) && mapping.has_file()
    };
    let other_mapping = choice::living(other, page_view::maps_of)?.into_iter().find(same_file);
    let unmapped =
        || Failure::refusal("find", Path::new(typed), format!("process {other} does not map it"));
    let other_mapping = other_mapping.ok_or_else(unmapped)?;
    let mut views =
        [View::at(pid, one.addresses.start)?, View::at(other, other_mapping.addresses.start)?];
    if format == Format::Json {
        views.iter_mut().try_for_each(|view| View::add_sums(std::slice::from_mut(view)))?;
        return print_json(&comparison(&views));
    }
    let (first, shifted) = aligned(views.clone());
    let same = same_memory(&shifted);
    match format {
        Format::Svg => write(svg::of(&views).as_bytes()),
        _ => print_lines(&lines(&views, first, &shifted, &same, columns())),
    }
}

fn comparison(views: &[View; 2]) -> Comparison<'_> {
    let (first, shifted) = aligned(views.clone());
    let range = |(pages, same): (Range<u64>, Same)| SameRange {
        file_page: first + pages.start,
        count: pages.end - pages.start,
        same: same.known(),
    };
    Comparison {
        views: [json::of(&views[0]), json::of(&views[1])],
        same: same_memory(&shifted).into_iter().map(range).collect(),
    }
}

/// What both are, and then each range of pages of the file: what it is in each process, and
/// whether it is one memory.
fn lines(
    views: &[View; 2],
    first: u64,
    shifted: &[View; 2],
    same: &[(Range<u64>, Same)],
    width: usize,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for view in views {
        lines.extend(text::title(view, width));
    }
    let ranges = ranges(shifted, same);
    for (pages, cells, same) in ranges.iter().take(MOST_RANGES) {
        let of_file = first + pages.start..first + pages.end;
        lines.push(Line::plain(format!("{} of the file: {}", page_range(&of_file), same.words())));
        for (view, cell) in views.iter().zip(cells) {
            let before = format!("   process {}  ", view.pid);
            lines.push(Line { before, cell: Some(*cell), words: cell.words().into() });
        }
    }
    if ranges.len() > MOST_RANGES {
        lines.push(Line::plain(format!("and {} ranges more", ranges.len() - MOST_RANGES)));
    }
    lines
}

/// The ranges in which both views look the same and `same` says the same.
fn ranges(views: &[View; 2], same: &[(Range<u64>, Same)]) -> Vec<(Range<u64>, [Cell; 2], Same)> {
    let parts = views.each_ref().map(parts);
    let mut found: Vec<(Range<u64>, [Cell; 2], Same)> = Vec::new();
    let mut borders: Vec<u64> = parts.iter().flatten().map(|(pages, _)| pages.end).collect();
    borders.extend(same.iter().map(|(pages, _)| pages.end));
    borders.sort_unstable();
    borders.dedup();
    let mut start = 0;
    let cell_at = |parts: &[(Range<u64>, Cell)], page: u64| {
        let index = parts.partition_point(|(pages, _)| pages.end <= page);
        parts.get(index).map_or(Cell::Unmapped, |(_, cell)| *cell)
    };
    for end in borders {
        let cells = parts.each_ref().map(|parts| cell_at(parts, start));
        let index = same.partition_point(|(pages, _)| pages.end <= start);
        let same = same.get(index).map_or(Same::NotBoth, |(_, same)| *same);
        found.push((start..end, cells, same));
        start = end;
    }
    found
}
