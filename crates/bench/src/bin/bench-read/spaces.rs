//! Where the files go and how they are made: the scratch file system and tmpfs, written in small
//! pieces, in large ones, and put into huge pages.

use std::fs;
use std::path::{Path, PathBuf};

use bench::{FileKind, Group, Notes};
use common::{Context, Result, Scratch};

use crate::extent::Extent;
use crate::memory::Memory;
use crate::own_file::OwnFile;
use crate::{capacity, cold, passes, random_reads};

/// A file system to measure on.
pub(crate) struct Space {
    directory: PathBuf,
    name: String,
    file_system: &'static str,
    huge_page: Option<usize>,
}

/// What all measurements of a run have in common.
pub(crate) struct Setup<'s> {
    pub(crate) memory: &'s Memory,
    pub(crate) extent: Extent,
    /// A CPU besides the one that the run is pinned to.
    pub(crate) other_cpu: Option<usize>,
}

/// Bytes of one `write`: a page or so, and as much as large folios need.
const SMALL: usize = 4 << 10;
const LARGE: usize = 1 << 20;

/// The scratch directory's file system, and tmpfs. A note says which one is left out, and why.
///
/// # Errors
/// Those of `statfs` and `statvfs`.
pub(crate) fn all(scratch: &Scratch, length: usize, notes: &mut Notes) -> Result<Vec<Space>> {
    let mut spaces = Vec::new();
    let shared = Path::new("/dev/shm");
    let directories = [(scratch.path(), "read".to_owned()), (shared, scratch.object("read"))];
    for (directory, name) in directories {
        let file_system = common::file_system(directory)?;
        if directory == shared && file_system != "tmpfs" {
            notes.say(format!("tmpfs is left out: /dev/shm is {file_system}"))?;
        } else if spaces.iter().any(|space: &Space| space.file_system == file_system) {
            notes.say(format!("{file_system} is measured once: the scratch directory is on it"))?;
        } else if capacity::fits_on(directory, length, notes)? {
            let (directory, name) = (directory.into(), name.trim_start_matches('/').into());
            spaces.push(Space { directory, name, file_system, huge_page: huge_page() });
        }
    }
    Ok(spaces)
}

/// Bytes in a huge page, if the kernel has huge pages.
fn huge_page() -> Option<usize> {
    let size = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").ok()?;
    size.trim().parse().ok()
}

impl Space {
    /// Makes each kind of file in its turn, and measures it.
    ///
    /// # Errors
    /// Those of the measurements. A note says which file could not be written, and why.
    pub(crate) fn measure(&self, setup: &Setup<'_>, notes: &mut Notes) -> Result<Vec<Group>> {
        let Setup { memory, extent, other_cpu } = setup;
        let mut groups = Vec::new();
        for kind in self.kinds(memory.len()) {
            let path = self.directory.join(&self.name);
            let made = OwnFile::write_unnamed(&path, memory, kind.written_bytes);
            let made = made.and_then(|file| self.collapsed(file, kind.collapsed));
            let Some(file) = notes.made(&kind.to_string(), made)? else { continue };
            groups.push(passes::measure(&kind, memory, &file, *extent)?);
            if kind.file_system != "tmpfs" {
                // These depend on the kind of pages, not on the file system: measured once.
                if let Some(cpu) = other_cpu {
                    groups.push(passes::measure_two_threads(&kind, &file, *cpu, *extent)?);
                }
                groups.extend(random_reads::measure(&kind, memory, &file, *extent)?);
            }
            groups.extend(cold::measure(&kind, &file, *extent, notes)?);
        }
        Ok(groups)
    }

    fn kinds(&self, length: usize) -> Vec<FileKind> {
        let kind = |written_bytes, collapsed| FileKind {
            file_system: self.file_system.into(),
            written_bytes,
            collapsed,
            length_bytes: length,
        };
        let mut kinds = vec![kind(SMALL, false)];
        match self.huge_page {
            // By default tmpfs uses small pages however a file is written, but it collapses them.
            Some(huge) if self.file_system == "tmpfs" && length >= huge => {
                kinds.push(kind(SMALL, true));
            }
            _ if self.file_system != "tmpfs" => kinds.push(kind(LARGE, false)),
            _ => {}
        }
        kinds
    }

    /// The file, with its pages collapsed into huge ones if asked to.
    fn collapsed(&self, file: OwnFile, collapse: bool) -> Result<OwnFile> {
        if let Some(huge_page) = self.huge_page.filter(|_| collapse) {
            file.collapse(huge_page).step("madvise MADV_COLLAPSE")?;
        }
        Ok(file)
    }
}
