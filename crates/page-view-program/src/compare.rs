//! Two processes' views of one file, side by side.

use std::ops::Range;
use std::path::Path;

use common::{Failure, Result};
use page_view::{Cell, Line, View, parts};
use serde::Serialize;

use crate::aligned::{Same, aligned, same_memory};
use crate::output::{columns, print_json, print_lines, write};
use crate::{Format, choice, json, svg, text};

/// Up to so many pages each has its letter.
const MOST_CELLS: u64 = page_view::MOST_CELLS;
/// Lines of ranges that are printed.
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
pub(crate) fn print(pid: u32, other: u32, typed: &str, format: Format) -> Result<()> {
    let one = choice::mappings(pid, typed)?.swap_remove(0);
    // The other must map the same file, whatever it calls it.
    let same_file = |mapping: &page_view::Mapping| {
        (mapping.device, mapping.inode) == (one.device, one.inode) && mapping.has_file()
    };
    let other_mapping = page_view::mappings_of(other)?.into_iter().find(same_file);
    let unmapped =
        || Failure::refusal("find", Path::new(typed), format!("process {other} does not map it"));
    let views = [
        View::at(pid, one.addresses.start)?,
        View::at(other, other_mapping.ok_or_else(unmapped)?.addresses.start)?,
    ];
    if format == Format::Json {
        return print_json(&comparison(&views));
    }
    let (first, shifted) = aligned(views.clone());
    let same = same_memory(&shifted);
    match format {
        Format::Svg => write(svg::of_two(&shifted, &same).as_bytes()),
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

fn plain(before: impl Into<String>) -> Line {
    Line { before: before.into(), ..Line::default() }
}

/// The two rows and the marks below them, folded together; then what all of it means.
fn lines(
    views: &[View; 2],
    first: u64,
    shifted: &[View; 2],
    same: &[(Range<u64>, Same)],
    width: usize,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for view in views {
        lines.extend(text::folded(&text::title(view), width, 0));
    }
    lines.extend(text::folded(&format!("from page {first} of the file on:"), width, 0));
    if shifted[0].page_count() > MOST_CELLS {
        for (view, of_view) in views.iter().zip(shifted) {
            lines.extend(page_view::lines(of_view, &format!("process {}:", view.pid), width));
        }
        lines.push(plain("the same memory:"));
        for (pages, same) in same.iter().take(MOST_RANGES) {
            let (start, last) = (pages.start, pages.end - 1);
            lines.push(plain(format!("   {start} to {last} {} {}", same.letter(), same.words())));
        }
        if same.len() > MOST_RANGES {
            lines.push(plain(format!("   and {} ranges more", same.len() - MOST_RANGES)));
        }
        return lines;
    }
    let labels = views.each_ref().map(|view| format!("{:>8}", view.pid));
    let rows = shifted.each_ref().map(|view| spread(parts(view)));
    let marks = spread(same.to_vec());
    let room = width.saturating_sub(14).max(8);
    for block in 0..marks.len().div_ceil(room) {
        let part = |length: usize| block * room..length.min((block + 1) * room);
        for (label, row) in labels.iter().zip(&rows) {
            let cells: Vec<Cell> = row[part(row.len())].to_vec();
            lines.push(Line { before: format!("{label} ["), cells, after: "]".into() });
        }
        let letters = marks[part(marks.len())].iter().map(|same| same.letter());
        lines.push(plain(format!("    same [{}]", String::from_iter(letters))));
    }
    lines.extend(text::meanings(shifted, width));
    for known in [Same::Yes, Same::No, Same::Unknown] {
        if marks.contains(&known) {
            lines.push(plain(format!("   {} {}", known.letter(), known.words())));
        }
    }
    lines
}

/// One for each page.
fn spread<T: Copy>(parts: Vec<(Range<u64>, T)>) -> Vec<T> {
    parts.into_iter().flat_map(|(pages, value)| pages.map(move |_| value)).collect()
}
