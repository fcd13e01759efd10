//! Scenarios of `madvise`.

use std::io;

use common::{Context, Failure, Result, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;
use libc::{
    MADV_COLD, MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_DONTNEED, MADV_FREE,
    MADV_KEEPONFORK, MADV_NORMAL, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_RANDOM, MADV_REMOVE,
    MADV_SEQUENTIAL, MADV_WILLNEED, MADV_WIPEONFORK, PROT_NONE, PROT_READ, PROT_WRITE,
};

use super::{Scenarios, file};
use crate::own_memory::{Mapping, page_table_entry};
use crate::sys::madvise::{MADV_GUARD_INSTALL, MADV_GUARD_REMOVE, knows};
use crate::sys::{Reserved, in_child, mlock};

pub(super) const SCENARIOS: Scenarios = &[
    ("madvise-known", known),
    ("madvise-shared-memory", shared_memory),
    ("madvise-dontneed", dont_need),
    ("madvise-dontneed-in-a-child", dont_need_in_a_child),
    ("madvise-dontneed-shared", dont_need_shared),
    ("madvise-dontneed-without-permission", dont_need_without_permission),
    ("madvise-remove-shared", remove_shared),
    ("madvise-keeponfork", keep_on_fork),
    ("madvise-dofork", do_fork),
    ("madvise-dontfork-middle", dont_fork_the_middle),
    ("madvise-flags", flags),
    ("madvise-middle", middle),
    ("madvise-remove-private", remove_private),
    ("madvise-guard", guard),
    ("madvise-guard-stays", guard_stays),
    ("madvise-guard-refusals", guard_refusals),
    ("madvise-guard-on-a-file", guard_on_a_file),
];

const BOTH: i32 = PROT_READ | PROT_WRITE;

/// Advice that every kernel knows, however it was built.
const ADVICE: [(&str, i32); 16] = [
    ("normal", MADV_NORMAL),
    ("random", MADV_RANDOM),
    ("sequential", MADV_SEQUENTIAL),
    ("willneed", MADV_WILLNEED),
    ("dontneed", MADV_DONTNEED),
    ("free", MADV_FREE),
    ("remove", MADV_REMOVE),
    ("dontfork", MADV_DONTFORK),
    ("dofork", MADV_DOFORK),
    ("dontdump", MADV_DONTDUMP),
    ("dodump", MADV_DODUMP),
    ("wipeonfork", MADV_WIPEONFORK),
    ("keeponfork", MADV_KEEPONFORK),
    ("cold", MADV_COLD),
    ("pageout", MADV_PAGEOUT),
    ("unknown", 9999),
];

/// Shared memory without a file.
fn shared(length: usize) -> MmapCall {
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    MmapCall { flags, ..MmapCall::anonymous(length) }
}

/// The errors of a scenario as those of a child.
fn of_child(failure: Failure) -> io::Error {
    io::Error::other(failure)
}

fn known() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    for (name, advice) in ADVICE {
        let answer = outcome(range.advise(page, page, advice));
        say!("{name} {} {answer}", outcome(knows(advice)))?;
    }
    say!("populate {}", outcome(knows(MADV_POPULATE_READ)))?;
    say!("guard {}", outcome(knows(MADV_GUARD_INSTALL)))
}

fn shared_memory() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    range.map(page, shared(page)).step("mmap")?;
    for (name, advice) in [("free", MADV_FREE), ("wipeonfork", MADV_WIPEONFORK)] {
        let answer = |at| outcome(range.advise(at, page, advice));
        say!("{name} {} {}", answer(page), answer(2 * page))?;
    }
    Ok(())
}

fn dont_need() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    for byte in [page, 2 * page - 1, 2 * page] {
        range.store(byte, 7);
    }
    say!("in-memory {}", Mapping::at(range.address(page))?.sum("Rss")?)?;
    range.advise(page, 1, MADV_DONTNEED).step("madvise")?;
    say!("in-memory-after {}", Mapping::at(range.address(page))?.sum("Rss")?)?;
    say!("page {} {}", range.load(page), range.load(2 * page - 1))?;
    say!("next-page {}", range.load(2 * page))
}

fn dont_need_in_a_child() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    in_child(|| {
        range.advise(page, page, MADV_DONTNEED)?;
        say!("child {}", range.load(page)).map_err(of_child)
    })
    .step("fork")?;
    say!("parent {}", range.load(page))
}

fn dont_need_shared() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    range.map(0, shared(page)).step("mmap")?;
    range.store(0, 7);
    range.advise(0, page, MADV_DONTNEED).step("madvise")?;
    say!("in-memory {}", Mapping::at(range.address(0))?.sum("Rss")?)?;
    say!("loaded {}", range.load(0))
}

fn dont_need_without_permission() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    range.store(page, 7);
    range.store(2 * page, 8);
    range.protect(page, 2 * page, PROT_NONE).step("mprotect")?;
    say!("answer {}", outcome(range.advise(page, page, MADV_DONTNEED)))?;
    range.protect(page, 2 * page, BOTH).step("mprotect")?;
    say!("loaded {} {}", range.load(page), range.load(2 * page))
}

fn remove_shared() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    range.map(0, shared(2 * page)).step("mmap")?;
    range.store(0, 7);
    range.store(page, 8);
    in_child(|| range.advise(0, page, MADV_REMOVE)).step("madvise in a child")?;
    say!("loaded {} {}", range.load(0), range.load(page))
}

fn keep_on_fork() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    range.store(page, 7);
    range.store(2 * page, 8);
    range.advise(page, 2 * page, MADV_WIPEONFORK).step("madvise")?;
    range.advise(page, page, MADV_KEEPONFORK).step("madvise")?;
    in_child(|| say!("child {} {}", range.load(page), range.load(2 * page)).map_err(of_child))
        .step("fork")
}

fn do_fork() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    range.store(page, 7);
    range.advise(page, 2 * page, MADV_DONTFORK).step("madvise")?;
    range.advise(page, page, MADV_DOFORK).step("madvise")?;
    say!("first {}", range.try_load(page).step("load")?)?;
    say!("second {}", range.try_load(2 * page).step("load")?)
}

fn dont_fork_the_middle() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    (1..4).for_each(|at| range.store(at * page, 7));
    range.advise(2 * page, page, MADV_DONTFORK).step("madvise")?;
    for (name, at) in [("before", 1), ("middle", 2), ("after", 3)] {
        say!("{name} {}", range.try_load(at * page).step("load")?)?;
    }
    say!("parent {}", range.load(2 * page))
}

fn flags() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    for (name, flag, advice, undo) in [
        ("random", "rr", MADV_RANDOM, MADV_NORMAL),
        ("sequential", "sr", MADV_SEQUENTIAL, MADV_NORMAL),
        ("dontfork", "dc", MADV_DONTFORK, MADV_DOFORK),
        ("dontdump", "dd", MADV_DONTDUMP, MADV_DODUMP),
        ("wipeonfork", "wf", MADV_WIPEONFORK, MADV_KEEPONFORK),
    ] {
        let has = || Mapping::at(range.address(page)).map(|mapping| mapping.has_flag(flag));
        let before = has()?;
        range.advise(page, page, advice).step("madvise")?;
        let during = has()?;
        range.advise(page, page, undo).step("madvise")?;
        say!("{name} {before} {during} {}", has()?)?;
    }
    Ok(())
}

fn middle() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    let pieces = || -> Result<String> {
        let pages = [1, 2, 3].map(|at| Mapping::at(range.address(at * page)));
        let words = pages.into_iter().map(|found| found.map(|one| one.pages().to_string()));
        Ok(words.collect::<Result<Vec<_>>>()?.join(" "))
    };
    say!("before {}", pieces()?)?;
    range.advise(2 * page, page, MADV_RANDOM).step("madvise")?;
    say!("after {}", pieces()?)
}

fn remove_private() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    say!("answer {}", outcome(range.advise(page, page, MADV_REMOVE)))?;
    say!("loaded {}", range.load(page))
}

/// Three pages, of which the middle one is a guard if this kernel has guards.
fn guarded() -> Result<(Reserved, bool)> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    (1..4).for_each(|at| range.store(at * page, 7));
    let answer = range.advise(2 * page, page, MADV_GUARD_INSTALL);
    let installed = answer.is_ok();
    say!("install {}", outcome(answer))?;
    Ok((range, installed))
}

fn guard() -> Result<()> {
    let page = page_size();
    let (range, true) = guarded()? else { return Ok(()) };
    say!("load {}", range.try_load(2 * page).step("load")?)?;
    say!("store {}", range.try_store(2 * page, 1).step("store")?)?;
    let (_reader, pipe) = io::pipe().step("pipe")?;
    say!("write-from {}", outcome(range.write_to(&pipe, 2 * page, 1)))?;
    say!("neighbours {} {}", range.load(page), range.load(3 * page))?;
    say!("mapping-in-pages {}", Mapping::at(range.address(2 * page))?.pages())?;
    let bit = |at| page_table_entry(range.address(at * page)).map(|entry| entry >> 58 & 1);
    say!("bit-58 {} {}", bit(1)?, bit(2)?)?;
    say!("remove {}", outcome(range.advise(page, 3 * page, MADV_GUARD_REMOVE)))?;
    say!("after-removal {}", range.try_store(2 * page, 1).step("store")?)?;
    say!("loaded {} {} {}", range.load(page), range.load(2 * page), range.load(3 * page))
}

fn guard_stays() -> Result<()> {
    let page = page_size();
    let (range, true) = guarded()? else { return Ok(()) };
    for (name, advice) in [("dontneed", MADV_DONTNEED), ("free", MADV_FREE)] {
        range.advise(page, 3 * page, advice).step("madvise")?;
        say!("{name} {}", range.try_load(2 * page).step("load")?)?;
    }
    range.protect(page, 3 * page, PROT_READ).step("mprotect")?;
    range.protect(page, 3 * page, BOTH).step("mprotect")?;
    say!("mprotect {}", range.try_load(2 * page).step("load")?)?;
    let moved =
        range.remap(page, 3 * page, 3 * page, libc::MREMAP_MAYMOVE | libc::MREMAP_DONTUNMAP);
    let moved = moved.step("mremap")?;
    say!("mremap {}", moved.try_load(page).step("load")?)?;
    say!("mremap-neighbour {}", moved.try_load(0).step("load")?)
}

fn guard_refusals() -> Result<()> {
    let page = page_size();
    let (range, true) = guarded()? else { return Ok(()) };
    say!("mlock {}", outcome(mlock::lock(range.address(2 * page), page)))?;
    mlock::unlock(range.address(2 * page), page).step("munlock")?;
    say!("populate {}", outcome(range.advise(2 * page, page, MADV_POPULATE_READ)))?;
    mlock::lock(range.address(page), page).step("mlock")?;
    say!("install-on-locked {}", outcome(range.advise(page, page, MADV_GUARD_INSTALL)))
}

fn guard_on_a_file() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let file = file::of_pages("file", 2)?;
    range.map(0, MmapCall::shared(&file, 2 * page)).step("mmap")?;
    range.store(page, 7);
    let answer = range.advise(page, page, MADV_GUARD_INSTALL);
    let installed = answer.is_ok();
    say!("install {}", outcome(answer))?;
    if installed {
        say!("load {}", range.try_load(page).step("load")?)?;
        range.advise(page, page, MADV_GUARD_REMOVE).step("madvise")?;
        say!("after-removal {}", range.load(page))?;
    }
    Ok(())
}
