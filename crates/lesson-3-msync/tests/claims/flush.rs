//! What makes a dirty page clean, and what does not. Each claim that a page stays dirty has a control.

use common::page_size;
use course::{scratch, undisturbed};
use lesson_3_msync::{msync, save_async, save_sync};

use crate::{Pair, found, scenario};

/// `MS_ASYNC` leaves every page dirty.
///
/// - call: `msync`, success
/// - source: msync(2), NOTES
/// - level: Linux
/// - manual says: msync(2), DESCRIPTION: `MS_ASYNC` schedules an update. (NOTES: it does nothing.).
/// - tutorials say: `MS_ASYNC` starts to write the pages to the disk.
/// - article says: `MS_ASYNC` schedules an update of the file.
#[test]
fn ms_async_leaves_every_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.sample.msync(libc::MS_ASYNC).unwrap();
        save_async::save(&pair.sample.memory, b"record").unwrap();
        pair.left(8)
    });
}

/// `msync` with flags of 0 succeeds and leaves every page dirty.
///
/// - call: `msync`, edge
/// - source: msync(2), NOTES
/// - level: Linux
#[test]
fn msync_with_flags_of_0_succeeds_and_leaves_every_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.sample.msync(0).unwrap();
        pair.left(8)
    });
}

/// `flush_async` of memmap2 leaves every page dirty, and `flush` leaves none.
///
/// - call: `msync`, edge
/// - source: msync(2), NOTES
/// - level: Linux (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn flush_async_of_memmap2_leaves_every_page_dirty_and_flush_leaves_none() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.sample.memory.map().flush_async().unwrap();
        pair.left(8)?;
        pair.sample.memory.map().flush().unwrap();
        pair.left(0)
    });
}

/// `MS_SYNC` leaves no page dirty.
///
/// - call: `msync`, success
/// - source: msync(2), DESCRIPTION (MS_SYNC)
/// - level: Linux (not on tmpfs)
/// - holds: not on tmpfs
/// - tutorials say: With `MS_SYNC` the update is instant.
#[test]
fn ms_sync_leaves_no_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.sample.msync(libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

/// `MS_SYNC` writes only the folios that its range touches, but on btrfs the whole file.
///
/// - call: `msync`, success
/// - source: msync(2), DESCRIPTION; fs/btrfs/file.c
/// - level: observed
#[test]
fn ms_sync_writes_only_the_folios_that_its_range_touches_but_on_btrfs_the_whole_file() {
    undisturbed(|| {
        let pair = Pair::stored();
        let start = pair.sample.memory.address() + 2 * page_size();
        msync(start, 3 * page_size(), libc::MS_SYNC).unwrap();
        pair.left(pair.sample.instruments.left_by_a_part(5))
    });
}

/// `MS_SYNC` with a length of one byte writes the whole page.
///
/// - call: `msync`, edge
/// - source: POSIX, msync(), DESCRIPTION; mm/msync.c
/// - level: POSIX
#[test]
fn ms_sync_with_a_length_of_one_byte_writes_the_whole_page() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.sample.memory.store(page_size() - 1, b'Z');
        save_sync::save(&pair.sample.memory, b"r").unwrap();
        pair.left(pair.sample.instruments.left_by_a_part(7))
    });
}

/// The first store to a clean page is a page fault.
///
/// - call: page tables and faults, success
/// - source: mm/page-writeback.c, folio_clear_dirty_for_io
/// - level: observed (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn the_first_store_to_a_clean_page_is_a_page_fault() {
    undisturbed(|| {
        let scratch = scratch();
        let ended = scenario("faults", &scratch).run();
        if ended.value("dirty") != "0" {
            return None; // The machine flushed before the store that should find the page dirty.
        }
        let gets_clean = lesson_3_msync::Instruments::beside(scratch.path()).unwrap().gets_clean;
        assert_eq!(ended.value("clean"), if gets_clean { "1" } else { "0" });
        Some(())
    });
}

/// A store makes its page dirty, but `cachestat` does not see it on tmpfs and overlayfs.
///
/// - call: `cachestat`, edge
/// - source: mm/filemap.c, filemap_cachestat
/// - level: observed
/// - holds: everywhere
#[test]
fn a_store_makes_its_page_dirty_but_cachestat_does_not_see_it_on_tmpfs_and_overlayfs() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.left(8)?;
        let sees = !matches!(pair.sample.instruments.file_system, "tmpfs" | "overlayfs");
        assert_eq!(found(&pair.sample), (if sees { 8 } else { 0 }, 8));
        Some(())
    });
}

/// `MS_SYNC` clears bytes that were stored past the end of the file, but not on tmpfs.
///
/// - call: `msync`, edge
/// - source: mmap(2), BUGS
/// - level: observed
/// - holds: everywhere
#[test]
fn ms_sync_clears_bytes_that_were_stored_past_the_end_of_the_file_but_not_on_tmpfs() {
    let pair = Pair::clean();
    let past_the_end = 20;
    pair.sample.file.set_len(10).unwrap(); // Its first page stays, and so does the mapping of it.
    pair.sample.memory.store(past_the_end, b'X');
    assert_eq!(pair.sample.memory.load(past_the_end), b'X');
    msync(pair.sample.memory.address(), page_size(), libc::MS_SYNC).unwrap();
    let kept = if pair.sample.instruments.gets_clean { 0 } else { b'X' };
    assert_eq!(pair.sample.memory.load(past_the_end), kept);
    assert_eq!(pair.sample.file.metadata().unwrap().len(), 10);
}

/// A range must reach the record's last byte: `MS_SYNC` with the record's length from the start of
/// its page can leave the record's end dirty.
///
/// - call: `msync`, edge
/// - source: POSIX, msync(), DESCRIPTION
/// - level: observed (not on btrfs)
/// - holds: not on btrfs
#[test]
fn a_range_must_reach_the_records_last_byte_ms_sync_with_the_records_length_from_the_start_of_its_page_can_leave_the_records_end_dirty()
 {
    undisturbed(|| {
        let pair = Pair::stored();
        let (page, record, skipped) = (pair.sample.memory.address(), 20, page_size() - 10);
        msync(page, record, libc::MS_SYNC).unwrap(); // The record ends in the second page.
        pair.left(pair.sample.instruments.left_by_a_part(7))?;
        msync(page, skipped + record, libc::MS_SYNC).unwrap();
        pair.left(pair.sample.instruments.left_by_a_part(6))
    });
}
