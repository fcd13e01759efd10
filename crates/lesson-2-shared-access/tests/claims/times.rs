//! When a mapping changes its file's times of modification (mtime) and of access (atime). A test sets
//! the time back or forward first, so that every change shows, however coarse the clock.
//!
//! # Safety
//! One test calls `madvise` with `MADV_DONTNEED` on its own shared mapping of a file. The advice clears
//! the page table, and the bytes stay in the page cache.
#![expect(unsafe_code, reason = "no crate takes a page out of the page table without it")]

use std::fs::{File, FileTimes};
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime};

use common::page_size;
use course::{dirty_pages, file_system, kernel_at_least, scratch, undisturbed};
use lesson_2_shared_access::Bytes;
use nix::sys::statvfs::{FsFlags, statvfs};

use crate::new_file;

const LONG_AGO: SystemTime = SystemTime::UNIX_EPOCH;

fn set_back(file: &File) {
    let day = LONG_AGO + Duration::from_secs(24 * 60 * 60);
    file.set_times(FileTimes::new().set_modified(day)).unwrap();
}

/// Whether mtime has changed since `set_back`.
fn modified(file: &File) -> bool {
    file.metadata().unwrap().modified().unwrap() > LONG_AGO + Duration::from_secs(48 * 60 * 60)
}

/// Whether the one page of `file` is dirty. On tmpfs and overlayfs no count says so, and on tmpfs no
/// page is ever written to a disk.
fn is_dirty(file: &File) -> bool {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    matches!(file_system(path.as_ref()), "tmpfs" | "overlayfs") || dirty_pages(file) > 0
}

/// The first store through a mapping changes mtime without `msync`.
///
/// - call: time stamps, success
/// - source: mm/memory.c, do_page_mkwrite; mm/memory.c, fault_dirty_shared_page
/// - level: observed (POSIX: by the next msync; on tmpfs not after a load through it)
/// - holds: everywhere
#[test]
fn the_first_store_through_a_mapping_changes_mtime_without_msync() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    set_back(&file);
    assert!(!modified(&file), "the instrument");
    bytes.store(0, 42);
    assert!(modified(&file));
}

/// The first store to a large folio may map all its pages, and stores to mapped pages leave mtime
/// unchanged.
///
/// - call: time stamps, edge
/// - source: mm/memory.c, set_pte_range
/// - level: observed (since Linux 6.18, on ext4 and xfs)
/// - holds: since 6.18 on ext4, xfs
#[test]
fn the_first_store_to_a_large_folio_may_map_all_its_pages_and_stores_to_mapped_pages_leave_mtime_unchanged()
 {
    const PAGES: usize = 16;
    undisturbed(|| {
        let scratch = scratch();
        let path = scratch.path().join("at-once");
        std::fs::write(&path, vec![0; PAGES * page_size()]).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let bytes = Bytes::of(&file, PAGES * page_size()).unwrap();
        bytes.store(0, 42);
        let pages = page_view::pages(std::process::id(), bytes.as_ptr().addr(), PAGES).unwrap();
        let mapped: Vec<_> = pages.iter().map(|page| page.present).collect();
        let changes: Vec<_> = (0..PAGES)
            .map(|page| {
                set_back(&file);
                bytes.store(page * page_size(), 43);
                modified(&file)
            })
            .collect();
        let expected: Vec<_> = mapped.iter().map(|mapped| !mapped).collect();
        // After writeback, a store is a page fault again and changes mtime: repeat.
        (changes == expected).then(|| {
            let large = matches!(file_system(scratch.path()), "ext4" | "xfs");
            // One page table holds as many entries as a page has words.
            let table = page_size() * (page_size() / size_of::<usize>());
            let in_one_table = bytes.as_ptr().addr() % table + PAGES * page_size() <= table;
            if large && in_one_table && kernel_at_least(6, 18) {
                assert_eq!(mapped, [true; PAGES], "one store has mapped the whole folio");
            }
        })
    });
}

/// While a page is dirty and in the page table, further stores through the same mapping leave mtime
/// unchanged.
///
/// - call: time stamps, success
/// - source: mm/memory.c
/// - level: observed
#[test]
fn while_a_page_is_dirty_and_in_the_page_table_further_stores_through_the_same_mapping_leave_mtime_unchanged()
 {
    undisturbed(|| {
        let scratch = scratch();
        let file = new_file(&scratch, "file", 1);
        let bytes = Bytes::of(&file, page_size()).unwrap();
        bytes.store(0, 42);
        set_back(&file);
        bytes.store(0, 43);
        let changed = modified(&file);
        let start = bytes.as_ptr().cast_mut().cast();
        // SAFETY: the range is this test's own mapping; shared bytes of a file are not lost.
        let advised = unsafe { libc::madvise(start, page_size(), libc::MADV_DONTNEED) };
        assert_eq!(advised, 0);
        let dirty = is_dirty(&file);
        bytes.store(0, 44);
        // After writeback, a store is a page fault again and changes mtime: repeat.
        (!changed && dirty).then(|| {
            assert!(modified(&file), "dirty, but no longer in the page table");
        })
    });
}

/// The first store through a second mapping changes mtime, even if the page is dirty.
///
/// - call: time stamps, edge
/// - source: mm/memory.c, fault_dirty_shared_page
/// - level: observed
#[test]
fn the_first_store_through_a_second_mapping_changes_mtime_even_if_the_page_is_dirty() {
    undisturbed(|| {
        let scratch = scratch();
        let file = new_file(&scratch, "file", 1);
        let first = Bytes::of(&file, page_size()).unwrap();
        first.store(0, 42);
        set_back(&file);
        let second = Bytes::of(&file, page_size()).unwrap();
        first.store(0, 43);
        let (changed, dirty) = (modified(&file), is_dirty(&file));
        second.store(0, 44);
        // After writeback, the page is clean, and the first mapping's store changes mtime: repeat.
        (!changed && dirty).then(|| assert!(modified(&file), "the second mapping's first store"))
    });
}

/// A store after a load changes mtime, but on tmpfs only if the load went through another mapping.
///
/// - call: time stamps, edge
/// - source: mmap(2), NOTES; mm/shmem.c
/// - level: observed (on overlayfs as on the file system below it)
/// - holds: not on overlayfs
/// - manual says: mmap(2): mtime changes after a store, at the latest with the next `msync`.
#[test]
fn a_store_after_a_load_changes_mtime_but_on_tmpfs_only_if_the_load_went_through_another_mapping() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    assert_eq!(bytes.load(0), 0);
    set_back(&file);
    bytes.store(0, 42);
    match file_system(scratch.path()) {
        "overlayfs" => {} // The file system below it decides.
        name => assert_eq!(modified(&file), name != "tmpfs"),
    }
    // What another mapping has loaded does not count.
    let file = new_file(&scratch, "other", 1);
    let [loads, stores] = [(); 2].map(|()| Bytes::of(&file, page_size()).unwrap());
    assert_eq!(loads.load(0), 0);
    set_back(&file);
    stores.store(0, 42);
    if file_system(scratch.path()) != "overlayfs" {
        assert!(modified(&file), "after a load through another mapping");
    }
}

/// Under `relatime`, `mmap` updates an old access time, and loads do not.
///
/// - call: time stamps, success
/// - source: mount(8), relatime; mmap(2), NOTES
/// - level: observed
/// - manual says: mmap(2): the first access through the mapping updates atime, if nothing has
///   before.
#[test]
fn under_relatime_mmap_updates_an_old_access_time_and_loads_do_not() {
    let scratch = scratch();
    let flags = statvfs(scratch.path()).unwrap().flags();
    let [never, seldom] = [FsFlags::ST_NOATIME, FsFlags::ST_RELATIME].map(|f| flags.contains(f));
    let file = new_file(&scratch, "file", 1);
    let accessed_at = || file.metadata().unwrap().accessed().unwrap();
    // Sets the time of access. This is a change of the file, at the present time.
    let set_accessed = |time| {
        file.set_times(FileTimes::new().set_accessed(time)).unwrap();
        accessed_at()
    };
    let hour = Duration::from_secs(60 * 60);
    let [old, new] = [SystemTime::now() - hour, SystemTime::now() + hour];

    let before = set_accessed(old);
    let bytes = Bytes::read_only(&file, page_size()).unwrap();
    assert_eq!(accessed_at() == before, never, "older than the last change: mmap updates it");
    let before = set_accessed(old);
    assert_eq!(bytes.load(0), 0);
    assert_eq!(accessed_at(), before, "the first load does not");
    let before = set_accessed(new);
    assert_eq!(Bytes::read_only(&file, page_size()).unwrap().load(0), 0);
    let same = accessed_at() == before;
    assert_eq!(same, never || seldom, "later than the last change: mmap leaves it");
}
