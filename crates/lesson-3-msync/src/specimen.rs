//! A file and its shared mapping, and what two instruments say about its dirty pages.
//! `cargo lesson-3` reads them after every act.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use common::{Context, Result, page_size};
use page_view::{cache_counts, mapping_at};

use crate::{Memory, Sight, msync};

/// A file of whole pages, mapped.
#[allow(missing_docs, reason = "said above")]
pub struct Specimen {
    pub path: PathBuf,
    pub file: File,
    pub memory: Memory,
    pub sight: Sight,
}

/// Dirty pages, in pages, as two instruments count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dirty {
    /// `cachestat`: the file's, whoever changed them. `None` before Linux 6.5.
    pub cache: Option<u64>,
    /// `smaps`, `Private_Dirty`: of this mapping, by no other process mapped.
    pub private: u64,
    /// `smaps`, `Shared_Dirty`: of this mapping, by another one mapped, too.
    pub shared: u64,
}

impl Specimen {
    /// Makes a file of `pages` pages full of dots, on the disk and clean, and maps it.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn new(path: &Path, pages: usize) -> Result<Self> {
        let mut options = File::options();
        let mut file = (options.read(true).write(true).create_new(true).mode(0o600).open(path))
            .step_on("create", path)?;
        // Page by page: one large write makes large folios, and those get dirty as a whole.
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
        Ok(Self { path: path.into(), file, memory, sight: Sight::beside(path)? })
    }

    /// How many pages it has.
    pub fn pages(&self) -> usize {
        self.memory.length() / page_size()
    }

    /// Stores `byte` at the start of each page.
    pub fn store(&self, byte: u8) {
        (0..self.pages()).for_each(|page| self.memory.store(page * page_size(), byte));
    }

    /// Loads the first byte of each page, so that each is in this process's page table: smaps
    /// speaks of no other.
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

    /// Asks both instruments. Neither touches a page.
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
    /// What smaps says in all.
    pub fn mapped(&self) -> u64 {
        self.private + self.shared
    }
}
