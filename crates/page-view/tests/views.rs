//! The instrument is tried before it is believed: each view against what was done to the memory.
//!
//! # Safety
//! The files are this test's own, in a directory of mode 0700: nobody else stores to them or
//! shrinks them while they are mapped.
#![expect(unsafe_code, reason = "memory must be touched to be looked at")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::process;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use common::page_size;
use course::{file_system, has_cachestat, kernel_at_least, scratch};
use memmap2::{MmapOptions, MmapRaw};
use nix::fcntl::{FallocateFlags, fallocate};
use page_view::{Cell, Page, View, cache_counts, mapping_at, pages, resident};

/// A file of four pages, each written by itself, and nothing of it mapped yet.
fn four_pages(scratch: &common::Scratch) -> File {
    let path = scratch.path().join("four-pages");
    let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
    for page in 0..4 {
        let bytes = vec![b'a' + page; page_size()];
        std::os::unix::fs::FileExt::write_all_at(&file, &bytes, page as u64 * page_size() as u64)
            .unwrap();
    }
    file.sync_all().unwrap();
    file
}

/// The first byte of page `index`.
fn byte(map: &MmapRaw, index: usize) -> &AtomicU8 {
    let offset = index * page_size();
    assert!(offset < map.len());
    // SAFETY: `offset` is within the mapping, which is readable and writable and lives as long as
    // the reference; an AtomicU8 may be shared.
    unsafe { &*map.as_mut_ptr().wrapping_add(offset).cast() }
}

fn view(map: &MmapRaw) -> Vec<Page> {
    pages(process::id(), map.as_ptr().addr(), 4).unwrap()
}

#[test]
fn a_page_is_absent_until_it_is_touched_and_then_the_files_own() {
    let scratch = scratch();
    let map = MmapRaw::map_raw(&four_pages(&scratch)).unwrap();
    assert!(view(&map).iter().all(|page| !page.present && page.file_page.is_none()));
    byte(&map, 2).load(Relaxed);
    assert_eq!((view(&map)[2].present, view(&map)[2].file_page), (true, Some(true)));
}

#[test]
fn a_private_page_that_was_stored_to_is_no_file_page_and_is_counted_as_anonymous() {
    let scratch = scratch();
    let file = four_pages(&scratch);
    // SAFETY: nobody else has the file, as the preface says.
    let mut map = unsafe { MmapOptions::new().map_copy(&file) }.unwrap();
    map[page_size()] = b'!';
    let view = pages(process::id(), map.as_ptr().addr(), 4).unwrap();
    assert_eq!((view[1].present, view[1].file_page), (true, Some(false)));
    let mapping = mapping_at(process::id(), map.as_ptr().addr()).unwrap().unwrap();
    assert_eq!(mapping.sum("Anonymous"), Some(page_size() as u64));
    assert_eq!(mapping.permissions, "rw-p");
    assert!(mapping.path.unwrap().ends_with("four-pages"));
}

#[test]
fn the_page_cache_counts_a_dirty_page_where_the_file_system_tells() {
    let scratch = scratch();
    let file = four_pages(&scratch);
    let map = MmapRaw::map_raw(&file).unwrap();
    match cache_counts(&file) {
        Err(error) if !has_cachestat() => {
            return assert_eq!(error.raw_os_error(), Some(libc::ENOSYS));
        }
        counts => assert_eq!(counts.unwrap().dirty, 0),
    }
    byte(&map, 0).store(b'!', Relaxed);
    let expected = u64::from(!matches!(file_system(scratch.path()), "tmpfs" | "overlayfs"));
    assert!(cache_counts(&file).unwrap().dirty >= expected);
    assert!(resident(map.as_ptr().addr(), map.len()).unwrap().iter().all(|cached| *cached));
}

#[test]
fn a_page_that_fallocate_made_is_cached_only_after_its_first_load() {
    let scratch = scratch();
    // The kernel may evict the page at any moment, but not five times in a row.
    let look = |attempt| {
        let path = scratch.path().join(format!("reserved-{attempt}"));
        let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
        fallocate(&file, FallocateFlags::empty(), 0, 256).unwrap();
        let map = MmapRaw::map_raw(&file).unwrap();
        let cell = || Cell::of(&View::here(map.as_ptr().addr()).unwrap().runs[0].state);
        let before = cell();
        let other = MmapRaw::map_raw(&file).unwrap();
        byte(&other, 0).load(Relaxed);
        (before, cell())
    };
    let looks: Vec<_> = (0..5).map(look).collect();
    let expected = match file_system(scratch.path()) {
        // The page cache has memory for the page, and no bytes yet.
        _ if !has_cachestat() => &[Cell::Absent][..],
        "ext4" if kernel_at_least(7, 2) => &[Cell::Absent],
        "ext4" if kernel_at_least(6, 19) => &[Cell::PartlyCached, Cell::Absent], // Not tried.
        "ext4" | "tmpfs" if kernel_at_least(6, 18) => &[Cell::PartlyCached],
        "xfs" | "btrfs" | "overlayfs" if kernel_at_least(6, 18) => &[Cell::Absent],
        _ => &[Cell::PartlyCached, Cell::Absent], // Others were not tried.
    };
    let is_so = |(before, after)| expected.contains(&before) && after == Cell::Cached;
    assert!(looks.iter().copied().any(is_so), "{looks:?}");
}

#[test]
fn nothing_is_mapped_at_address_zero_and_a_missing_process_has_a_name_for_it() {
    assert!(mapping_at(process::id(), 0).unwrap().is_none());
    let failure = pages(u32::MAX >> 1, 0, 1).unwrap_err();
    assert!(failure.to_string().starts_with("open \"/proc/2147483647/pagemap\": "), "{failure}");
}
