//! Scenarios of `mlock`, `mlock2`, `munlock`, `mlockall` and `munlockall`.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;

use common::{Context, Failure, Result, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;
use libc::{MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT, MLOCK_ONFAULT, PROT_NONE};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{Scenarios, file};
use crate::own_memory::{Mapping, status};
use crate::sys::mlock::{lock, lock_all, lock_with, unlock, unlock_all};
use crate::sys::{Reserved, in_child};

pub(super) const SCENARIOS: Scenarios = &[
    ("mlock", locks),
    ("mlock-gap", gap),
    ("mlock-beyond-the-limit", beyond_the_limit),
    ("mlock-twice-within-the-limit", twice_within_the_limit),
    ("mlock-limit-of-0", limit_of_0),
    ("mlock-no-permission", no_permission),
    ("mlock-past-the-end", past_the_end),
    ("mlock-too-long", too_long),
    ("mlock-fork", forked),
    ("mlock-exec", execs),
    ("mlock-status", prints_status),
    ("mlock-munmap", unmapped),
    ("munlock", unlocks),
    ("munlock-middle", unlocks_the_middle),
    ("mlock2-onfault", on_fault),
    ("mlock2-flags", flags_of_mlock2),
    ("mlockall-current", all_current),
    ("mlockall-future", all_future),
    ("mlockall-future-onfault", all_future_on_fault),
    ("mlockall-future-beyond-the-limit", all_future_beyond_the_limit),
    ("mlockall-future-fork", all_future_forked),
    ("mlockall-beyond-the-limit", all_beyond_the_limit),
    ("mlockall-flags", flags_of_mlockall),
    ("map-locked", map_locked),
    ("mlock-two-mappings", two_mappings),
];

/// How many pages of this process are locked.
fn locked() -> Result<usize> {
    status("VmLck")
}

/// How many pages of the range's second page's mapping are in memory.
fn in_memory(range: &Reserved) -> Result<usize> {
    Mapping::at(range.address(page_size()))?.sum("Rss")
}

fn limit(pages: usize) -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_MEMLOCK).step("getrlimit")?;
    let soft = ((pages * page_size()) as u64).min(hard);
    setrlimit(Resource::RLIMIT_MEMLOCK, soft, hard).step("setrlimit")
}

/// The errors of a scenario as those of a child.
fn of_child(failure: Failure) -> io::Error {
    io::Error::other(failure)
}

fn locks() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    say!("before {} {}", locked()?, in_memory(&range)?)?;
    lock(range.address(2 * page - 1), 2).step("mlock")?;
    say!("two-bytes {}", locked()?)?;
    let mappings = [1, 2, 3].map(|at| Mapping::at(range.address(at * page)));
    for (name, mapping) in ["first", "second", "third"].iter().zip(mappings) {
        let mapping = mapping?;
        let (flag, rss) = (mapping.has_flag("lo"), mapping.sum("Rss")?);
        say!("{name} locked={flag} in-memory={rss} of {}", mapping.pages())?;
    }
    say!("no-bytes {}", outcome(lock(range.address(3 * page), 0)))?;
    say!("after-no-bytes {}", locked()?)
}

fn gap() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    range.unmap(2 * page, page).step("munmap")?;
    say!("nothing-mapped {}", outcome(lock(range.address(2 * page), page)))?;
    say!("locked {}", locked()?)?;
    say!("across {}", outcome(lock(range.address(page), 3 * page)))?;
    say!("locked-after-across {}", locked()?)?;
    let flag = |at: usize| Mapping::at(range.address(at * page)).map(|one| one.has_flag("lo"));
    say!("before-and-after-the-gap {} {}", flag(1)?, flag(3)?)?;
    say!("munlock {}", outcome(unlock(range.address(page), 3 * page)))?;
    say!("munlock-nothing-mapped {}", outcome(unlock(range.address(2 * page), page)))
}

fn beyond_the_limit() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    limit(1)?;
    say!("two-pages {}", outcome(lock(range.address(page), 2 * page)))?;
    say!("locked {}", locked()?)?;
    say!("one-page {}", outcome(lock(range.address(page), page)))?;
    say!("one-more {}", outcome(lock(range.address(2 * page), page)))?;
    let call = MmapCall::anonymous(page);
    let flags = call.flags | libc::MAP_LOCKED;
    say!("map-locked {}", outcome(range.map(3 * page, MmapCall { flags, ..call })))
}

fn twice_within_the_limit() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    limit(1)?;
    say!("first {}", outcome(lock(range.address(page), page)))?;
    say!("again {}", outcome(lock(range.address(page), page)))?;
    say!("locked {}", locked()?)
}

fn limit_of_0() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    limit(0)?;
    say!("mlock {}", outcome(lock(range.address(page), page)))?;
    say!("mlock2 {}", outcome(lock_with(range.address(page), page, MLOCK_ONFAULT)))?;
    say!("mlockall-current {}", outcome(lock_all(MCL_CURRENT)))?;
    say!("mlockall-future {}", outcome(lock_all(MCL_FUTURE)))?;
    say!("munlock {}", outcome(unlock(range.address(page), page)))?;
    say!("munlockall {}", outcome(unlock_all()))
}

fn no_permission() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.protect(page, page, PROT_NONE).step("mprotect")?;
    say!("answer {}", outcome(lock(range.address(page), page)))?;
    say!("locked {}", locked()?)
}

fn past_the_end() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(3).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    range.map(0, MmapCall::shared(&file, 2 * page)).step("mmap")?;
    say!("first-page {}", outcome(lock(range.address(0), page)))?;
    unlock(range.address(0), page).step("munlock")?;
    say!("both {}", outcome(lock(range.address(0), 2 * page)))?;
    say!("locked {}", locked()?)
}

fn too_long() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    let start = range.address(page);
    say!("wraps {}", outcome(lock(start, usize::MAX - 2 * page)))?;
    say!("munlock-wraps {}", outcome(unlock(start, usize::MAX - 2 * page)))?;
    say!("all {}", outcome(lock(start, usize::MAX)))?;
    say!("locked {}", locked()?)
}

fn forked() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    lock(range.address(page), page).step("mlock")?;
    in_child(|| {
        say!("child {}", locked().map_err(of_child)?).map_err(of_child)?;
        let mapping = Mapping::at(range.address(page)).map_err(of_child)?;
        say!("child-flag {}", mapping.has_flag("lo")).map_err(of_child)
    })
    .step("fork")?;
    say!("parent {}", locked()?)?;
    say!("parent-flag {}", Mapping::at(range.address(page))?.has_flag("lo"))
}

fn execs() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    lock(range.address(page), page).step("mlock")?;
    say!("before {}", locked()?)?;
    let program = std::env::current_exe().step("find this program")?;
    let word = |text: &[u8]| CString::new(text).map_err(io::Error::other).step("name it");
    let program = word(program.as_os_str().as_bytes())?;
    let words = [program.clone(), word(b"scenario")?, word(b"mlock-status")?];
    nix::unistd::execv(&program, &words).step("exec").map(drop)
}

/// What runs after `exec`.
fn prints_status() -> Result<()> {
    say!("after {}", locked()?)
}

fn unmapped() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    lock(range.address(page), 2 * page).step("mlock")?;
    say!("before {}", locked()?)?;
    range.unmap(page, page).step("munmap")?;
    say!("after {}", locked()?)?;
    range.map(page, MmapCall::anonymous(page)).step("mmap")?;
    say!("mapped-again {}", locked()?)
}

fn unlocks() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(2).step("mmap")?);
    say!("not-locked {}", outcome(unlock(range.address(page), page)))?;
    for _ in 0..3 {
        lock(range.address(page), 2 * page).step("mlock")?;
    }
    say!("locked {}", locked()?)?;
    say!("answer {}", outcome(unlock(range.address(page), page)))?;
    say!("after {}", locked()?)?;
    let flag = |at: usize| Mapping::at(range.address(at * page)).map(|one| one.has_flag("lo"));
    say!("flags {} {}", flag(1)?, flag(2)?)
}

fn unlocks_the_middle() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    lock(range.address(page), 3 * page).step("mlock")?;
    let pieces = || -> Result<String> {
        let inside = range.address(page)..range.address(4 * page);
        let all = Mapping::all()?;
        let found = all.iter().filter(|one| inside.contains(&one.addresses.start));
        let words = found.map(|one| format!("{} {}", one.has_flag("lo"), one.pages()));
        Ok(words.collect::<Vec<_>>().join(", "))
    };
    say!("before {}", pieces()?)?;
    unlock(range.address(2 * page), page).step("munlock")?;
    say!("after {}", pieces()?)
}

fn on_fault() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    lock_with(range.address(page), 3 * page, MLOCK_ONFAULT).step("mlock2")?;
    say!("locked {}", locked()?)?;
    say!("in-memory {}", in_memory(&range)?)?;
    say!("sum-locked {}", Mapping::at(range.address(page))?.sum("Locked")?)?;
    range.store(2 * page, 1);
    say!("in-memory-after-a-store {}", in_memory(&range)?)?;
    say!("sum-locked-after-a-store {}", Mapping::at(range.address(page))?.sum("Locked")?)
}

fn flags_of_mlock2() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    say!("unknown {}", outcome(lock_with(range.address(page), page, 2)))?;
    say!("locked {}", locked()?)?;
    say!("none {}", outcome(lock_with(range.address(page), page, 0)))?;
    say!("locked-and-in-memory {} {}", locked()?, in_memory(&range)?)
}

fn all_current() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    let later = Reserved::pages(1).step("mmap")?;
    say!("mlockall {}", outcome(lock_all(MCL_CURRENT)))?;
    let current = Mapping::at(range.address(page))?;
    say!("current {} {}", current.has_flag("lo"), current.sum("Rss")?)?;
    let code = Mapping::at(all_current as fn() -> Result<()> as usize)?;
    say!("code {}", code.has_flag("lo") && code.sum("Rss")? == code.pages())?;
    later.map(0, MmapCall::anonymous(page)).step("mmap")?;
    say!("later {}", Mapping::at(later.address(0))?.has_flag("lo"))?;
    unlock_all().step("munlockall")?;
    say!("after-munlockall {}", locked()?)
}

fn all_future() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    lock_all(MCL_FUTURE).step("mlockall")?;
    say!("earlier {}", Mapping::at(range.address(page))?.has_flag("lo"))?;
    range.map(2 * page, MmapCall::anonymous(page)).step("mmap")?;
    let later = Mapping::at(range.address(2 * page))?;
    say!("later {} {} of {}", later.has_flag("lo"), later.sum("Rss")?, later.pages())?;
    unlock_all().step("munlockall")?;
    say!("after-munlockall {}", locked()?)?;
    range.map(2 * page, MmapCall::anonymous(page)).step("mmap")?;
    say!("mapped-afterwards {}", Mapping::at(range.address(2 * page))?.has_flag("lo"))
}

fn all_future_on_fault() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    lock_all(MCL_FUTURE | MCL_ONFAULT).step("mlockall")?;
    range.map(0, MmapCall::anonymous(2 * page)).step("mmap")?;
    let later = Mapping::at(range.address(0))?;
    say!("later {} {}", later.has_flag("lo"), later.sum("Rss")?)?;
    range.store(0, 1);
    say!("after-a-store {}", Mapping::at(range.address(0))?.sum("Rss")?)
}

fn all_future_beyond_the_limit() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(64).step("mmap")?);
    limit(32)?; // For the heap of this program, too.
    let map = || outcome(range.map(0, MmapCall::anonymous(64 * page)));
    lock_all(MCL_FUTURE).step("mlockall")?;
    let future = map();
    unlock_all().step("munlockall")?;
    say!("future {future}")?;
    say!("after-munlockall {}", map())
}

fn all_future_forked() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    lock_all(MCL_FUTURE).step("mlockall")?;
    let later = || -> Result<bool> {
        range.map(0, MmapCall::anonymous(page)).step("mmap")?;
        Ok(Mapping::at(range.address(0))?.has_flag("lo"))
    };
    in_child(|| say!("child {}", later().map_err(of_child)?).map_err(of_child)).step("fork")?;
    say!("parent {}", later()?)
}

fn all_beyond_the_limit() -> Result<()> {
    limit(1)?;
    say!("current {}", outcome(lock_all(MCL_CURRENT)))?;
    say!("locked {}", locked()?)
}

fn flags_of_mlockall() -> Result<()> {
    say!("none {}", outcome(lock_all(0)))?;
    say!("onfault-alone {}", outcome(lock_all(MCL_ONFAULT)))?;
    say!("unknown {}", outcome(lock_all(MCL_FUTURE | 8)))?;
    say!("valid {}", outcome(lock_all(MCL_FUTURE | MCL_ONFAULT)))?;
    say!("munlockall {}", outcome(unlock_all()))
}

fn map_locked() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(6).step("mmap")?);
    let call = MmapCall::anonymous(2 * page);
    let flags = call.flags | libc::MAP_LOCKED;
    range.map(page, MmapCall { flags, ..call }).step("mmap")?;
    say!("locked {}", locked()?)?;
    say!("in-memory {}", in_memory(&range)?)?;
    unlock(range.address(page), 2 * page).step("munlock")?;
    say!("after-munlock {}", locked()?)?;
    let file = file::of_pages("file", 1)?;
    let call = MmapCall::shared(&file, 2 * page);
    let flags = call.flags | libc::MAP_LOCKED;
    say!("past-the-end {}", outcome(range.map(page, MmapCall { flags, ..call })))?;
    say!("past-the-end-locked {}", locked()?)?;
    say!("past-the-end-in-memory {}", in_memory(&range)?)
}

fn two_mappings() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(5).step("mmap")?);
    let file = file::of_pages("file", 2)?;
    for start in [0, 3 * page] {
        range.map(start, MmapCall::shared(&file, 2 * page)).step("mmap")?;
        lock(range.address(start), 2 * page).step("mlock")?;
    }
    say!("status {}", locked()?)?;
    say!("smaps {}", Mapping::at(range.address(0))?.sum("Locked")?)
}
