//! One page of a file is one page in memory, with any number of names, descriptors and addresses.

use std::fs;
use std::io::Write;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{file_system, has_cachestat, kernel_at_least, scratch};
use lesson_1_mapping_a_file::Mapping;
use lesson_1_mapping_a_file::record::Turnstile;
use lesson_1_mapping_a_file::sys::MmapCall;
use nix::fcntl::{FallocateFlags, fallocate};
use page_view::{Page, pages};

use crate::{evict, file_of, pages_of, resident};

/// A mapping stays after its descriptor is closed.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
/// - article says: After mapping the file, the program closes the descriptor. (The example does not.)
#[test]
fn a_mapping_stays_after_its_descriptor_is_closed() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"before");
    let mapping = Mapping::of(&file, 6).unwrap();
    drop(file);
    mapping.store(0, b"stored");
    assert_eq!(mapping.load(0, 6), b"stored");
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"stored");
}

/// A mapping follows its file, not the file's name.
///
/// - call: `mmap`, edge
/// - source: rename(2), DESCRIPTION; proc(5), DESCRIPTION
/// - level: Linux (that `/proc/PID/maps` then says `(deleted)`); POSIX (the rest)
#[test]
fn a_mapping_follows_its_file_not_the_files_name() {
    let scratch = scratch();
    let file = file_of(&scratch, "name", b"old");
    let mapping = Mapping::of(&file, 3).unwrap();
    drop(file_of(&scratch, "other", b"new"));
    fs::rename(scratch.path().join("other"), scratch.path().join("name")).unwrap();
    assert_eq!(fs::read(scratch.path().join("name")).unwrap(), b"new");
    assert_eq!(mapping.load(0, 3), b"old");

    let entry = page_view::mapping_at(std::process::id(), mapping.address()).unwrap().unwrap();
    assert!(entry.path.unwrap().ends_with("/name (deleted)"));
    mapping.store(0, b"odd");
    let mut read = [0; 3];
    file.read_exact_at(&mut read, 0).unwrap();
    assert_eq!(&read, b"odd", "the file stays without its name");
}

/// Two mappings of one page are the same memory.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: POSIX
#[test]
fn two_mappings_of_one_page_are_the_same_memory() {
    let scratch = scratch();
    let file = pages_of(&scratch, 2);
    let whole = Mapping::of(&file, 2 * page_size()).unwrap();
    let second = Mapping::part(&file, page_size() as u64, page_size()).unwrap();
    whole.store(page_size() + 5, b"whole");
    assert_eq!(second.load(5, 5), b"whole");
    second.store(5, b"other");
    assert_eq!(whole.load(page_size() + 5, 5), b"other");
    assert_ne!(whole.address() + page_size(), second.address());

    let frame = |address| pages(std::process::id(), address, 1).unwrap()[0].frame;
    let (one, two) = (frame(whole.address() + page_size()), frame(second.address()));
    if let (Some(one), Some(two)) = (one, two) {
        assert_eq!(one, two, "the same frame"); // Only a privileged user sees their numbers.
    }
}

/// `read` and `write` use the page that is mapped.
///
/// - call: page cache, success
/// - source: mm/filemap.c
/// - level: observed
#[test]
fn read_and_write_use_the_page_that_is_mapped() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"before");
    let mapping = Mapping::of(&file, 6).unwrap();
    file.write_all_at(b"writes", 0).unwrap();
    assert_eq!(mapping.load(0, 6), b"writes");
    mapping.store(0, b"stores");
    let mut read = [0; 6];
    file.read_exact_at(&mut read, 0).unwrap();
    assert_eq!(&read, b"stores");
}

/// `mmap` alone makes no page table entry before the first access.
///
/// - call: `mmap`, success
/// - source: proc(5), pagemap
/// - level: observed
#[test]
fn mmap_alone_makes_no_page_table_entry_before_the_first_access() {
    let scratch = scratch();
    let mapping = Mapping::of(&pages_of(&scratch, 4), 4 * page_size()).unwrap();
    let state = || pages(std::process::id(), mapping.address(), 4).unwrap();
    assert!(state().iter().all(|page| !page.present), "{:?}", state());
    mapping.load(0, 1);
    let Page { present, file_page, .. } = state()[0];
    assert_eq!((present, file_page), (true, Some(true)), "a page of the page cache, not a copy");
}

/// A load reads a page that is not cached from the disk into the page cache.
///
/// - call: page cache, success
/// - source: mm/filemap.c, filemap_fault
/// - level: observed (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn a_load_reads_a_page_that_is_not_cached_from_the_disk_into_the_page_cache() {
    let scratch = scratch();
    if matches!(file_system(scratch.path()), "tmpfs" | "ramfs") {
        println!("skipped: this file system has no disk");
        return;
    }
    let file = file_of(&scratch, "cold", &vec![b'd'; page_size()]);
    file.sync_all().unwrap();
    let mapping = Mapping::of(&file, page_size()).unwrap();
    if !evict(&file, mapping.address()) {
        println!("skipped: the file system below has no disk");
        return;
    }
    assert_eq!(mapping.load(0, 1), b"d");
    assert!(resident(mapping.address()), "the load has brought the page back");
}

/// After `fallocate` of a part of a page, `cachestat` may count a page that `mincore` does not.
///
/// - call: `cachestat`, edge
/// - source: mm/filemap.c, filemap_cachestat; mm/mincore.c, mincore_page
/// - level: observed (only on Linux 6.18, on ext4 and tmpfs; xfs, btrfs, overlayfs, and ext4 in 7.2
///   count none)
/// - holds: in 6.18 on ext4, tmpfs
#[test]
fn after_fallocate_of_a_part_of_a_page_cachestat_may_count_a_page_that_mincore_does_not() {
    let scratch = scratch();
    // The kernel may evict the page at any moment, but not five times in a row.
    let look = |attempt| {
        let file = file_of(&scratch, &format!("reserved-{attempt}"), b"");
        fallocate(&file, FallocateFlags::empty(), 0, 256).unwrap();
        let mapping = Mapping::of(&file, 256).unwrap();
        let counted = page_view::cache_counts(&file).map(|counts| counts.cached).unwrap_or(0);
        let before = (counted, resident(mapping.address()));
        assert_eq!(mapping.load(0, 1), [0]);
        (before, resident(mapping.address()))
    };
    let looks: Vec<_> = (0..5).map(look).collect();
    let counted: &[u64] = match file_system(scratch.path()) {
        _ if !has_cachestat() => &[0], // Nothing counts here.
        "ext4" if kernel_at_least(7, 2) => &[0],
        "ext4" | "tmpfs" if kernel_at_least(6, 18) && !kernel_at_least(6, 19) => &[1],
        "xfs" | "btrfs" | "overlayfs" if kernel_at_least(6, 18) => &[0],
        _ => &[0, 1], // Others were not tried.
    };
    let is_so = |((pages, before), after): &_| counted.contains(pages) && !before && *after;
    assert!(looks.iter().any(is_so), "{looks:?}");
}

/// `MAP_POPULATE` or `MAP_LOCKED` makes page table entries during `mmap`.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: Linux
#[test]
fn map_populate_or_map_locked_makes_page_table_entries_during_mmap() {
    let scratch = scratch();
    let file = pages_of(&scratch, 4);
    let call = MmapCall::shared(&file, 4 * page_size());
    for flag in [libc::MAP_POPULATE, libc::MAP_LOCKED] {
        let area = MmapCall { flags: call.flags | flag, ..call }.make().unwrap();
        let state = pages(std::process::id(), area.address(), 4).unwrap();
        assert!(state.iter().all(|page| page.present), "{flag:#x}: {state:?}");
        // Past the end there is no page to enter, and `mmap` does not fail.
        let call =
            MmapCall { flags: call.flags | flag, ..MmapCall::shared(&file, 6 * page_size()) };
        let area = call.make().unwrap();
        let state = pages(std::process::id(), area.address(), 6).unwrap();
        let present: Vec<_> = state.iter().map(|page| page.present).collect();
        assert_eq!(present, [true, true, true, true, false, false], "{flag:#x}");
    }
}

/// A load may make the page table entries of neighbouring pages too.
///
/// - call: page tables and faults, success
/// - source: mm/memory.c, do_fault_around
/// - level: observed (pages below 64 KiB)
#[test]
fn a_load_may_make_the_page_table_entries_of_neighbouring_pages_too() {
    let scratch = scratch();
    let (count, touched) = (64, 32);
    let mut file = file_of(&scratch, "by page", b"");
    // Page by page: bytes of one large write may share a folio, and the kernel may add no neighbours
    // from a folio that crosses the end of a page table.
    (0..count).for_each(|_| file.write_all(&vec![b'.'; page_size()]).unwrap());
    file.sync_all().unwrap();
    // All pages are in the page cache, and the kernel adds those in the same 64 KiB. It skips a
    // page that is locked at this moment, so it is enough if one of five mappings has neighbours.
    let brought = (0..5).map(|_| {
        let mapping = Mapping::of(&file, count * page_size()).unwrap();
        mapping.load(touched * page_size(), 1);
        let state = pages(std::process::id(), mapping.address(), count).unwrap();
        assert!(state[touched].present, "{state:?}");
        state.iter().filter(|page| page.present).count()
    });
    let most = brought.max().unwrap();
    assert_eq!(most > 1, page_size() < 64 << 10, "{most} of {count} pages");
}

/// A record's bytes are the same in the file and in memory.
///
/// - call: plain loads and stores, success
/// - source: Rust Reference, repr(C)
/// - level: observed
#[test]
fn a_records_bytes_are_the_same_in_the_file_and_in_memory() {
    let scratch = scratch();
    let file = file_of(&scratch, "turnstile", &[0; 16]);
    let mapping = Mapping::of(&file, size_of::<Turnstile>()).unwrap();
    let record = Turnstile { passed: u64::MAX - 1, fare: -0.5, gate: [0, 255, 10, 13] };
    record.store(&mapping);
    let mut expected = (u64::MAX - 1).to_ne_bytes().to_vec();
    expected.extend((-0.5_f32).to_ne_bytes());
    expected.extend([0, 255, 10, 13]);
    assert_eq!(fs::read(scratch.path().join("turnstile")).unwrap(), expected);
    assert_eq!(Turnstile::load(&mapping), record);
}
