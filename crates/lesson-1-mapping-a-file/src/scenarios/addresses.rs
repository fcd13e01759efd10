//! Free addresses. The process has one thread, so nothing else can take them in between.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::failures::outcome;
use crate::sys::{Area, MmapCall};

/// Asks, as a hint, for an address inside a page that was just unmapped.
pub(super) fn hint_in_a_gap() -> Result<()> {
    let (_arena, page) = with_a_gap()?;
    let placed =
        MmapCall { addr: page + 123, ..MmapCall::anonymous(page_size()) }.make().step("mmap")?;
    say!("asked-for page + 123")?;
    say!("got page + {}", placed.address().wrapping_sub(page))
}

/// Unmaps the same pages a second time.
pub(super) fn munmap_twice() -> Result<()> {
    let area = MmapCall::anonymous(3 * page_size()).make().step("mmap")?;
    say!("twice {}", outcome(area.unmap_twice()))
}

/// Asks, with MAP_FIXED_NOREPLACE, for a page that was just unmapped, with both shared flags.
pub(super) fn noreplace_in_a_gap() -> Result<()> {
    let path = Path::new("file");
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    for (name, kind) in
        [("shared", libc::MAP_SHARED), ("shared-validate", libc::MAP_SHARED_VALIDATE)]
    {
        let (arena, page) = with_a_gap()?;
        let flags = kind | libc::MAP_FIXED_NOREPLACE;
        let placed = MmapCall { addr: page, flags, ..MmapCall::shared(&file, page_size()) }.make();
        let there = placed.as_ref().is_ok_and(|area| area.address() == page);
        say!("{name} {}{}", outcome(placed), if there { " at the address" } else { "" })?;
        drop(arena);
    }
    Ok(())
}

/// MAP_FIXED over a page of memory, with a file whose driver refuses to be mapped.
pub(super) fn fixed_refused_late() -> Result<()> {
    let path = Path::new("/proc/version");
    let file = File::open(path).step_on("open", path)?;
    let memory = MmapCall::anonymous(3 * page_size()).make().step("mmap")?;
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, page_size()) };
    say!("refused {}", outcome(memory.replace(1, call)))?;
    say!("left {}", pages_of(&memory, 3)?)
}

/// Which of three pages `munmap` removes, for several ranges.
pub(super) fn munmap_ranges() -> Result<()> {
    let page = page_size();
    for (name, offset, length) in
        [("before", 0, 0), ("one-byte", page, 1), ("page-and-byte", 0, page + 1)]
    {
        let area = MmapCall::anonymous(3 * page).make().step("mmap")?;
        area.replace(1, MmapCall { prot: libc::PROT_READ, ..MmapCall::anonymous(page) })
            .step("mmap")?;
        if length > 0 {
            area.unmap(offset, length).step("munmap")?;
        }
        say!("{name} {}", pages_of(&area, 3)?)?;
    }
    let arena = MmapCall { prot: libc::PROT_NONE, ..MmapCall::anonymous(5 * page) };
    let arena = arena.make().step("mmap")?; // Neighbours that merge with nothing.
    arena.replace(1, MmapCall::anonymous(3 * page)).step("mmap")?;
    say!("pieces-before {}", pieces_of(&arena, 5)?)?;
    arena.unmap(2 * page, page).step("munmap")?;
    say!("pieces-after {}", pieces_of(&arena, 5)?)
}

/// For each page of an area: `mapped` or `gap`.
fn pages_of(area: &Area, count: usize) -> Result<String> {
    let entry =
        |page| page_view::mapping_at(std::process::id(), area.address() + page * page_size());
    let word = |page| Ok(if entry(page)?.is_some() { "mapped" } else { "gap" });
    Ok((0..count).map(word).collect::<Result<Vec<_>>>()?.join(" "))
}

/// How many mappings begin between the first and the last page of an area.
fn pieces_of(area: &Area, pages: usize) -> Result<usize> {
    let inner = area.address() + page_size()..area.address() + (pages - 1) * page_size();
    let all = page_view::mappings_of(std::process::id())?;
    Ok(all.iter().filter(|one| inner.contains(&one.addresses.start)).count())
}

/// Makes a mapping one page longer while the addresses after it are taken, then stores in the new
/// page.
pub(super) fn enlarge() -> Result<()> {
    let path = Path::new("file");
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    let mut area = MmapCall::shared(&file, page_size()).make().step("mmap")?;
    area.store(0, b'1');
    file.set_len(2 * page_size() as u64).step_on("ftruncate", path)?;
    let taken = MmapCall {
        addr: area.address() + page_size(),
        flags: libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE,
        prot: libc::PROT_READ,
        ..MmapCall::shared(&file, page_size())
    };
    let _neighbour = taken.make(); // If it fails, the address is taken already.
    say!("in-place {}", outcome(area.remap(2, 0)))?;
    let before = area.address();
    say!("may-move {}", outcome(area.remap(2, libc::MREMAP_MAYMOVE)))?;
    say!("moved {}", area.address() != before)?;
    let old = page_view::mapping_at(std::process::id(), before)?;
    say!("old-address {}", if old.is_some() { "mapped" } else { "unmapped" })?;
    area.store(page_size(), b'2');
    say!("loaded {}{}", char::from(area.load(0)), char::from(area.load(page_size())))
}

/// Reserved addresses, and a page among them that is free.
fn with_a_gap() -> Result<(Area, usize)> {
    let arena = MmapCall { prot: libc::PROT_NONE, ..MmapCall::anonymous(9 * page_size()) };
    let arena = arena.make().step("mmap")?;
    arena.unmap(4 * page_size(), page_size()).step("munmap")?;
    let page = arena.address() + 4 * page_size();
    Ok((arena, page))
}
