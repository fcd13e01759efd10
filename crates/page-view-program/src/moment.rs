//! Memory at one moment, as a drawing needs it: processes, the parts of their address spaces, and
//! which frames are one memory. Nothing in it differs from run to run.

use std::ops::Range;

use common::page_size;
use page_view::{Cell, FileFacts, Mapping, Run, State, View, pages};

/// Above so many pages the frames of a group are not compared.
const MOST_COMPARED: u64 = 512;

/// What is drawn in one panel.
pub(crate) struct Moment {
    pub(crate) title: String,
    pub(crate) processes: Vec<ProcessPart>,
}

/// What one process has.
pub(crate) struct ProcessPart {
    pub(crate) name: String,
    pub(crate) parts: Vec<Part>,
}

/// A part of an address space: pages of one mapping, or pages where nothing is mapped.
pub(crate) struct Part {
    /// `shared mapping`, `private mapping`, …; empty where nothing is mapped.
    pub(crate) kind: String,
    pub(crate) file: Option<FileRef>,
    /// Its process, and the address of its first page there.
    pub(crate) place: (u32, usize),
    /// The number of its first page in the view that it was cut from.
    pub(crate) first_label: u64,
    /// The axis that its pages lie on: pages of the file, or pages of its own.
    pub(crate) axis: Axis,
    /// Its pages on that axis.
    pub(crate) pages: Range<u64>,
    /// What is known of them, by page of the axis.
    pub(crate) runs: Vec<Run>,
    /// The pages that belong to no file: on the axis, and which memory each is.
    pub(crate) own: Vec<(u64, Frame)>,
}

/// What numbers pages: a file, or one part of one process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Axis {
    /// Device and inode.
    File((i32, i32), u64),
    /// The process and its part.
    Own(usize, usize),
}

/// A file behind a mapping.
#[derive(Clone)]
pub(crate) struct FileRef {
    pub(crate) name: String,
    /// Where the kernel says that it is; `None`: it has no name there.
    pub(crate) path: Option<String>,
    pub(crate) facts: Option<FileFacts>,
}

/// Which memory a page is that belongs to no file. Two pages with equal values are one memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The frame's number: only root sees it.
    Number(u64),
    /// In several page tables: the pages at one address in a process and in its child.
    Inherited(usize),
    /// In one page table only.
    Exclusive(u32, usize),
}

impl Moment {
    /// What is known of a page of a file, from whichever process maps it.
    pub(crate) fn state_of(&self, axis: &Axis, page: u64) -> State {
        let parts = self.processes.iter().flat_map(|process| &process.parts);
        let mut states = parts
            .filter(|part| part.axis == *axis && part.pages.contains(&page))
            .map(|part| part.state_at(page));
        let first = states.next().unwrap_or_default();
        states.fold(first, |first, next| State {
            cached: first.cached.or(next.cached),
            complete: first.complete.or(next.complete),
            cache_dirty: first.cache_dirty.or(next.cache_dirty),
            present: first.present || next.present,
            ..first
        })
    }
}

impl FileRef {
    /// Whether the file has blocks on a disk.
    pub(crate) fn is_on_disk(&self) -> bool {
        self.facts.is_some_and(|facts| facts.on_disk)
    }

    /// Whether this page of the file begins at or past the end of the file.
    pub(crate) fn is_past_end(&self, page: u64) -> bool {
        let start = page * page_size() as u64;
        self.facts.is_some_and(|facts| start >= facts.length)
    }
}

impl Part {
    /// What is known of one of its pages.
    pub(crate) fn state_at(&self, page: u64) -> State {
        let index = self.runs.partition_point(|run| run.pages.end <= page);
        let run = self.runs.get(index).filter(|run| run.pages.contains(&page));
        run.map_or(State::default(), |run| run.state_of(page))
    }

    /// What is known of the first of its pages in this range.
    pub(crate) fn state_in(&self, pages: &Range<u64>) -> State {
        self.state_at(pages.start.max(self.pages.start))
    }

    /// The memory of these pages, if all of them belong to no file and are few enough to compare.
    pub(crate) fn own_frames(&self, pages: &Range<u64>) -> Vec<Frame> {
        let inside = self.own.iter().filter(|(page, _)| pages.contains(page));
        inside.map(|(_, frame)| frame.clone()).collect()
    }
}

/// Cuts a view into its mappings and gaps, and adds them to the process called `name`.
pub(crate) fn add(moment: &mut Moment, name: &str, view: &View, file_name: fn(&Mapping) -> String) {
    let process = match moment.processes.iter().position(|process| process.name == name) {
        Some(index) => index,
        None => {
            moment.processes.push(ProcessPart { name: name.into(), parts: Vec::new() });
            moment.processes.len() - 1
        }
    };
    let index_of = |address: usize| {
        let inside = address.clamp(view.addresses.start, view.addresses.end) - view.addresses.start;
        (inside / page_size()) as u64
    };
    let mut at = 0;
    let mut found = Vec::new();
    for (mapping, facts) in view.mappings.iter().zip(&view.files) {
        let pages = index_of(mapping.addresses.start)..index_of(mapping.addresses.end);
        found.push((at..pages.start, None));
        at = pages.end;
        found.push((pages, Some((mapping, facts))));
    }
    found.push((at..view.page_count(), None));
    for (pages, mapping) in found.into_iter().filter(|(pages, _)| !pages.is_empty()) {
        let number = moment.processes[process].parts.len();
        let axis = (process, number);
        let part = part(view, pages, mapping, axis, file_name);
        moment.processes[process].parts.push(part);
    }
}

fn part(
    view: &View,
    pages: Range<u64>,
    mapping: Option<(&Mapping, &Option<FileFacts>)>,
    (process, number): (usize, usize),
    file_name: fn(&Mapping) -> String,
) -> Part {
    let file = mapping.filter(|(mapping, _)| mapping.has_file());
    let start_address = |page: u64| {
        view.addresses.start + usize::try_from(page).unwrap_or(usize::MAX) * page_size()
    };
    let (axis, first) = match file {
        Some((mapping, _)) => {
            let inside = start_address(pages.start) - mapping.addresses.start;
            let byte = mapping.offset + inside as u64;
            (Axis::File(mapping.device, mapping.inode), byte / page_size() as u64)
        }
        None => (Axis::Own(process, number), 0),
    };
    let cut = |run: &Run| {
        let (start, end) = (run.pages.start.max(pages.start), run.pages.end.min(pages.end));
        let moved = |page: u64| first + (page - pages.start);
        (start < end).then(|| Run { pages: moved(start)..moved(end), state: run.state_of(start) })
    };
    let runs: Vec<Run> = view.runs.iter().filter_map(cut).collect();
    let own = runs.iter().filter(|run| is_own(&run.state)).flat_map(|run| {
        run.pages.clone().take(usize::try_from(MOST_COMPARED).unwrap_or(0)).map(|page| {
            let address = start_address(page - first + pages.start);
            (page, frame(view.pid, address, run.state_of(page)))
        })
    });
    Part {
        kind: mapping.map_or(String::new(), |(mapping, _)| kind(mapping)),
        file: file.map(|(mapping, facts)| FileRef {
            name: file_name(mapping),
            path: mapping.path.clone(),
            facts: *facts,
        }),
        place: (view.pid, start_address(pages.start)),
        first_label: pages.start,
        axis,
        pages: first..first + (pages.end - pages.start),
        own: own.collect(),
        runs,
    }
}

/// Whether the page table leads to memory that belongs to no file.
pub(crate) fn is_own(state: &State) -> bool {
    matches!(Cell::of(state), Cell::PrivateCopy | Cell::Anonymous | Cell::Special)
}

fn frame(pid: u32, address: usize, state: State) -> Frame {
    if let Some(number) = state.frame {
        return Frame::Number(number);
    }
    let page = pages(pid, address, 1).ok().and_then(|pages| pages.first().copied());
    match page {
        Some(page) if page.present && !page.exclusive => Frame::Inherited(address),
        _ => Frame::Exclusive(pid, address),
    }
}

/// The kind of a mapping, in words.
fn kind(mapping: &Mapping) -> String {
    let shared = mapping.permissions.ends_with('s');
    let sort = match (shared, mapping.has_file()) {
        (true, _) => "shared",
        (false, true) => "private",
        (false, false) => return mapping.path.clone().unwrap_or("anonymous memory".into()),
    };
    match &mapping.permissions[..2] {
        "--" => format!("{sort}, no access"),
        "r-" => format!("{sort}, read-only"),
        "-w" => format!("{sort}, write-only"),
        _ => format!("{sort} mapping"),
    }
}
