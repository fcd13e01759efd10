//! One picture line a state: a letter a page, the same with and without colour.

use std::fmt::{self, Write};
use std::ops::Range;

use common::page_size;

use crate::{State, View};

/// Up to so many pages each has its letter; above, each range has its line.
pub const MOST_CELLS: u64 = 1024;
/// Lines of ranges; what comes after is summed up in one more.
const MOST_RANGES: usize = 32;

/// What a page looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// In this process: the file's page.
    Mapped,
    /// The same, and the disk does not have it yet.
    MappedUnwritten,
    /// In this process: a page of its own.
    Private,
    /// In the page cache only.
    Cached,
    /// The same, and the disk does not have it yet.
    CachedUnwritten,
    /// Moved out to swap.
    Swapped,
    /// Not in memory.
    Absent,
    /// Past the end of the file.
    PastEnd,
    /// Not in this process; nobody may say whether it is in the page cache.
    Unknown,
    /// Nothing is mapped here.
    Unmapped,
}

/// Every cell, in the order of the legend.
pub const CELLS: [Cell; 10] = [
    Cell::Mapped,
    Cell::MappedUnwritten,
    Cell::Private,
    Cell::Cached,
    Cell::CachedUnwritten,
    Cell::Swapped,
    Cell::Absent,
    Cell::PastEnd,
    Cell::Unknown,
    Cell::Unmapped,
];

impl Cell {
    /// How a page of this state is drawn.
    pub fn of(state: &State) -> Self {
        let unwritten = state.unwritten == Some(true);
        match state {
            State { mapped: false, .. } => Self::Unmapped,
            State { present: true, file_page: Some(false), .. } => Self::Private,
            State { present: true, .. } if unwritten => Self::MappedUnwritten,
            State { present: true, .. } => Self::Mapped,
            State { swapped: true, .. } => Self::Swapped,
            State { past_end: Some(true), .. } => Self::PastEnd,
            State { cached: Some(true), .. } if unwritten => Self::CachedUnwritten,
            State { cached: Some(true), .. } => Self::Cached,
            State { cached: Some(false), .. } => Self::Absent,
            State { cached: None, .. } => Self::Unknown,
        }
    }

    /// Its letter.
    pub fn letter(self) -> char {
        match self {
            Self::Mapped => '#',
            Self::MappedUnwritten => '*',
            Self::Private => '@',
            Self::Cached => '-',
            Self::CachedUnwritten => '+',
            Self::Swapped => 's',
            Self::Absent => '.',
            Self::PastEnd => 'x',
            Self::Unknown => '?',
            Self::Unmapped => '_',
        }
    }

    /// Its words in the legend.
    pub fn words(self) -> &'static str {
        match self {
            Self::Mapped => "in this process, shared with the file",
            Self::MappedUnwritten => "in this process, shared with the file, not yet on the disk",
            Self::Private => "in this process, a page of its own",
            Self::Cached => "in the page cache, not in this process",
            Self::CachedUnwritten => "in the page cache, not in this process, not yet on the disk",
            Self::Swapped => "moved out to swap",
            Self::Absent => "not in memory",
            Self::PastEnd => "past the end of the file",
            Self::Unknown => "not in this process; in the page cache: unknown",
            Self::Unmapped => "not mapped",
        }
    }
}

/// A line of a picture; [`Display`](fmt::Display) writes it plainly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What stands before the cells.
    pub before: String,
    /// The cells, a letter each.
    pub cells: Vec<Cell>,
    /// What stands after them.
    pub after: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.before)?;
        self.cells.iter().try_for_each(|cell| f.write_char(cell.letter()))?;
        f.write_str(&self.after)
    }
}

/// Draws `view` with `label` at its left, in lines of at most `width` columns (12 or more): a row
/// of cells, folded below itself, or, for many pages, a line a range.
pub fn lines(view: &View, label: &str, width: usize) -> Vec<Line> {
    if view.page_count() > MOST_CELLS {
        return ranges(view, label);
    }
    let all = parts(view).into_iter();
    let cells: Vec<_> = all.flat_map(|(pages, cell)| pages.map(move |_| cell)).collect();
    let mut lines = Vec::new();
    let mut before = format!("{label} [");
    if before.chars().count() + 8 > width {
        lines.push(Line { before: label.into(), ..Line::default() });
        before = "   [".into();
    }
    let indent = before.chars().count();
    for row in cells.chunks(width.saturating_sub(indent + 1).max(8)) {
        let before = std::mem::replace(&mut before, " ".repeat(indent));
        lines.push(Line { before, cells: row.to_vec(), after: String::new() });
    }
    if let Some(last) = lines.last_mut() {
        last.after = "]".into();
    }
    lines
}

/// The same as text, without a newline at its end.
pub fn draw(view: &View, label: &str, width: usize) -> String {
    lines(view, label, width).iter().map(Line::to_string).collect::<Vec<_>>().join("\n")
}

/// What the letters of these pictures mean: one line for each letter that is used.
pub fn legend<'a>(views: impl IntoIterator<Item = &'a View>) -> Vec<Line> {
    let mut used: Vec<Cell> = views
        .into_iter()
        .flat_map(|view| view.runs.iter().map(|run| Cell::of(&run.state)))
        .collect();
    used.sort_unstable();
    used.dedup();
    let explain = |cell: Cell| Line {
        cells: vec![cell],
        after: format!(" {}", cell.words()),
        ..Line::default()
    };
    used.into_iter().map(explain).collect()
}

/// The pages of `view` in parts that look the same.
pub fn parts(view: &View) -> Vec<(Range<u64>, Cell)> {
    let mut parts: Vec<(Range<u64>, Cell)> = Vec::new();
    for run in &view.runs {
        match (parts.last_mut(), Cell::of(&run.state)) {
            (Some((pages, last)), cell) if *last == cell => pages.end = run.pages.end,
            (_, cell) => parts.push((run.pages.clone(), cell)),
        }
    }
    parts
}

/// A line for each part: the first page's index, how much it is, and its words.
fn ranges(view: &View, label: &str) -> Vec<Line> {
    let parts = parts(view);
    let columns = view.page_count().to_string().len();
    let before =
        format!("{label} {} pages of {} bytes, in ranges:", view.page_count(), page_size());
    let mut lines = vec![Line { before, ..Line::default() }];
    for (pages, cell) in parts.iter().take(MOST_RANGES) {
        let (first, last, amount) = (pages.start, pages.end - 1, amount(pages.end - pages.start));
        lines.push(Line {
            before: format!("   {first:>columns$} to {last:>columns$} {amount:>9} "),
            cells: vec![*cell],
            after: format!(" {}", cell.words()),
        });
    }
    if let Some(rest) = parts.get(MOST_RANGES..).filter(|rest| !rest.is_empty()) {
        lines.push(Line {
            before: format!("   and {} ranges more; in all of them:", rest.len()),
            ..Line::default()
        });
        for cell in CELLS {
            let of_it = rest.iter().filter(|(_, other)| *other == cell);
            let pages: u64 = of_it.map(|(pages, _)| pages.end - pages.start).sum();
            if pages > 0 {
                lines.push(Line {
                    before: format!("   {:>indent$} ", amount(pages), indent = 2 * columns + 13),
                    cells: vec![cell],
                    after: format!(" {}", cell.words()),
                });
            }
        }
    }
    lines
}

/// So many pages, in the unit in which they are a short number.
fn amount(pages: u64) -> String {
    let mut units = ["KiB", "MiB", "GiB", "TiB"].into_iter();
    let mut bytes = u128::from(pages) * page_size() as u128 * 10 / 1024;
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if bytes < 10_240 {
            break;
        }
        (bytes, unit) = (bytes / 1024, larger);
    }
    format!("{}.{} {unit}", bytes / 10, bytes % 10)
}
