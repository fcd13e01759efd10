//! Draws memory: processes with their page tables on top, the page cache and private copies in the
//! middle, the files on the disk below. An arrow is an entry of a page table. One frame is one box,
//! however many arrows lead to it.

use std::collections::BTreeMap;
use std::ops::Range;

use common::page_size;
use page_view::{Cell, State};

use crate::canvas::{Anchor, Canvas};
use crate::moment::{Axis, FileRef, Frame, Moment, Part, ProcessPart, is_own};
use crate::units::{Unit, Units, choose};
use crate::words;

/// The box of a page, and of a group of pages.
const PAGE: f64 = 62.0;
const GROUP: f64 = 92.0;
const ROW: f64 = 40.0;
/// Inside a box around boxes, and between two of them.
const PAD: f64 = 10.0;
const GAP: f64 = 26.0;
/// Between two panels, and the words at the left of the first.
const BETWEEN: f64 = 44.0;
const GUTTER: f64 = 92.0;
/// From the top of a panel: the processes, their entries, the memory and its frames, the signs
/// between memory and disk, the disk and its blocks.
const PROCESSES: f64 = 6.0;
const ENTRIES: f64 = PROCESSES + 66.0;
const MEMORY: f64 = ENTRIES + ROW + 66.0;
const FRAMES: f64 = MEMORY + PAD;
const SIGNS: f64 = FRAMES + ROW + 30.0;
const DISK: f64 = SIGNS + 30.0;
const BLOCKS: f64 = DISK + PAD;
/// A region's boxes and the title below them.
const REGION: f64 = PAD + ROW + 26.0;

/// Draws these moments side by side under one title.
pub(crate) fn draw(title: &str, moments: &[Moment]) -> String {
    let units = choose(moments);
    let mut canvas = Canvas::new();
    canvas.text("title", Anchor::Start, [0.0, 12.0], title);
    let titled = moments.iter().any(|moment| !moment.title.is_empty());
    let top = if titled { 56.0 } else { 28.0 };
    let mut left = GUTTER;
    let mut has_disk = false;
    for moment in moments {
        let panel = Panel::of(moment, &units);
        if left > GUTTER {
            let x = left - BETWEEN / 2.0;
            let bottom = if panel.has_disk() { DISK } else { MEMORY } + REGION;
            canvas.line("rule", [x, 32.0], [x, top + bottom]);
        }
        if !moment.title.is_empty() {
            canvas.text("name", Anchor::Start, [left, 44.0], &moment.title);
        }
        panel.draw(&mut canvas, [left, top]);
        has_disk |= panel.has_disk();
        left += panel.width + BETWEEN;
        words::describe(&mut canvas, moment);
    }
    let mut bands = vec![("page", "tables", ENTRIES), ("memory", "", FRAMES)];
    if has_disk {
        bands.push(("disk", "", BLOCKS));
    }
    for (one, two, y) in bands {
        let middle = top + y + ROW / 2.0;
        if two.is_empty() {
            canvas.text("band", Anchor::Start, [0.0, middle + 4.0], one);
        } else {
            canvas.text("band", Anchor::Start, [0.0, middle - 4.0], one);
            canvas.text("band", Anchor::Start, [0.0, middle + 12.0], two);
        }
    }
    canvas.finish(title)
}

/// One moment, laid out: every position is relative to the panel's left edge.
struct Panel<'m> {
    moment: &'m Moment,
    units: &'m Units,
    /// The left edge and the width of each process's box.
    processes: Vec<(f64, f64)>,
    /// The left edges of the parts, by process and part.
    parts: BTreeMap<(usize, usize), f64>,
    /// Each file's region: its left edge and width.
    files: BTreeMap<Axis, (f64, f64)>,
    /// Each region of memory that belongs to no file: its process, left edge, width, frames.
    own: Vec<OwnRegion>,
    width: f64,
}

struct OwnRegion {
    process: usize,
    left: f64,
    boxes: Vec<OwnBox>,
}

/// A frame, or a group of frames, that belongs to no file.
struct OwnBox {
    frames: Vec<Frame>,
    width: f64,
    name: &'static str,
    label: String,
    /// The entries that lead to it: the middle of each cell.
    from: Vec<f64>,
}

impl OwnRegion {
    fn width(&self) -> f64 {
        let boxes: f64 = self.boxes.iter().map(|own| own.width + 8.0).sum();
        (boxes - 8.0 + 2.0 * PAD).max(Canvas::text_width(self.title(), 12.0) + 2.0 * PAD)
    }

    fn title(&self) -> &'static str {
        match self.boxes.iter().all(|own| own.name == "copy") {
            true => "private copies",
            false => "anonymous memory",
        }
    }
}

fn width_of(unit: &Unit) -> f64 {
    if unit.is_rest || unit.pages.end - unit.pages.start > 1 { GROUP } else { PAGE }
}

fn width_of_units(units: &[Unit]) -> f64 {
    units.iter().map(width_of).sum()
}

impl<'m> Panel<'m> {
    fn of(moment: &'m Moment, units: &'m Units) -> Self {
        let mut panel = Self {
            moment,
            units,
            processes: Vec::new(),
            parts: BTreeMap::new(),
            files: BTreeMap::new(),
            own: Vec::new(),
            width: 0.0,
        };
        panel.place_processes();
        panel.find_own_frames();
        panel.place_memory();
        panel
    }

    fn units_of(&self, part: &Part) -> Vec<Unit> {
        let units = self.units.get(&part.axis).map(Vec::as_slice).unwrap_or_default();
        let inside =
            |unit: &&Unit| unit.pages.start < part.pages.end && part.pages.start < unit.pages.end;
        units.iter().filter(inside).cloned().collect()
    }

    fn place_processes(&mut self) {
        let mut left = 0.0;
        for (index, process) in self.moment.processes.iter().enumerate() {
            let mut x = left + PAD;
            for (number, part) in process.parts.iter().enumerate() {
                self.parts.insert((index, number), x);
                x += self.part_width(part) + GAP / 2.0;
            }
            let inner = (x - GAP / 2.0 - left + PAD)
                .max(Canvas::text_width(&process.name, 13.0) + 2.0 * PAD);
            self.processes.push((left, inner));
            left += inner + GAP;
        }
        self.width = left - GAP;
    }

    fn part_width(&self, part: &Part) -> f64 {
        let words = Canvas::text_width(&part.kind, 11.5);
        let name = part.file.as_ref().map_or(0.0, |file| Canvas::text_width(&file.name, 11.5));
        width_of_units(&self.units_of(part)).max(words).max(name)
    }

    /// The cells of a part: the unit and the middle of its cell.
    fn cells(&self, process: usize, number: usize) -> Vec<(Unit, f64)> {
        let part = &self.moment.processes[process].parts[number];
        let mut x = self.parts.get(&(process, number)).copied().unwrap_or_default();
        let mut cells = Vec::new();
        for unit in self.units_of(part) {
            let width = width_of(&unit);
            cells.push((unit, x + width / 2.0));
            x += width;
        }
        cells
    }

    /// Collects the frames that belong to no file: one box for each, however many entries lead to it.
    fn find_own_frames(&mut self) {
        let mut regions: Vec<OwnRegion> = Vec::new();
        for (index, process) in self.moment.processes.iter().enumerate() {
            for (number, part) in process.parts.iter().enumerate() {
                for (unit, middle) in self.cells(index, number) {
                    let state = part.state_in(&unit.pages);
                    if unit.is_rest || !is_own(&state) {
                        continue;
                    }
                    let frames = part.own_frames(&unit.pages);
                    let known = regions.iter_mut().flat_map(|region| &mut region.boxes);
                    if let Some(shared) = known.into_iter().find(|own| own.frames == frames) {
                        shared.from.push(middle);
                        continue;
                    }
                    let own = OwnBox {
                        frames,
                        width: width_of(&unit),
                        name: own_name(&state),
                        label: page_numbers(part, &unit.pages),
                        from: vec![middle],
                    };
                    match regions.iter_mut().find(|region| region.process == index) {
                        Some(region) => region.boxes.push(own),
                        None => {
                            regions.push(OwnRegion { process: index, left: 0.0, boxes: vec![own] });
                        }
                    }
                }
            }
        }
        self.own = regions;
    }

    /// The page cache of each file stands below the processes that map it; private copies stand at
    /// the outer sides.
    fn place_memory(&mut self) {
        let mut files: BTreeMap<Axis, (Vec<f64>, f64)> = BTreeMap::new();
        for (index, process) in self.moment.processes.iter().enumerate() {
            for (number, part) in
                process.parts.iter().enumerate().filter(|(_, part)| part.file.is_some())
            {
                let left = self.parts.get(&(index, number)).copied().unwrap_or_default();
                let middle = left + width_of_units(&self.units_of(part)) / 2.0;
                files.entry(part.axis.clone()).or_default().0.push(middle);
            }
        }
        for (axis, (_, width)) in &mut files {
            let units = self.units.get(axis).map_or(0.0, |units| width_of_units(units));
            let title = self.file(axis).map(|file| {
                let title = if file.is_on_disk() { disk_title(file) } else { String::new() };
                let of_disk = Canvas::text_width(&title, 12.0);
                of_disk.max(Canvas::text_width(&cache_title(file), 12.0))
            });
            *width = units.max(title.unwrap_or(0.0)) + 2.0 * PAD;
        }
        let mut wanted: Vec<(f64, Axis, f64)> = files
            .into_iter()
            .map(|(axis, (middles, width))| {
                let middle = middles.iter().sum::<f64>() / middles.len() as f64;
                (middle, axis, width)
            })
            .collect();
        wanted.sort_by(|one, next| one.0.total_cmp(&next.0));
        let mut end = f64::NEG_INFINITY;
        for (middle, axis, width) in wanted {
            let left = (middle - width / 2.0).max(end + GAP);
            end = left + width;
            self.files.insert(axis, (left, width));
        }
        self.place_own();
        self.shift();
    }

    fn place_own(&mut self) {
        let start = self.files.values().map(|(left, _)| *left).fold(f64::INFINITY, f64::min);
        let end = self.files.values().map(|(left, width)| left + width).fold(0.0, f64::max);
        let several = self.moment.processes.len() > 1;
        let (mut before, mut after) = (start - GAP, end + GAP);
        let no_file = self.files.is_empty();
        if no_file {
            after = 0.0;
        }
        for region in &mut self.own {
            let width = region.width();
            if several && region.process == 0 && !no_file {
                region.left = before - width;
                before = region.left - GAP;
            } else {
                region.left = after;
                after += width + GAP;
            }
        }
        if no_file {
            // Below the process, where nothing else is.
            let spare = (self.width - (after - GAP)) / 2.0;
            self.own.iter_mut().for_each(|region| region.left += spare);
        }
    }

    /// Moves everything to the right until nothing is left of the panel's edge.
    fn shift(&mut self) {
        let lefts = self.files.values().map(|(left, _)| *left);
        let lefts = lefts.chain(self.own.iter().map(|region| region.left));
        let by = -lefts.fold(0.0, f64::min);
        self.processes.iter_mut().for_each(|(left, _)| *left += by);
        self.parts.values_mut().for_each(|left| *left += by);
        self.files.values_mut().for_each(|(left, _)| *left += by);
        for region in &mut self.own {
            region.left += by;
            region.boxes.iter_mut().flat_map(|own| &mut own.from).for_each(|x| *x += by);
        }
        let ends = self.files.values().map(|(left, width)| left + width);
        let ends = ends.chain(self.own.iter().map(|region| region.left + region.width()));
        let ends = ends.chain(self.processes.iter().map(|(left, width)| left + width));
        self.width = ends.fold(Canvas::text_width(&self.moment.title, 13.0), f64::max);
    }

    fn file(&self, axis: &Axis) -> Option<&FileRef> {
        let mut parts = self.moment.processes.iter().flat_map(|process| &process.parts);
        parts.find(|part| part.axis == *axis).and_then(|part| part.file.as_ref())
    }

    fn has_disk(&self) -> bool {
        self.files.keys().any(|axis| self.file(axis).is_some_and(FileRef::is_on_disk))
    }

    /// What is known of a page of a file, from whichever process maps it.
    fn state_of(&self, axis: &Axis, page: u64) -> State {
        self.moment.state_of(axis, page)
    }

    fn draw(&self, canvas: &mut Canvas, [left, top]: [f64; 2]) {
        for (index, process) in self.moment.processes.iter().enumerate() {
            self.draw_process(canvas, [left, top], index, process);
        }
        for (axis, place) in &self.files {
            self.draw_file(canvas, [left, top], axis, *place);
        }
        for region in &self.own {
            draw_own(canvas, [left, top], region);
        }
        // The arrows come last: nothing covers them.
        for (index, process) in self.moment.processes.iter().enumerate() {
            for (number, part) in process.parts.iter().enumerate() {
                for (unit, middle) in self.cells(index, number) {
                    let cell = Cell::of(&part.state_in(&unit.pages));
                    if !unit.is_rest
                        && matches!(cell, Cell::Mapped | Cell::MappedDirty)
                        && let Some(to) = self.frame_middle(&part.axis, &unit)
                    {
                        let (y, to_y) = (top + ENTRIES + ROW - 8.0, top + FRAMES);
                        canvas.arrow_down("", [left + middle, y], [left + to, to_y]);
                    }
                }
            }
        }
        for own in self.own.iter().flat_map(|region| region.middles()) {
            for from in &own.0.from {
                let (y, to_y) = (top + ENTRIES + ROW - 8.0, top + FRAMES);
                canvas.arrow_down(" to-copy", [left + from, y], [left + own.1, to_y]);
            }
        }
    }

    fn frame_middle(&self, axis: &Axis, unit: &Unit) -> Option<f64> {
        let (left, width) = self.files.get(axis)?;
        let units = self.units.get(axis)?;
        let mut x = left + (width - width_of_units(units)) / 2.0;
        for other in units {
            if other == unit {
                return Some(x + width_of(other) / 2.0);
            }
            x += width_of(other);
        }
        None
    }

    fn draw_process(
        &self,
        canvas: &mut Canvas,
        [left, top]: [f64; 2],
        index: usize,
        process: &ProcessPart,
    ) {
        let (x, width) = self.processes[index];
        let height = ENTRIES + ROW + PAD - PROCESSES;
        canvas.rect("box", [left + x, top + PROCESSES, width, height], 8.0);
        let name_at = [left + x + PAD, top + PROCESSES + 20.0];
        canvas.text("name", Anchor::Start, name_at, &process.name);
        for (number, part) in process.parts.iter().enumerate() {
            let x = left + self.parts.get(&(index, number)).copied().unwrap_or_default();
            let kind = if part.kind.is_empty() { "no mapping" } else { &part.kind };
            canvas.text("small", Anchor::Start, [x, top + ENTRIES - 22.0], kind);
            if let Some(file) = &part.file {
                let of = format!("of {}", file.name);
                canvas.text("small", Anchor::Start, [x, top + ENTRIES - 7.0], &of);
            }
            for (unit, middle) in self.cells(index, number) {
                draw_entry(canvas, [left + middle, top + ENTRIES], part, &unit);
            }
        }
    }

    fn draw_file(
        &self,
        canvas: &mut Canvas,
        [left, top]: [f64; 2],
        axis: &Axis,
        place: (f64, f64),
    ) {
        let (x, width) = (left + place.0, place.1);
        let Some(file) = self.file(axis) else { return };
        canvas.rect("cache", [x, top + MEMORY, width, REGION], 8.0);
        let title_at = [x + width / 2.0, top + FRAMES + ROW + 17.0];
        canvas.text("small", Anchor::Middle, title_at, &cache_title(file));
        let on_disk = file.is_on_disk();
        if on_disk {
            canvas.rect("disk", [x, top + DISK, width, REGION], 8.0);
            let title_at = [x + width / 2.0, top + BLOCKS + ROW + 17.0];
            canvas.text("small", Anchor::Middle, title_at, &disk_title(file));
        }
        let units = self.units.get(axis).map(Vec::as_slice).unwrap_or_default();
        if units.iter().all(|unit| file.is_past_end(unit.pages.start)) {
            let middle = x + width / 2.0;
            canvas.text("tiny", Anchor::Middle, [middle, top + FRAMES + 25.0], "empty");
            if on_disk {
                canvas.text("tiny", Anchor::Middle, [middle, top + BLOCKS + 25.0], "empty");
            }
        }
        for unit in units {
            let Some(middle) = self.frame_middle(axis, unit) else { continue };
            let state = self.state_of(axis, unit.pages.start);
            draw_frame(canvas, [left + middle, top], file, unit, &state);
            if on_disk {
                draw_block(canvas, [left + middle, top], file, unit, &state);
            }
        }
    }
}

impl OwnRegion {
    /// Each box and its middle.
    fn middles(&self) -> Vec<(&OwnBox, f64)> {
        let boxes: f64 = self.boxes.iter().map(|own| own.width + 8.0).sum::<f64>() - 8.0;
        let mut x = self.left + (self.width() - boxes) / 2.0;
        let mut found = Vec::new();
        for own in &self.boxes {
            found.push((own, x + own.width / 2.0));
            x += own.width + 8.0;
        }
        found
    }
}

fn draw_own(canvas: &mut Canvas, [left, top]: [f64; 2], region: &OwnRegion) {
    let (x, width) = (left + region.left, region.width());
    canvas.rect("own", [x, top + MEMORY, width, REGION], 8.0);
    let title_at = [x + width / 2.0, top + FRAMES + ROW + 17.0];
    canvas.text("small", Anchor::Middle, title_at, region.title());
    for (own, middle) in region.middles() {
        let box_at = [left + middle - own.width / 2.0, top + FRAMES, own.width, ROW];
        canvas.rect("copy", box_at, 4.0);
        two_lines(canvas, [left + middle, top + FRAMES], own.name, "tiny", &own.label);
    }
}

/// A cell of a page table: its page, and why no arrow begins in it.
fn draw_entry(canvas: &mut Canvas, [middle, y]: [f64; 2], part: &Part, unit: &Unit) {
    let width = width_of(unit);
    let state = part.state_in(&unit.pages);
    let (class, note) = match Cell::of(&state) {
        _ if unit.is_rest => ("none", "not drawn"),
        Cell::PastEnd => ("bad", "past end"),
        Cell::Swapped => ("none", "in swap"),
        Cell::Unmapped => ("none", "unmapped"),
        Cell::Hidden => ("none", "unknown"),
        _ if state.present => ("entry", ""),
        _ => ("none", "no entry"),
    };
    canvas.rect(class, [middle - width / 2.0 + 1.5, y, width - 3.0, ROW], 4.0);
    let label = page_numbers(part, &unit.pages);
    if note.is_empty() {
        canvas.text("name", Anchor::Middle, [middle, y + 18.0], &label);
    } else {
        two_lines(canvas, [middle, y], &label, "tiny", note);
    }
}

/// A page of the page cache, and whether the disk has the same bytes.
fn draw_frame(
    canvas: &mut Canvas,
    [middle, top]: [f64; 2],
    file: &FileRef,
    unit: &Unit,
    state: &State,
) {
    if file.is_past_end(unit.pages.start) {
        return;
    }
    let (width, y) = (width_of(unit), top + FRAMES);
    let in_table = matches!(Cell::of(state), Cell::Mapped | Cell::MappedDirty);
    let cached = state.cached == Some(true) || in_table;
    let dirty = state.cache_dirty == Some(true);
    let partly = Cell::of(state) == Cell::PartlyCached;
    let (class, note) = match state.cached {
        _ if unit.is_rest => ("none", "not drawn"),
        _ if cached && dirty => ("dirty", "dirty"),
        _ if partly => ("none", "in part"),
        _ if cached => ("frame", ""),
        Some(false) => ("none", "not cached"),
        _ => ("none", "cached?"),
    };
    canvas.rect(class, [middle - width / 2.0 + 1.5, y, width - 3.0, ROW], 4.0);
    label(canvas, [middle, y], &file_pages(unit), "tiny", note);
    if file.is_on_disk() && cached && !partly && !unit.is_rest {
        let (class, sign) = if dirty { ("stale", "≠") } else { ("sign", "=") };
        canvas.text(class, Anchor::Middle, [middle, top + SIGNS + 20.0], sign);
    }
}

/// A page of the file on the disk. The part of it that is past the end of the file is pale.
fn draw_block(
    canvas: &mut Canvas,
    [middle, top]: [f64; 2],
    file: &FileRef,
    unit: &Unit,
    state: &State,
) {
    if file.is_past_end(unit.pages.start) || unit.is_rest {
        return;
    }
    let width = width_of(unit) - 3.0;
    let (x, y) = (middle - width / 2.0, top + BLOCKS);
    let length = file.facts.map_or(0, |facts| facts.length);
    let bytes = |pages: u64| pages * page_size() as u64;
    let inside = length.min(bytes(unit.pages.end)) - bytes(unit.pages.start);
    let share = inside as f64 / bytes(unit.pages.end - unit.pages.start) as f64;
    if share < 1.0 {
        canvas.rect("block part", [x, y, width, ROW], 4.0);
        canvas.rect("inside", [x, y, (width * share).max(5.0), ROW], 4.0);
    } else {
        canvas.rect("block", [x, y, width, ROW], 4.0);
    }
    let note = if state.cache_dirty == Some(true) { "old bytes" } else { "" };
    label(canvas, [middle, y], &file_pages(unit), "tiny stale", note);
}

/// One line in the middle of a box, or two.
fn label(canvas: &mut Canvas, [middle, y]: [f64; 2], name: &str, class: &str, note: &str) {
    match note {
        "" => canvas.text("", Anchor::Middle, [middle, y + 25.0], name),
        note => two_lines(canvas, [middle, y], name, class, note),
    }
}

fn two_lines(canvas: &mut Canvas, [middle, y]: [f64; 2], first: &str, class: &str, second: &str) {
    canvas.text("", Anchor::Middle, [middle, y + 17.0], first);
    canvas.text(class, Anchor::Middle, [middle, y + 32.0], second);
}

fn own_name(state: &State) -> &'static str {
    match Cell::of(state) {
        Cell::PrivateCopy => "copy",
        Cell::Special => "kernel",
        _ => "memory",
    }
}

/// Page numbers as the story's pictures count them.
fn page_numbers(part: &Part, pages: &Range<u64>) -> String {
    let label = |page: u64| page + part.first_label - part.pages.start;
    range(label(pages.start.max(part.pages.start)), label(pages.end.min(part.pages.end)))
}

/// Page numbers of the file.
fn file_pages(unit: &Unit) -> String {
    let pages = range(unit.pages.start, unit.pages.end);
    if unit.pages.end - unit.pages.start == 1 { format!("page {pages}") } else { pages }
}

fn range(start: u64, end: u64) -> String {
    if end - start == 1 { format!("{start}") } else { format!("{start}–{}", end - 1) }
}

fn cache_title(file: &FileRef) -> String {
    format!("page cache: {}", file.name)
}

fn disk_title(file: &FileRef) -> String {
    let length = file.facts.map_or(0, |facts| facts.length);
    format!("file {}: {length} bytes", file.name)
}
