//! The commands for a file of your own: `cargo lesson-3 store FILE TEXT`, `dirty FILE`, `flush FILE`.
//!
//! ```text
//! one page:  N o t e :   h e l l o \n NUL NUL …
//! ```

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use common::{Context, Failure, Result, file_system, page_size, say};
use nix::fcntl::posix_fallocate;
use page_view::{cache_counts, mapping_at};

use crate::{Memory, msync};

const MARK: &str = "Note: ";

/// Stores `text` in the file at `path` and ends, without `msync`. Creates the file if it does not exist.
///
/// # Errors
/// The system's, by step; a file that is not this lesson's, unless `force`; a text that does not
/// fit. Every refusal leaves the file unchanged.
pub fn store(path: &Path, text: &str, force: bool) -> Result<()> {
    let refuse = |why: &str| Err(Failure::refusal("store", path, why));
    let note = format!("{MARK}{text}\n\0");
    if note.len() > page_size() || text.contains('\0') {
        return refuse("the text must fit in a page, and have no NUL");
    }
    let mut options = OpenOptions::new();
    let file = open(options.read(true).write(true).create(true).mode(0o600), path)?;
    if !force && !is_ours(&file, path)? {
        return refuse("not a file of this lesson (--force overwrites)");
    }
    let length = page_size() as libc::off_t;
    posix_fallocate(&file, 0, length).step_on("posix_fallocate", path)?;
    let memory = Memory::shared(&file).step_on("mmap", path)?;
    for (offset, byte) in note.bytes().enumerate() {
        memory.store(offset, byte);
    }
    say!("stored {text}, and ended without msync")
}

/// Prints how many pages of the file at `path` are dirty.
///
/// # Errors
/// The system's, by step.
pub fn dirty(path: &Path) -> Result<()> {
    let file = open(OpenOptions::new().read(true), path)?;
    match dirty_pages(&file, path)? {
        Some(pages) if file_system(path)? == "another file system" => {
            say!("dirty pages: {pages} (on a file system that this course has not tried)")
        }
        Some(pages) => say!("dirty pages: {pages}"),
        None => say!("dirty pages: unknown (this file has no disk)"),
    }
}

/// Counts the dirty pages; `None` for a file that is only in memory.
fn dirty_pages(file: &File, path: &Path) -> Result<Option<u64>> {
    match file_system(path)? {
        "tmpfs" | "ramfs" => return Ok(None),
        "overlayfs" => return dirty_by_smaps(file, path).map(Some), // There cachestat always counts 0.
        _ => {}
    }
    match cache_counts(file) {
        // Before Linux 6.5, or for a file that this user neither owns nor may write to.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {
            dirty_by_smaps(file, path).map(Some)
        }
        counts => Ok(Some(counts.step_on("cachestat", path)?.dirty)),
    }
}

/// Maps the file and loads from each page, because smaps counts only pages in a page table.
fn dirty_by_smaps(file: &File, path: &Path) -> Result<u64> {
    if file.metadata().step_on("stat", path)?.len() == 0 {
        return Ok(0);
    }
    let memory = Memory::shared_read_only(file).step_on("mmap", path)?;
    for offset in (0..memory.length()).step_by(page_size()) {
        memory.load(offset);
    }
    let mapping = mapping_at(std::process::id(), memory.address())?;
    let sum = |name| mapping.as_ref().and_then(|mapping| mapping.sum(name)).unwrap_or(0);
    Ok((sum("Private_Dirty") + sum("Shared_Dirty")) / page_size() as u64)
}

/// Maps the whole file at `path`, calls `msync` on it, and counts before and after.
///
/// # Errors
/// The system's, by step.
pub fn flush(path: &Path, ms_async: bool, read_only: bool) -> Result<()> {
    let file = open(OpenOptions::new().read(true).write(!read_only), path)?;
    let memory = Memory::shared_read_only(&file).step_on("mmap", path)?;
    let (flags, name) = match ms_async {
        true => (libc::MS_ASYNC, "MS_ASYNC"),
        false => (libc::MS_SYNC, "MS_SYNC"),
    };
    let before = dirty_pages(&file, path)?;
    msync(memory.address(), memory.length(), flags).step_on("msync", path)?;
    match before.zip(dirty_pages(&file, path)?) {
        Some((before, after)) => {
            say!("msync({name}) returned 0; dirty pages: {before} before, {after} after")
        }
        None => say!("msync({name}) returned 0"),
    }
}

/// Opens a regular file. Never blocks, even if the path names a FIFO.
fn open(options: &mut OpenOptions, path: &Path) -> Result<File> {
    let file = options.custom_flags(libc::O_NONBLOCK).open(path).step_on("open", path)?;
    match file.metadata().step_on("stat", path)?.is_file() {
        true => Ok(file),
        false => Err(Failure::refusal("open", path, "not a regular file")),
    }
}

/// Whether overwriting the file loses nothing: it is empty, or one page with a note or zeros.
fn is_ours(file: &File, path: &Path) -> Result<bool> {
    let length = file.metadata().step_on("stat", path)?.len();
    let mut page = vec![0; page_size()];
    if length != 0 && length == page.len() as u64 {
        file.read_exact_at(&mut page, 0).step_on("read", path)?;
        return Ok(page.starts_with(MARK.as_bytes()) || page.iter().all(|byte| *byte == 0));
    }
    Ok(length == 0)
}
