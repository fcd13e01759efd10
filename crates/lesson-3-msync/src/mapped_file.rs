//! A file and its shared mapping, and how many of its pages are dirty, counted by two instruments.
//! `cargo lesson-3` counts them after every action.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use common::{Context, Result, page_size};
use page_view::{cache_counts, mapping_at};

use crate::{Instruments, Memory, msync};

/// A file of whole pages, mapped.
#[allow(missing_docs, reason = "said above")]
pub struct MappedFile {
    pub path: PathBuf,
    pub file: File,
    pub memory: Memory,
    pub instruments: Instruments,
}

/// Numbers of dirty pages, as two instruments count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dirty {
    /// By `cachestat`: pages of the file, whichever process changed them. `None` before Linux 6.5.
    pub cache: Option<u64>,
    /// By `smaps`, `Private_Dirty`: pages of this mapping that are mapped once.
    pub private: u64,
    /// By `smaps`, `Shared_Dirty`: pages of this mapping that are mapped more than once.
    pub shared: u64,
}

impl MappedFile {
    /// Makes a file of `pages` pages full of dots, on the disk and clean, and maps it.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn new(path: &Path, pages: usize) -> Result<Self> {
        let mut options = File::options();
        let mut file = (options.read(true).write(true).create_new(true).mode(0o600).open(path))
            .step_on("create", path)?;
        // Page by page: one large write makes large folios, and a folio becomes dirty as a whole.
        for _ in 0..pages {
            file.write_all(&vec![b'.'; page_size()]).step_on("write", path)?;
        }
        file.sync_all().step_on("fsync", path)?;
        Self::of(file, path)
    }

    /// Maps a file that exists.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
        Self::of(file, path)
    }

    fn of(file: File, path: &Path) -> Result<Self> {
        let memory = Memory::shared(&file).step_on("mmap", path)?;
        Ok(Self { path: path.into(), file, memory, instruments: Instruments::beside(path)? })
    }

    /// The number of its pages.
    pub fn pages(&self) -> usize {
        self.memory.length() / page_size()
    }

    /// Stores `byte` at the start of each page.
    pub fn store(&self, byte: u8) {
        (0..self.pages()).for_each(|page| self.memory.store(page * page_size(), byte));
    }

    /// Loads the first byte of each page. Then each is in the page table of this process, and smaps
    /// counts it.
    pub fn load(&self) -> Vec<u8> {
        (0..self.pages()).map(|page| self.memory.load(page * page_size())).collect()
    }

    /// The file's first byte, by `pread`.
    ///
    /// # Errors
    /// The system's.
    pub fn read(&self) -> Result<char> {
        let mut byte = [0];
        self.file.read_exact_at(&mut byte, 0).step_on("read", &self.path)?;
        Ok(byte[0].into())
    }

    /// `msync` over the whole mapping.
    ///
    /// # Errors
    /// As [`msync`].
    pub fn msync(&self, flags: libc::c_int) -> Result<()> {
        let result = msync(self.memory.address(), self.memory.length(), flags);
        result.step_on("msync", &self.path)
    }

    /// Counts the dirty pages with both instruments. Neither touches a page.
    ///
    /// # Errors
    /// The system's.
    pub fn dirty(&self) -> Result<Dirty> {
        let cache = match cache_counts(&self.file) {
            Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => None,
            counts => Some(counts.step_on("cachestat", &self.path)?.dirty),
        };
        let mapping = mapping_at(std::process::id(), self.memory.address())?;
        let pages = |name| {
            let bytes = mapping.as_ref().and_then(|mapping| mapping.sum(name));
            bytes.map_or(0, |bytes| bytes / page_size() as u64)
        };
        Ok(Dirty { cache, private: pages("Private_Dirty"), shared: pages("Shared_Dirty") })
    }
}

impl Dirty {
    /// All that smaps counts as dirty.
    pub fn mapped(&self) -> u64 {
        self.private + self.shared
    }
}
