//! A figure in words, for readers who cannot see it.

use std::ops::Range;

use page_view::{Cell, State};

use crate::canvas::Canvas;
use crate::moment::{Axis, FileRef, Frame, Moment, Part};

/// Runs of pages that are described; the rest is counted.
const MOST_RUNS: usize = 12;

/// Describes one moment.
pub(crate) fn describe(canvas: &mut Canvas, moment: &Moment) {
    if !moment.title.is_empty() {
        canvas.say(&format!("{}:", capital(&moment.title)));
    }
    for process in &moment.processes {
        for part in &process.parts {
            canvas.say(&capital(&sentence(&process.name, part)));
        }
    }
    let mut told: Vec<&Axis> = Vec::new();
    for part in moment.processes.iter().flat_map(|process| &process.parts) {
        if part.file.is_some() && !told.contains(&&part.axis) {
            told.push(&part.axis);
            canvas.say(&cache(moment, part));
        }
    }
    shared(canvas, moment);
}

/// What one process has: `first process, shared mapping of note: page 0 leads to the page cache.`
fn sentence(process: &str, part: &Part) -> String {
    let of = part.file.as_ref().map(|file| format!(" of {}", file.name)).unwrap_or_default();
    let kind = if part.kind.is_empty() { "no mapping" } else { &part.kind };
    let mut runs: Vec<(Range<u64>, Cell)> = Vec::new();
    for run in &part.runs {
        match (runs.last_mut(), Cell::of(&run.state)) {
            // A dirty page has the same entry as a clean one.
            (Some((pages, last)), cell) if last.leads(true) == cell.leads(true) => {
                pages.end = run.pages.end;
            }
            (_, cell) => runs.push((run.pages.clone(), cell)),
        }
    }
    let label = |page: u64| page + part.first_label - part.pages.start;
    let told = runs.iter().take(MOST_RUNS).map(|(pages, cell)| {
        let pages = label(pages.start)..label(pages.end);
        format!("{} {}", pages_in_words(&pages), cell.leads(pages.end - pages.start > 1))
    });
    let mut told: Vec<String> = told.collect();
    if runs.len() > MOST_RUNS {
        told.push(format!("and {} runs more", runs.len() - MOST_RUNS));
    }
    format!("{process}, {kind}{of}: {}.", told.join("; "))
}

/// What the page cache and the disk have of a file: `Page cache of note: page 0, dirty.`
fn cache(moment: &Moment, part: &Part) -> String {
    let Some(file) = &part.file else { return String::new() };
    let mut found: Vec<(Range<u64>, &'static str)> = Vec::new();
    let parts = moment.processes.iter().flat_map(|process| &process.parts);
    let mut runs: Vec<_> =
        parts.filter(|other| other.axis == part.axis).flat_map(|part| &part.runs).collect();
    runs.sort_by_key(|run| (run.pages.start, cached(&run.state).is_none()));
    let mut at = 0;
    for run in runs {
        let pages = run.pages.start.max(at)..run.pages.end;
        let Some(words) = in_the_cache(file, &run.state).filter(|_| !pages.is_empty()) else {
            continue;
        };
        at = pages.end;
        match found.last_mut() {
            Some((last, known)) if *known == words && last.end == pages.start => {
                last.end = pages.end
            }
            _ => found.push((pages, words)),
        }
    }
    if found.is_empty() {
        return format!("Page cache of {}: empty.", file.name);
    }
    let mut told: Vec<String> = found
        .iter()
        .take(MOST_RUNS)
        .map(|(pages, words)| format!("{} {words}", pages_in_words(pages)))
        .collect();
    if found.len() > MOST_RUNS {
        told.push(format!("and {} runs more", found.len() - MOST_RUNS));
    }
    format!("Page cache of {}: {}.", file.name, told.join("; "))
}

/// Whether the page cache has a page. What a page table leads to is in the page cache, also where the
/// kernel hides the file from us.
fn cached(state: &State) -> Option<bool> {
    match Cell::of(state) {
        Cell::Mapped | Cell::MappedDirty => Some(true),
        _ => state.cached,
    }
}

/// What the page cache and the disk have of a page of a file; `None` past the end of the file.
pub(crate) fn in_the_cache(file: &FileRef, state: &State) -> Option<&'static str> {
    match cached(state) {
        _ if state.past_end == Some(true) => None,
        Some(true) if state.cache_dirty == Some(true) => Some("dirty"),
        Some(true) if Cell::of(state) == Cell::PartlyCached => Some("only in part"),
        Some(true) if file.is_on_disk() => Some("the same on the disk"),
        Some(true) => Some("present"),
        Some(false) => Some("not in the page cache"),
        None => Some("unknown"),
    }
}

/// Which private memory two processes share.
fn shared(canvas: &mut Canvas, moment: &Moment) {
    let mut seen: Vec<(&str, u64, &Frame)> = Vec::new();
    let mut count = 0;
    for process in &moment.processes {
        for part in &process.parts {
            for (page, frame) in &part.own {
                let label = page + part.first_label - part.pages.start;
                if seen.iter().any(|(name, _, other)| *other == frame && *name != process.name) {
                    count += 1;
                }
                seen.push((&process.name, label, frame));
            }
        }
    }
    match count {
        0 => {}
        1 => canvas.say("One private page is the same memory in both processes."),
        count => {
            canvas.say(&format!("{count} private pages are the same memory in both processes."))
        }
    }
}

fn pages_in_words(pages: &Range<u64>) -> String {
    match pages.end - pages.start {
        1 => format!("page {}", pages.start),
        2 => format!("pages {} and {}", pages.start, pages.end - 1),
        _ => format!("pages {} to {}", pages.start, pages.end - 1),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().to_string() + letters.as_str())
}
