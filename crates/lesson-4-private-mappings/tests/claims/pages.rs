//! The kernel copies a page at the first store to it.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::page_size;
use course::{errno, file_system, kernel_at_least, undisturbed};
use lesson_4_private_mappings::{PrivateMapping, sys::RawMapping};
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{UsageWho, getrusage};

use crate::{Lettered, READ, READ_WRITE, file_pages, pages, sum_in_pages};

/// A page that was only loaded from is the file's own page.
///
/// - call: private mappings, success
/// - source: proc(5), pagemap
/// - level: Linux
#[test]
fn a_page_that_was_only_loaded_from_is_the_files_own_page() {
    let letters = Lettered::new(2);
    let mapping = letters.mapping(2);
    assert_eq!(file_pages(mapping.address(), 2), [None, None], "nothing is touched yet");
    mapping.load_each_page(2);
    assert_eq!(file_pages(mapping.address(), 2), [Some(true), Some(true)]);
    assert_eq!(sum_in_pages(mapping.address(), "Anonymous"), 0);
}

/// A store replaces the file's page with a private copy.
///
/// - call: private mappings, success
/// - source: proc(5), pagemap; mm/memory.c
/// - level: Linux
#[test]
fn a_store_replaces_the_files_page_with_a_private_copy() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    mapping.load(0);
    assert_eq!(file_pages(mapping.address(), 1), [Some(true)]);
    mapping.store(0, b"A");
    assert_eq!(file_pages(mapping.address(), 1), [Some(false)]);
    assert_eq!((mapping.text(0, 2), letters.text(0, 2)), ("Aa".into(), "aa".into()));
}

/// A store of one byte copies one page and no other.
///
/// - call: private mappings, success
/// - source: mm/memory.c
/// - level: observed
/// - tutorials say: `MAP_PRIVATE` makes a copy of the file.
/// - article says: `MAP_PRIVATE` makes a private copy of the file.
#[test]
fn a_store_of_one_byte_copies_one_page_and_no_other() {
    let letters = Lettered::new(4);
    let mapping = letters.mapping(4);
    mapping.load_each_page(4);
    mapping.store(2 * page_size(), b"C");
    let expected = [Some(true), Some(true), Some(false), Some(true)];
    assert_eq!(file_pages(mapping.address(), 4), expected);
    assert_eq!(mapping.text(3 * page_size() - 1, 1), "c", "the copy is of the whole page");
}

/// A first load also maps cached neighbouring pages, and a first store does not.
///
/// - call: page tables and faults, success
/// - source: mm/memory.c, do_fault_around; mm/memory.c, do_cow_fault
/// - level: observed (by default at most 64 KiB around; more in large folios)
#[test]
fn a_first_load_also_maps_cached_neighbouring_pages_and_a_first_store_does_not() {
    let letters = Lettered::new(26);
    let storing = letters.mapping(26);
    let present = |mapping: &PrivateMapping| {
        file_pages(mapping.address(), 26).into_iter().filter(Option::is_some).count()
    };
    // The kernel skips a page that is locked at this moment, for writeback for example. So it is enough
    // if one of five mappings has neighbours.
    let most = (0..5).map(|_| {
        let loading = letters.mapping(26);
        // In the middle, because the 64 KiB around a load are aligned by address.
        loading.load(13 * page_size());
        present(&loading)
    });
    let most = most.max().unwrap();
    storing.store(13 * page_size(), b"N");
    assert_eq!(most > 1, page_size() < 64 << 10, "{most}");
    assert_eq!(present(&storing), 1);
    assert_eq!(file_pages(storing.address(), 26)[13], Some(false));
    // The page cache has every second page of this file. The others are holes.
    let sparse = letters.path.with_extension("sparse");
    let sparse = File::options().read(true).write(true).create_new(true).open(sparse).unwrap();
    sparse.set_len(32 * page_size() as u64).unwrap();
    for page in (0..32).step_by(2) {
        sparse.write_all_at(&vec![b'a'; page_size()], page * page_size() as u64).unwrap();
    }
    let mut most = 0;
    for _ in 0..5 {
        let mapping = PrivateMapping::of(&sparse, 32 * page_size()).unwrap();
        mapping.load(16 * page_size());
        let found = file_pages(mapping.address(), 32);
        let mapped: Vec<_> = (0..32).filter(|page| found[*page].is_some()).collect();
        assert!(mapped.iter().all(|page| page % 2 == 0), "only cached pages: {mapped:?}");
        most = most.max(mapped.len());
    }
    assert_eq!(most > 1, page_size() < 64 << 10, "{most}");
}

/// A load can map a whole folio of 2 MiB, and a store then removes its other entries.
///
/// - call: page tables and faults, edge
/// - source: mm/memory.c, do_set_pmd; mm/huge_memory.c, __split_huge_pmd_locked
/// - level: observed (since Linux 6.18, on ext4 and xfs; x86-64)
/// - holds: since 6.18 on ext4, xfs
#[test]
fn a_load_can_map_a_whole_folio_of_2_mib_and_a_store_then_removes_its_other_entries() {
    let letters = Lettered::new(1);
    let has_large_folios = ["ext4", "xfs"].contains(&file_system(&letters.path))
        && Path::new("/sys/kernel/mm/transparent_hugepage").exists();
    let whole = (2 << 20) / page_size();
    if !has_large_folios || !kernel_at_least(6, 18) || cfg!(not(target_arch = "x86_64")) {
        return;
    }
    // Free memory may be in smaller pieces, so not every file has a folio of 2 MiB.
    let mapped_at_once = (0..5).any(|attempt| {
        let path = letters.path.with_extension(attempt.to_string());
        fs::write(&path, vec![b'.'; 8 << 20]).unwrap(); // One write.
        let mapping = PrivateMapping::of(&File::open(&path).unwrap(), 8 << 20).unwrap();
        let third = mapping.address() + (4 << 20);
        mapping.load((4 << 20) + 5 * page_size());
        let loaded = file_pages(third, whole);
        mapping.store((4 << 20) + 5 * page_size(), b"A");
        let stored = file_pages(third, whole);
        assert_eq!(stored[5], Some(false));
        fs::remove_file(&path).unwrap();
        let at_once = loaded == vec![Some(true); whole];
        at_once && stored.iter().filter(|page| page.is_some()).count() == 1
    });
    assert!(mapped_at_once, "five files, and none is mapped by 2 MiB");
}

/// `Anonymous` in smaps counts the private copies.
///
/// - call: `/proc/PID/smaps`, success
/// - source: proc(5), smaps
/// - level: Linux
#[test]
fn anonymous_in_smaps_counts_the_private_copies() {
    let letters = Lettered::new(8);
    let mapping = letters.mapping(8);
    for stored in 0..8 {
        assert_eq!(sum_in_pages(mapping.address(), "Anonymous"), stored);
        mapping.store(stored * page_size(), b"X");
    }
    assert_eq!(sum_in_pages(mapping.address(), "Anonymous"), 8);
}

/// `Private_Dirty` in smaps also counts dirty pages of the file.
///
/// - call: `/proc/PID/smaps`, edge
/// - source: fs/proc/task_mmu.c
/// - level: observed
/// - tutorials say: `Private_Dirty` counts the private copies.
#[test]
fn private_dirty_in_smaps_also_counts_dirty_pages_of_the_file() {
    let name = CString::new("dirty").unwrap();
    let file = || File::from(memfd_create(name.as_c_str(), MFdFlags::empty()).unwrap());
    let (written, never_written) = (file(), file());
    written.write_all_at(&vec![b'a'; 4 * page_size()], 0).unwrap();
    never_written.set_len(4 * page_size() as u64).unwrap();
    for (file, dirty) in [(&written, 4), (&never_written, 0)] {
        let mapping = PrivateMapping::of(file, 4 * page_size()).unwrap();
        mapping.load_each_page(4);
        let sums = |name| sum_in_pages(mapping.address(), name);
        assert_eq!((sums("Private_Dirty"), sums("Anonymous")), (dirty, 0), "only loaded");
        assert_eq!(sums("Private_Clean"), 4 - dirty);
        let another = PrivateMapping::of(file, 4 * page_size()).unwrap();
        another.load_each_page(4);
        assert_eq!((sums("Private_Dirty"), sums("Shared_Dirty")), (0, dirty), "entries of two");
        drop(another);
        mapping.store(0, b"A");
        assert_eq!((sums("Private_Dirty"), sums("Anonymous")), (dirty.max(1), 1), "one copy");
    }
    // The same on a file system with a disk.
    undisturbed(|| {
        let letters = Lettered::new(1);
        letters.write(0, "9");
        let mapping = letters.mapping(1);
        mapping.load(0);
        let sums = |name| sum_in_pages(mapping.address(), name);
        assert_eq!(sums("Anonymous"), 0, "no copy");
        (sums("Private_Dirty") == 1).then_some(()) // Else the kernel wrote the page by itself.
    });
}

/// The first store to a page causes one page fault, and the second store causes none.
///
/// - call: page tables and faults, success
/// - source: mm/memory.c, do_cow_fault
/// - level: observed
#[test]
fn the_first_store_to_a_page_causes_one_page_fault_and_the_second_store_causes_none() {
    let faults = || getrusage(UsageWho::RUSAGE_THREAD).unwrap().minor_page_faults();
    let letters = Lettered::new(26);
    // Other work of this thread may cause faults as well. The kernel may also take a page away, for
    // example to write it. So each count is the smallest of five tries.
    let counts = (0..5).map(|_| {
        let mapping = letters.mapping(26);
        let store_to_all = |byte| (0..26).for_each(|page| mapping.store(page * page_size(), byte));
        let before = faults();
        store_to_all(b"1");
        let between = faults();
        store_to_all(b"2");
        (between - before, faults() - between)
    });
    let counts: Vec<_> = counts.collect();
    assert_eq!(counts.iter().map(|(first, _)| *first).min(), Some(26), "{counts:?}");
    assert_eq!(counts.iter().map(|(_, second)| *second).min(), Some(0), "{counts:?}");
}

/// A `read` into a private mapping copies the page that it stores to.
///
/// - call: `read`, edge
/// - source: mm/memory.c
/// - level: observed
#[test]
fn a_read_into_a_private_mapping_copies_the_page_that_it_stores_to() {
    let letters = Lettered::new(2);
    let mapping = letters.bare(2, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    let source = File::open(&letters.path).unwrap();
    assert_eq!(mapping.read_from(source.as_fd(), page_size(), 3).unwrap(), 3);
    assert_eq!(mapping.load(page_size()), b'a', "read(2) has stored into page 1");
    assert_eq!(mapping.load(page_size() + 3), b'b', "and left the rest of it");
    assert_eq!(file_pages(mapping.address(), 2)[1], Some(false));
    assert_eq!(letters.text(page_size(), 3), "bbb");
}

/// A write to `/proc/self/mem` copies a private page, even a read-only one.
///
/// - call: `/proc/PID/mem`, edge
/// - source: mm/gup.c; fs/proc/base.c
/// - level: observed
#[test]
fn a_write_to_proc_self_mem_copies_a_private_page_even_a_read_only_one() {
    let letters = Lettered::new(1);
    let private = letters.bare(1, READ, libc::MAP_PRIVATE).unwrap();
    let shared = letters.bare(1, READ, libc::MAP_SHARED).unwrap();
    let memory = File::options().write(true).open("/proc/self/mem").unwrap();
    let poke = |mapping: &RawMapping| memory.write_all_at(b"A", mapping.address() as u64);
    assert_eq!(errno(poke(&shared)), Errno::EIO, "a shared read-only page is refused");
    match poke(&private) {
        Ok(()) => {
            assert_eq!(private.load(0), b'A');
            assert_eq!(file_pages(private.address(), 1), [Some(false)]);
        }
        // Since Linux 6.12 a system may forbid this to all, or to all but debuggers.
        refused => assert_eq!((errno(refused), private.load(0)), (Errno::EIO, b'a')),
    }
    assert_eq!(letters.text(0, 1), "a");
}

/// A load from fresh anonymous memory allocates no page.
///
/// - call: page tables and faults, success
/// - source: mm/memory.c, do_anonymous_page
/// - level: observed
#[test]
fn a_load_from_fresh_anonymous_memory_allocates_no_page() {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // Read-only, so that smaps does not merge it with the heap of the tests.
    let mapping = RawMapping::map(4 * page_size(), READ, flags, -1).unwrap();
    let before = sum_in_pages(mapping.address(), "Rss");
    let loaded: Vec<u8> = (0..4).map(|page| mapping.load(page * page_size())).collect();
    assert_eq!(loaded, [0; 4]);
    assert!(pages(mapping.address(), 4).iter().all(|page| page.present), "the page of zeros");
    assert_eq!(sum_in_pages(mapping.address(), "Rss"), before);
    mapping.protect(READ_WRITE).unwrap();
    mapping.store(0, 1);
    assert_eq!(file_pages(mapping.address(), 1), [Some(false)], "a page of our own");
}
