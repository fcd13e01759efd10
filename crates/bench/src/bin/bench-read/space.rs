//! Where files go, and how they are written: the scratch file system and tmpfs, in small pieces, in
//! large ones, and so that the page cache holds huge ones.

use std::fs;
use std::path::{Path, PathBuf};

use common::{Context, Result, Scratch, say};

use crate::group::Group;
use crate::memory::Memory;
use crate::own_file::OwnFile;
use crate::size::Size;
use crate::{Extent, bulk, cold, fits, random_reads, table};

/// What could not be measured, a line each: said at once, and kept for the JSON.
#[derive(Default)]
pub(crate) struct Notes(pub(crate) Vec<String>);

impl Notes {
    /// Says a line, once.
    ///
    /// # Errors
    /// Standard output's own.
    pub(crate) fn say(&mut self, line: String) -> Result<()> {
        if self.0.contains(&line) {
            return Ok(());
        }
        say!("note: {line}\n")?;
        self.0.push(line);
        Ok(())
    }

    /// What was made, or `None` and a line that says why it is left out.
    ///
    /// # Errors
    /// Standard output's own.
    pub(crate) fn made<T>(&mut self, what: &str, made: Result<T>) -> Result<Option<T>> {
        match made {
            Ok(made) => Ok(Some(made)),
            Err(failure) => self.say(format!("{what} left out: {failure}")).map(|()| None),
        }
    }
}

/// A file system to measure on.
pub(crate) struct Space {
    directory: PathBuf,
    name: String,
    file_system: &'static str,
    huge_page: Option<usize>,
}

/// How a file comes to be.
#[derive(Clone, Copy)]
struct Written {
    piece: usize,
    collapsed: bool,
}

const SMALL: usize = 4 << 10;
const LARGE: usize = 1 << 20;

/// The scratch directory's file system, and tmpfs; what has no room is left out and said.
///
/// # Errors
/// `statfs`'s and `statvfs`'s own.
pub(crate) fn all(scratch: &Scratch, length: usize, notes: &mut Notes) -> Result<Vec<Space>> {
    let mut spaces = Vec::new();
    let shared = Path::new("/dev/shm");
    let directories = [(scratch.path(), "read".to_owned()), (shared, scratch.object("read"))];
    for (directory, name) in directories {
        let file_system = common::file_system(directory)?;
        if directory == shared && file_system != "tmpfs" {
            notes.say(format!("/dev/shm is {file_system}: tmpfs is left out"))?;
        } else if spaces.iter().any(|space: &Space| space.file_system == file_system) {
            notes.say(format!("the scratch directory is on {file_system}, too: measured once"))?;
        } else if fits::on_disk(directory, length, notes)? {
            let (directory, name) = (directory.into(), name.trim_start_matches('/').into());
            spaces.push(Space { directory, name, file_system, huge_page: huge_page() });
        }
    }
    Ok(spaces)
}

/// Bytes in a huge page, if the kernel has them.
fn huge_page() -> Option<usize> {
    let size = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").ok()?;
    size.trim().parse().ok()
}

impl Space {
    /// Writes each kind of file in its turn, and measures it.
    ///
    /// # Errors
    /// The measurements' own. A file that cannot be written is left out and said.
    pub(crate) fn measure(
        &self,
        memory: &Memory,
        extent: Extent,
        notes: &mut Notes,
    ) -> Result<Vec<Group>> {
        let mut groups = Vec::new();
        for written in self.ways(memory.len()) {
            let place = format!("{}, written in {written}", self.file_system);
            let path = self.directory.join(&self.name);
            let made = OwnFile::write_nameless(&path, memory, written.piece);
            let made = made.and_then(|file| written.prepared(file));
            let Some(file) = notes.made(&place, made)? else { continue };
            let ground = (self.file_system, written.to_string());
            let mut measured = vec![bulk::measure(&ground, memory, &file, extent)?];
            if written.piece == LARGE {
                measured.push(random_reads::measure(&ground, memory, &file, extent)?);
            }
            measured.extend(cold::measure(&ground, memory, &file, extent, notes)?);
            measured.iter().try_for_each(table::print)?;
            groups.append(&mut measured);
        }
        Ok(groups)
    }

    fn ways(&self, length: usize) -> Vec<Written> {
        let in_pieces = |piece| Written { piece, collapsed: false };
        let mut ways = vec![in_pieces(SMALL), in_pieces(LARGE)];
        match self.huge_page {
            // tmpfs takes no hint from the pieces, but asked to, it gathers its small pages.
            Some(huge) if self.file_system == "tmpfs" && length >= huge => {
                ways.push(Written { piece: SMALL, collapsed: true });
            }
            Some(huge) if self.file_system != "tmpfs" && huge > LARGE => ways.push(in_pieces(huge)),
            _ => {}
        }
        ways
    }
}

impl Written {
    fn prepared(self, file: OwnFile) -> Result<OwnFile> {
        if self.collapsed {
            let mapping = file.map(0..file.len(), false).step("mmap")?;
            mapping.collapse().step("madvise MADV_COLLAPSE")?;
        }
        Ok(file)
    }
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", Size(self.piece), if self.collapsed { ", collapsed" } else { "" })
    }
}
