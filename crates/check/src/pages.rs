//! FILE's pages, for a page that shows a run: which process maps them, and what the page cache and the disk
//! have of them. Looking changes none of that.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use common::page_size;
use explore::pages::{CachedPage, FilePages, MappedPages, PageEntry, Pages, ProcessPages};
use memmap2::MmapOptions;
use nix::unistd::Pid;
use page_view::{Cell, Mapping, State, View, identity_of, maps_of};

use crate::disk::is_dirty;

/// A page map of a larger file is not readable.
const MOST_PAGES: usize = 16;

/// The pages of the file at `path` in these processes, which are called so; `None` if they cannot be seen, or
/// if they are too many.
#[must_use]
pub fn pages_of(path: &Path, processes: &[(String, Pid)]) -> Option<Pages> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = File::options().read(true).custom_flags(flags).open(path).ok();
    let Some(file) = file.filter(|file| file.metadata().is_ok_and(|found| found.is_file())) else {
        let nothing = |(name, _): &(String, Pid)| {
            ProcessPages { name: name.clone(), parts: Vec::new() } // It may map a file that is gone.
        };
        return Some(Pages {
            processes: processes.iter().map(nothing).collect(),
            files: Vec::new(),
        });
    };
    let files = vec![in_the_cache(&file)?];
    let identity = identity_of(path).ok()?;
    let mut copies = 0;
    let mut seen = Vec::new();
    for (name, process) in processes {
        let process = process.as_raw().cast_unsigned();
        let maps = maps_of(process).ok()?.into_iter();
        let maps = maps.filter(|mapping| (mapping.device, mapping.inode) == identity);
        let views = View::of_mappings(process, maps.collect()).ok()?;
        let parts = views.iter().map(|view| mapped(view, &mut copies));
        seen.push(ProcessPages { name: name.clone(), parts: parts.collect::<Option<_>>()? });
    }
    Some(Pages { processes: seen, files })
}

/// One mapping of the file. `copies` counts the private copies so far.
fn mapped(view: &View, copies: &mut usize) -> Option<MappedPages> {
    let mapping: &Mapping = view.mappings.first()?;
    let first = mapping.offset / page_size() as u64;
    if view.page_count() > MOST_PAGES as u64 {
        return None;
    }
    let mut entries = Vec::new();
    for run in &view.runs {
        for index in run.pages.clone() {
            let cell = Cell::of(&run.state);
            let own = (cell == Cell::PrivateCopy).then(|| {
                *copies += 1;
                *copies
            });
            let page = first + index;
            entries.push(PageEntry { label: page, page, leads: cell.leads(false), own });
        }
    }
    let is_shared = mapping.permissions.ends_with('s');
    let kind = if is_shared { "shared mapping" } else { "private mapping" };
    Some(MappedPages { kind, file: Some(0), entries })
}

/// What the page cache and the disk have of the file, seen through a mapping that the judge never touches.
fn in_the_cache(file: &File) -> Option<FilePages> {
    let length = usize::try_from(file.metadata().ok()?.size()).ok()?;
    let mut pages = Vec::new();
    let mut on_disk = true;
    if length.div_ceil(page_size()) > MOST_PAGES {
        return None;
    }
    if length > 0 {
        let window = MmapOptions::new().len(length).map_raw_read_only(file).ok()?;
        let view = View::at(std::process::id(), window.as_ptr().addr()).ok()?;
        on_disk = view.files.first()?.as_ref().is_none_or(|facts| facts.on_disk);
        for run in &view.runs {
            for page in run.pages.clone().take(length.div_ceil(page_size())) {
                pages.push(CachedPage { page, state: state_of(file, page, &run.state, on_disk) });
            }
        }
    }
    Some(FilePages { name: "FILE".into(), on_disk, pages })
}

/// What the page cache and the disk have of a page, in the words of the recordings.
fn state_of(file: &File, page: u64, state: &State, on_disk: bool) -> &'static str {
    // Where `cachestat` says nothing, as on overlayfs, a page that is in the page cache is asked for itself.
    let dirty = || state.cache_dirty.or_else(|| is_dirty(file, page * page_size() as u64).ok());
    match state.cached {
        _ if state.past_end == Some(true) => "past the end of the file",
        Some(false) => "not in the page cache",
        None => "unknown",
        Some(true) if !on_disk => "present",
        Some(true) => match dirty() {
            Some(true) => "dirty",
            Some(false) => "the same on the disk",
            None => "unknown",
        },
    }
}
