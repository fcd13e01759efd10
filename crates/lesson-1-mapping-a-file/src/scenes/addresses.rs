//! Addresses that are free, for certain, because no other thread could take them in between.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::failures::name_of;
use crate::sys::{Area, Call};

/// Asks for the middle of a page that was just given back, with nobody else to take it.
pub(super) fn wish_for_a_gap() -> Result<()> {
    let (_arena, page) = with_a_gap()?;
    let placed = Call { addr: page + 123, ..Call::anonymous(page_size()) }.make().step("mmap")?;
    say!("asked-for page + 123")?;
    say!("got page + {}", placed.address().wrapping_sub(page))
}

/// Unmaps the same pages a second time.
pub(super) fn munmap_twice() -> Result<()> {
    let area = Call::anonymous(3 * page_size()).make().step("mmap")?;
    say!("twice {}", name_of(area.unmap_twice()))
}

/// Asks for exactly a page that was just given back, with both kinds of shared mapping.
pub(super) fn noreplace_in_a_gap() -> Result<()> {
    let path = Path::new("file");
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    for (name, kind) in
        [("shared", libc::MAP_SHARED), ("shared-validate", libc::MAP_SHARED_VALIDATE)]
    {
        let (arena, page) = with_a_gap()?;
        let flags = kind | libc::MAP_FIXED_NOREPLACE;
        let placed = Call { addr: page, flags, ..Call::shared(&file, page_size()) }.make();
        let there = placed.as_ref().is_ok_and(|area| area.address() == page);
        say!("{name} {}{}", name_of(placed), if there { " at the address" } else { "" })?;
        drop(arena);
    }
    Ok(())
}

/// MAP_FIXED over a page of memory, with a file whose own driver refuses to be mapped.
pub(super) fn fixed_refused_late() -> Result<()> {
    let path = Path::new("/proc/version");
    let file = File::open(path).step_on("open", path)?;
    let memory = Call::anonymous(3 * page_size()).make().step("mmap")?;
    let call = Call { prot: libc::PROT_READ, ..Call::shared(&file, page_size()) };
    say!("refused {}", name_of(memory.replace(1, call)))?;
    say!("left {}", pages_of(&memory, 3)?)
}

/// What `munmap` takes of three pages, for several ranges.
pub(super) fn munmap_ranges() -> Result<()> {
    let page = page_size();
    for (name, offset, length) in
        [("before", 0, 0), ("one-byte", page, 1), ("page-and-byte", 0, page + 1)]
    {
        let area = Call::anonymous(3 * page).make().step("mmap")?;
        area.replace(1, Call { prot: libc::PROT_READ, ..Call::anonymous(page) }).step("mmap")?;
        if length > 0 {
            area.unmap(offset, length).step("munmap")?;
        }
        say!("{name} {}", pages_of(&area, 3)?)?;
    }
    let arena = Call { prot: libc::PROT_NONE, ..Call::anonymous(5 * page) };
    let arena = arena.make().step("mmap")?; // A neighbour on both sides that nothing merges with.
    arena.replace(1, Call::anonymous(3 * page)).step("mmap")?;
    say!("pieces-before {}", pieces_of(&arena, 5)?)?;
    arena.unmap(2 * page, page).step("munmap")?;
    say!("pieces-after {}", pieces_of(&arena, 5)?)
}

/// For each page of an area: is there a mapping, or a gap?
fn pages_of(area: &Area, count: usize) -> Result<String> {
    let entry =
        |page| page_view::mapping_at(std::process::id(), area.address() + page * page_size());
    let word = |page| Ok(if entry(page)?.is_some() { "mapped" } else { "gap" });
    Ok((0..count).map(word).collect::<Result<Vec<_>>>()?.join(" "))
}

/// How many mappings lie between the first and the last page of an area.
fn pieces_of(area: &Area, pages: usize) -> Result<usize> {
    let inner = area.address() + page_size()..area.address() + (pages - 1) * page_size();
    let all = page_view::mappings_of(std::process::id())?;
    Ok(all.iter().filter(|one| inner.contains(&one.addresses.start)).count())
}

/// Reserved addresses, and a page among them that is free.
fn with_a_gap() -> Result<(Area, usize)> {
    let arena = Call { prot: libc::PROT_NONE, ..Call::anonymous(9 * page_size()) };
    let arena = arena.make().step("mmap")?;
    arena.unmap(4 * page_size(), page_size()).step("munmap")?;
    let page = arena.address() + 4 * page_size();
    Ok((arena, page))
}
