//! Runs of equal pages: the answers of all instruments combined.

use std::ops::Range;

use common::page_size;

use crate::frames::Frame;
use crate::scan::Entries;

/// What is known of one page. `None` is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Whether any mapping holds this address.
    pub mapped: bool,
    /// The page table has an entry that leads to memory.
    pub present: bool,
    /// Moved out to swap.
    pub swapped: bool,
    /// The kernel does not let us read this part of the page table.
    pub hidden: bool,
    /// Whether there is a file behind it, or shared memory, which has a page cache as a file has.
    pub has_file: bool,
    /// Memory of the kernel or of a device, which is no page cache and no private copy.
    pub special: bool,
    /// `Some(true)` is a page of the page cache, which shared anonymous memory uses too;
    /// `Some(false)` is a private page. `None` if the page is not present.
    pub file_page: Option<bool>,
    /// The page cache has memory for the page.
    pub cached: Option<bool>,
    /// The page cache has all bytes of the page: a load need not fetch or clear any.
    pub complete: Option<bool>,
    /// Past the end of the file: a load or a store is SIGBUS.
    pub past_end: Option<bool>,
    /// Dirty in the page cache, as `cachestat` counts. Unknown if there is no disk (tmpfs).
    pub cache_dirty: Option<bool>,
    /// The page frame's number, which only root may see.
    pub frame: Option<u64>,
    /// The frame's dirty flag for root; for other users the same as `cache_dirty`.
    pub dirty: Option<bool>,
    /// How many page tables hold the frame, which only root may see.
    pub references: Option<u64>,
}

/// Neighbouring pages in the same state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Their indices in the view.
    pub pages: Range<u64>,
    /// The state of each page. `frame` is the first page's frame; the other frames follow it.
    pub state: State,
}

/// The answers of all instruments for a part of one mapping, by address and in order.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) entries: Vec<Entries>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) cached: Option<Vec<Range<usize>>>,
    pub(crate) complete: Option<Vec<Range<usize>>>,
    pub(crate) cache_dirty: Option<Vec<Range<usize>>>,
    pub(crate) end_of_file: Option<usize>,
    pub(crate) has_file: bool,
    /// Whether every page is the kernel's own.
    pub(crate) is_kernels: bool,
    pub(crate) is_shared: bool,
    pub(crate) hidden: bool,
}

impl Known {
    /// Whether a present page is memory of the kernel or of a device: neither a page of the page
    /// cache nor anonymous memory. A shared mapping has no private copies.
    fn is_special(&self, entry: &Entries) -> bool {
        match self.has_file {
            true => self.is_shared && !entry.file_page,
            false => self.is_kernels || entry.file_page,
        }
    }
}

impl Run {
    /// What is known of one of its pages.
    pub fn state_of(&self, page: u64) -> State {
        let frame = self.state.frame.map(|first| first + (page - self.pages.start));
        State { frame, ..self.state }
    }

    /// Pages where nothing is mapped, if there are any.
    pub(crate) fn gap(pages: Range<u64>) -> Option<Self> {
        (!pages.is_empty()).then(|| Self { pages, state: State::default() })
    }
}

/// The runs of `range`, whose first page has the index `first`.
pub(crate) fn runs(first: u64, range: Range<usize>, known: &Known) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let index = |address: usize| first + ((address - range.start) / page_size()) as u64;
    let (mut entries, mut frames) = (known.entries.as_slice(), known.frames.as_slice());
    let mut cached = known.cached.as_deref();
    let mut complete = known.complete.as_deref();
    let mut cache_dirty = known.cache_dirty.as_deref();
    let mut at = range.start;
    while at < range.end {
        let mut end = range.end;
        let entry = advance(&mut entries, |entry| entry.addresses.clone(), at, &mut end);
        let span = |frame: &Frame| frame.address..frame.address + page_size();
        let frame = advance(&mut frames, span, at, &mut end);
        let mut is_in = |parts: &mut Option<&[Range<usize>]>| {
            parts.as_mut().map(|parts| advance(parts, Clone::clone, at, &mut end).is_some())
        };
        let (cached, cache_dirty) = (is_in(&mut cached), is_in(&mut cache_dirty));
        let complete = is_in(&mut complete);
        let past_end = known.end_of_file.map(|border| {
            end = if at < border { end.min(border) } else { end };
            at >= border
        });
        let present = entry.is_some_and(|entry| entry.present);
        let state = State {
            mapped: true,
            present,
            swapped: entry.is_some() && !present,
            hidden: known.hidden,
            has_file: known.has_file,
            special: entry.is_some_and(|entry| present && known.is_special(entry)),
            file_page: entry.filter(|_| present).map(|entry| entry.file_page),
            cached,
            complete,
            past_end,
            cache_dirty,
            frame: frame.map(|frame| frame.number),
            dirty: frame.and_then(|frame| frame.dirty).or(cache_dirty),
            references: frame.and_then(|frame| frame.references),
        };
        join(&mut runs, Run { pages: index(at)..index(end), state });
        at = end;
    }
    runs
}

/// Finds the part that holds `at`. Lowers `end` to where the answer may change.
fn advance<'a, T>(
    parts: &mut &'a [T],
    span: impl Fn(&T) -> Range<usize>,
    at: usize,
    end: &mut usize,
) -> Option<&'a T> {
    while let Some((first, rest)) = parts.split_first()
        && span(first).end <= at
    {
        *parts = rest;
    }
    let first = parts.first()?;
    let Range { start, end: stop } = span(first);
    *end = (*end).min(if start <= at { stop } else { start });
    (start <= at).then_some(first)
}

fn join(runs: &mut Vec<Run>, next: Run) {
    if let Some(last) = runs.last_mut()
        && last.state_of(last.pages.end) == next.state
    {
        last.pages.end = next.pages.end;
    } else {
        runs.push(next);
    }
}
