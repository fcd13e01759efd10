//! Which pages of a cold file the kernel reads ahead. The claims say more or less, not how much: that
//! is a setting of the device.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use common::page_size;
use course::{file_system, has_cachestat, kernel_at_least, scratch};
use lesson_6_mmap_instead_of_read::View;
use lesson_6_mmap_instead_of_read::cost::{cached, make_cold, mapped, write_lines};
use memmap2::Advice;
use nix::sys::stat::{major, minor};

use crate::faults::touch_all;
use crate::folios::maps_large_folios;
use crate::{cost_of, file};

const PAGES: usize = 1024;
/// The pages before the page of the load: an odd number, so that this page begins no larger block.
const BEFORE: usize = PAGES / 2 + 1;
/// Bytes of a file that no usual setting of a device lets the kernel read ahead as a whole.
const LARGE: usize = 64 << 20;

/// Loads one byte of a cold file and waits until the pages in the page cache are `enough`: the number
/// of pages before the load's page, and of pages from that page on. Returns them with the file.
fn around_one_load(
    advice: Advice,
    enough: impl Fn(usize, usize) -> bool,
) -> (File, &'static str, (usize, usize)) {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    make_cold(&file, &path).expect("make cold");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    view.advise(advice).expect("madvise");
    let page = BEFORE * page_size();
    view.copy_to(page, &mut [0]);
    let cached = |pages: std::ops::Range<usize>| {
        cached(view.address() + pages.start, pages.len()).expect("mincore")
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        // The kernel may still be reading, but not the page that the load has waited for.
        let (before, after) = (cached(0..page), cached(page..view.len()));
        if enough(before, after) || Instant::now() > deadline {
            return (file, file_system(&path), (before, after));
        }
    }
}

/// After `MADV_RANDOM`, one load of a cold page reads no other page.
///
/// - call: `madvise`, success
/// - source: mm/filemap.c, do_sync_mmap_readahead
/// - level: observed (not on tmpfs; on btrfs without compression, on xfs with blocks of at most a
///   page)
/// - holds: not on tmpfs
#[test]
fn after_madv_random_one_load_of_a_cold_page_reads_no_other_page() {
    let (file, file_system, pages) = around_one_load(Advice::Random, |_, _| true);
    // `cachestat` also counts pages that are being read. overlayfs has them in another file.
    let (expected, counted) = match file_system {
        "tmpfs" => ((BEFORE, PAGES - BEFORE), PAGES),
        "overlayfs" => ((0, 1), 0),
        _ => ((0, 1), 1),
    };
    assert_eq!(pages, expected, "pages before, and pages from the load on");
    match page_view::cache_counts(&file) {
        Ok(counts) => assert_eq!(counts.cached, counted as u64),
        Err(error) => assert!(!has_cachestat(), "cachestat: {error}"),
    }
}

/// Without advice, one load of a cold page also reads pages before and after it.
///
/// - call: page cache, success
/// - source: mm/filemap.c, do_sync_mmap_readahead
/// - level: observed (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn without_advice_one_load_of_a_cold_page_also_reads_pages_before_and_after_it() {
    let both = |before, after| before > 0 && after > 1;
    let (_, _, (before, after)) = around_one_load(Advice::Normal, both);
    assert!(both(before, after), "{before} pages before, {after} from the load on");
}

/// After `MADV_SEQUENTIAL`, one load reads ahead and nothing before its page.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_SEQUENTIAL)
/// - level: observed (not on tmpfs; on xfs with blocks of at most a page)
/// - holds: not on tmpfs
#[test]
fn after_madv_sequential_one_load_reads_ahead_and_nothing_before_its_page() {
    let (_, file_system, pages) = around_one_load(Advice::Sequential, |_, after| after > 1);
    match file_system {
        "tmpfs" => assert_eq!(pages, (BEFORE, PAGES - BEFORE), "all are in memory"),
        _ => assert!(pages.0 == 0 && pages.1 > 1, "{pages:?} pages before, and from the load on"),
    }
}

/// `MADV_WILLNEED` starts reading and maps nothing.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_WILLNEED)
/// - level: observed (on ext4, xfs and btrfs; overlayfs hides the count, and on tmpfs every page is
///   in memory)
/// - holds: on ext4, xfs, btrfs
#[test]
fn madv_willneed_starts_reading_and_maps_nothing() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    make_cold(&file, &path).expect("make_cold");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    let counts = || course::cached_pages(&file);
    let before = counts();
    view.advise(Advice::WillNeed).expect("madvise");
    // `cachestat` counts a page at once, `mincore` when it is there.
    let late = Instant::now() + Duration::from_secs(10);
    let after = || {
        while counts() == 0 && Instant::now() < late {}
        counts()
    };
    let expected = match file_system(&path) {
        "tmpfs" => before == PAGES as u64 && counts() == before,
        "overlayfs" => before == 0 && counts() == 0, // Its pages are counted in the file of the upper layer.
        _ => before == 0 && after() > 0,
    };
    assert!(expected, "before {before}, after {}", counts());
    assert_eq!(mapped(view.address(), view.len()).expect("pagemap"), 0, "no page mapped");
}

/// A load of a page that the kernel is already reading is a minor fault.
///
/// - call: page tables and faults, edge
/// - source: mm/filemap.c, filemap_fault
/// - level: observed (since Linux 6.4; not on tmpfs)
/// - holds: since 6.4 not on tmpfs
#[test]
fn a_load_of_a_page_that_the_kernel_is_already_reading_is_a_minor_fault() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    if file_system(&path) == "tmpfs" {
        return; // Its pages are in memory: nothing is ever read.
    }
    // The disk may be faster than this test. Then the page is there already: try again.
    let waited = (0..1000).find_map(|_| {
        make_cold(&file, &path).expect("make cold");
        let view = View::of(&file, PAGES * page_size()).expect("mmap");
        view.advise(Advice::WillNeed).expect("madvise");
        let load = || {
            view.copy_to(0, &mut [0]); // Waits until the kernel has read the page.
            Ok(())
        };
        let arrived = cached(view.address(), page_size()).expect("mincore") == 1;
        let cost = cost_of(load).expect("count the faults").1;
        (!arrived).then_some(cost)
    });
    let cost = waited.expect("a page that is not there yet");
    assert_eq!(cost.faults(), 1, "{cost:?}");
    // Before Linux 6.4, a fault that had to wait was a major one.
    assert!(cost.minor == 1 || !kernel_at_least(6, 4), "{cost:?}");
}

/// `MADV_WILLNEED` reads only the start of a large range.
///
/// - call: `madvise`, edge
/// - source: mm/readahead.c, force_page_cache_ra
/// - level: observed (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn madv_willneed_reads_only_the_start_of_a_large_range() {
    let scratch = scratch();
    let path = scratch.path().join("large");
    let file = write_lines(&path, LARGE, 1 << 20).expect("write");
    make_cold(&file, &path).expect("make cold");
    let view = View::of(&file, LARGE).expect("mmap");
    view.advise(Advice::WillNeed).expect("madvise");
    let last = LARGE - page_size();
    let is_cached = |offset| cached(view.address() + offset, page_size()).expect("mincore") == 1;
    if file_system(&path) == "tmpfs" {
        return assert!(is_cached(last), "all is in memory");
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_cached(0) {
        assert!(Instant::now() < deadline, "the first page was not read");
    }
    // `cachestat` also counts pages that are still being read.
    let begun = course::cached_pages(&file);
    assert!(begun < (LARGE / page_size()) as u64, "{begun} pages");
    assert!(!is_cached(last), "the last page was read");
    let load = || {
        view.copy_to(last, &mut [0]);
        Ok(())
    };
    assert_eq!(cost_of(load).expect("count the faults").1.major, 1, "nobody had begun to read it");
}

/// A cold file gets larger folios if it is mapped after `MADV_HUGEPAGE`.
///
/// - call: `madvise`, edge
/// - source: mm/filemap.c, do_sync_mmap_readahead
/// - level: observed (since Linux 6.18, on ext4 without `data=journal` and on xfs)
/// - holds: since 6.18 on ext4, xfs
#[test]
fn a_cold_file_gets_larger_folios_if_it_is_mapped_after_madv_hugepage() {
    let scratch = scratch();
    let (length, path) = (8 << 20, scratch.path().join("cold"));
    let file = write_lines(&path, length, page_size()).expect("write");
    // The faults of a later pass: if one fault maps a whole folio, large folios need fewer faults.
    let faults_after = |advice: Option<Advice>| {
        make_cold(&file, &path).expect("make_cold");
        let view = View::of(&file, length).expect("mmap");
        if advice.is_some_and(|advice| view.advise(advice).is_err()) {
            return None; // This kernel has no huge pages.
        }
        touch_all(&view);
        Some(touch_all(&View::of(&file, length).expect("mmap")).minor)
    };
    let without = faults_after(None).expect("no advice");
    // If memory is in small pieces at this moment, the kernel finds none for a large folio: try again.
    let fewer = |faults| faults < without / 2;
    let with = || faults_after(Some(Advice::HugePage));
    let faults: Vec<_> =
        (0..5).map_while(|_| with()).take_while(|faults| !fewer(*faults)).collect();
    let large = maps_large_folios(scratch.path());
    assert!(faults.len() < 5 || !large, "{faults:?} faults; without the advice: {without}");
}

/// A cold file can get smaller folios if it is read through a mapping than by `read`.
///
/// - call: page cache, edge
/// - source: mm/filemap.c, do_sync_mmap_readahead
/// - level: observed (since Linux 6.18, on ext4 without `data=journal` and on xfs)
/// - holds: since 6.18 on ext4, xfs
#[test]
fn a_cold_file_can_get_smaller_folios_if_it_is_read_through_a_mapping_than_by_read() {
    let scratch = scratch();
    let (length, path) = (32 << 20, scratch.path().join("cold"));
    write_lines(&path, length, 1 << 20).expect("write");
    let open = || {
        let file = File::open(&path).expect("open"); // The read-ahead of a new descriptor starts small.
        make_cold(&file, &path).expect("make_cold");
        file
    };
    // If one fault maps a whole folio, small folios need more faults.
    let faults_of_a_later_pass = |file: &File| {
        let view = View::of(file, length).expect("mmap");
        let cost = touch_all(&view);
        assert_eq!(cost.major, 0, "all is cached: {cost:?}");
        cost.minor
    };
    let mut file = open();
    let mut buffer = vec![0; 256 << 10];
    (0..length / buffer.len()).for_each(|_| file.read_exact(&mut buffer).expect("read"));
    let by_read = faults_of_a_later_pass(&file);
    let file = open();
    touch_all(&View::of(&file, length).expect("mmap"));
    let by_mapping = faults_of_a_later_pass(&file);
    // If the device reads 256 KiB to 1 MiB ahead, the folios may be as large as by `read`.
    let differs = read_ahead_kibibytes(&file).is_some_and(|size| !(256..=1024).contains(&size));
    if maps_large_folios(scratch.path()) && differs {
        let more = by_read + by_read / 4;
        assert!(by_mapping > more, "{by_mapping} faults; after `read`: {by_read}");
    } else if !maps_large_folios(scratch.path()) {
        // The `+ 1`: a mapping may begin inside a window, which is aligned in memory.
        assert!(by_mapping + 1 >= by_read, "{by_mapping} faults; after `read`: {by_read}");
    }
}

/// How much the device of `file` reads ahead at most. `None` if the kernel does not say.
fn read_ahead_kibibytes(file: &File) -> Option<u32> {
    let device = file.metadata().expect("stat").dev();
    let device = format!("/sys/dev/block/{}:{}", major(device), minor(device));
    // A partition has the setting of its disk, whose directory is the parent.
    let setting = |of| fs::read_to_string(format!("{device}/{of}/read_ahead_kb")).ok();
    let setting = setting("queue").or_else(|| setting("../queue"))?;
    setting.trim().parse().ok()
}
