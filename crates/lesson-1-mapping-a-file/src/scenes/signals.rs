//! Accesses that are no error but the end of the process. `cargo lesson-1` shows one.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::sys::signal::{SigSet, Signal};

use crate::Mapping;
use crate::sys::{self, Area, Call};

/// Maps a file of two pages, shrinks it to one, and loads from the second.
pub(super) fn load_past_the_end() -> Result<()> {
    let path = Path::new("shrunk");
    let file = file_of(path, 2)?;
    let mapping = Mapping::of(&file, 2 * page_size()).step_on("mmap", path)?;
    mapping.store(page_size(), b"touched before");
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    say!("first-page {:?}", mapping.load(0, 1))?;
    say!("second-page {:?}", mapping.load(page_size(), 1))
}

/// The same in a process that has asked to ignore SIGBUS.
pub(super) fn load_past_the_end_ignoring() -> Result<()> {
    sys::ignore(Signal::SIGBUS).step("signal")?;
    load_past_the_end()
}

/// The same in a process that has blocked SIGBUS.
pub(super) fn load_past_the_end_blocking() -> Result<()> {
    SigSet::from(Signal::SIGBUS).thread_block().step("sigprocmask")?;
    load_past_the_end()
}

/// Maps a page of a file without a byte, then loads.
pub(super) fn load_of_an_empty_file() -> Result<()> {
    let path = Path::new("empty");
    let area = Call::shared(&file_of(path, 0)?, page_size()).make().step_on("mmap", path)?;
    say!("mapped yes")?;
    say!("loaded {}", area.load(0))
}

/// Maps a page from far behind the end of a file, then loads.
pub(super) fn load_from_an_offset_past_the_end() -> Result<()> {
    let path = Path::new("short");
    let file = file_of(path, 1)?;
    let call = Call { offset: 1 << 30, ..Call::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("mapped yes")?;
    say!("loaded {}", area.load(0))
}

/// Maps one byte, loads the last of its page, then the next one.
pub(super) fn load_behind_a_mapping() -> Result<()> {
    let area = reserved(2)?;
    let path = Path::new("one-page");
    area.replace(0, Call::shared(&file_of(path, 2)?, 1)).step_on("mmap", path)?;
    say!("last-of-the-page {}", area.load(page_size() - 1))?;
    say!("next-page {}", area.load(page_size()))
}

/// Maps a file with PROT_NONE, then loads.
pub(super) fn load_without_rights() -> Result<()> {
    let path = Path::new("none");
    let file = file_of(path, 1)?;
    let call = Call { prot: libc::PROT_NONE, ..Call::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("mapped yes")?;
    say!("loaded {}", area.load(0))
}

/// Maps a file for loads, loads, then stores.
pub(super) fn store_without_rights() -> Result<()> {
    let path = Path::new("read-only");
    let file = file_of(path, 1)?;
    let call = Call { prot: libc::PROT_READ, ..Call::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("loaded {}", area.load(0))?;
    area.store(0, 1);
    say!("stored yes")
}

/// Unmaps the second of two pages, then loads from both.
pub(super) fn load_after_munmap() -> Result<()> {
    let path = Path::new("unmapped");
    let area = Call::shared(&file_of(path, 2)?, 2 * page_size()).make().step_on("mmap", path)?;
    say!("before {}", area.load(page_size()))?;
    area.unmap(page_size(), page_size()).step("munmap")?;
    say!("first-page {}", area.load(0))?;
    say!("second-page {}", area.load(page_size()))
}

/// A new file of `pages` pages of zeros, open for reading and writing.
fn file_of(path: &Path, pages: usize) -> Result<File> {
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len((pages * page_size()) as u64).step_on("ftruncate", path)?;
    Ok(file)
}

/// Addresses that nobody else gets and that nothing may touch.
fn reserved(pages: usize) -> Result<Area> {
    let call = Call { prot: libc::PROT_NONE, ..Call::anonymous(pages * page_size()) };
    call.make().step("mmap")
}
