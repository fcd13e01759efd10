//! A view as JSON, for programs. What is unknown is null.

use std::collections::BTreeMap;

use common::page_size;
use page_view::{CacheCounts, Mapping, Run, State, View};
use serde::{Serialize, Serializer};

/// A mapping of up to so many pages lists each page. Above, `pages` is null and `ranges` lists runs.
const MOST_PAGES: u64 = 1 << 16;

#[derive(Serialize)]
pub(crate) struct Document<'a> {
    pid: u32,
    file: Option<&'a str>,
    start: usize,
    page_size: usize,
    pages: Option<Pages<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranges: Option<Ranges<'a>>,
    smaps: BTreeMap<&'a str, u64>,
    cachestat: Option<Counts>,
}

#[derive(Serialize)]
struct Counts {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

#[derive(Serialize)]
struct Page {
    index: u64,
    #[serde(flatten)]
    known: Known,
}

/// A run of pages in the same state. Their frames follow the first page's frame.
#[derive(Serialize)]
struct Range {
    first: u64,
    count: u64,
    #[serde(flatten)]
    known: Known,
}

#[derive(Serialize)]
struct Known {
    present: Option<bool>,
    file_page: Option<bool>,
    cached: Option<bool>,
    complete: Option<bool>,
    frame: Option<u64>,
    dirty: Option<bool>,
}

/// Written page by page, so that a long list takes no memory.
struct Pages<'a>(&'a [Run]);
struct Ranges<'a>(&'a [Run]);

/// A view.
pub(crate) fn of(view: &View) -> Document<'_> {
    let few = view.page_count() <= MOST_PAGES;
    let mapping = view.mappings.first();
    Document {
        pid: view.pid,
        file: mapping.and_then(|mapping| mapping.path.as_deref()),
        start: view.addresses.start,
        page_size: page_size(),
        pages: few.then_some(Pages(&view.runs)),
        ranges: (!few).then_some(Ranges(&view.runs)),
        smaps: mapping.map(Mapping::sums).unwrap_or_default(),
        cachestat: view.cache.map(Counts::from),
    }
}

impl From<CacheCounts> for Counts {
    fn from(counts: CacheCounts) -> Self {
        let CacheCounts { cached, dirty, writeback, evicted, recently_evicted } = counts;
        Self { cached, dirty, writeback, evicted, recently_evicted }
    }
}

impl From<State> for Known {
    fn from(state: State) -> Self {
        let State { present, hidden, file_page, cached, complete, frame, dirty, .. } = state;
        let present = (!hidden).then_some(present);
        Self { present, file_page, cached, complete, frame, dirty }
    }
}

impl Serialize for Pages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pages = self.0.iter().flat_map(|run| run.pages.clone().map(move |page| (page, run)));
        let page = |(index, run): (u64, &Run)| Page { index, known: run.state_of(index).into() };
        serializer.collect_seq(pages.map(page))
    }
}

impl Serialize for Ranges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let range = |run: &Run| Range {
            first: run.pages.start,
            count: run.pages.end - run.pages.start,
            known: run.state.into(),
        };
        serializer.collect_seq(self.0.iter().map(range))
    }
}
