//! What is known of a range of addresses, in runs of equal pages. An empty terabyte is one run.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result, page_size};

use crate::cached::{Cached, cache_dirty, cached, is_on_disk};
use crate::frames::{Frame, frames};
use crate::maps::{mappings_from, maps_of};
use crate::opened::{Identity, identity_of, open_mapped};
use crate::runs::{Known, Run, runs};
use crate::{CacheCounts, Mapping, scan};

/// If more pages than this are present (a GiB of small pages), their frames stay unknown.
pub const MOST_FRAMES: usize = 1 << 18;

/// Some addresses of a process at one moment.
#[derive(Clone, Debug)]
pub struct View {
    /// The process.
    pub pid: u32,
    /// The addresses that were looked at; whole pages.
    pub addresses: Range<usize>,
    /// The mappings that have a part in them, lowest first, without their sums: see
    /// [`View::add_sums`].
    pub mappings: Vec<Mapping>,
    /// For each of these mappings, its file; `None` if it has none or we cannot open it.
    pub files: Vec<Option<FileFacts>>,
    /// Every page of the range, in order.
    pub runs: Vec<Run>,
    /// What `cachestat` counts for these addresses, if they are one mapping and the kernel tells.
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
    /// and nothing of it is touched. Only the page table of these addresses is walked.
    ///
    /// # Errors
    /// `ENOENT` if there is no such process, `EACCES` if it is another user's, `ESRCH` if it ended,
    /// or executed another program, meanwhile.
    pub fn of(pid: u32, range: Range<usize>) -> Result<Self> {
        let mut looker = Looker::at(pid)?;
        let mappings = maps_of(pid)?;
        looker.view(range, mappings)
    }

    /// Looks at the mapping of process `pid` that holds `address`.
    ///
    /// # Errors
    /// As [`View::of`]; and that nothing is mapped there.
    pub fn at(pid: u32, address: usize) -> Result<Self> {
        let holds = |mapping: &Mapping| mapping.addresses.contains(&address);
        let mapping = maps_of(pid)?.into_iter().find(holds);
        let nothing = || {
            let maps = PathBuf::from(format!("/proc/{pid}/maps"));
            Failure::refusal("read", &maps, format!("nothing is mapped at {address:#x}"))
        };
        let mapping = mapping.ok_or_else(nothing)?;
        Looker::at(pid)?.view(mapping.addresses.clone(), vec![mapping])
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
        let identity = identity_of(path).step_on("open", path)?;
        let is_it = |mapping: &Mapping| (mapping.device, mapping.inode) == identity;
        let mapping = maps_of(pid)?.into_iter().find(is_it);
        let unmapped = || Failure::refusal("find", path, format!("process {pid} does not map it"));
        let mapping = mapping.ok_or_else(unmapped)?;
        Looker::at(pid)?.view(mapping.addresses.clone(), vec![mapping])
    }

    /// Looks at each of these mappings of process `pid`. What they have in common is read once.
    ///
    /// # Errors
    /// As [`View::of`].
    pub fn of_mappings(pid: u32, mappings: Vec<Mapping>) -> Result<Vec<Self>> {
        let mut looker = Looker::at(pid)?;
        let view = |mapping: Mapping| looker.view(mapping.addresses.clone(), vec![mapping]);
        mappings.into_iter().map(view).collect()
    }

    /// Adds the sums of smaps to the mappings of these views, which are of one process and in order.
    /// They are sums of whole mappings. The kernel walks the page tables of the process up to the
    /// last of these mappings.
    ///
    /// # Errors
    /// As [`mappings_of`](crate::mappings_of).
    pub fn add_sums(views: &mut [Self]) -> Result<()> {
        let Some(pid) = views.first().map(|view| view.pid) else { return Ok(()) };
        let of_view = |view: &Self| {
            view.mappings.iter().map(|mapping| mapping.addresses.start).collect::<Vec<_>>()
        };
        let mut starts: Vec<usize> = views.iter().flat_map(of_view).collect();
        starts.sort_unstable();
        starts.dedup();
        let found = mappings_from(pid, &starts)?;
        for mapping in views.iter_mut().flat_map(|view| &mut view.mappings) {
            let start = mapping.addresses.start;
            let index = found.binary_search_by_key(&start, |with| with.addresses.start);
            if let Some(with_sums) = index.ok().and_then(|index| found.get(index)) {
                *mapping = with_sums.clone();
            }
        }
        Ok(())
    }

    /// How many pages there are.
    pub fn page_count(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.pages.end)
    }

    /// One of the sums of smaps over its mappings, in bytes, after [`View::add_sums`].
    pub fn sum(&self, name: &str) -> Option<u64> {
        self.mappings.iter().map(|mapping| mapping.sum(name)).sum()
    }

    fn index(&self, address: usize) -> u64 {
        ((address - self.addresses.start) / page_size()) as u64
    }
}

/// Looks at parts of one process. Opens each of its files once.
struct Looker {
    pid: u32,
    path: PathBuf,
    pagemap: File,
    files: HashMap<Identity, Option<File>>,
}

impl Looker {
    fn at(pid: u32) -> Result<Self> {
        let path = PathBuf::from(format!("/proc/{pid}/pagemap"));
        let pagemap = File::open(&path).step_on("open", &path)?;
        Ok(Self { pid, path, pagemap, files: HashMap::new() })
    }

    /// Looks at `range`, of which `mappings` may have a part.
    fn view(&mut self, range: Range<usize>, mut mappings: Vec<Mapping>) -> Result<View> {
        let start = range.start - range.start % page_size();
        let addresses = start..range.end.next_multiple_of(page_size()).max(start);
        let overlaps = |mapping: &Mapping| {
            mapping.addresses.start < addresses.end && addresses.start < mapping.addresses.end
        };
        mappings.retain(overlaps);
        let (files, runs) = (Vec::new(), Vec::new());
        let mut view = View { pid: self.pid, addresses, mappings, files, runs, cache: None };
        self.look(&mut view).step_on("read", &self.path)?;
        // If the process ended meanwhile, what was read may be empty or half.
        match scan::is_alive(&self.pagemap).step_on("read", &self.path)? {
            true => Ok(view),
            false => Err(io::Error::from_raw_os_error(libc::ESRCH)).step_on("read", &self.path),
        }
    }

    /// Fills in the runs, mapping by mapping and gap by gap.
    fn look(&mut self, view: &mut View) -> io::Result<()> {
        let mut at = view.addresses.start;
        for index in 0..view.mappings.len() {
            let mapping = &view.mappings[index];
            let start = mapping.addresses.start.max(at);
            let end = mapping.addresses.end.min(view.addresses.end);
            let (gap, first) = (view.index(at)..view.index(start), view.index(start));
            let (known, cache, file) = self.know(mapping, start..end)?;
            view.runs.extend(Run::gap(gap));
            view.runs.extend(runs(first, start..end, &known));
            view.files.push(file);
            view.cache = cache.filter(|_| view.mappings.len() == 1);
            at = end;
        }
        view.runs.extend(Run::gap(view.index(at)..view.index(view.addresses.end)));
        Ok(())
    }

    fn file(&mut self, mapping: &Mapping) -> Option<&File> {
        let key = (mapping.device, mapping.inode);
        let opened = self.files.entry(key).or_insert_with(|| open_mapped(self.pid, mapping));
        opened.as_ref()
    }

    /// Asks every instrument about the part `range` of `mapping`.
    fn know(
        &mut self,
        mapping: &Mapping,
        range: Range<usize>,
    ) -> io::Result<(Known, Option<CacheCounts>, Option<FileFacts>)> {
        let mut known = Known {
            has_file: mapping.has_file(),
            is_kernels: mapping.is_kernels(),
            is_shared: mapping.permissions.ends_with('s'),
            ..Known::default()
        };
        match scan::entries(&self.pagemap, range.clone()) {
            // As of [vsyscall], which lies above the addresses that a process can have.
            Err(error) if error.raw_os_error() == Some(libc::EFAULT) => known.hidden = true,
            entries => known.entries = entries?,
        }
        let present = known.entries.iter().filter(|entry| entry.present);
        let bytes: usize = present.clone().map(|entry| entry.addresses.len()).sum();
        let mut seen: Vec<Frame> = Vec::new();
        if bytes / page_size() <= MOST_FRAMES {
            for entry in present {
                seen.extend(frames(&self.pagemap, entry.addresses.clone())?);
            }
        }
        known.frames = seen;
        if !mapping.has_file() {
            known.cached = Some(Vec::new()); // No file, no page cache.
            known.complete = Some(Vec::new());
            return Ok((known, None, None));
        }
        let Some(file) = self.file(mapping) else { return Ok((known, None, None)) };
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
        let Cached { pages: found, complete, counts } = cached(file, pages.clone());
        known.cached = found.map(addresses);
        known.complete = complete.map(addresses);
        known.cache_dirty = cache_dirty(file, pages.clone(), counts).map(addresses);
        let length = file.metadata()?.len();
        let in_file = length.div_ceil(page_size() as u64);
        known.end_of_file = Some(address(in_file.clamp(pages.start, pages.end)));
        Ok((known, counts, Some(FileFacts { length, on_disk: is_on_disk(file) })))
    }
}
