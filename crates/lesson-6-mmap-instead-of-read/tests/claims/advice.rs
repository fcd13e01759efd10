//! What advice does to pages that are in memory. `read_ahead.rs` has the advice on cold files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{outcome, page_size};
use course::{errno, file_system, has_cachestat, is_root, kernel_at_least, scratch, undisturbed};
use lesson_6_mmap_instead_of_read::cost::{cached, make_cold, mapped, write_lines};
use lesson_6_mmap_instead_of_read::{Region, View};
use nix::errno::Errno;
use nix::unistd::Whence;

use crate::{file, scenario};

const PAGES: usize = 1024;

/// `MADV_DONTNEED` of a shared mapping of a file empties the page table, and what was stored stays
/// in the page cache.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_DONTNEED)
/// - level: Linux (that the page cache keeps the pages: observed)
#[test]
fn madv_dontneed_of_a_shared_mapping_of_a_file_empties_the_page_table_and_what_was_stored_stays_in_the_page_cache()
 {
    let scratch = scratch();
    let (file, _) = file(&scratch, 16);
    let length = 16 * page_size();
    let region = Region::of(&file, length, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    let region = region.expect("mmap");
    region.store(0, b'!');
    region.advise(0, length, libc::MADV_DONTNEED).expect("madvise");
    assert_eq!(mapped(region.address(), length).expect("pagemap"), 0);
    assert_eq!(cached(region.address(), length).expect("mincore"), 16, "still cached");
    assert_eq!(region.load(0), b'!', "and what was stored is there");
}

/// `MADV_DONTNEED` loses a store to a private mapping and keeps a store to a shared one.
///
/// - call: `madvise`, success
/// - source: mm/memory.c, zap_pte_range
/// - level: observed
#[test]
fn madv_dontneed_loses_a_store_to_a_private_mapping_and_keeps_a_store_to_a_shared_one() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 1);
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let map = |flags| Region::of(&file, page_size(), protection, flags).expect("mmap");
    let (private, shared) = (map(libc::MAP_PRIVATE), map(libc::MAP_SHARED));
    for (region, expected) in [(private, b'a'), (shared, b'!')] {
        region.store(0, b'!');
        assert_eq!(region.load(0), b'!');
        region.advise(0, page_size(), libc::MADV_DONTNEED).expect("madvise");
        assert_eq!(region.load(0), expected);
    }
}

/// `POSIX_FADV_DONTNEED` does not evict a page that is mapped.
///
/// - call: `posix_fadvise`, edge
/// - source: mm/truncate.c, mapping_evict_folio
/// - level: observed (from tmpfs it evicts no page at all)
/// - holds: everywhere
#[test]
fn posix_fadv_dontneed_does_not_evict_a_page_that_is_mapped() {
    let scratch = scratch();
    let (file, path) = file(&scratch, 16);
    let view = View::of(&file, 16 * page_size()).expect("mmap");
    (0..16).for_each(|page| view.copy_to(page * page_size(), &mut [0]));
    make_cold(&file, &path).expect("make_cold");
    assert_eq!(cached(view.address(), view.len()).expect("mincore"), 16, "mapped: they stay");
    drop(view);
    make_cold(&file, &path).expect("make_cold");
    let view = View::of(&file, 16 * page_size()).expect("mmap");
    let expected = match file_system(&path) {
        "tmpfs" => 16,
        _ => 0,
    };
    assert_eq!(cached(view.address(), view.len()).expect("mincore"), expected, "no longer mapped");
}

/// `MADV_WILLNEED` on memory without a file succeeds.
///
/// - call: `madvise`, edge
/// - source: mm/madvise.c, madvise_willneed
/// - level: observed (with CONFIG_SWAP)
/// - manual says: madvise(2): memory without a file fails with `EBADF`.
#[test]
fn madv_willneed_on_memory_without_a_file_succeeds() {
    let region = Region::anonymous(page_size(), libc::PROT_READ).expect("mmap");
    assert_eq!(outcome(&region.advise(0, page_size(), libc::MADV_WILLNEED)), "ok");
}

/// `MADV_REMOVE` leaves private copies as they are.
///
/// - call: `madvise`, edge
/// - source: mm/memory.c, zap_pte_range
/// - level: observed
#[test]
fn madv_remove_leaves_private_copies_as_they_are() {
    let scratch = scratch();
    let (file, path) = file(&scratch, 16);
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let map = |flags| Region::of(&file, 16 * page_size(), protection, flags).expect("mmap");
    let (private, shared) = (map(libc::MAP_PRIVATE), map(libc::MAP_SHARED));
    let without_copy = page_size(); // A page that nobody stores to.
    assert_eq!((private.load(1), shared.load(1)), (b's', b's'));
    assert_ne!(private.load(without_copy), 0);
    private.store(0, b'P');
    shared.advise(0, 16 * page_size(), libc::MADV_REMOVE).expect("madvise");
    assert_eq!((private.load(0), private.load(1)), (b'P', b's'), "the copy: old bytes, too");
    assert_eq!(private.load(without_copy), 0, "not copied: the hole");
    assert_eq!((shared.load(0), shared.load(1)), (0, 0), "the shared mapping: the hole");
    assert!(fs::read(path).expect("read").iter().all(|byte| *byte == 0), "`read`: the hole");
}

/// `MADV_REMOVE` through a read-only mapping makes a hole in the file.
///
/// - call: `madvise`, edge
/// - source: mm/madvise.c, madvise_remove
/// - level: observed (since Linux 6.7; some older kernels of Debian, too)
/// - manual says: madvise(2): `MADV_REMOVE` needs a shared writable mapping.
#[test]
fn madv_remove_through_a_read_only_mapping_makes_a_hole_in_the_file() {
    let scratch = scratch();
    let (file, path) = file(&scratch, 32); // More than a block, also where blocks are large.
    let (length, half) = (32 * page_size(), 16 * page_size());
    let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED);
    // The first hole, and the first byte that is in no hole.
    let holes = || {
        let seek = |whence| nix::unistd::lseek(&file, 0, whence).expect("lseek");
        [seek(Whence::SeekHole), seek(Whence::SeekData)]
    };
    assert_eq!(holes(), [length as i64, 0], "before: no hole but the end");
    let answer = region.expect("mmap").advise(0, half, libc::MADV_REMOVE);
    if answer.is_err() {
        assert!(!kernel_at_least(6, 7), "older kernels may want a writable mapping: {answer:?}");
        return assert_eq!(errno(answer), Errno::EACCES);
    }
    let bytes = fs::read(&path).expect("read");
    assert_eq!(bytes.len(), length, "the length stays");
    assert_eq!(holes(), [0, half as i64], "a hole, not only zeros");
    assert!(bytes[..half].iter().all(|byte| *byte == 0), "a hole is zeros");
    assert!(bytes[half..].iter().all(|byte| *byte != 0), "the other half is untouched");
}

/// `MADV_PAGEOUT` empties the page table but writes no dirty page.
///
/// - call: `madvise`, edge
/// - source: mm/vmscan.c
/// - level: observed (on tmpfs without swap)
/// - holds: everywhere
/// - manual says: madvise(2): `MADV_PAGEOUT` writes the dirty pages of a file.
#[test]
fn madv_pageout_empties_the_page_table_but_writes_no_dirty_page() {
    undisturbed(|| {
        let (scratch, twin_scratch) = (scratch(), scratch());
        let ((file, path), (twin, _)) = (file(&scratch, 16), file(&twin_scratch, 16));
        let length = 16 * page_size();
        let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
        (0..16).for_each(|page| assert_ne!(region.load(page * page_size()), 0));
        assert_eq!(mapped(region.address(), length).expect("pagemap"), 16);
        let before = course::dirty_pages(&file);
        let expected = match file_system(&path) {
            "tmpfs" | "overlayfs" => 0, // Not visible there: no disk, or counted in the file of the upper layer.
            _ => 16,
        };
        if before != expected {
            return None; // The kernel has written the pages already.
        }
        region.advise(0, length, libc::MADV_PAGEOUT).expect("madvise");
        let after =
            (mapped(region.address(), length).expect("pagemap"), course::dirty_pages(&file));
        let is_spared = after.0 > 0; // The kernel leaves a page that somebody has locked.
        if is_spared || course::dirty_pages(&twin) != expected {
            return None;
        }
        assert_eq!(after.1, expected, "as dirty as before");
        Some(())
    });
}

/// `mincore` reports every page as cached to a user who neither owns the file nor may write to it.
///
/// - call: `mincore`, edge
/// - source: mm/mincore.c, can_do_mincore
/// - level: observed (since Linux 5.2)
/// - holds: since 5.2
/// - manual says: mincore(2): the vector says which pages are in memory.
#[test]
fn mincore_reports_every_page_as_cached_to_a_user_who_neither_owns_the_file_nor_may_write_to_it() {
    let scratch = scratch();
    let directory = scratch.path().join("open-to-all");
    fs::create_dir(&directory).expect("mkdir");
    let path = directory.join("file");
    if is_root() {
        let file = write_lines(&path, PAGES * page_size(), page_size()).expect("write");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("chmod");
        fs::set_permissions(&directory, PermissionsExt::from_mode(0o755)).expect("chmod");
        make_cold(&file, &path).expect("make_cold");
        let view = View::of(&file, PAGES * page_size()).expect("mmap");
        let expected = match file_system(&path) {
            "tmpfs" => PAGES,
            _ => 0,
        };
        assert_eq!(cached(view.address(), view.len()).expect("mincore"), expected, "to its owner");
    } else {
        // A file of root. Much of it is cached, so only a run as root shows that the answer is wrong.
        std::os::unix::fs::symlink(Path::new("/bin/sh"), &path).expect("symlink");
    }
    let pages = fs::metadata(&path).expect("stat").len().div_ceil(page_size() as u64);
    let as_another_user = || {
        let scenario = ["scenario", "mincore-of-another-users-file"];
        let program = course::Program::new(crate::PROGRAM, scenario).in_directory(&directory);
        program.as_ordinary_user().run()
    };
    let ended = as_another_user();
    assert_eq!(ended.value("cached"), pages.to_string(), "to another user: {ended:?}");
    let refused = if has_cachestat() { "EPERM" } else { "ENOSYS" };
    assert_eq!(ended.value("cachestat"), refused, "which says so: {ended:?}");
    if is_root() {
        fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).expect("chmod");
        let cached = if file_system(&path) == "tmpfs" { PAGES } else { 0 };
        let ended = as_another_user();
        assert_eq!(
            ended.value("cached"),
            cached.to_string(),
            "to a user who may write it: {ended:?}"
        );
    }
}

/// `mincore` tells the owner of a file which pages are cached, even if the owner may only read the
/// file.
///
/// - call: `mincore`, edge
/// - source: mm/mincore.c, can_do_mincore
/// - level: observed
/// - holds: everywhere
#[test]
fn mincore_tells_the_owner_of_a_file_which_pages_are_cached_even_if_the_owner_may_only_read_the_file()
 {
    const NOBODY: u32 = 65534;
    let scratch = scratch();
    let directory = scratch.path().join("open-to-all");
    fs::create_dir(&directory).expect("mkdir");
    fs::set_permissions(&directory, PermissionsExt::from_mode(0o755)).expect("chmod");
    let path = directory.join("file");
    let file = write_lines(&path, PAGES * page_size(), page_size()).expect("write");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).expect("chmod");
    make_cold(&file, &path).expect("make_cold");
    let to_an_ordinary_user = || {
        let scenario = ["scenario", "mincore-of-another-users-file"];
        let program = course::Program::new(crate::PROGRAM, scenario).in_directory(&directory);
        program.as_ordinary_user().run().value("cached").to_owned()
    };
    if is_root() {
        assert_eq!(to_an_ordinary_user(), PAGES.to_string(), "the control: the file is root's");
        std::os::unix::fs::chown(&path, Some(NOBODY), None).expect("chown");
    }
    let cached = if file_system(&path) == "tmpfs" { PAGES } else { 0 };
    assert_eq!(to_an_ordinary_user(), cached.to_string());
}

/// The pages on both sides of the gap that are in the page table, before and after the advice.
fn across_a_gap(name: &str, errno: &str) -> [String; 2] {
    let ended = scenario(name, &scratch()).run();
    assert_eq!(ended.value("errno"), errno, "{ended:?}");
    ["before", "after"].map(|moment| ended.value(moment).to_owned())
}

/// `MADV_DONTNEED` across a gap works on both sides and fails with `ENOMEM`.
///
/// - call: `madvise`, error
/// - source: madvise(2), NOTES
/// - level: Linux
#[test]
fn madv_dontneed_across_a_gap_works_on_both_sides_and_fails_with_enomem() {
    assert_eq!(across_a_gap("dontneed-across-a-gap", "ENOMEM"), ["1 1", "0 0"]);
}

/// `MADV_POPULATE_READ` across a gap stops there and fails with `ENOMEM`.
///
/// - call: `madvise`, error
/// - source: mm/madvise.c, madvise_populate
/// - level: observed (since Linux 6.12; in 6.1, the call goes on past the gap)
/// - holds: since 6.12
#[test]
fn madv_populate_read_across_a_gap_stops_there_and_fails_with_enomem() {
    // Older kernels (seen on 6.1) go on behind the gap, as for other advice. Linux 6.12 stops.
    let (errno, after) = match () {
        () if kernel_at_least(6, 12) => ("ENOMEM", "1 0"),
        () if kernel_at_least(5, 14) => ("ENOMEM", "1 1"),
        () => ("EINVAL", "0 0"), // They do not know this advice.
    };
    assert_eq!(across_a_gap("populate-across-a-gap", errno), ["0 0", after]);
}
