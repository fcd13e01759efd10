//! Scenarios of `mremap`.

use std::io;

use common::{Context, Result, errno_name, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;
use libc::{MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, PROT_READ};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{Scenarios, file};
use crate::own_memory::{Mapping, status};
use crate::sys::{Reserved, mlock};

pub(super) const SCENARIOS: Scenarios = &[
    ("mremap-same-size", same_size),
    ("mremap-shorter", shorter),
    ("mremap-shorter-across-mappings", shorter_across_mappings),
    ("mremap-longer-in-place", longer_in_place),
    ("mremap-no-room", no_room),
    ("mremap-moves", moves),
    ("mremap-moves-a-part", moves_a_part),
    ("mremap-onto-pages", onto_pages),
    ("mremap-einval", invalid),
    ("mremap-gap", gap),
    ("mremap-two-mappings", two_mappings),
    ("mremap-old-size-0", old_size_0),
    ("mremap-shared-memory-longer", shared_memory_longer),
    ("mremap-longer-than-the-file", longer_than_the_file),
    ("mremap-locked", locked),
    ("mremap-locked-beyond-the-limit", locked_beyond_the_limit),
    ("mremap-beyond-rlimit-as", beyond_rlimit_as),
    ("mremap-dontunmap", dontunmap),
    ("mremap-dontunmap-of-a-file", dontunmap_of_a_file),
];

/// Where the range that `mremap` returned begins, in pages of this range, or `elsewhere`.
fn place(range: &Reserved, result: &io::Result<Reserved>) -> String {
    let moved = match result {
        Ok(moved) => moved,
        Err(error) => return errno_name(error),
    };
    let distance = moved.address(0).wrapping_sub(range.address(0));
    let inside = distance < range.length_in_bytes();
    if inside { format!("page {}", distance / page_size()) } else { "elsewhere".into() }
}

/// The mappings of the range, page by page, for example `rw-p gap`.
fn mappings(range: &Reserved) -> Result<String> {
    let all = Mapping::all()?;
    let pages = 0..range.length_in_bytes() / page_size();
    let entry = |page| {
        let address = range.address(page * page_size());
        let found = all.iter().find(|mapping| mapping.addresses.contains(&address));
        found.map_or("gap", |mapping| mapping.permissions.as_str())
    };
    Ok(pages.map(entry).collect::<Vec<_>>().join(" "))
}

fn same_size() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    say!("place {}", place(&range, &range.remap(page, page, page, MREMAP_MAYMOVE)))?;
    say!("loaded {}", range.load(page))?;
    say!("mappings {}", mappings(&range)?)
}

fn shorter() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    range.store(page, 7);
    say!("place {}", place(&range, &range.remap(page, 3 * page, page, 0)))?;
    say!("kept {}", range.load(page))?;
    say!("mappings {}", mappings(&range)?)?;
    say!("load {}", range.try_load(2 * page).step("load")?)
}

fn shorter_across_mappings() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    range.protect(2 * page, page, PROT_READ).step("mprotect")?;
    say!("before {}", mappings(&range)?)?;
    say!("place {}", place(&range, &range.remap(page, 3 * page, page, 0)))?;
    say!("after {}", mappings(&range)?)
}

fn longer_in_place() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    range.unmap(2 * page, 2 * page).step("munmap")?;
    range.store(page, 7);
    say!("before {}", mappings(&range)?)?;
    say!("place {}", place(&range, &range.remap(page, page, 2 * page, 0)))?;
    say!("after {}", mappings(&range)?)?;
    say!("loaded {} {}", range.load(page), range.load(2 * page))
}

fn no_room() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    say!("place {}", place(&range, &range.remap(page, page, 2 * page, 0)))?;
    say!("mappings {}", mappings(&range)?)?;
    say!("loaded {}", range.load(page))
}

fn moves() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    let moved = range.remap(page, page, 2 * page, MREMAP_MAYMOVE);
    say!("place {}", place(&range, &moved))?;
    let moved = moved.step("mremap")?;
    say!("loaded {} {}", moved.load(0), moved.load(page))?;
    say!("old-place {}", range.try_load(page).step("load")?)
}

fn moves_a_part() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    (1..4_u8).for_each(|at| range.store(usize::from(at) * page, at));
    let fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    range.remap_to(2 * page, page, page, fixed, 4 * page).step("mremap")?;
    say!("moved {}", range.load(4 * page))?;
    say!("left {} {}", range.load(page), range.load(3 * page))?;
    say!("mappings {}", mappings(&range)?)
}

fn onto_pages() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    (1..4_u8).for_each(|at| range.store(usize::from(at) * page, at));
    range.protect(3 * page, page, PROT_READ).step("mprotect")?;
    let fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    say!("before {}", mappings(&range)?)?;
    say!("answer {}", outcome(range.remap_to(page, page, page, fixed, 3 * page)))?;
    say!("after {}", mappings(&range)?)?;
    say!("loaded {}", range.load(3 * page))
}

fn invalid() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    let (may, fixed) = (MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED);
    let keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    range.unmap(3 * page, page).step("munmap")?;
    let remap = |from, old, new, flags| outcome(range.remap(from, old, new, flags));
    say!("inside-a-page {}", remap(page + 1, page, 2 * page, may))?;
    say!("new-size-0 {}", remap(page, page, 0, may))?;
    say!("unknown-flag {}", remap(page, page, page, may | 8))?;
    say!("dontunmap-alone {}", remap(page, page, page, MREMAP_DONTUNMAP))?;
    say!("dontunmap-longer {}", remap(page, page, 2 * page, keep))?;
    say!("dontunmap-shorter {}", remap(page, 2 * page, page, keep))?;
    let remap_to = |old, flags, to| outcome(range.remap_to(page, old, old, flags, to));
    say!("fixed-alone {}", remap_to(page, MREMAP_FIXED, 3 * page))?;
    say!("to-inside-a-page {}", remap_to(page, fixed, 3 * page + 1))?;
    say!("overlap {}", remap_to(2 * page, fixed, 2 * page))?;
    say!("onto-itself {}", remap_to(page, fixed, page))?;
    say!("mappings {}", mappings(&range)?)?;
    say!("valid {}", remap_to(page, fixed, 3 * page))
}

fn gap() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(4).step("mmap")?);
    range.unmap(2 * page, 2 * page).step("munmap")?;
    let unmapped = |to| outcome(range.remap(2 * page, 2 * page, to, MREMAP_MAYMOVE));
    say!("nothing-mapped {} {} {}", unmapped(3 * page), unmapped(2 * page), unmapped(page))?;
    say!("longer-across {}", outcome(range.remap(page, 4 * page, 5 * page, MREMAP_MAYMOVE)))?;
    say!("mappings {}", mappings(&range)?)
}

fn two_mappings() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(4).step("mmap")?);
    range.protect(2 * page, page, PROT_READ).step("mprotect")?;
    say!("longer {}", outcome(range.remap(page, 2 * page, 3 * page, MREMAP_MAYMOVE)))?;
    say!("mappings {}", mappings(&range)?)?;
    let fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    say!("same-size {}", outcome(range.remap_to(page, 2 * page, 2 * page, fixed, 3 * page)))?;
    say!("after {}", mappings(&range)?)
}

fn old_size_0() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    let call = MmapCall::anonymous(page);
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    range.map(page, MmapCall { flags, ..call }).step("mmap")?;
    say!("may-not-move {}", outcome(range.remap(page, 0, page, 0)))?;
    let second = range.remap(page, 0, page, MREMAP_MAYMOVE);
    say!("place {}", place(&range, &second))?;
    let second = second.step("mremap")?;
    range.store(page, 7);
    second.store(1, 8);
    say!("loaded {} {}", second.load(0), range.load(page + 1))
}

fn shared_memory_longer() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(4).step("mmap")?);
    let call = MmapCall::anonymous(page);
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    range.map(page, MmapCall { flags, ..call }).step("mmap")?;
    range.unmap(2 * page, page).step("munmap")?;
    say!("place {}", place(&range, &range.remap(page, page, 2 * page, 0)))?;
    say!("first-page {}", range.try_load(page).step("load")?)?;
    say!("second-page {}", range.try_load(2 * page).step("load")?)
}

fn longer_than_the_file() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(4).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    range.map(page, MmapCall::shared(&file, page)).step("mmap")?;
    range.unmap(2 * page, page).step("munmap")?;
    say!("place {}", place(&range, &range.remap(page, page, 2 * page, 0)))?;
    say!("before {}", range.try_load(2 * page).step("load")?)?;
    file.set_len(2 * page as u64).step("ftruncate")?;
    say!("after {}", range.try_load(2 * page).step("load")?)
}

fn locked() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    mlock::lock(range.address(page), page).step("mlock")?;
    say!("before {}", status("VmLck")?)?;
    let moved = range.remap(page, page, 3 * page, MREMAP_MAYMOVE).step("mremap")?;
    say!("after {}", status("VmLck")?)?;
    let mapping = Mapping::at(moved.address(0))?;
    say!("locked {}", mapping.has_flag("lo"))?;
    say!("in-memory {}", mapping.sum("Rss")?)
}

fn locked_beyond_the_limit() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    let (_, hard) = getrlimit(Resource::RLIMIT_MEMLOCK).step("getrlimit")?;
    let soft = (2 * page as u64).min(hard);
    setrlimit(Resource::RLIMIT_MEMLOCK, soft, hard).step("setrlimit")?;
    let remap = |new| place(&range, &range.remap(page, page, new, MREMAP_MAYMOVE));
    mlock::lock(range.address(page), page).step("mlock")?;
    say!("locked {}", remap(3 * page))?;
    say!("mappings {}", mappings(&range)?)?;
    mlock::unlock(range.address(page), page).step("munlock")?;
    say!("unlocked {}", remap(3 * page))
}

fn beyond_rlimit_as() -> Result<()> {
    const MIB: usize = 1 << 20;
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    let (_, hard) = getrlimit(Resource::RLIMIT_AS).step("getrlimit")?;
    setrlimit(Resource::RLIMIT_AS, 1 << 30, hard).step("setrlimit")?;
    let remap = |new| place(&range, &range.remap(page, page, new, MREMAP_MAYMOVE));
    say!("too-long {}", remap(1024 * MIB))?;
    say!("mappings {}", mappings(&range)?)?;
    say!("short {}", remap(MIB))
}

fn dontunmap() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    let flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    let moved = range.remap(page, page, page, flags).step("mremap")?;
    say!("moved {}", moved.load(0))?;
    say!("mappings {}", mappings(&range)?)?;
    say!("left {}", range.load(page))?;
    range.store(page, 8);
    say!("moved-after-a-store {}", moved.load(0))
}

fn dontunmap_of_a_file() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    let flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    for (name, kind, byte) in [("shared", libc::MAP_SHARED, 7), ("private", libc::MAP_PRIVATE, 8)] {
        let call = MmapCall { flags: kind, ..MmapCall::shared(&file, page) };
        range.map(page, call).step("mmap")?;
        range.store(page, byte);
        let moved = range.remap(page, page, page, flags);
        say!("{name} {}", place(&range, &moved))?;
        if let Ok(moved) = moved {
            say!("{name}-moved {}", moved.load(0))?;
            say!("{name}-left {}", range.load(page))?;
        }
    }
    Ok(())
}
