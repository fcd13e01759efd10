//! Accesses that end the process with a signal. `cargo lesson-1` shows one.
//!
//! # Safety
//! Each scenario is a process of its own with one thread, so nothing maps memory in between.
#![expect(unsafe_code, reason = "accesses to unmapped pages and instructions of our own")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::sys::signal::{SigSet, Signal};

use crate::Mapping;
use crate::failures::outcome;
use crate::sys::{self, Area, MmapCall};

/// Maps a file of two pages, shrinks it to one, and loads from the second.
pub(super) fn load_past_the_end() -> Result<()> {
    let mapping = shrunk()?;
    say!("second-page {:?}", mapping.load(page_size(), 1))
}

/// The same with a store to the second page.
pub(super) fn store_past_the_end() -> Result<()> {
    let mapping = shrunk()?;
    mapping.store(page_size(), b"stored after");
    say!("second-page stored")
}

/// Two pages of a file that has only the first of them.
fn shrunk() -> Result<Mapping> {
    let path = Path::new("shrunk");
    let file = file_of(path, 2)?;
    let mapping = Mapping::of(&file, 2 * page_size()).step_on("mmap", path)?;
    mapping.store(page_size(), b"stored before");
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    say!("first-page {:?}", mapping.load(0, 1))?;
    Ok(mapping)
}

/// The same in a process that ignores SIGBUS.
pub(super) fn load_past_the_end_ignoring() -> Result<()> {
    sys::ignore(Signal::SIGBUS).step("signal")?;
    load_past_the_end()
}

/// The same in a process that has blocked SIGBUS.
pub(super) fn load_past_the_end_blocking() -> Result<()> {
    SigSet::from(Signal::SIGBUS).thread_block().step("sigprocmask")?;
    load_past_the_end()
}

/// Maps a page of an empty file, then loads.
pub(super) fn load_of_an_empty_file() -> Result<()> {
    let path = Path::new("empty");
    let area = MmapCall::shared(&file_of(path, 0)?, page_size()).make().step_on("mmap", path)?;
    say!("mapped yes")?;
    say!("loaded {}", area.load(0))
}

/// Maps a page far past the end of a file, then loads.
pub(super) fn load_from_an_offset_past_the_end() -> Result<()> {
    let path = Path::new("short");
    let file = file_of(path, 1)?;
    let call = MmapCall { offset: 1 << 30, ..MmapCall::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("mapped yes")?;
    say!("loaded {}", area.load(0))
}

/// Maps one byte, loads the last byte of its page, then the next one.
pub(super) fn load_past_a_mapping() -> Result<()> {
    let area = reserved(2)?;
    let path = Path::new("one-page");
    area.replace(0, MmapCall::shared(&file_of(path, 2)?, 1)).step_on("mmap", path)?;
    say!("last-of-the-page {}", area.load(page_size() - 1))?;
    say!("next-page {}", area.load(page_size()))
}

/// Maps a file with PROT_NONE, then loads.
pub(super) fn load_without_rights() -> Result<()> {
    let path = Path::new("none");
    let file = file_of(path, 1)?;
    let call = MmapCall { prot: libc::PROT_NONE, ..MmapCall::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("mapped yes")?;
    say!("loaded {}", area.load(0))
}

/// Maps a file for loads, loads, then stores.
pub(super) fn store_without_rights() -> Result<()> {
    let path = Path::new("read-only");
    let file = file_of(path, 1)?;
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("loaded {}", area.load(0))?;
    area.store(0, 1);
    say!("stored yes")
}

/// Maps the block device `device`, whose disk cannot be read, then reads and loads.
pub(super) fn load_of_a_bad_disk() -> Result<()> {
    let path = Path::new("device");
    let file = File::open(path).step_on("open", path)?;
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("mapped yes")?;
    say!("read {}", outcome(file.read_at(&mut [0], 0)))?;
    say!("loaded {}", area.load(0))
}

/// Maps the block device `device`, whose disk cannot be read, and asks for its first page.
pub(super) fn populate_of_a_bad_disk() -> Result<()> {
    let path = Path::new("device");
    let file = File::open(path).step_on("open", path)?;
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, page_size()) };
    let area = call.make().step_on("mmap", path)?;
    say!("populate {}", outcome(sys::prepare_loads(area.address(), page_size())))
}

/// Takes all permissions away and gives them back, then takes them away and loads.
pub(super) fn load_after_mprotect() -> Result<()> {
    let path = Path::new("protected");
    let area =
        MmapCall::shared(&file_of(path, 2)?, 2 * page_size()).make().step_on("mmap", path)?;
    area.store(0, 1);
    area.protect(0, page_size(), libc::PROT_NONE).step("mprotect")?;
    area.protect(0, page_size(), libc::PROT_READ).step("mprotect")?;
    say!("given-back {}", area.load(0))?;
    area.protect(0, 1, libc::PROT_NONE).step("mprotect")?;
    say!("second-page {}", area.load(page_size()))?;
    say!("first-page {}", area.load(page_size() - 1))
}

/// Runs an instruction that only returns, from a page with PROT_EXEC and from one without.
pub(super) fn run_instructions() -> Result<()> {
    let area = MmapCall::anonymous(page_size()).make().step("mmap")?;
    (0..).zip(RETURN).for_each(|(at, byte)| area.store(at, *byte));
    let executable = libc::PROT_READ | libc::PROT_EXEC;
    area.protect(0, page_size(), executable).step("mprotect PROT_EXEC")?;
    // SAFETY: the bytes at 0 are RETURN, a function that only returns.
    unsafe { area.run(0) };
    say!("with-exec returned")?;
    area.protect(0, page_size(), libc::PROT_READ).step("mprotect")?;
    say!("loaded {}", area.load(0) == RETURN[0])?;
    // SAFETY: as above. Without PROT_EXEC the first instruction traps.
    unsafe { area.run(0) };
    say!("without-exec returned")
}

/// The instruction `ret`.
const RETURN: &[u8] =
    if cfg!(target_arch = "aarch64") { &[0xc0, 0x03, 0x5f, 0xd6] } else { &[0xc3] };

/// Unmaps the second of two pages, then loads from both.
pub(super) fn load_after_munmap() -> Result<()> {
    let area = half_unmapped()?;
    // SAFETY: this process has one thread, and it has mapped nothing since it unmapped the page.
    let loaded = unsafe { area.load_even_if_unmapped(page_size()) };
    say!("second-page {loaded}")
}

/// The same with a store to the second page.
pub(super) fn store_after_munmap() -> Result<()> {
    let area = half_unmapped()?;
    // SAFETY: this process has one thread, and it has mapped nothing since it unmapped the page.
    unsafe { area.store_even_if_unmapped(page_size(), 1) };
    say!("second-page stored")
}

/// Two pages of a file, of which the second is unmapped.
fn half_unmapped() -> Result<Area> {
    let path = Path::new("unmapped");
    let area =
        MmapCall::shared(&file_of(path, 2)?, 2 * page_size()).make().step_on("mmap", path)?;
    say!("before {}", area.load(page_size()))?;
    area.unmap(page_size(), page_size()).step("munmap")?;
    say!("first-page {}", area.load(0))?;
    Ok(area)
}

/// A new file of `pages` pages of zeros, open for reading and writing.
fn file_of(path: &Path, pages: usize) -> Result<File> {
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len((pages * page_size()) as u64).step_on("ftruncate", path)?;
    Ok(file)
}

/// Addresses that are taken and allow no access.
fn reserved(pages: usize) -> Result<Area> {
    let call = MmapCall { prot: libc::PROT_NONE, ..MmapCall::anonymous(pages * page_size()) };
    call.make().step("mmap")
}
