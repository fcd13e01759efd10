//! Scenarios of `mmap` and `munmap`.

use std::fs::{self, File};
use std::path::Path;
use std::thread;

use common::{Context, Result, errno_name, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;
use libc::{
    MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE,
    PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE,
};

use super::{Scenarios, file};
use crate::own_memory::Mapping;
use crate::sys::{Reserved, try_load_from_map_failed};

pub(super) const SCENARIOS: Scenarios = &[
    ("mmap-unchecked", unchecked),
    ("mmap-permissions", permissions),
    ("mmap-fixed-inside-a-page", fixed_inside_a_page),
    ("mmap-noreplace-and-fixed", noreplace_and_fixed),
    ("mmap-noreplace-overlap", noreplace_overlap),
    ("mmap-two-of-dev-zero", two_of_dev_zero),
    ("mmap-growsdown", grows_down),
    ("mmap-growsdown-onto-a-neighbour", grows_down_onto_a_neighbour),
    ("mmap-another-file", another_file),
    ("mmap-ignored-flags", ignored_flags),
    ("mmap-stack", stack),
    ("mmap-32bit", in_32_bits),
    ("mmap-nonblock", nonblock),
    ("mmap-noreserve", noreserve),
    ("mmap-types", types),
    ("mmap-validate", validate),
    ("mmap-anonymous-offset", anonymous_offset),
    ("mmap-negative-offset", negative_offset),
    ("mmap-droppable", droppable),
    ("mmap-faults", faults),
    ("mmap-efault", efault),
    ("mmap-own-buffer", own_buffer),
    ("mmap-tail-of-a-memfd", tail_of_a_memfd),
    ("mmap-o-direct", o_direct),
    ("mmap-string", string),
    ("mmap-exec-alone", exec_alone),
    ("munmap-across-a-gap", unmapped_across_a_gap),
    ("munmap-by-a-thread", unmapped_by_a_thread),
    ("munmap-faults", unmapped_faults),
];

const BOTH: i32 = PROT_READ | PROT_WRITE;

fn permissions() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    for (name, kind) in [("shared", MAP_SHARED), ("private", MAP_PRIVATE)] {
        let mut seen = Vec::new();
        for prot in 0..8 {
            let flags = kind | MAP_ANONYMOUS;
            range.map(0, MmapCall { prot, flags, ..MmapCall::anonymous(page) }).step("mmap")?;
            seen.push(Mapping::at(range.address(0))?.permissions);
        }
        say!("{name} {}", seen.join(" "))?;
    }
    Ok(())
}

fn fixed_inside_a_page() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    range.store(page, 7);
    range.store(2 * page, 8);
    say!("inside-a-page {}", outcome(range.map(page + 1, MmapCall::anonymous(page))))?;
    say!("kept {} {}", range.load(page), range.load(2 * page))?;
    say!("at-its-start {}", outcome(range.map(page, MmapCall::anonymous(page))))?;
    say!("replaced {} {}", range.load(page), range.load(2 * page))
}

fn noreplace_and_fixed() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.store(page, 7);
    let call = MmapCall::anonymous(page);
    let flags = call.flags | MAP_FIXED | MAP_FIXED_NOREPLACE;
    say!("answer {}", outcome(range.map_with(page, MmapCall { flags, ..call })))?;
    say!("kept {}", range.load(page))
}

/// The middle one of three pages is mapped. The ranges begin before it, end behind it, or both.
fn noreplace_overlap() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(3).step("mmap")?);
    range.map(page, MmapCall::anonymous(page)).step("mmap")?;
    range.store(page, 7);
    range.unmap(0, page).step("munmap")?;
    range.unmap(2 * page, page).step("munmap")?;
    for (name, first, count) in
        [("end-taken", 0, 2), ("start-taken", 1, 2), ("middle-taken", 0, 3), ("free", 2, 1)]
    {
        let call = MmapCall::anonymous(count * page);
        let call = MmapCall { flags: call.flags | MAP_FIXED_NOREPLACE, ..call };
        let answer = outcome(range.map_with(first * page, call));
        let mapped = [0, 2].map(|other| Mapping::is_at(range.address(other * page)));
        let [before, after] = mapped;
        say!("{name} {answer} {} {} {}", before?, range.load(page), after?)?;
    }
    Ok(())
}

fn two_of_dev_zero() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let path = Path::new("/dev/zero");
    let zero = File::options().read(true).write(true).open(path).step_on("open", path)?;
    range.map(0, MmapCall::shared(&zero, page)).step("mmap")?;
    range.map(page, MmapCall::shared(&zero, page)).step("mmap")?;
    range.store(0, 7);
    say!("first {}", range.load(0))?;
    say!("second {}", range.load(page))
}

/// Before this page of a range, the first mapping that can grow down has 1000 free pages.
const FAR: usize = 1000;

fn growing_down(range: &Reserved, from: usize) -> Result<()> {
    range.unmap(0, range.length_in_bytes()).step("munmap")?;
    let call = MmapCall::anonymous(2 * page_size());
    let flags = call.flags | libc::MAP_GROWSDOWN;
    range.map(from, MmapCall { flags, ..call }).step("mmap")
}

fn grows_down() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(FAR + 2).step("mmap")?);
    growing_down(&range, FAR * page)?;
    let pages = || Mapping::at(range.address(FAR * page)).map(|mapping| mapping.pages());
    say!("before {}", pages()?)?;
    range.store(FAR * page - 1, 7);
    say!("after-one-store {}", pages()?)?;
    range.store((FAR - 3) * page, 7);
    say!("after-a-store-three-pages-below {}", pages()?)?;
    let ordinary = Reserved::with_memory(1).step("mmap")?;
    ordinary.unmap(0, page).step("munmap")?;
    say!("ordinary-mapping {}", ordinary.try_store(page - 1, 7).step("store")?)
}

fn grows_down_onto_a_neighbour() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(FAR + 2).step("mmap")?);
    growing_down(&range, FAR * page)?;
    say!("alone {}", range.try_store(FAR * page - 1, 7).step("store")?)?;
    let at = (FAR - 201) * page; // With 200 free pages in between.
    range.map(at, MmapCall::anonymous(page)).step("mmap")?;
    say!("with-a-neighbour {}", range.try_store(FAR * page - 1, 7).step("store")?)?;
    range.protect(at, page, PROT_NONE).step("mprotect")?;
    say!("with-a-closed-neighbour {}", range.try_store(FAR * page - 1, 7).step("store")?)
}

fn another_file() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let files = [file::of_pages("one", 1)?, file::of_pages("two", 1)?];
    for (file, byte) in files.iter().zip([7, 8]) {
        range.map(0, MmapCall::shared(file, page)).step("mmap")?;
        range.store(0, byte);
    }
    let mut seen = Vec::new();
    for round in 0..4 {
        range.unmap(0, page).step("munmap")?;
        range.map(0, MmapCall::shared(&files[round % 2], page)).step("mmap")?;
        seen.push(range.load(0).to_string());
    }
    say!("seen {}", seen.join(" "))
}

fn ignored_flags() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    let map = |kind, flag| {
        outcome(range.map(0, MmapCall { flags: kind | flag, ..MmapCall::shared(&file, page) }))
    };
    for (name, flag) in [
        ("executable", libc::MAP_EXECUTABLE),
        ("file", libc::MAP_FILE),
        ("denywrite", libc::MAP_DENYWRITE),
        ("stack", libc::MAP_STACK),
        ("noreserve", libc::MAP_NORESERVE),
        ("uninitialized", MAP_UNINITIALIZED),
    ] {
        say!("{name} {} {}", map(MAP_SHARED, flag), map(MAP_PRIVATE, flag))?;
    }
    let call = MmapCall::anonymous(page);
    let used = Reserved::with_memory(1).step("mmap")?;
    (0..page).for_each(|at| used.store(page + at, 7));
    used.unmap(page, page).step("munmap")?; // Its frame may be the next one that is given out.
    let flags = call.flags | MAP_UNINITIALIZED;
    range.map(0, MmapCall { flags, ..call }).step("mmap")?;
    say!("zeros {}", (0..page).all(|at| range.load(at) == 0))
}

/// libc does not name it.
const MAP_UNINITIALIZED: i32 = 0x0400_0000;

fn stack() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let call = MmapCall::anonymous(page);
    range.map(0, call).step("mmap")?;
    say!("without {}", Mapping::at(range.address(0))?.has_flag("nh"))?;
    let flags = call.flags | libc::MAP_STACK;
    range.map(0, MmapCall { flags, ..call }).step("mmap")?;
    say!("with {}", Mapping::at(range.address(0))?.has_flag("nh"))
}

#[cfg(target_arch = "x86_64")]
const MAP_32BIT: i32 = libc::MAP_32BIT;
#[cfg(not(target_arch = "x86_64"))]
const MAP_32BIT: i32 = 0; // Only x86-64 has the flag, and the claim is about x86-64.

fn in_32_bits() -> Result<()> {
    let call = MmapCall::anonymous(page_size());
    let below = |area: &lesson_1_mapping_a_file::sys::Area| area.address() < 1 << 31;
    say!("without {}", below(&call.make().step("mmap")?))?;
    let flags = call.flags | MAP_32BIT;
    say!("with {}", below(&MmapCall { flags, ..call }.make().step("mmap")?))?;
    let range = Reserved::pages(1).step("mmap")?;
    say!("fixed {}", outcome(range.map(0, MmapCall { flags, ..call })))?;
    say!("fixed-below {}", range.address(0) < 1 << 31)
}

fn nonblock() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let call = MmapCall::anonymous(2 * page);
    for (name, more) in [
        ("populate", libc::MAP_POPULATE),
        ("populate-nonblock", libc::MAP_POPULATE | libc::MAP_NONBLOCK),
    ] {
        range.map(0, MmapCall { flags: call.flags | more, ..call }).step("mmap")?;
        say!("{name} {}", Mapping::at(range.address(0))?.sum("Rss")?)?;
    }
    Ok(())
}

fn noreserve() -> Result<()> {
    let pages = (1 << 30) / page_size();
    let (page, range) = (page_size(), Reserved::pages(pages).step("mmap")?);
    let call = MmapCall::anonymous(pages * page);
    let flags = call.flags | libc::MAP_NORESERVE;
    range.map(0, MmapCall { flags, ..call }).step("mmap")?;
    range.store(0, 7);
    range.store((pages - 1) * page, 8);
    say!("loaded {} {}", range.load(0), range.load((pages - 1) * page))
}

fn types() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    let map = |flags| outcome(range.map(0, MmapCall { flags, ..MmapCall::shared(&file, page) }));
    let answers = |types: &[i32]| types.iter().map(|kind| map(*kind)).collect::<Vec<_>>().join(" ");
    say!("known {}", answers(&[MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE]))?;
    say!("none {}", map(0))?;
    say!("others {}", answers(&(4..16).collect::<Vec<_>>()))
}

fn validate() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    let map = |flags| outcome(range.map(0, MmapCall { flags, ..MmapCall::shared(&file, page) }));
    for (name, flag) in [
        ("none", 0),
        ("populate", libc::MAP_POPULATE),
        ("noreserve", libc::MAP_NORESERVE),
        ("stack", libc::MAP_STACK),
    ] {
        say!("{name} {} {}", map(MAP_SHARED_VALIDATE | flag), map(MAP_SHARED | flag))?;
    }
    for bit in [9, 10, 21, 22, 23, 24, 25, 31] {
        say!("bit-{bit} {} {}", map(MAP_SHARED_VALIDATE | 1 << bit), map(MAP_SHARED | 1 << bit))?;
    }
    let huge = (26..31).map(|bit| map(MAP_SHARED_VALIDATE | 1 << bit)).collect::<Vec<_>>();
    say!("huge-sizes {}", huge.join(" "))?;
    say!("map-sync-private {}", map(MAP_PRIVATE | libc::MAP_SYNC))?;
    say!("growsdown-private {}", map(MAP_PRIVATE | libc::MAP_GROWSDOWN))
}

fn anonymous_offset() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    for (name, offset) in [("whole-page", page as i64), ("inside-a-page", 1)] {
        let answer = range.map(0, MmapCall { offset, ..MmapCall::anonymous(page) });
        say!("{name} {}", outcome(answer))?;
    }
    say!("loaded {}", range.load(0))
}

fn negative_offset() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    for (name, offset) in [("minus-one-page", -(page as i64)), ("lowest", i64::MIN), ("zero", 0)] {
        let answer = range.map(0, MmapCall { offset, ..MmapCall::shared(&file, page) });
        say!("{name} {}", outcome(answer))?;
    }
    Ok(())
}

fn droppable() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    let call = MmapCall { flags: MAP_DROPPABLE, ..MmapCall::shared(&file, page) };
    say!("file {}", outcome(range.map(0, call)))?;
    let flags = MAP_DROPPABLE | MAP_ANONYMOUS;
    let answer = range.map(0, MmapCall { flags, ..MmapCall::anonymous(page) });
    let works = answer.is_ok();
    say!("anonymous {}", outcome(answer))?;
    if works {
        range.store(0, 7);
        say!("permissions {}", Mapping::at(range.address(0))?.permissions)?;
    }
    Ok(())
}

/// Of Linux 6.11; libc does not name it.
const MAP_DROPPABLE: i32 = 8;

fn faults() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    for (name, prot) in [("none", PROT_NONE), ("read", PROT_READ), ("both", BOTH)] {
        range.map(0, MmapCall { prot, ..MmapCall::shared(&file, 2 * page) }).step("mmap")?;
        say!("{name}-load {}", range.try_load(11).step("load")?)?;
        say!("{name}-store {}", range.try_store(11, 1).step("store")?)?;
        say!("{name}-load-past-the-end {}", range.try_load(page + 11).step("load")?)?;
        say!("{name}-store-past-the-end {}", range.try_store(page + 11, 1).step("store")?)?;
    }
    range.map(0, MmapCall::anonymous(page)).step("mmap")?;
    range.store_code(16);
    say!("run-without-exec {}", range.try_run(16).step("run")?)?;
    range.protect(0, page, PROT_READ | PROT_EXEC).step("mprotect")?;
    say!("run-with-exec {}", range.try_run(16).step("run")?)
}

fn efault() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let other = file::of_pages("other", 1)?;
    range.map(0, MmapCall::anonymous(page)).step("mmap")?;
    say!("read {}", outcome(range.read_from(&other, 0, 10)))?;
    range.protect(0, page, PROT_READ).step("mprotect")?;
    say!("read-into-read-only {}", outcome(range.read_from(&other, 0, 10)))?;
    say!("write-from-read-only {}", outcome(range.write_to(&other, 0, 10)))?;
    range.protect(0, page, PROT_NONE).step("mprotect")?;
    say!("write-from-none {}", outcome(range.write_to(&other, 0, 10)))
}

fn own_buffer() -> Result<()> {
    use std::os::unix::fs::FileExt;
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let file = file::of_pages("file", 2)?;
    range.map(0, MmapCall::shared(&file, 2 * page)).step("mmap")?;
    file.write_all_at(&[7; 4], 0).step("write")?;
    say!("read {}", outcome(range.read_from(&file, page, 4)))?; // From byte 0 on.
    say!("loaded {}", range.load(page))?;
    range.store(page + 1, 8);
    say!("write {}", outcome(range.write_to(&file, page, 2)))?; // To byte 4 on.
    say!("written {} {}", range.load(4), range.load(5))?;
    // The same page as source and target.
    say!("onto-itself {}", outcome(range.write_to(&file, 0, 4)))?;
    say!("written-onto-itself {} {}", range.load(6), range.load(9))
}

fn tail_of_a_memfd() -> Result<()> {
    use nix::sys::memfd::{MFdFlags, memfd_create};
    use std::os::unix::fs::FileExt;
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = File::from(memfd_create("object", MFdFlags::empty()).step("memfd_create")?);
    file.set_len(10).step("ftruncate")?;
    range.map(0, MmapCall::shared(&file, page)).step("mmap")?;
    say!("zeros {}", (10..page).all(|at| range.load(at) == 0))?;
    range.store(10, 7);
    say!("read {}", file.read_at(&mut [0; 20], 0).step("read")?)?;
    say!("size {}", file.metadata().step("fstat")?.len())
}

fn o_direct() -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    drop(file::of_pages("file", 1)?);
    let path = Path::new("file");
    let direct = File::options().read(true).write(true).custom_flags(libc::O_DIRECT).open(path);
    let direct = match direct {
        Ok(direct) => direct,
        Err(error) => return say!("open {}", errno_name(&error)),
    };
    say!("open success")?;
    say!("mmap {}", outcome(range.map(0, MmapCall::shared(&direct, page))))?;
    range.store(3, 7);
    say!("file {}", fs::read(path).step_on("read", path)?[3])
}

/// Looks for the zero byte at the end of a text that fills its file.
fn string() -> Result<()> {
    let page = page_size();
    for (name, length) in [("shorter", page - 3), ("whole-page", page)] {
        let range = Reserved::pages(2).step("mmap")?;
        fs::write(name, vec![b'x'; length]).step("write")?;
        let file = File::open(name).step("open")?;
        let call = MmapCall { prot: PROT_READ, ..MmapCall::shared(&file, length) };
        range.map(0, call).step("mmap")?;
        let end = (0..page).position(|at| range.load(at) == 0);
        say!("{name} {}", end.map_or("none".into(), |at| (at == length).to_string()))?;
        say!("{name}-next-page {}", range.try_load(page).step("load")?)?;
    }
    Ok(())
}

fn exec_alone() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    let call = MmapCall { prot: PROT_EXEC, ..MmapCall::anonymous(page) };
    for how in ["mmap", "mprotect"] {
        match how {
            "mmap" => range.map(page, call).step("mmap")?,
            _ => range.protect(page, page, PROT_EXEC).step("mprotect")?,
        }
        say!("{how}-permissions {}", Mapping::at(range.address(page))?.permissions)?;
        say!("{how}-load {}", range.try_load(page).step("load")?)?;
        say!("{how}-store {}", range.try_store(page, 8).step("store")?)?;
        range.map(page, MmapCall::anonymous(page)).step("mmap")?;
        range.store(page, 7);
    }
    Ok(())
}

fn unmapped_by_a_thread() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    say!("before {}", range.try_load(page).step("load")?)?;
    let address = range.address(page);
    thread::scope(|scope| scope.spawn(|| range.unmap(page, page)).join())
        .unwrap_or_else(|_| Err(std::io::Error::other("the thread panicked")))
        .step("munmap")?;
    say!("mapped {}", Mapping::is_at(address)?)?;
    say!("after {}", range.try_load(page).step("load")?)
}

fn unmapped_faults() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    range.unmap(page, page).step("munmap")?;
    say!("load {}", range.try_load(page + 5).step("load")?)?;
    say!("store {}", range.try_store(page + 5, 1).step("store")?)
}

/// Unmaps three pages at once, of which the second is not mapped.
fn unmapped_across_a_gap() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(4).step("mmap")?);
    range.unmap(page, page).step("munmap")?;
    let mapped = || -> Result<Vec<bool>> {
        (0..4).map(|number| Mapping::is_at(range.address(number * page))).collect()
    };
    say!("before {:?}", mapped()?)?;
    say!("munmap {}", outcome(range.unmap(0, 3 * page)))?;
    say!("after {:?}", mapped()?)
}

/// A program that does not check what `mmap` returns.
fn unchecked() -> Result<()> {
    say!("load {}", try_load_from_map_failed().step("fork")?)
}
