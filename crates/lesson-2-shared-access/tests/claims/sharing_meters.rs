//! What `/proc/PID/smaps` and `/proc/PID/pagemap` say about shared memory.
//!
//! # Safety
//! One test has a slice over a private mapping of its own file: no process shortens that file or stores
//! to it.
#![expect(unsafe_code, reason = "memmap2 maps private memory only as a slice")]

use std::os::unix::fs::FileExt;
use std::process;

use common::page_size;
use course::{scratch, undisturbed};
use lesson_2_shared_access::Bytes;
use lesson_2_shared_access::sys::Inherited;

use crate::{ask, new_file, second};

/// Sums of clean and dirty pages, so that writeback in between changes nothing.
fn private_and_shared(bytes: &Bytes) -> (u64, u64) {
    let mapping = page_view::mapping_at(process::id(), bytes.as_ptr().addr()).unwrap().unwrap();
    let sum = |name: &str| mapping.sum(name).unwrap();
    let both = |kind| sum(&format!("{kind}_Clean")) + sum(&format!("{kind}_Dirty"));
    (both("Private"), both("Shared"))
}

/// `smaps` counts a page of a shared mapping as private until a second process loads it.
///
/// - call: `/proc/PID/smaps`, success
/// - source: proc(5), /proc/pid/smaps
/// - level: Linux
/// - tutorials say: `Shared_Dirty` counts the dirty pages of `MAP_SHARED` mappings.
#[test]
fn smaps_counts_a_page_of_a_shared_mapping_as_private_until_a_second_process_loads_it() {
    let scratch = scratch();
    let page = page_size() as u64;
    let file = new_file(&scratch, "file", 1);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    bytes.store(0, 42);
    assert_eq!(private_and_shared(&bytes), (page, 0), "MAP_SHARED, mapped once");
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(private_and_shared(&bytes), (page, 0), "mapped by the other, and not touched");
    assert_eq!(ask(&mut other, "load 0"), "42");
    assert_eq!(private_and_shared(&bytes), (0, page), "touched by both");
    other.kill();
    assert_eq!(private_and_shared(&bytes), (page, 0), "the other is gone");
}

/// `Shared_Dirty` counts dirty pages that are mapped at least twice.
///
/// - call: `/proc/PID/smaps`, success
/// - source: fs/proc/task_mmu.c, smaps_account
/// - level: observed
/// - tutorials say: `Shared_Dirty` counts the dirty pages of `MAP_SHARED` mappings.
#[test]
fn shared_dirty_counts_dirty_pages_that_are_mapped_at_least_twice() {
    undisturbed(|| {
        let scratch = scratch();
        let page = page_size() as u64;
        let (file, twin) = (new_file(&scratch, "file", 1), new_file(&scratch, "twin", 1));
        let bytes = Bytes::of(&file, page_size()).unwrap();
        let untouched = Bytes::of(&twin, page_size()).unwrap();
        let mut other = second(&scratch.path().join("file"));
        bytes.store(0, 42);
        untouched.store(0, 42);
        let sum = |bytes: &Bytes, name: &str| {
            let mapping = page_view::mapping_at(process::id(), bytes.as_ptr().addr()).unwrap();
            mapping.unwrap().sum(name).unwrap()
        };
        let dirty = |bytes: &Bytes| (sum(bytes, "Private_Dirty"), sum(bytes, "Shared_Dirty"));
        let before = dirty(&bytes);
        let answer = ask(&mut other, "load 0");
        let after = dirty(&bytes);
        // A page that no mapping has changed, and one process.
        let written = new_file(&scratch, "written", 1);
        written.write_all_at(&[44], 0).unwrap();
        let (one, two) = (Bytes::of(&written, page_size()), Bytes::of(&written, page_size()));
        let (one, two) = (one.unwrap(), two.unwrap());
        let loaded = [&one, &two].map(|bytes| (bytes.load(0), dirty(bytes)));
        // Writeback in between would have cleaned the page of the twin file as well.
        (sum(&untouched, "Private_Dirty") == page).then(|| {
            assert_eq!(answer, "42");
            assert_eq!(before, (page, 0), "dirty, mapped by both, in one page table");
            assert_eq!(after, (0, page), "loaded by the second process: in two page tables");
            assert_eq!(
                loaded[0],
                (44, (page, 0)),
                "written by `write`, loaded through one mapping"
            );
            assert_eq!(loaded[1], (44, (0, page)), "loaded through two mappings");
        })
    });
}

/// A load of the second page of a file may also map the page before it.
///
/// - call: page tables and faults, success
/// - source: mm/memory.c, do_fault_around
/// - level: observed
#[test]
fn a_load_of_the_second_page_of_a_file_may_also_map_the_page_before_it() {
    let scratch = scratch();
    let page = page_size();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, 2 * page).unwrap();
    bytes.store(0, 42);
    bytes.store(page, 43);
    // The kernel leaves out a neighbour that is locked at that moment, for writeback for example.
    file.sync_all().unwrap(); // After this, the kernel has nothing left to write.
    // Neighbours are pages of one aligned window of addresses. The mappings are kept, so that each has
    // other addresses: a window may end between the two pages.
    let mut kept = Vec::new();
    let seen = (0..100).map(|_| {
        let fresh = Bytes::of(&file, 2 * page).unwrap();
        let present = || {
            let pages = page_view::pages(process::id(), fresh.as_ptr().addr(), 2).unwrap();
            [pages[0].present, pages[1].present]
        };
        assert_eq!(present(), [false, false], "before the load");
        assert_eq!(fresh.load(page), 43);
        let seen = present();
        kept.push(fresh);
        seen
    });
    let seen: Vec<_> = seen.collect();
    assert!(seen.contains(&[true, true]), "page 0 and page 1, loaded from page 1 only: {seen:?}");
}

/// `smaps` counts a page as shared if one process maps it twice.
///
/// - call: `/proc/PID/smaps`, edge
/// - source: fs/proc/task_mmu.c
/// - level: observed
#[test]
fn smaps_counts_a_page_as_shared_if_one_process_maps_it_twice() {
    let scratch = scratch();
    let page = page_size() as u64;
    let file = new_file(&scratch, "file", 1);
    let (one, other) = (Bytes::of(&file, page_size()), Bytes::of(&file, page_size()));
    let (one, other) = (one.unwrap(), other.unwrap());
    one.store(0, 42);
    assert_eq!(private_and_shared(&one), (page, 0));
    assert_eq!(other.load(0), 42);
    assert_eq!(private_and_shared(&one), (0, page), "nobody else has the file");
}

/// `Pss` divides the size of a page by the number of its mappings.
///
/// - call: `/proc/PID/smaps`, success
/// - source: proc(5), /proc/pid/smaps
/// - level: Linux
#[test]
fn pss_divides_the_size_of_a_page_by_the_number_of_its_mappings() {
    let scratch = scratch();
    let page = page_size() as u64;
    let file = new_file(&scratch, "file", 1);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    bytes.store(0, 42);
    let sum = |name: &str| {
        let mapping = page_view::mapping_at(process::id(), bytes.as_ptr().addr()).unwrap();
        mapping.unwrap().sum(name).unwrap()
    };
    assert_eq!((sum("Rss"), sum("Pss")), (page, page), "alone");
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(ask(&mut other, "load 0"), "42");
    assert_eq!((sum("Rss"), sum("Pss")), (page, page / 2), "with another");
    let more = [(); 2].map(|()| Bytes::of(&file, page_size()).unwrap());
    assert_eq!(more.each_ref().map(|bytes| bytes.load(0)), [42; 2]);
    assert_eq!((sum("Rss"), sum("Pss")), (page, page / 4), "two processes, four mappings");
}

/// `smaps` counts no page of a shared mapping as anonymous.
///
/// - call: `/proc/PID/smaps`, success
/// - source: proc(5), /proc/pid/smaps
/// - level: Linux
#[test]
fn smaps_counts_no_page_of_a_shared_mapping_as_anonymous() {
    let scratch = scratch();
    let anonymous = |bytes: &Bytes| {
        bytes.store(0, 42);
        let mapping = page_view::mapping_at(process::id(), bytes.as_ptr().addr()).unwrap();
        mapping.unwrap().sum("Anonymous").unwrap()
    };
    let file = new_file(&scratch, "file", 1);
    assert_eq!(anonymous(&Bytes::of(&file, page_size()).unwrap()), 0, "of a file");
    let shared = Bytes::anonymous(page_size(), Inherited::Shared).unwrap();
    assert_eq!(anonymous(&shared), 0, "MAP_SHARED | MAP_ANONYMOUS is a file without a name");
    let private = Bytes::anonymous(page_size(), Inherited::Private).unwrap();
    assert!(anonymous(&private) >= page_size() as u64, "MAP_PRIVATE | MAP_ANONYMOUS");
}

/// After the first access, `pagemap` distinguishes the page cache from anonymous memory.
///
/// - call: `/proc/PID/pagemap`, success
/// - source: proc(5), /proc/pid/pagemap
/// - level: Linux
#[test]
fn after_the_first_access_pagemap_distinguishes_the_page_cache_from_anonymous_memory() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let page = |bytes: &Bytes| {
        page_view::pages(process::id(), bytes.as_ptr().addr(), 1).unwrap()[0].file_page
    };
    for (bytes, file_page) in [
        (Bytes::of(&file, page_size()), true),
        (Bytes::anonymous(page_size(), Inherited::Shared), true),
        (Bytes::anonymous(page_size(), Inherited::Private), false),
    ] {
        let bytes = bytes.unwrap();
        assert_eq!(page(&bytes), None, "not present before the first touch");
        bytes.store(0, 42);
        assert_eq!(page(&bytes), Some(file_page), "bit 61");
    }
    // SAFETY: no process shortens this test's own file or stores to it.
    let mut private = unsafe { memmap2::MmapOptions::new().map_copy(&file) }.unwrap();
    let page = |bytes: &[u8]| {
        page_view::pages(process::id(), bytes.as_ptr().addr(), 1).unwrap()[0].file_page
    };
    assert_eq!(private[0], 42, "a load of a private mapping of the file");
    assert_eq!(page(&private), Some(true), "leads to the page cache");
    private[0] = 43;
    assert_eq!(page(&private), Some(false), "after the store, to a copy in anonymous memory");
}
