//! How many pages of a large folio one page fault maps.

use std::path::Path;

use common::page_size;
use course::{file_system, kernel_at_least, scratch};
use lesson_6_mmap_instead_of_read::cost::write_lines;
use lesson_6_mmap_instead_of_read::{Region, View};

use crate::cost_of;
use crate::faults::{cost_of_loads, window};

/// If a fault maps large folios, a file of many large folios needs fewer faults.
///
/// - call: page tables and faults, edge
/// - source: mm/filemap.c, filemap_map_pages
/// - level: observed (since Linux 6.18, on ext4 without `data=journal` and on xfs)
/// - holds: since 6.18 on ext4, xfs
#[test]
fn if_a_fault_maps_large_folios_a_file_of_many_large_folios_needs_fewer_faults() {
    let scratch = scratch();
    let length = 8 << 20;
    let faults = |name: &str, piece| {
        let file = write_lines(&scratch.path().join(name), length, piece).expect("write");
        let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
        let pass = || {
            (0..length).step_by(page_size()).for_each(|offset| assert_ne!(region.load(offset), 0));
            Ok(())
        };
        // The first pass makes the page table of these addresses, and the advice empties it. Whether
        // the table exists decides how the last folio is mapped.
        pass().expect("load");
        region.advise(0, length, libc::MADV_DONTNEED).expect("madvise");
        cost_of(pass).expect("count the faults").1.minor
    };
    let (small, large) = (faults("small", page_size()), faults("large", 1 << 20));
    let fewer = if maps_large_folios(scratch.path()) { large < small } else { large <= small + 1 };
    // The `+ 1`: a mapping may begin inside a window, which is aligned in memory.
    assert!(fewer, "large pieces: {large} faults; small ones: {small}");
}

/// Whether a fault here maps a large folio as a whole. ext4 writes large folios since 6.16, xfs
/// since 6.6. But before 6.18 a fault maps only the part of a folio that lies in its window of 64 KiB.
pub(crate) fn maps_large_folios(directory: &Path) -> bool {
    ["ext4", "xfs"].contains(&file_system(directory)) && kernel_at_least(6, 18)
}

/// Since Linux 6.18 one fault can map a whole large folio (before 6.18: at most 64 KiB of a folio
/// below 2 MiB).
///
/// - call: page tables and faults, edge
/// - source: mm/filemap.c, filemap_map_pages
/// - level: observed (since Linux 6.18, on ext4 without `data=journal` and on xfs; differs on tmpfs
///   with `huge=always`)
/// - holds: since 6.18 on ext4, xfs
#[test]
fn since_linux_6_18_one_fault_can_map_a_whole_large_folio_before_6_18_at_most_64_kib_of_a_folio_below_2_mib()
 {
    let scratch = scratch();
    let length = 8 << 20;
    // A load in the middle of the file's fifth MiB.
    let offset = length / 2 + (1 << 19) + page_size();
    let brought = |name: &str, piece| {
        let file = write_lines(&scratch.path().join(name), length, piece).expect("write");
        let view = View::of(&file, length).expect("mmap");
        assert_eq!(cost_of_loads(&view, [offset]).minor, 1, "{name}");
        let pages = length / page_size();
        let pages = page_view::pages(std::process::id(), view.address(), pages).expect("pagemap");
        let first = pages.iter().position(|page| page.present).expect("the load's page");
        (first, pages.iter().filter(|page| page.present).count())
    };
    let ((_, small), (first, large)) = (brought("small", page_size()), brought("large", 1 << 20));
    assert!(small > 1 && small <= window(), "small folios: one fault, {small} pages");
    match (maps_large_folios(scratch.path()), kernel_at_least(6, 18)) {
        // A folio has a power of two of pages and begins at a multiple of its size.
        (true, _) => assert!(
            large > window() && large.is_power_of_two() && first.is_multiple_of(large),
            "one fault, {large} pages from page {first} on"
        ),
        (false, false) => assert!(large <= window(), "before 6.18: one fault, {large} pages"),
        (false, true) => assert!(large >= small, "folios of any size: one fault, {large} pages"),
    }
}

/// In a forward pass on ext4, Linux 6.18 maps the last folio of 1 MiB 64 KiB at a time, or with one
/// fault in a new page table.
///
/// - call: page tables and faults, edge
/// - source: mm/filemap.c, filemap_map_pages (whether the page table exists)
/// - level: observed (since Linux 6.18, on ext4 without `data=journal`; differs on tmpfs with
///   `huge=always`)
/// - holds: since 6.18 on ext4
#[test]
fn in_a_forward_pass_on_ext4_linux_6_18_maps_the_last_folio_of_1_mib_64_kib_at_a_time_or_with_one_fault_in_a_new_page_table()
 {
    let scratch = scratch();
    let piece = 1 << 20;
    // The faults of the first and of the last piece of a file, and where it was mapped.
    let first_and_last = |pieces: usize| {
        let (path, length) = (scratch.path().join(pieces.to_string()), pieces * piece);
        let file = write_lines(&path, length, piece).expect("write");
        // Whole multiples of 2 MiB, so that no other mapping uses the same page of a page table.
        let view = View::of(&file, length.next_multiple_of(2 * piece)).expect("mmap");
        let faults = |from| cost_of_loads(&view, (from..from + piece).step_by(page_size())).minor;
        let faults: Vec<_> = (0..pieces).map(|number| faults(number * piece)).collect();
        (faults[0], faults[pieces - 1], view.address())
    };
    let (first, last, _) = first_and_last(4);
    let windows = i64::try_from(piece / page_size() / window()).expect("small");
    match file_system(scratch.path()) {
        // A window may begin before the last piece, because windows are aligned in memory.
        "ext4" => assert!((windows..=windows + 1).contains(&last), "{last} faults at the end"),
        // On xfs it was 5 faults.
        _ => assert!(last > 0 && last <= windows + 1, "{last} faults at the end"),
    }
    if maps_large_folios(scratch.path()) {
        assert!(first < windows && first < last, "{first} faults at the start, {last} at the end");
    }
    // One page of a page table maps 2 MiB. In a file of 5 MiB that is mapped at a multiple of 2 MiB,
    // the last folio is the first in its page of the table. That page is missing at the first fault.
    let (_, last, address) = first_and_last(5);
    let aligned = address.is_multiple_of(2 * piece);
    if file_system(scratch.path()) == "ext4" && kernel_at_least(6, 18) && aligned {
        assert_eq!(last, 1, "faults at the end of 5 MiB");
    }
}
