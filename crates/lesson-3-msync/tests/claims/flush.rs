//! What makes a dirty page clean, and what does not. Each claim that a page stays dirty has a twin.

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{scratch, undisturbed};
use lesson_3_msync::{Memory, msync, save_async, save_sync, sys};

use crate::{Pair, found, scene, second};

#[test]
fn a_store_makes_its_page_dirty() {
    undisturbed(|| Pair::stored().left(8));
}

#[test]
fn ms_async_leaves_every_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.specimen.msync(libc::MS_ASYNC).unwrap();
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
        msync(pair.specimen.memory.address(), 1, libc::MS_SYNC).unwrap();
        pair.left(pair.specimen.sight.left_by_a_part(7))
    });
}

#[test]
fn saving_a_record_with_ms_async_leaves_it_dirty_and_with_ms_sync_clean() {
    undisturbed(|| {
        let pair = Pair::stored();
        save_async::save(&pair.specimen.memory, b"record").unwrap();
        pair.left(8)?;
        save_sync::save(&pair.specimen.memory, b"record").unwrap();
        pair.left(pair.specimen.sight.left_by_a_part(7))
    });
}

#[test]
fn ms_sync_flushes_what_write_has_changed() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.specimen.file.write_all_at(&vec![b'W'; page_size()], 0).unwrap();
        pair.twin.store(b'A');
        pair.left(1)?;
        pair.specimen.msync(libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

#[test]
fn ms_sync_flushes_what_another_process_has_stored() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.twin.store(b'A');
        let ended = second("exit", &pair.specimen.path).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        pair.left(8)?;
        pair.specimen.msync(libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

#[test]
fn ms_sync_through_a_mapping_for_reading_only_flushes() {
    undisturbed(|| {
        let pair = Pair::stored();
        let reading = Memory::shared_read_only(&pair.specimen.file).unwrap();
        msync(reading.address(), reading.length(), libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

#[test]
fn ms_sync_through_a_descriptor_for_reading_only_succeeds_and_flushes_nothing() {
    undisturbed(|| {
        let pair = Pair::stored();
        let file = File::open(&pair.specimen.path).unwrap();
        let reading = Memory::shared_read_only(&file).unwrap();
        msync(reading.address(), reading.length(), libc::MS_SYNC).unwrap();
        pair.left(8)
    });
}

#[test]
fn fsync_of_a_descriptor_for_reading_only_flushes() {
    undisturbed(|| {
        let pair = Pair::stored();
        File::open(&pair.specimen.path).unwrap().sync_all().unwrap();
        pair.left(0)
    });
}

#[test]
fn fsync_and_fdatasync_flush_what_was_stored_through_a_mapping() {
    for flush in [File::sync_all, File::sync_data] {
        undisturbed(|| {
            let pair = Pair::stored();
            flush(&pair.specimen.file).unwrap();
            pair.left(0)
        });
    }
}

#[test]
fn sync_file_range_writes_what_was_stored_through_a_mapping_but_not_on_overlayfs() {
    undisturbed(|| {
        let pair = Pair::stored();
        sys::sync_file_range(&pair.specimen.file).unwrap();
        pair.left(if pair.specimen.sight.file_system == "overlayfs" { 8 } else { 0 })
    });
}

#[test]
fn ms_sync_on_a_private_mapping_succeeds_and_flushes_nothing() {
    undisturbed(|| {
        let pair = Pair::stored();
        let private = Memory::private(&pair.specimen.file).unwrap();
        private.store(0, b'P');
        msync(private.address(), private.length(), libc::MS_SYNC).unwrap();
        assert_eq!(pair.specimen.read().unwrap(), 'A', "the private store never reaches the file");
        pair.left(8)
    });
}

#[test]
fn msync_of_memory_without_a_file_succeeds() {
    let ended = scene("no-file", &scratch()).run();
    for memory in ["shared", "private", "untouchable", "stack"] {
        assert_eq!(ended.value(memory), "0", "{memory}");
    }
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
fn tmpfs_and_overlayfs_hide_dirty_pages_from_cachestat() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.left(8)?;
        let sees = !matches!(pair.specimen.sight.file_system, "tmpfs" | "overlayfs");
        assert_eq!(found(&pair.specimen), (if sees { 8 } else { 0 }, 8));
        Some(())
    });
}
