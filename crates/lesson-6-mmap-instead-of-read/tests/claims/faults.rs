//! What a page fault brings, and when there is no page fault.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use crate::{cost_of, file, scenario};
use common::page_size;
use course::{file_system, kernel_at_least, scratch};
use lesson_6_mmap_instead_of_read::cost::{Cost, cached, make_cold, mapped};
use lesson_6_mmap_instead_of_read::{Region, View};
use nix::sys::memfd::{MFdFlags, memfd_create};

const PAGES: usize = 256;

/// The cost of loading one byte from each page of the view.
pub(crate) fn touch_all(view: &View) -> Cost {
    cost_of_loads(view, (0..view.len()).step_by(page_size()))
}

pub(crate) fn cost_of_loads(view: &View, offsets: impl IntoIterator<Item = usize>) -> Cost {
    let loads = || {
        offsets.into_iter().for_each(|offset| view.copy_to(offset, &mut [0]));
        Ok(())
    };
    cost_of(loads).expect("count the faults").1
}

/// Mapping a cold file reads no page from the disk and enters none in the page table.
///
/// - call: `mmap`, success
/// - source: mm/mmap.c
/// - level: observed (not on tmpfs, where every page is in memory)
/// - holds: not on tmpfs
/// - tutorials say: `mmap` copies the file into memory.
/// - article says: The file is copied into memory, in pages.
#[test]
fn mapping_a_cold_file_reads_no_page_from_the_disk_and_enters_none_in_the_page_table() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    make_cold(&file, &path).expect("make_cold");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    assert_eq!(
        mapped(view.address(), view.len()).expect("pagemap"),
        0,
        "nothing in the page table"
    );
    let expected = match file_system(&path) {
        "tmpfs" => PAGES, // Its files are in memory only.
        _ => 0,
    };
    assert_eq!(cached(view.address(), view.len()).expect("mincore"), expected);
}

/// The first load of a cold page is a major fault.
///
/// - call: page tables and faults, success
/// - source: getrusage(2), DESCRIPTION (ru_majflt)
/// - level: Linux (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn the_first_load_of_a_cold_page_is_a_major_fault() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    make_cold(&file, &path).expect("make_cold");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    let cold = cost_of_loads(&view, [0]);
    let expected = match file_system(&path) {
        "tmpfs" => (1, 0),
        _ => (0, 1),
    };
    assert_eq!((cold.minor, cold.major), expected, "{cold:?}");
    let warm = cost_of_loads(&view, [0]);
    assert_eq!((warm.minor, warm.major), (0, 0), "the second touch is a plain load: {warm:?}");
}

/// The first store to a page of a hole is a minor fault on tmpfs, and a major fault on other file
/// systems.
///
/// - call: page tables and faults, edge
/// - source: mm/filemap.c, filemap_fault; mm/shmem.c, shmem_fault; mm/memory.c, fault_dirty_shared_page
/// - level: observed (since Linux 6.1; in 5.10, it is a major fault on tmpfs, too)
/// - holds: since 6.1
#[test]
fn the_first_store_to_a_page_of_a_hole_is_a_minor_fault_on_tmpfs_and_a_major_fault_on_other_file_systems()
 {
    let fault_of_a_store = |file: &File| {
        file.set_len(page_size() as u64).expect("ftruncate");
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let region = Region::of(file, page_size(), protection, libc::MAP_SHARED).expect("mmap");
        let store = || {
            region.store(0, b'!');
            Ok(())
        };
        let cost = cost_of(store).expect("count the faults").1;
        (cost.minor, cost.major)
    };
    let scratch = scratch();
    let path = scratch.path().join("hole");
    let file = File::options().read(true).write(true).create_new(true).open(&path).expect("open");
    // Linux 5.10 handles this fault twice, and calls each fault that it handles again a major one.
    let on_tmpfs = if kernel_at_least(6, 1) { (1, 0) } else { (0, 1) };
    let expected = match file_system(&path) {
        "tmpfs" => on_tmpfs,
        _ => (0, 1),
    };
    assert_eq!(fault_of_a_store(&file), expected, "minor and major faults");
    // Shared memory without a name is a file on tmpfs, too.
    let memory = memfd_create("memory", MFdFlags::MFD_CLOEXEC).expect("memfd_create");
    assert_eq!(fault_of_a_store(&File::from(memory)), on_tmpfs, "minor and major faults");
}

/// A page fault on a cached page takes longer than a `read` of 64 bytes.
///
/// - call: page tables and faults, success
/// - source: mm/memory.c, do_fault_around
/// - level: observed
/// - tutorials say: Mapping a file is always faster than reading it.
/// - article says: Mapping a file is faster than `read` and `write`.
#[test]
fn a_page_fault_on_a_cached_page_takes_longer_than_a_read_of_64_bytes() {
    let scratch = scratch();
    let (file, _) = file(&scratch, PAGES);
    let length = PAGES * page_size();
    let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
    let places = || (0..length).step_by(window() * page_size());
    let cost = |work: &mut dyn FnMut(usize)| {
        let each = || {
            places().for_each(work);
            Ok(())
        };
        cost_of(each).expect("measure").1
    };
    let by_fault = || {
        region.advise(0, length, libc::MADV_DONTNEED).expect("madvise");
        let cost = cost(&mut |offset| assert_ne!(region.load(offset), 0));
        assert_eq!(cost.faults(), places().count(), "one for each load: {cost:?}");
        cost.time
    };
    let mut buffer = [0; 64];
    let mut read = |offset| file.read_exact_at(&mut buffer, offset as u64).expect("pread");
    let by_read = || cost(&mut read).time;
    // A disturbance only makes a round longer, so compare the shortest ones.
    let (fault, read) = (shortest(by_fault), shortest(by_read));
    assert!(fault > read, "the faults took {fault:?}, the reads {read:?}");
}

/// One fault of a load maps all cached pages of an aligned block around the page.
///
/// - call: page tables and faults, success
/// - source: mm/memory.c, do_fault_around
/// - level: observed
#[test]
fn one_fault_of_a_load_maps_all_cached_pages_of_an_aligned_block_around_the_page() {
    let scratch = scratch();
    let (file, _) = file(&scratch, PAGES);
    file.sync_all().expect("fsync"); // After this, the kernel has nothing left to write.
    let block = window() * page_size();
    // The kernel skips a page that is locked at this moment, so one of five mappings is enough.
    let tries = (0..5).map(|_| {
        let view = View::of(&file, PAGES * page_size()).expect("mmap");
        // The middle of a block of addresses that begins at a multiple of the window's size.
        let half = view.address() + view.len() / 2;
        let offset = half.next_multiple_of(block) - view.address();
        let cost = cost_of_loads(&view, [offset + block / 2]);
        let brought = mapped(view.address(), view.len()).expect("pagemap");
        let of_the_block = mapped(view.address() + offset, block).expect("pagemap");
        (cost.minor, brought, of_the_block)
    });
    let tries: Vec<_> = tries.collect();
    let expected = (1, window(), window());
    assert!(tries.contains(&expected), "its neighbours on both sides, {expected:?}: {tries:?}");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    let all = touch_all(&view);
    assert!(all.minor > 0 && all.minor < PAGES as i64 / 2, "far fewer faults than pages: {all:?}");
}

/// A second pass over a mapping has no faults.
///
/// - call: page tables and faults, success
/// - source: getrusage(2), DESCRIPTION (ru_minflt)
/// - level: observed
#[test]
fn a_second_pass_over_a_mapping_has_no_faults() {
    let scratch = scratch();
    let (file, _) = file(&scratch, PAGES);
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    assert!(touch_all(&view).minor > 0, "the first pass faults");
    let second = touch_all(&view);
    assert_eq!((second.minor, second.major), (0, 0), "{second:?}");
}

/// The shortest of fifty rounds.
fn shortest(mut round: impl FnMut() -> Duration) -> Duration {
    (0..50).map(|_| round()).min().expect("fifty rounds")
}

/// How many pages one fault maps at most if folios are small: `fault_around_bytes`, a setting of
/// the kernel whose default is 64 KiB.
pub(crate) fn window() -> usize {
    let setting = fs::read_to_string("/sys/kernel/debug/fault_around_bytes");
    let bytes = setting.ok().and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(64 << 10);
    (bytes / page_size()).max(1)
}

/// A page table takes 8 bytes for each page of a fully mapped file.
///
/// - call: page tables and faults, success
/// - source: proc_pid_status(5), VmPTE
/// - level: observed (x86-64; not on tmpfs with `huge=always`)
/// - holds: everywhere
#[test]
fn a_page_table_takes_8_bytes_for_each_page_of_a_fully_mapped_file() {
    let ended = scenario("size-of-the-page-table", &scratch()).run();
    let kibibytes = |name| ended.value(name).parse::<usize>().expect("a number");
    let grown = (kibibytes("after") - kibibytes("before")) << 10;
    let entries = 8 * (16 << 20) / page_size();
    // The first entries may go to a page of the table that is there already; a table of tables, and
    // a page for the last entries, may be new.
    let expected = entries.saturating_sub(page_size())..=entries + 3 * page_size();
    assert!(expected.contains(&grown), "{grown} bytes for {entries}: {ended:?}");
}

/// The kernel can evict a clean page while it is mapped.
///
/// - call: page cache, success
/// - source: madvise(2), DESCRIPTION (MADV_PAGEOUT)
/// - level: Linux (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn the_kernel_can_evict_a_clean_page_while_it_is_mapped() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    file.sync_all().expect("fsync");
    if file_system(&path) == "tmpfs" {
        return; // Its pages have no copy on a disk, so the kernel cannot just drop them.
    }
    let length = PAGES * page_size();
    let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
    (0..PAGES).for_each(|page| assert_ne!(region.load(page * page_size()), 0));
    let present = || cached(region.address(), length).expect("mincore");
    assert_eq!(present(), PAGES);
    // This does on request what the kernel does when memory runs short. A page that the kernel is
    // working with at this moment stays, so ask again.
    let evicted = (0..100).any(|_| {
        region.advise(0, length, libc::MADV_PAGEOUT).expect("madvise");
        present() == 0
    });
    assert!(evicted, "{} pages stay", present());
    let load = || Ok(region.load(length / 2));
    let cost = cost_of(load).expect("count the faults").1;
    assert_eq!(cost.major, 1, "the next load waits for the disk: {cost:?}");
}
