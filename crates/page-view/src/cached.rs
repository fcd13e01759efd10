//! Which pages of a file are in the page cache. `cachestat` only counts. So a range is halved until
//! all of it or nothing of it is cached.
//!
//! The page cache can have memory for a page before it has all bytes of the page. `fallocate` and a
//! write of less than a page leave such pages. `cachestat` counts such a page; to `mincore` it is not
//! in memory.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;

use common::page_size;
use nix::sys::statfs;
use nix::unistd::{AccessFlags, eaccess, geteuid};

use crate::window::Window;
use crate::{CacheCounts, cache_counts_in};

/// Pages in one call of `mincore`, which answers with one byte per page.
const WINDOW: u64 = 1 << 12;
/// Pages above which `mincore` alone would take longer than a second.
const MOST_BY_MINCORE: u64 = 1 << 24;

/// If a range has more dirty pages than this, they are not located one by one.
const MOST_UNWRITTEN: u64 = 1 << 18;

/// What is known of a part of a file.
pub(crate) struct Cached {
    /// The pages in the cache, by their index in the file; `None` if the kernel hides it.
    pub(crate) pages: Option<Vec<Range<u64>>>,
    /// The pages of which the cache has all bytes; `None` if the kernel hides it.
    pub(crate) complete: Option<Vec<Range<u64>>>,
    /// What `cachestat` counts, unless its answer means nothing on this file system.
    pub(crate) counts: Option<CacheCounts>,
}

/// Finds which pages of `range` are cached.
pub(crate) fn cached(file: &File, range: Range<u64>) -> Cached {
    let counts = believable_counts(file, &range);
    let mut pages = Vec::new();
    let asked = match counts {
        Some(_) => halve(file, range, &mut pages, |counts| counts.cached, true),
        None if mincore_tells(file) && range.end - range.start <= MOST_BY_MINCORE => {
            by_window(file, range, &mut pages)
        }
        None => Err(io::ErrorKind::Unsupported.into()),
    };
    let pages = asked.is_ok().then_some(pages);
    let complete = match counts {
        Some(_) => pages.as_deref().and_then(|pages| complete(file, pages)),
        None => pages.clone(),
    };
    Cached { pages, complete, counts }
}

/// The pages among the cached `pages` of which the cache has all bytes.
fn complete(file: &File, pages: &[Range<u64>]) -> Option<Vec<Range<u64>>> {
    let count: u64 = pages.iter().map(|part| part.end - part.start).sum();
    if !mincore_tells(file) || count > MOST_BY_MINCORE {
        return None;
    }
    // One window asks about several short parts.
    let mut windows: Vec<Range<u64>> = Vec::new();
    for part in pages {
        match windows.last_mut() {
            Some(last) if part.end - last.start <= WINDOW => last.end = part.end,
            _ => windows.push(part.clone()),
        }
    }
    let mut found = Vec::new();
    let asked = windows.into_iter().try_for_each(|window| by_window(file, window, &mut found));
    asked.is_ok().then_some(found)
}

/// Finds the dirty pages by halving the range. `None` where `cachestat` does not know: tmpfs has no
/// disk.
pub(crate) fn cache_dirty(
    file: &File,
    range: Range<u64>,
    counts: Option<CacheCounts>,
) -> Option<Vec<Range<u64>>> {
    let kind = statfs::fstatfs(file).ok()?.filesystem_type();
    let mut pages = Vec::new();
    let too_many = counts?.dirty > MOST_UNWRITTEN;
    (kind != statfs::TMPFS_MAGIC
        && !too_many
        && halve(file, range, &mut pages, |counts| counts.dirty, false).is_ok())
    .then_some(pages)
}

/// Whether the file's file system keeps its files on a disk.
pub(crate) fn is_on_disk(file: &File) -> bool {
    const RAMFS_MAGIC: statfs::FsType = statfs::FsType(0x8584_58f6); // nix has no name for it.
    let kind = statfs::fstatfs(file).map(|found| found.filesystem_type());
    let in_memory = [statfs::TMPFS_MAGIC, statfs::HUGETLBFS_MAGIC, RAMFS_MAGIC];
    kind.is_ok_and(|kind| !in_memory.contains(&kind))
}

/// Collects the pages that `kind` counts: halves the range until it counts all of it or nothing. With
/// `by_mincore`, a short range ends earlier if `mincore` finds as many pages as `kind` counts.
fn halve(
    file: &File,
    range: Range<u64>,
    pages: &mut Vec<Range<u64>>,
    kind: fn(&CacheCounts) -> u64,
    by_mincore: bool,
) -> io::Result<()> {
    let length = range.end - range.start;
    let counted = kind(&count(file, &range)?);
    if counted == 0 {
        return Ok(());
    }
    if counted >= length {
        push(pages, range);
        return Ok(());
    }
    if by_mincore && length <= WINDOW {
        let mut resident = Vec::new();
        by_window(file, range.clone(), &mut resident)?;
        if resident.iter().map(|part| part.end - part.start).sum::<u64>() == counted {
            resident.into_iter().for_each(|part| push(pages, part));
            return Ok(());
        }
    }
    let middle = range.start + length / 2;
    halve(file, range.start..middle, pages, kind, by_mincore)?;
    halve(file, middle..range.end, pages, kind, by_mincore)
}

/// On overlayfs `cachestat` counts 0 pages of every kind, which is no answer.
fn believable_counts(file: &File, range: &Range<u64>) -> Option<CacheCounts> {
    let kind = statfs::fstatfs(file).ok()?.filesystem_type();
    if kind == statfs::OVERLAYFS_SUPER_MAGIC { None } else { count(file, range).ok() }
}

/// Whether `mincore` tells the truth. If the caller neither owns the file nor may write it, `mincore`
/// says that every page is cached.
fn mincore_tells(file: &File) -> bool {
    let owner = file.metadata().is_ok_and(|found| found.uid() == geteuid().as_raw());
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    owner || eaccess(path.as_str(), AccessFlags::W_OK).is_ok()
}

fn count(file: &File, range: &Range<u64>) -> io::Result<CacheCounts> {
    let size = page_size() as u64;
    cache_counts_in(file, range.start * size, (range.end - range.start) * size)
}

fn by_window(file: &File, range: Range<u64>, pages: &mut Vec<Range<u64>>) -> io::Result<()> {
    let size = page_size();
    for first in range.clone().step_by(usize::try_from(WINDOW).map_err(io::Error::other)?) {
        let length = usize::try_from(range.end.min(first + WINDOW) - first);
        let length = length.map_err(io::Error::other)? * size;
        let resident = Window::on(file, first * size as u64, length)?.resident()?;
        let there = (first..).zip(resident).filter(|(_, resident)| *resident);
        there.for_each(|(page, _)| push(pages, page..page + 1));
    }
    Ok(())
}

fn push(pages: &mut Vec<Range<u64>>, next: Range<u64>) {
    match pages.last_mut() {
        Some(last) if last.end == next.start => last.end = next.end,
        _ => pages.push(next),
    }
}
