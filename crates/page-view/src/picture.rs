//! Pictures for a terminal: one line for each run of pages that look the same, in words, so that no
//! legend is needed. Colour only repeats the words.
//!
//! ```text
//! this process      page 0     -> page cache, dirty
//!                   pages 1-2  -> nothing (cached)
//!                   page 3     past the end of the file
//! ```
//!
//! The arrow is the page table entry: it leads to the page cache, to a private copy, or nowhere.

use std::fmt;
use std::ops::Range;

use crate::{State, View};

/// Lines for runs of pages in one picture; the rest is summed up.
const MOST_RUNS: usize = 32;
/// `pages 0-1`: the pictures of short mappings stand in one column.
const PAGES_WIDTH: usize = 9;

/// What a page looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// The page table leads to the file's page in the page cache.
    Mapped,
    /// The same, and the disk does not have the page's newest bytes.
    MappedDirty,
    /// The page table leads to this process's private copy of a page of the file.
    PrivateCopy,
    /// The page table leads to memory that belongs to no file.
    Anonymous,
    /// The page table leads to memory of the kernel or of a device, such as `[vdso]`.
    Special,
    /// No entry in the page table; the page cache has the page.
    Cached,
    /// No entry in the page table; the page cache has the page or a part of it, and the disk does not
    /// have its newest bytes.
    CachedDirty,
    /// No entry in the page table; the page cache has memory for the page, but not yet all its bytes.
    PartlyCached,
    /// No entry in the page table; the page cache does not have the page. (On overlayfs, it may have a
    /// part of it.)
    Absent,
    /// No entry in the page table, and no file.
    Untouched,
    /// No entry in the page table; whether the page cache has the page is hidden from us.
    Unknown,
    /// Moved out to swap.
    Swapped,
    /// Past the end of the file.
    PastEnd,
    /// The kernel does not let us read this part of the page table.
    Hidden,
    /// Nothing is mapped here.
    Unmapped,
}

/// Every cell, in the order of [`Cell`].
pub const CELLS: [Cell; 15] = [
    Cell::Mapped,
    Cell::MappedDirty,
    Cell::PrivateCopy,
    Cell::Anonymous,
    Cell::Special,
    Cell::Cached,
    Cell::CachedDirty,
    Cell::PartlyCached,
    Cell::Absent,
    Cell::Untouched,
    Cell::Unknown,
    Cell::Swapped,
    Cell::PastEnd,
    Cell::Hidden,
    Cell::Unmapped,
];

impl Cell {
    /// What a page in this state looks like.
    pub fn of(state: &State) -> Self {
        let dirty = state.cache_dirty == Some(true);
        match state {
            State { mapped: false, .. } => Self::Unmapped,
            State { present: true, special: true, .. } => Self::Special,
            State { present: true, file_page: Some(false), has_file: true, .. } => {
                Self::PrivateCopy
            }
            State { present: true, file_page: Some(false), .. } => Self::Anonymous,
            State { present: true, .. } if dirty => Self::MappedDirty,
            State { present: true, .. } => Self::Mapped,
            State { hidden: true, .. } => Self::Hidden,
            State { swapped: true, .. } => Self::Swapped,
            State { has_file: false, .. } => Self::Untouched,
            State { past_end: Some(true), .. } => Self::PastEnd,
            State { cached: Some(true), .. } if dirty => Self::CachedDirty,
            State { cached: Some(true), complete: Some(false), .. } => Self::PartlyCached,
            State { cached: Some(true), .. } => Self::Cached,
            State { cached: Some(false), .. } => Self::Absent,
            State { cached: None, .. } => Self::Unknown,
        }
    }

    /// What its entry of the page table leads to, as a verb phrase about one page or about many.
    pub fn leads(self, many: bool) -> &'static str {
        match (self, many) {
            (Self::Mapped | Self::MappedDirty, false) => "leads to the page cache",
            (Self::Mapped | Self::MappedDirty, true) => "lead to the page cache",
            (Self::PrivateCopy, false) => "leads to a private copy",
            (Self::PrivateCopy, true) => "lead to private copies",
            (Self::Anonymous, false) => "leads to anonymous memory",
            (Self::Anonymous, true) => "lead to anonymous memory",
            (Self::Special, false) => "leads to memory of the kernel or of a device",
            (Self::Special, true) => "lead to memory of the kernel or of a device",
            (Self::PastEnd, false) => "is past the end of the file",
            (Self::PastEnd, true) => "are past the end of the file",
            (Self::Swapped, false) => "is in swap",
            (Self::Swapped, true) => "are in swap",
            (Self::Hidden, _) => "unknown",
            (Self::Unmapped, false) => "is not mapped",
            (Self::Unmapped, true) => "are not mapped",
            (_, false) => "has no entry in the page table",
            (_, true) => "have no entry in the page table",
        }
    }

    /// What a picture says of it, in at most 26 columns.
    pub fn words(self) -> &'static str {
        match self {
            Self::Mapped => "-> page cache",
            Self::MappedDirty => "-> page cache, dirty",
            Self::PrivateCopy => "-> private copy",
            Self::Anonymous => "-> anonymous memory",
            Self::Special => "-> kernel or device memory",
            Self::Cached => "-> nothing (cached)",
            Self::CachedDirty => "-> nothing (cached, dirty)",
            Self::PartlyCached => "-> nothing (partly cached)",
            Self::Absent => "-> nothing (not cached)",
            Self::Untouched => "-> nothing",
            Self::Unknown => "-> nothing (cached?)",
            Self::Swapped => "-> swap",
            Self::PastEnd => "past the end of the file",
            Self::Hidden => "unknown",
            Self::Unmapped => "not mapped",
        }
    }
}

/// A line of a picture; [`Display`](fmt::Display) writes it plainly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What stands first, without colour.
    pub before: String,
    /// The state that the rest of the line tells, which gives it its colour.
    pub cell: Option<Cell>,
    /// The rest of the line.
    pub words: String,
}

impl Line {
    /// A line of text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), ..Self::default() }
    }

    fn of(before: String, cell: Cell) -> Self {
        Self { before, cell: Some(cell), words: cell.words().into() }
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.before.chars().count() + self.words.chars().count()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.before, self.words)
    }
}

/// Draws `view` with `label` at its left: one line for each run of pages. Where `label` leaves too
/// little of `width`, it gets a line of its own. Blanks at its end set the column of the pictures.
pub fn lines(view: &View, label: &str, width: usize) -> Vec<Line> {
    let parts = parts(view);
    let shown = &parts[..parts.len().min(MOST_RUNS)];
    let column = shown.iter().map(|(pages, _)| page_range(pages).len()).max().unwrap_or(0);
    let run = |(pages, cell): &(Range<u64>, Cell)| {
        let column = column.max(PAGES_WIDTH);
        Line::of(format!("{:column$}  ", page_range(pages)), *cell)
    };
    let mut runs: Vec<Line> = shown.iter().map(run).collect();
    runs.extend(summary(&parts[shown.len()..]));
    let widest = runs.iter().map(Line::width).max().unwrap_or(0);
    let (label, padded) = (label.trim_end(), label.chars().count());
    let bare = label.chars().count();
    let mut lines = Vec::new();
    let mut indent = if padded + 2 + widest <= width { padded + 2 } else { bare + 2 };
    if bare == 0 {
        indent = padded;
    } else if indent + widest > width {
        lines.push(Line::plain(label));
        indent = label.chars().take_while(|c| *c == ' ').count() + 3;
    }
    for run in runs {
        let before = if lines.is_empty() && !label.is_empty() { label } else { "" };
        lines.push(Line { before: format!("{before:indent$}{}", run.before), ..run });
    }
    lines
}

/// The same as text, without a newline at its end.
pub fn draw(view: &View, label: &str, width: usize) -> String {
    lines(view, label, width).iter().map(Line::to_string).collect::<Vec<_>>().join("\n")
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

/// `page 3`, or `pages 3-7`.
pub fn page_range(pages: &Range<u64>) -> String {
    match pages.end - pages.start {
        1 => format!("page {}", pages.start),
        _ => format!("pages {}-{}", pages.start, pages.end - 1),
    }
}

/// The runs that have no line of their own: how many there are, and how many pages in each state.
fn summary(rest: &[(Range<u64>, Cell)]) -> Vec<Line> {
    if rest.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::plain(format!("and {} runs more:", rest.len()))];
    for cell in CELLS {
        let of_it = rest.iter().filter(|(_, other)| *other == cell);
        let pages: u64 = of_it.map(|(pages, _)| pages.end - pages.start).sum();
        if pages > 0 {
            let unit = if pages == 1 { "page" } else { "pages" };
            lines.push(Line::of(format!("{pages} {unit}  "), cell));
        }
    }
    lines
}
