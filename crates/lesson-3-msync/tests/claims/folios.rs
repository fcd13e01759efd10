//! Folios: a file's pages become dirty, and are written, in larger pieces than pages.

use std::io::Read;
use std::path::Path;

use common::page_size;
use course::{kernel_at_least, scratch, undisturbed};
use lesson_3_msync::{MappedFile, Memory, folio, msync, time_stamps};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

use crate::found;

/// Whether a large write makes folios of several pages: on xfs from Linux 6.6, on ext4 from 6.16.
fn has_large_folios(sample: &MappedFile) -> bool {
    match sample.instruments.file_system {
        "xfs" => kernel_at_least(6, 6),
        "ext4" => kernel_at_least(6, 16),
        _ => false,
    }
}

/// Dirty pages after a store to the first byte of `pages`, one after the other, in a file of `length`
/// pages that one `write` made.
fn dirty_after(length: usize, pages: &[usize], directory: &Path) -> (Vec<u64>, MappedFile) {
    let name = format!("{length}-{:x}", rand::random::<u32>());
    let sample = folio::written_at_once(&directory.join(name), length).unwrap();
    let store = |page: &usize| {
        sample.memory.store(page * page_size(), b'A');
        found(&sample).0
    };
    (pages.iter().map(store).collect(), sample)
}

/// One stored byte can make a whole folio of many pages dirty.
///
/// - call: page cache, edge
/// - source: mm/page-writeback.c, folio_mark_dirty
/// - level: observed (since Linux 6.16, on ext4; since Linux 6.6, on xfs)
/// - holds: since 6.16 on ext4; since 6.6 on xfs
/// - tutorials say: A store of one byte makes one page dirty.
#[test]
fn one_stored_byte_can_make_a_whole_folio_of_many_pages_dirty() {
    undisturbed(|| {
        let scratch = scratch();
        let by_page = MappedFile::new(&scratch.path().join("by-page"), folio::PAGES).unwrap();
        let at_once =
            folio::written_at_once(&scratch.path().join("at-once"), folio::PAGES).unwrap();
        at_once.memory.store(0, b'A');
        by_page.memory.store(0, b'A');
        let (cache, mapped) = found(&at_once);
        if found(&by_page) != by_page.instruments.expected(1, 1) {
            return None; // The control: a page that is a folio of its own.
        }
        match by_page.instruments.file_system {
            "tmpfs" | "overlayfs" => assert!(cache == 0 && mapped >= 1, "{mapped} by smaps"),
            _ if has_large_folios(&by_page) => assert!(cache > 1, "{cache} by cachestat"),
            _ => assert!(cache >= 1, "{cache} by cachestat"),
        }
        println!("one byte, at once: {cache} pages by cachestat, {mapped} by smaps");
        Some(())
    });
}

/// One stored byte makes at most 2 MiB dirty, however much one `write` wrote.
///
/// - call: page cache, edge
/// - source: include/linux/pagemap.h, MAX_PAGECACHE_ORDER
/// - level: observed (x86-64)
/// - holds: everywhere
#[test]
fn one_stored_byte_makes_at_most_2_mib_dirty_however_much_one_write_wrote() {
    let most = (2 << 20) / page_size();
    for length in [most / 2, most, 4 * most, 8 * most] {
        undisturbed(|| {
            let scratch = scratch();
            let control = MappedFile::new(&scratch.path().join("control"), 1).unwrap();
            let path = scratch.path().join("at-once");
            let sample = folio::written_at_once(&path, length).unwrap();
            sample.memory.store(0, b'A');
            control.memory.store(0, b'A');
            let (cache, mapped) = found(&sample);
            if found(&control) != control.instruments.expected(1, 1) {
                return None; // The machine flushed.
            }
            let most = length.min(most) as u64;
            assert!(cache <= most, "{cache} of {length} pages by cachestat");
            if sample.instruments.gets_clean {
                assert!((1..=most).contains(&mapped), "{mapped} of {length} pages by smaps");
            }
            Some(())
        });
    }
}

/// `MS_SYNC` of one page writes the whole folio that holds the page.
///
/// - call: `msync`, edge
/// - source: fs/ext4/inode.c, mpage_prepare_extent_to_map; mm/page-writeback.c, writeback_iter
/// - level: observed (since Linux 6.16, on ext4; since Linux 6.6, on xfs)
/// - holds: since 6.16 on ext4; since 6.6 on xfs
#[test]
fn ms_sync_of_one_page_writes_the_whole_folio_that_holds_the_page() {
    undisturbed(|| {
        let scratch = scratch();
        let by_page = MappedFile::new(&scratch.path().join("by-page"), 16).unwrap();
        let (dirty, at_once) = dirty_after(16, &[0, 8], scratch.path());
        for sample in [&by_page, &at_once] {
            sample.memory.store(0, b'A');
            sample.memory.store(8 * page_size(), b'A');
        }
        let before = found(&by_page);
        for sample in [&by_page, &at_once] {
            msync(sample.memory.address(), page_size(), libc::MS_SYNC).unwrap();
        }
        if !has_large_folios(&by_page) {
            return Some(()); // Each page is a folio of its own: see the range of MS_SYNC.
        }
        assert_eq!(dirty, [16, 16], "one folio");
        assert_eq!(found(&at_once).0, 0, "page 8 was written with page 0");
        (before.0 == 2).then(|| assert_eq!(found(&by_page).0, 1, "page 8 is another folio"))
    });
}

/// Each folio that one `write` makes has a power of two of pages and is aligned to its size.
///
/// - call: page cache, success
/// - source: mm/filemap.c, __filemap_get_folio
/// - level: observed (since Linux 6.16, on ext4; since Linux 6.6, on xfs)
/// - holds: since 6.16 on ext4; since 6.6 on xfs
#[test]
fn each_folio_that_one_write_makes_has_a_power_of_two_of_pages_and_is_aligned_to_its_size() {
    let scratch = scratch();
    for (length, first, both) in [(3, 2, 3), (5, 4, 5), (12, 8, 12)] {
        undisturbed(|| {
            let (dirty, sample) = dirty_after(length, &[0, length - 1], scratch.path());
            if !has_large_folios(&sample) {
                return Some(());
            }
            (dirty[1] >= dirty[0]).then(|| assert_eq!(dirty, [first, both], "{length} pages"))
        });
    }
}

/// Reading a file from start to end, even page by page, can make large folios.
///
/// - call: page cache, success
/// - source: mm/readahead.c, page_cache_ra_order
/// - level: observed (since Linux 6.16, on ext4; since Linux 6.6, on xfs)
/// - holds: since 6.16 on ext4; since 6.6 on xfs
#[test]
fn reading_a_file_from_start_to_end_even_page_by_page_can_make_large_folios() {
    undisturbed(|| {
        let scratch = scratch();
        let path = scratch.path().join("read");
        let sample = MappedFile::new(&path, 2048).unwrap(); // Page by page: small folios.
        if !has_large_folios(&sample) {
            return Some(());
        }
        // In many places: where the kernel finds no large piece of memory, it makes small folios.
        let places = || (7..2048).step_by(16);
        let dirty_after_stores = |sample: &MappedFile| {
            places().for_each(|page| sample.memory.store(page * page_size(), b'A'));
            let dirty = found(sample).0;
            (dirty >= 128).then_some(dirty) // Else the kernel wrote some pages by itself.
        };
        assert_eq!(dirty_after_stores(&sample)?, 128, "folios of one page, before");
        sample.file.sync_all().unwrap();
        drop(sample);
        let mut file = std::fs::File::open(&path).unwrap();
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
        let mut page = vec![0; page_size()];
        while file.read(&mut page).unwrap() > 0 {}
        let dirty = dirty_after_stores(&MappedFile::open(&path).unwrap())?;
        assert!(dirty > 128, "{dirty} dirty pages");
        Some(())
    });
}

/// In a large folio only the first store changes mtime, and in folios of one page the first store
/// to each page does.
///
/// - call: time stamps, edge
/// - source: mm/memory.c, finish_fault
/// - level: observed (since Linux 6.18, on ext4 and xfs; since Linux 7.3, on btrfs)
/// - holds: since 6.18 on ext4, xfs; since 7.3 on btrfs
#[test]
fn in_a_large_folio_only_the_first_store_changes_mtime_and_in_folios_of_one_page_the_first_store_to_each_page_does()
 {
    undisturbed(|| {
        let scratch = scratch();
        let mut at_once = folio::written_at_once(&scratch.path().join("at-once"), 16).unwrap();
        at_once.memory = in_one_table(&at_once.file, 16);
        let by_page = MappedFile::new(&scratch.path().join("by-page"), 16).unwrap();
        let changes_mtime = |sample: &MappedFile, page: usize| {
            time_stamps::set_back(&sample.file, &sample.path).unwrap();
            sample.memory.store(page * page_size(), b'A');
            time_stamps::modified(&sample.file, &sample.path).unwrap()
        };
        let stores = [0, 1, 9]; // Each is the first store to its page.
        let of_one_folio = stores.map(|page| changes_mtime(&at_once, page));
        let of_small_folios = stores.map(|page| changes_mtime(&by_page, page));
        if found(&by_page) != by_page.instruments.expected(3, 3) {
            return None; // The control: the kernel wrote pages, so later stores are first stores again.
        }
        let others = match at_once.instruments.file_system {
            "overlayfs" => None, // The file system below it decides.
            "btrfs" if kernel_at_least(6, 19) && !kernel_at_least(7, 3) => None, // Not tried.
            "btrfs" => Some(!kernel_at_least(7, 3)),
            _ => Some(!has_large_folios(&at_once) || !kernel_at_least(6, 18)),
        };
        assert!(of_one_folio[0]);
        assert!(others.is_none_or(|others| of_one_folio[1..] == [others; 2]), "{of_one_folio:?}");
        assert_eq!(of_small_folios, [true; 3]);
        Some(())
    });
}

/// The first `pages` pages of `file`, mapped so that one page of the page table holds their entries. A
/// fault that maps a whole folio needs this.
fn in_one_table(file: &std::fs::File, pages: usize) -> Memory {
    let length = pages * page_size();
    let table = page_size() / size_of::<u64>() * page_size(); // Bytes that one such page describes.
    let maps = [(); 2].map(|()| Memory::shared_start(file, length).unwrap());
    let fits = |memory: &Memory| memory.address() % table + length <= table;
    maps.into_iter().find(fits).unwrap() // The two are neighbours: at most one crosses a border.
}
