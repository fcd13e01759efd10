//! What only root may see: page frame numbers, and each frame's flags and count in
//! `/proc/kpageflags` and `/proc/kpagecount`.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use common::page_size;

use crate::scan::for_each_entry;

/// A page frame: its number, its dirty flag, and how many page tables hold it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) address: usize,
    pub(crate) number: u64,
    pub(crate) dirty: Option<bool>,
    pub(crate) references: Option<u64>,
}

/// Frames that one read spans at most.
const AT_ONCE: usize = 512;
/// A read also takes up to this many frames in between that nobody asked for: faster than two reads.
const WIDEST_GAP: u64 = 8;
/// The bits of a pagemap entry that tell the frame's number.
pub(crate) const FRAME_NUMBER: u64 = (1 << 55) - 1;
const KPF_DIRTY: u64 = 4;

/// The frames of the present pages of `range`. If the caller is not root, there are none.
pub(crate) fn frames(pagemap: &File, range: Range<usize>) -> io::Result<Vec<Frame>> {
    let mut found = Vec::with_capacity(range.len() / page_size());
    for_each_entry(pagemap, range, |address, entry| {
        let number = entry & FRAME_NUMBER;
        if entry >> 63 & 1 == 1 && number != 0 {
            found.push(Frame { address, number, dirty: None, references: None });
        }
    })?;
    let flags = File::open("/proc/kpageflags").ok();
    let counts = File::open("/proc/kpagecount").ok();
    found.sort_unstable_by_key(|frame| frame.number); // Neighbours are asked about together.
    let mut rest = found.as_mut_slice();
    while let Some(first) = rest.first().map(|frame| frame.number) {
        let near = |frames: &[Frame], index: usize| {
            let number = frames[index].number;
            number - frames[index - 1].number <= WIDEST_GAP && number - first < AT_ONCE as u64
        };
        let count = (1..rest.len()).find(|index| !near(rest, *index)).unwrap_or(rest.len());
        let (chunk, others) = rest.split_at_mut(count);
        ask(flags.as_ref(), chunk, |frame, word| frame.dirty = Some(word >> KPF_DIRTY & 1 == 1));
        ask(counts.as_ref(), chunk, |frame, word| frame.references = Some(word));
        rest = others;
    }
    found.sort_unstable_by_key(|frame| frame.address);
    Ok(found)
}

/// Reads the words of these frames with one read. They are in order and near each other. A word that
/// cannot be read stays unknown.
fn ask(table: Option<&File>, frames: &mut [Frame], set: impl Fn(&mut Frame, u64)) {
    let mut words = [0; AT_ONCE * 8];
    let (Some(table), Some(first)) = (table, frames.first().map(|frame| frame.number)) else {
        return;
    };
    let span = frames.last().map_or(0, |last| last.number - first + 1);
    let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let read = table.read_at(&mut words[..place(span) * 8], first * 8).unwrap_or(0);
    let words = words[..read].as_chunks().0;
    for frame in frames {
        if let Some(word) = words.get(place(frame.number - first)) {
            set(frame, u64::from_ne_bytes(*word));
        }
    }
}
