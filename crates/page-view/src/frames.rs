//! What only root may see: page frame numbers, and what `/proc/kpageflags` and `/proc/kpagecount`
//! say of each frame.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use common::page_size;

use crate::scan::for_each_entry;

/// A page frame, and what the kernel keeps about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) address: usize,
    pub(crate) number: u64,
    pub(crate) dirty: Option<bool>,
    pub(crate) references: Option<u64>,
}

/// How many frames are asked about in one read, if their numbers follow each other.
const AT_ONCE: usize = 512;
const FRAME_NUMBER: u64 = (1 << 55) - 1;
const KPF_DIRTY: u64 = 4;

/// The frames of the present pages of `range`; none where the caller may not see them.
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
    let mut words = [0; AT_ONCE * 8];
    let follows = |one: &Frame, next: &Frame| one.number + 1 == next.number;
    for chunk in found.chunk_by_mut(follows).flat_map(|chunk| chunk.chunks_mut(AT_ONCE)) {
        let mut ask = |table: &Option<File>, set: fn(&mut Frame, u64)| {
            let Some(table) = table else { return };
            let bytes = &mut words[..chunk.len() * 8];
            let read = table.read_at(bytes, chunk[0].number * 8).unwrap_or(0); // Then unknown.
            for (frame, word) in chunk.iter_mut().zip(bytes[..read].as_chunks().0) {
                set(frame, u64::from_ne_bytes(*word));
            }
        };
        ask(&flags, |frame, word| frame.dirty = Some(word >> KPF_DIRTY & 1 == 1));
        ask(&counts, |frame, word| frame.references = Some(word));
    }
    Ok(found)
}
