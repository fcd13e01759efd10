//! A view in lines for people: what it is, the picture, the sums.

use common::page_size;
use page_view::{Cell, Line, State, View, lines as picture};

/// The sums of smaps that are about sharing and writing.
const SUMS: [&str; 9] = [
    "Rss",
    "Pss",
    "Shared_Clean",
    "Shared_Dirty",
    "Private_Clean",
    "Private_Dirty",
    "Anonymous",
    "Shared_Hugetlb",
    "Private_Hugetlb",
];

/// Everything about one view.
pub(crate) fn lines(view: &View, columns: usize) -> Vec<Line> {
    let mut lines = title(view, columns);
    lines.extend(picture(view, "  ", columns));
    lines.extend(folded(&in_memory(view), columns, 3));
    let sums = SUMS.iter().filter_map(|name| {
        let kibibytes = view.sum(name)? >> 10;
        let huge = name.ends_with("Hugetlb"); // Only a mapping of huge pages has these.
        (!huge || kibibytes > 0).then(|| format!("{name} {kibibytes} kB"))
    });
    let sums = sums.collect::<Vec<_>>();
    if !sums.is_empty() {
        lines.extend(folded(&format!("smaps: {}", sums.join(", ")), columns, 3));
    }
    lines.extend(folded(&cache(view), columns, 3));
    lines.extend(folded(&frames(view), columns, 3));
    lines
}

/// The process, the file, and where it is.
pub(crate) fn title(view: &View, columns: usize) -> Vec<Line> {
    let mapping = view.mappings.first();
    let name = mapping.map_or("nothing".into(), |mapping| {
        harmless(mapping.path.as_deref().unwrap_or("anonymous memory"))
    });
    let permissions = mapping.map_or("", |mapping| mapping.permissions.as_str());
    let offset = mapping.filter(|mapping| mapping.has_file()).map(|mapping| mapping.offset);
    let offset = offset.map(|bytes| format!(", from byte {bytes} of the file"));
    let (start, end) = (view.addresses.start, view.addresses.end);
    let pages = if view.page_count() == 1 { "page" } else { "pages" };
    let place = format!(
        "{permissions}, {} {pages} at {start:#x}-{end:#x}{}",
        view.page_count(),
        offset.unwrap_or_default()
    );
    let mut lines = cut(&format!("process {}: {name}", view.pid), columns, 0);
    lines.extend(folded(&place, columns, 3));
    lines
}

/// What the picture adds up to.
fn in_memory(view: &View) -> String {
    let kibibytes = |holds: fn(&State) -> bool| {
        let runs = view.runs.iter().filter(|run| holds(&run.state));
        let pages: u64 = runs.map(|run| run.pages.end - run.pages.start).sum();
        (pages * page_size() as u64) >> 10
    };
    if view.runs.iter().any(|run| run.state.hidden) {
        return "in memory: unknown, the kernel does not let us read this page table".into();
    }
    let present = kibibytes(|state| state.present);
    let cache = kibibytes(|state| matches!(Cell::of(state), Cell::Mapped | Cell::MappedDirty));
    let swapped = kibibytes(|state| state.swapped);
    let swapped = if swapped > 0 { format!(", {swapped} kB in swap") } else { String::new() };
    format!("in memory: {present} kB, of which {cache} kB in the page cache{swapped}")
}

fn cache(view: &View) -> String {
    match view.cache {
        Some(counts) => format!(
            "page cache (cachestat): {} pages, {} dirty, {} under writeback",
            counts.cached, counts.dirty, counts.writeback
        ),
        None if view.mappings.iter().any(|mapping| mapping.has_file()) => {
            "page cache (cachestat): unknown".into()
        }
        None => "page cache: none, there is no file".into(),
    }
}

/// What only root may see.
fn frames(view: &View) -> String {
    let count = |holds: fn(&State) -> bool| {
        let runs = view.runs.iter().filter(|run| holds(&run.state));
        runs.map(|run| run.pages.end - run.pages.start).sum::<u64>()
    };
    let (present, known) = (count(|state| state.present), count(|state| state.frame.is_some()));
    if known == 0 && present > 0 {
        return "frames: unknown, only root may see them".into();
    }
    let unknown = count(|state| state.frame.is_some() && state.dirty.is_none());
    let unknown = if unknown > 0 { format!(", {unknown} unknown") } else { String::new() };
    format!(
        "frames: {known} of {present} known, {} dirty{unknown}, {} in more than one page table",
        count(|state| state.frame.is_some() && state.dirty == Some(true)),
        count(|state| state.references > Some(1)),
    )
}

/// Words in lines of at most `columns`, each after `indent` blanks. A word that is too long is cut.
pub(crate) fn folded(text: &str, columns: usize, indent: usize) -> Vec<Line> {
    let options = textwrap::Options::new(columns.saturating_sub(indent).max(8));
    let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
    let rows = textwrap::wrap(text, options.word_separator(textwrap::WordSeparator::AsciiSpace));
    rows.iter().map(|row| Line::plain(" ".repeat(indent) + row)).collect()
}

/// A name in lines of at most `columns`, each after `indent` blanks: cut where a line is full, so that
/// every blank of the name is kept.
pub(crate) fn cut(name: &str, columns: usize, indent: usize) -> Vec<Line> {
    let letters: Vec<char> = name.chars().collect();
    let rows = letters.chunks(columns.saturating_sub(indent).max(8));
    rows.map(|row| Line::plain(" ".repeat(indent) + &String::from_iter(row))).collect()
}

/// A name from another process, with control characters escaped.
pub(crate) fn harmless(name: &str) -> String {
    let plain = |c: char| {
        if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
    };
    name.chars().map(plain).collect()
}
