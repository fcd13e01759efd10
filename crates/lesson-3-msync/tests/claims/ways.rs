//! Whose changes are flushed, through which mapping or descriptor. Each claim that a page stays dirty
//! has a control.

use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use common::page_size;
use course::{scratch, undisturbed};
use lesson_3_msync::{Memory, msync, sys};

use crate::{Pair, scenario, second};

/// `MS_SYNC` also writes pages that `write` has changed.
///
/// - call: `msync`, success
/// - source: mm/msync.c
/// - level: observed
#[test]
fn ms_sync_also_writes_pages_that_write_has_changed() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.sample.file.write_all_at(&vec![b'W'; page_size()], 0).unwrap();
        pair.control.store(b'A');
        pair.left(1)?;
        pair.sample.msync(libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

/// `MS_SYNC` also writes pages that another process has stored to.
///
/// - call: `msync`, success
/// - source: mm/msync.c
/// - level: observed
#[test]
fn ms_sync_also_writes_pages_that_another_process_has_stored_to() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.control.store(b'A');
        let ended = second("exit", &pair.sample.path).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        pair.left(8)?;
        pair.sample.msync(libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

/// `MS_SYNC` on a read-only mapping of a writable descriptor writes the dirty pages.
///
/// - call: `msync`, edge
/// - source: mm/msync.c
/// - level: observed
#[test]
fn ms_sync_on_a_read_only_mapping_of_a_writable_descriptor_writes_the_dirty_pages() {
    undisturbed(|| {
        let pair = Pair::stored();
        let reading = Memory::shared_read_only(&pair.sample.file).unwrap();
        msync(reading.address(), reading.length(), libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}

/// `MS_SYNC` through a read-only descriptor succeeds and writes nothing.
///
/// - call: `msync`, edge
/// - source: mm/mmap.c, do_mmap (drops VM_SHARED)
/// - level: observed
/// - manual says: msync(2): `MS_SYNC` writes the changes, with no exception for a read-only
///   descriptor.
#[test]
fn ms_sync_through_a_read_only_descriptor_succeeds_and_writes_nothing() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.control.store(b'A');
        let other = second("exit", &pair.sample.path).run(); // It stores to all pages.
        assert_eq!(other.code, Some(0), "{other:?}");
        let file = File::open(&pair.sample.path).unwrap();
        let reading = Memory::shared_read_only(&file).unwrap();
        msync(reading.address(), reading.length(), libc::MS_SYNC).unwrap();
        pair.left(8)
    });
}

/// `fsync` and `fdatasync` write mapped stores, even on a read-only descriptor.
///
/// - call: `fsync`, success
/// - source: fsync(2), DESCRIPTION
/// - level: Linux
#[test]
fn fsync_and_fdatasync_write_mapped_stores_even_on_a_read_only_descriptor() {
    for flush in [File::sync_all, File::sync_data] {
        undisturbed(|| {
            let pair = Pair::stored();
            flush(&pair.sample.file).unwrap();
            pair.left(0)?;
            pair.sample.store(b'B');
            pair.left(8)?;
            flush(&File::open(&pair.sample.path).unwrap()).unwrap();
            pair.left(0)
        });
    }
}

/// `sync_file_range` writes stores made through a mapping, but not on overlayfs.
///
/// - call: `sync_file_range`, success
/// - source: sync_file_range(2), DESCRIPTION
/// - level: observed
/// - holds: everywhere
#[test]
fn sync_file_range_writes_stores_made_through_a_mapping_but_not_on_overlayfs() {
    undisturbed(|| {
        let pair = Pair::stored();
        sys::sync_file_range(&pair.sample.file).unwrap();
        pair.left(if pair.sample.instruments.file_system == "overlayfs" { 8 } else { 0 })
    });
}

/// `MS_SYNC` on a private mapping writes none of the pages that a shared mapping has made dirty.
///
/// - call: `msync`, edge
/// - source: mm/msync.c
/// - level: observed
#[test]
fn ms_sync_on_a_private_mapping_writes_none_of_the_pages_that_a_shared_mapping_has_made_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        let private = Memory::private(&pair.sample.file).unwrap();
        private.store(0, b'P');
        msync(private.address(), private.length(), libc::MS_SYNC).unwrap();
        assert_eq!(pair.sample.read().unwrap(), 'A', "the private store never reaches the file");
        pair.left(8)
    });
}

/// `msync` of memory without a file succeeds.
///
/// - call: `msync`, edge
/// - source: mm/msync.c
/// - level: observed
#[test]
fn msync_of_memory_without_a_file_succeeds() {
    let ended = scenario("no-file", &scratch()).run();
    for memory in ["shared", "private", "untouchable", "stack"] {
        assert_eq!(ended.value(memory), "0", "{memory}");
    }
}

/// With `O_SYNC` on the descriptor, a store still leaves its page dirty.
///
/// - call: `msync`, edge
/// - source: open(2), DESCRIPTION (O_SYNC: only about writes)
/// - level: observed
/// - tutorials say: With `O_SYNC`, stores through a mapping are on the disk at once.
#[test]
fn with_o_sync_on_the_descriptor_a_store_still_leaves_its_page_dirty() {
    undisturbed(|| {
        let pair = Pair::clean();
        let options = File::options().read(true).write(true).custom_flags(libc::O_SYNC).clone();
        let synchronous = Memory::shared(&options.open(&pair.sample.path).unwrap()).unwrap();
        pair.control.store(b'A');
        (0..8).for_each(|page| synchronous.store(page * page_size(), b'S'));
        pair.left(8)?;
        msync(synchronous.address(), synchronous.length(), libc::MS_SYNC).unwrap();
        pair.left(0)
    });
}
