//! Pages that are mapped before the first load.

use std::process;

use common::page_size;
use course::scratch;
use lesson_6_mmap_instead_of_read::cost::{make_cold, mapped};
use lesson_6_mmap_instead_of_read::{Region, View};
use memmap2::{Advice, MmapOptions};

use crate::{cost_of, file, populates};

const PAGES: usize = 256;

/// `MAP_POPULATE` leaves no fault for later loads.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_POPULATE)
/// - level: Linux
#[test]
fn map_populate_leaves_no_fault_for_later_loads() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    make_cold(&file, &path).expect("make_cold");
    let length = PAGES * page_size();
    let memory = MmapOptions::new().len(length).populate().map_raw_read_only(&file).expect("mmap");
    assert_eq!(mapped(memory.as_ptr().addr(), length).expect("pagemap"), PAGES);
    // The control: without the flag, the same loads cause faults.
    let lazy = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
    let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
    let populated = Region::of(&file, length, libc::PROT_READ, flags).expect("mmap");
    let faults = |region: &Region| {
        let loads = || {
            (0..PAGES).for_each(|page| {
                region.load(page * page_size());
            });
            Ok(())
        };
        cost_of(loads).expect("count the faults").1.faults()
    };
    assert_eq!((faults(&populated), faults(&lazy) > 0), (0, true));
}

/// `MADV_POPULATE_READ` leaves no fault for later loads.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_POPULATE_READ)
/// - level: Linux (since Linux 5.14)
#[test]
fn madv_populate_read_leaves_no_fault_for_later_loads() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    make_cold(&file, &path).expect("make_cold");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    assert_eq!(mapped(view.address(), view.len()).expect("pagemap"), 0);
    if !populates(view.advise(Advice::PopulateRead)) {
        return;
    }
    let loads = || {
        (0..PAGES).for_each(|page| view.copy_to(page * page_size(), &mut [0]));
        Ok(())
    };
    let cost = cost_of(loads).expect("count the faults").1;
    assert_eq!((cost.minor, cost.major), (0, 0), "{cost:?}");
}

/// `MAP_POPULATE` of a shared writable mapping and `MADV_POPULATE_READ` of a private one enter the
/// file's own pages.
///
/// - call: `madvise`, edge
/// - source: mm/gup.c, populate_vma_page_range; madvise(2), DESCRIPTION
/// - level: observed (since Linux 5.14)
#[test]
fn map_populate_of_a_shared_writable_mapping_and_madv_populate_read_of_a_private_one_enter_the_files_own_pages()
 {
    let scratch = scratch();
    let (file, _) = file(&scratch, PAGES);
    let length = PAGES * page_size();
    let writable = libc::PROT_READ | libc::PROT_WRITE;
    // The number of pages of the file and of private copies in the page table.
    let pages = |region: &Region| {
        let pages = page_view::pages(process::id(), region.address(), PAGES).expect("pagemap");
        [true, false].map(|of_file| pages.iter().filter(|p| p.file_page == Some(of_file)).count())
    };
    let populated = |protection, flags| {
        pages(&Region::of(&file, length, protection, flags | libc::MAP_POPULATE).expect("mmap"))
    };
    assert_eq!(populated(writable, libc::MAP_PRIVATE), [0, PAGES], "copies");
    assert_eq!(populated(libc::PROT_READ, libc::MAP_PRIVATE), [PAGES, 0], "not writable");
    assert_eq!(populated(writable, libc::MAP_SHARED), [PAGES, 0], "not private");
    let region = Region::of(&file, length, writable, libc::MAP_PRIVATE).expect("mmap");
    if populates(region.advise(0, length, libc::MADV_POPULATE_READ)) {
        assert_eq!(pages(&region), [PAGES, 0], "MADV_POPULATE_READ");
    }
}
