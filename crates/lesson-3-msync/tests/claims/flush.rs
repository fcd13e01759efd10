//! What makes a dirty page clean, and what does not. Each claim that a page stays dirty has a twin.

use common::page_size;
use course::{scratch, undisturbed};
use lesson_3_msync::{msync, save_async, save_sync};

use crate::{Pair, found, scene};

#[test]
fn ms_async_leaves_every_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.specimen.msync(libc::MS_ASYNC).unwrap();
        save_async::save(&pair.specimen.memory, b"record").unwrap();
        pair.left(8)
    });
}

#[test]
fn flags_of_zero_succeed_and_leave_every_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.specimen.msync(0).unwrap();
        pair.left(8)
    });
}

#[test]
fn flush_async_of_memmap2_leaves_every_page_dirty_and_flush_none() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.specimen.memory.map().flush_async().unwrap();
        pair.left(8)?;
        pair.specimen.memory.map().flush().unwrap();
        pair.left(0)
    });
}

#[test]
fn ms_sync_leaves_no_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.specimen.msync(libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

#[test]
fn ms_sync_flushes_the_pages_of_its_range_and_no_others_except_on_btrfs() {
    undisturbed(|| {
        let pair = Pair::stored();
        let start = pair.specimen.memory.address() + 2 * page_size();
        msync(start, 3 * page_size(), libc::MS_SYNC).unwrap();
        pair.left(pair.specimen.sight.left_by_a_part(5))
    });
}

#[test]
fn a_length_of_one_byte_flushes_its_whole_page() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.specimen.memory.store(page_size() - 1, b'Z');
        save_sync::save(&pair.specimen.memory, b"r").unwrap();
        pair.left(pair.specimen.sight.left_by_a_part(7))
    });
}

#[test]
fn the_first_store_to_a_flushed_page_is_a_page_fault() {
    undisturbed(|| {
        let scratch = scratch();
        let ended = scene("faults", &scratch).run();
        if ended.value("dirty") != "0" {
            return None; // The machine flushed before the store that should find the page dirty.
        }
        let gets_clean = lesson_3_msync::Sight::beside(scratch.path()).unwrap().gets_clean;
        assert_eq!(ended.value("clean"), if gets_clean { "1" } else { "0" });
        Some(())
    });
}

#[test]
fn a_store_makes_its_page_dirty_which_cachestat_cannot_see_on_tmpfs_and_overlayfs() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.left(8)?;
        let sees = !matches!(pair.specimen.sight.file_system, "tmpfs" | "overlayfs");
        assert_eq!(found(&pair.specimen), (if sees { 8 } else { 0 }, 8));
        Some(())
    });
}

#[test]
fn ms_sync_zeroes_what_was_stored_past_the_end_of_the_file_but_not_on_tmpfs() {
    let pair = Pair::clean();
    let past_the_end = 20;
    pair.specimen.file.set_len(10).unwrap(); // Its first page stays, and so does the mapping of it.
    pair.specimen.memory.store(past_the_end, b'X');
    assert_eq!(pair.specimen.memory.load(past_the_end), b'X');
    msync(pair.specimen.memory.address(), page_size(), libc::MS_SYNC).unwrap();
    let kept = if pair.specimen.sight.gets_clean { 0 } else { b'X' };
    assert_eq!(pair.specimen.memory.load(past_the_end), kept);
    assert_eq!(pair.specimen.file.metadata().unwrap().len(), 10);
}
