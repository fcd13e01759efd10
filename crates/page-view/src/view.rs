//! What is known of a range of addresses, in runs of equal pages: a terabyte that holds nothing is
//! one run.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result, page_size};

use crate::cached::{Cached, cached, is_on_disk, unwritten};
use crate::frames::{Frame, frames};
use crate::opened::open_mapped;
use crate::runs::{Known, Run, runs};
use crate::{CacheCounts, Mapping, mappings_of, scan};

/// Above so many present pages (a GiB of small ones) frames are not asked for: they stay unknown.
pub const MOST_FRAMES: usize = 1 << 18;

/// Some addresses of a process at one moment.
#[derive(Clone, Debug)]
pub struct View {
    /// Whose they are.
    pub pid: u32,
    /// The addresses that were looked at; whole pages.
    pub addresses: Range<usize>,
    /// The mappings that have a part in them, lowest first. Their sums are those of whole mappings.
    pub mappings: Vec<Mapping>,
    /// For each of these mappings, its file; `None` if it has none or we cannot open it.
    pub files: Vec<Option<FileFacts>>,
    /// Every page of the range, in order.
    pub runs: Vec<Run>,
    /// What `cachestat` counts behind these addresses, if it is one mapping and it can be known.
    pub cache: Option<CacheCounts>,
}

/// What a view knows of the file behind a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its length in bytes.
    pub length: u64,
    /// Whether its file system keeps files on a disk, which tmpfs and its like do not.
    pub on_disk: bool,
}

impl View {
    /// Looks at the addresses `range` of process `pid`, mapped or not. The process is not stopped,
    /// and nothing of it is touched.
    ///
    /// # Errors
    /// `ENOENT` if there is no such process, `EACCES` if it is another user's, `ESRCH` if it ended,
    /// or executed another program, meanwhile.
    pub fn of(pid: u32, range: Range<usize>) -> Result<Self> {
        let path = PathBuf::from(format!("/proc/{pid}/pagemap"));
        let pagemap = File::open(&path).step_on("open", &path)?;
        let start = range.start - range.start % page_size();
        let addresses = start..range.end.next_multiple_of(page_size()).max(start);
        let mut mappings = mappings_of(pid)?;
        let overlaps = |mapping: &Mapping| {
            mapping.addresses.start < addresses.end && addresses.start < mapping.addresses.end
        };
        mappings.retain(overlaps);
        let (files, runs) = (Vec::new(), Vec::new());
        let mut view = Self { pid, addresses, mappings, files, runs, cache: None };
        view.look(&pagemap).step_on("read", &path)?;
        // Whatever was read of a process that has gone is worth nothing.
        match scan::is_alive(&pagemap).step_on("read", &path)? {
            true => Ok(view),
            false => Err(io::Error::from_raw_os_error(libc::ESRCH)).step_on("read", &path),
        }
    }

    /// Looks at the mapping of process `pid` that holds `address`.
    ///
    /// # Errors
    /// As [`View::of`]; and that nothing is mapped there.
    pub fn at(pid: u32, address: usize) -> Result<Self> {
        let mapping = crate::mapping_at(pid, address)?;
        let nothing = || {
            let maps = PathBuf::from(format!("/proc/{pid}/maps"));
            Failure::refusal("read", &maps, format!("nothing is mapped at {address:#x}"))
        };
        Self::of(pid, mapping.ok_or_else(nothing)?.addresses)
    }

    /// Looks at the mapping of this process that holds `address`.
    ///
    /// # Errors
    /// As [`View::at`].
    pub fn here(address: usize) -> Result<Self> {
        Self::at(std::process::id(), address)
    }

    /// Looks at the first mapping of the file at `path` in process `pid`.
    ///
    /// # Errors
    /// As [`View::of`]; what opening the file says; and that the process does not map it.
    pub fn of_file(pid: u32, path: &Path) -> Result<Self> {
        let unmapped = || Failure::refusal("find", path, format!("process {pid} does not map it"));
        for mapping in mappings_of(pid)?.into_iter().filter(Mapping::has_file) {
            if crate::maps_file(&mapping, path).step_on("open", path)? {
                return Self::of(pid, mapping.addresses);
            }
        }
        Err(unmapped())
    }

    /// How many pages there are.
    pub fn page_count(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.pages.end)
    }

    /// One of the sums of smaps over its mappings, in bytes.
    pub fn sum(&self, name: &str) -> Option<u64> {
        self.mappings.iter().map(|mapping| mapping.sum(name)).sum()
    }

    /// Fills in the runs, mapping by mapping and gap by gap.
    fn look(&mut self, pagemap: &File) -> io::Result<()> {
        let mut at = self.addresses.start;
        for mapping in &self.mappings {
            let start = mapping.addresses.start.max(at);
            let end = mapping.addresses.end.min(self.addresses.end);
            self.runs.extend(Run::gap(self.index(at)..self.index(start)));
            let (first, range) = (self.index(start), start..end);
            let (known, cache, file) = know(pagemap, self.pid, mapping, range.clone())?;
            self.files.push(file);
            self.runs.extend(runs(first, range, &known));
            self.cache = cache.filter(|_| self.mappings.len() == 1);
            at = end;
        }
        self.runs.extend(Run::gap(self.index(at)..self.index(self.addresses.end)));
        Ok(())
    }

    fn index(&self, address: usize) -> u64 {
        ((address - self.addresses.start) / page_size()) as u64
    }
}

/// Asks every instrument about the part `range` of `mapping`.
fn know(
    pagemap: &File,
    pid: u32,
    mapping: &Mapping,
    range: Range<usize>,
) -> io::Result<(Known, Option<CacheCounts>, Option<FileFacts>)> {
    let entries = scan::entries(pagemap, range.clone())?;
    let present = entries.iter().filter(|entry| entry.present);
    let bytes: usize = present.clone().map(|entry| entry.addresses.len()).sum();
    let mut seen: Vec<Frame> = Vec::new();
    if bytes / page_size() <= MOST_FRAMES {
        for entry in present {
            seen.extend(frames(pagemap, entry.addresses.clone())?);
        }
    }
    let has_file = mapping.has_file();
    let mut known = Known { entries, frames: seen, has_file, ..Known::default() };
    if !mapping.has_file() {
        known.cached = Some(Vec::new()); // No file, no page cache.
        return Ok((known, None, None));
    }
    let Some(file) = open_mapped(pid, mapping) else { return Ok((known, None, None)) };
    let offset = mapping.offset + (range.start - mapping.addresses.start) as u64;
    let first = offset / page_size() as u64;
    let pages = first..first + (range.len() / page_size()) as u64;
    let address = |page: u64| {
        let distance = (page - first) * page_size() as u64;
        range.start + usize::try_from(distance).unwrap_or(range.len()).min(range.len())
    };
    let addresses = |found: Vec<Range<u64>>| {
        found.into_iter().map(|part| address(part.start)..address(part.end)).collect()
    };
    let Cached { pages: found, counts } = cached(&file, pages.clone());
    known.cached = found.map(addresses);
    known.unwritten = unwritten(&file, pages.clone(), counts).map(addresses);
    let length = file.metadata()?.len();
    let in_file = length.div_ceil(page_size() as u64);
    known.end_of_file = Some(address(in_file.clamp(pages.start, pages.end)));
    Ok((known, counts, Some(FileFacts { length, on_disk: is_on_disk(&file) })))
}
