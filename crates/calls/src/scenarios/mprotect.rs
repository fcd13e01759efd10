//! Scenarios of `mprotect`.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Context, Result, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;
use libc::{PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP, PROT_NONE, PROT_READ, PROT_WRITE};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{Scenarios, file};
use crate::own_memory::Mapping;
use crate::sys::Reserved;
use crate::sys::mprotect::{make_code_writable, protect_nonsense};

pub(super) const SCENARIOS: Scenarios = &[
    ("store-after-mprotect", store_after_mprotect),
    ("mprotect-none", none),
    ("mprotect-adds-stores", adds_stores),
    ("mprotect-whole-pages", whole_pages),
    ("mprotect-middle", middle),
    ("mprotect-hole", hole),
    ("mprotect-nothing-mapped", nothing_mapped),
    ("mprotect-no-bytes", no_bytes),
    ("mprotect-too-long", too_long),
    ("mprotect-unknown-bits", unknown_bits),
    ("mprotect-grows", grows),
    ("mprotect-file-open-for-both", file_open_for_both),
    ("mprotect-too-many", too_many),
    ("mprotect-beyond-the-data-limit", beyond_the_data_limit),
    ("mprotect-code", code),
    ("mprotect-one-mapping-of-two", one_mapping_of_two),
    ("pkey-mprotect", with_key),
    ("mprotect-sealed", sealed),
];

const BOTH: i32 = PROT_READ | PROT_WRITE;

fn store_after_mprotect() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    range.protect(page, page, PROT_READ).step("mprotect")?;
    say!("loaded {}", range.load(page))?;
    range.store(page, 8);
    say!("stored yes")
}

fn none() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page + 5, 7);
    say!("load-before {}", range.try_load(page + 5).step("load")?)?;
    range.protect(page, page, PROT_NONE).step("mprotect")?;
    say!("load {}", range.try_load(page + 5).step("load")?)?;
    say!("store {}", range.try_store(page + 5, 8).step("store")?)?;
    range.protect(page, page, BOTH).step("mprotect")?;
    say!("kept {}", range.load(page + 5))
}

fn adds_stores() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    range.protect(0, page, PROT_READ).step("mprotect")?;
    say!("before {}", range.try_store(3, 8).step("store")?)?;
    range.protect(0, page, BOTH).step("mprotect")?;
    say!("after {}", range.try_store(3, 8).step("store")?)
}

fn whole_pages() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    range.protect(2 * page, 1, PROT_READ).step("mprotect")?;
    for (name, byte) in [
        ("byte-before", 2 * page - 1),
        ("first-byte", 2 * page),
        ("last-byte", 3 * page - 1),
        ("byte-after", 3 * page),
    ] {
        say!("{name} {}", range.try_store(byte, 1).step("store")?)?;
    }
    Ok(())
}

fn middle() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    say!("before {}", mappings(&range, 3)?)?;
    range.protect(2 * page, page, PROT_READ).step("mprotect")?;
    say!("changed {}", mappings(&range, 3)?)?;
    range.protect(2 * page, page, BOTH).step("mprotect")?;
    say!("changed-back {}", mappings(&range, 3)?)
}

/// The mappings of `pages` pages from the range's second page on, for example `rw-p 1, r--p 2`.
fn mappings(range: &Reserved, pages: usize) -> Result<String> {
    let inside = range.address(page_size())..range.address((pages + 1) * page_size());
    let all = Mapping::all()?;
    let found = all.iter().filter(|mapping| inside.contains(&mapping.addresses.start));
    let words = found.map(|mapping| format!("{} {}", mapping.permissions, mapping.pages()));
    Ok(words.collect::<Vec<_>>().join(", "))
}

fn hole() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    range.unmap(2 * page, page).step("munmap")?;
    say!("answer {}", outcome(range.protect(page, 3 * page, PROT_READ)))?;
    say!("mappings {}", mappings(&range, 3)?)
}

fn nothing_mapped() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(3).step("mmap")?);
    say!("mapped {}", outcome(range.protect(page, page, PROT_READ)))?;
    range.unmap(page, page).step("munmap")?;
    say!("unmapped {}", outcome(range.protect(page, page, PROT_READ)))
}

fn no_bytes() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    say!("mapped {}", outcome(range.protect(page, 0, PROT_NONE)))?;
    say!("mappings {}", mappings(&range, 1)?)?;
    range.unmap(page, page).step("munmap")?;
    say!("unmapped {}", outcome(range.protect(page, 0, PROT_NONE)))?;
    say!("inside-a-page {}", outcome(protect_nonsense(range.address(1), 0, PROT_NONE)))?;
    say!("inside-a-page-with-bytes {}", outcome(protect_nonsense(range.address(1), 1, PROT_NONE)))
}

fn too_long() -> Result<()> {
    let range = Reserved::with_memory(1).step("mmap")?;
    for (name, length) in [("all", usize::MAX), ("past-the-end", usize::MAX - page_size())] {
        let answer = protect_nonsense(range.address(page_size()), length, PROT_READ);
        say!("{name} {}", outcome(answer))?;
    }
    say!("mappings {}", mappings(&range, 1)?)
}

fn unknown_bits() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    say!("mprotect {}", outcome(range.protect(page, page, BOTH | UNKNOWN)))?;
    say!("prot-sem {}", outcome(range.protect(page, page, BOTH | PROT_SEM)))?;
    let call = MmapCall { prot: BOTH | UNKNOWN, ..MmapCall::anonymous(page) };
    say!("mmap {}", outcome(range.map(page, call)))
}

/// A bit that means nothing on any processor.
const UNKNOWN: i32 = 0x40;
/// "For atomic operations"; libc has no name for it.
const PROT_SEM: i32 = 8;

fn grows() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    let protect = |grows| outcome(range.protect(2 * page, page, PROT_READ | grows));
    say!("both {}", protect(PROT_GROWSUP | PROT_GROWSDOWN))?;
    say!("ordinary-mapping {}", protect(PROT_GROWSDOWN))?;
    let call = MmapCall::anonymous(2 * page);
    let flags = call.flags | libc::MAP_GROWSDOWN;
    range.map(page, MmapCall { flags, ..call }).step("mmap")?;
    say!("before {}", mappings(&range, 2)?)?;
    say!("stack {}", protect(PROT_GROWSDOWN))?;
    say!("after {}", mappings(&range, 2)?)
}

fn file_open_for_both() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    let loads = MmapCall { prot: PROT_READ, ..MmapCall::shared(&file, page) };
    range.map(0, loads).step("mmap")?;
    drop(file);
    fs::set_permissions("file", Permissions::from_mode(0o444)).step("chmod")?;
    say!("open-for-both {}", outcome(range.protect(0, page, BOTH)))?;
    range.store(0, 7);
    let file = File::open("file").step("open")?;
    range.map(0, MmapCall { prot: PROT_READ, ..MmapCall::shared(&file, page) }).step("mmap")?;
    say!("loaded {}", range.load(0))?;
    say!("open-for-reading {}", outcome(range.protect(0, page, BOTH)))
}

fn sealed() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    for (name, seal) in [("future-write", true), ("none", false)] {
        let made = memfd_create(name, MFdFlags::MFD_ALLOW_SEALING).step("memfd_create")?;
        let file = File::from(made);
        file.set_len(page as u64).step("ftruncate")?;
        if seal {
            let seals = FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_FUTURE_WRITE);
            fcntl(&file, seals).step("fcntl")?;
        }
        let call = MmapCall { prot: PROT_READ, ..MmapCall::shared(&file, page) };
        let mapped = outcome(range.map(0, call));
        say!("{name} {mapped} {}", outcome(range.protect(0, page, BOTH)))?;
    }
    Ok(())
}

fn too_many() -> Result<()> {
    let path = Path::new("/proc/sys/vm/max_map_count");
    let allowed = fs::read_to_string(path).step_on("read", path)?;
    let allowed: usize = allowed.trim().parse().map_err(std::io::Error::other).step("parse")?;
    let (page, range) = (page_size(), Reserved::pages(allowed + 1000).step("mmap")?);
    let pages = (0..allowed + 1000).step_by(2);
    let mut answers = pages.map(|at| (at, range.protect(at * page, page, PROT_READ)));
    let refused = answers.find(|(_, answer)| answer.is_err());
    range.unmap(0, range.length_in_bytes()).step("munmap")?; // Else there is no memory for text.
    let (at, answer) = refused.unwrap_or((0, Ok(())));
    say!("allowed {allowed}")?;
    say!("refused-at-page {at}")?;
    say!("refused-with {}", outcome(answer))
}

fn beyond_the_data_limit() -> Result<()> {
    const MIB: usize = 1 << 20;
    let range = Reserved::pages(64 * MIB / page_size()).step("mmap")?;
    let (_, hard) = getrlimit(Resource::RLIMIT_DATA).step("getrlimit")?;
    setrlimit(Resource::RLIMIT_DATA, 16 << 20, hard).step("setrlimit")?;
    say!("for-loads {}", outcome(range.protect(0, 64 * MIB, PROT_READ)))?;
    say!("for-stores {}", outcome(range.protect(0, 64 * MIB, BOTH)))
}

fn code() -> Result<()> {
    let function: fn() -> Result<()> = code;
    let address = function as usize;
    say!("before {}", Mapping::at(address)?.permissions)?;
    make_code_writable(function).step("mprotect")?;
    say!("after {}", Mapping::at(address)?.permissions)
}

fn one_mapping_of_two() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    range.map(0, MmapCall::shared(&file, page)).step("mmap")?;
    range.map(page, MmapCall::shared(&file, page)).step("mmap")?;
    range.protect(0, page, PROT_READ).step("mprotect")?;
    say!("first {}", range.try_store(0, 7).step("store")?)?;
    range.store(page, 8);
    say!("through-the-second {}", range.load(0))
}

fn with_key() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    let protect = |key| outcome(range.protect_with_key(page, page, PROT_READ, key));
    say!("not-allocated {}", protect(5))?;
    say!("before {}", mappings(&range, 1)?)?;
    say!("minus-one {}", protect(-1))?;
    say!("after {}", mappings(&range, 1)?)?;
    range.protect(page, page, PROT_READ | PROT_EXEC).step("mprotect")
}
