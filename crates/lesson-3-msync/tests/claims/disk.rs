//! What a disk holds at one moment, and what it was asked to do. All tests need root, for a disk.

use course::{Ended, has_cachestat, kernel_at_least, scratch, undisturbed};

use crate::scenario;

/// Whether the record is found. A control that was left alone must still be dirty: then the kernel has
/// written nothing by itself.
fn found_after(stage: &str) -> bool {
    undisturbed(|| {
        let ended = scenario(&format!("power-cut-after-{stage}"), &scratch()).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        (ended.value("control") == "1").then(|| ended.value("found") == "true")
    })
}

fn run(name: &str) -> Ended {
    let ended = scenario(name, &scratch()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended
}

/// After a store alone, a power cut loses the record.
///
/// - call: power cuts and disk errors, success
/// - source: msync(2), DESCRIPTION
/// - level: observed (ext4, Linux 6.18)
/// - tutorials say: A store to a shared mapping is in the file on the disk at once.
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_a_store_alone_a_power_cut_loses_the_record() {
    assert!(!found_after("store"));
}

/// After `MS_ASYNC`, a power cut loses the record.
///
/// - call: `msync`, success
/// - source: msync(2), NOTES
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_ms_async_a_power_cut_loses_the_record() {
    assert!(!found_after("MS_ASYNC"));
}

/// After `write` alone, a power cut loses the record.
///
/// - call: power cuts and disk errors, success
/// - source: write(2), NOTES
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_write_alone_a_power_cut_loses_the_record() {
    assert!(!found_after("write"));
}

/// After `MS_SYNC`, a power cut keeps the record.
///
/// - call: `msync`, success
/// - source: msync(2), DESCRIPTION (MS_SYNC)
/// - level: POSIX
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_ms_sync_a_power_cut_keeps_the_record() {
    assert!(found_after("MS_SYNC"));
}

/// After a store and `fsync`, a power cut loses nothing.
///
/// - call: `fsync`, success
/// - source: fsync(2), DESCRIPTION
/// - level: Linux
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_a_store_and_fsync_a_power_cut_loses_nothing() {
    assert!(found_after("store-and-fsync"));
}

/// On ext4, `MS_SYNC` of a new file saves its name too.
///
/// - call: `msync`, edge
/// - source: fs/ext4/fsync.c
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn on_ext4_ms_sync_of_a_new_file_saves_its_name_too() {
    assert!(found_after("new-file-and-MS_SYNC"));
    undisturbed(|| {
        let ended = run("new-name");
        assert_eq!(ended.value("after"), "true");
        (ended.value("before") == "false").then_some(()) // Else the kernel wrote the name by itself.
    });
}

/// On ext4, `MS_SYNC` after a rename may not save the new name, but `fsync` does.
///
/// - call: `msync`, edge
/// - source: fs/ext4/fsync.c, ext4_fsync_journal
/// - level: observed (ext4, Linux 6.18; saved if the file gets a new block)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn on_ext4_ms_sync_after_a_rename_may_not_save_the_new_name_but_fsync_does() {
    undisturbed(|| {
        let ended = run("new-name-after-a-rename");
        assert_eq!((ended.value("fsync-old"), ended.value("fsync-new")), ("none", "1"));
        let after_a_hole = (ended.value("filled-hole-old"), ended.value("filled-hole-new"));
        assert_eq!(after_a_hole, ("1", "none"), "renamed back, and saved with the new block");
        let after = (ended.value("MS_SYNC-old"), ended.value("MS_SYNC-new"));
        (after == ("1", "none")).then_some(()) // Else the kernel wrote the name by itself.
    });
}

/// `MS_ASYNC` writes no sector, and `MS_SYNC` of pages written before can write only their sectors.
///
/// - call: `msync`, success
/// - source: mm/msync.c, vfs_fsync_range
/// - level: observed (ext4, Linux 6.18)
/// - tutorials say: `MS_ASYNC` starts to write the pages to the disk.
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn ms_async_writes_no_sector_and_ms_sync_of_pages_written_before_can_write_only_their_sectors() {
    undisturbed(|| {
        let ended = run("counters");
        if ended.value("store-sectors") != "0" || ended.value("nothing-dirty-sectors") != "0" {
            return None; // The machine flushed.
        }
        assert_eq!(ended.value("MS_ASYNC-sectors"), "0");
        assert_eq!(ended.value("MS_SYNC-sectors"), ended.value("sectors-of-the-file"));
        let sectors = |name: &str| ended.value(name).parse::<u64>().unwrap();
        let new_block = sectors("new-block-sectors"); // The file system's own data, too.
        assert!(new_block > sectors("sectors-of-a-page"), "{new_block} sectors for a new block");
        Some(())
    });
}

/// On ext4, punching a hole discards dirty pages without writing them.
///
/// - call: `fallocate`, edge
/// - source: fs/ext4/inode.c, ext4_punch_hole
/// - level: observed (from Linux 6.14 on)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn on_ext4_punching_a_hole_discards_dirty_pages_without_writing_them() {
    undisturbed(|| {
        let ended = run("counters");
        assert_eq!(ended.value("dirty-after-the-hole"), "0");
        if !kernel_at_least(6, 14) {
            return Some(()); // Some earlier kernels write the pages first.
        }
        let undisturbed = ended.value("dirty") == "64" && ended.value("hole-sectors") == "0";
        undisturbed.then_some(()) // Else the machine flushed.
    });
}

/// On ext4, `MS_SYNC` may not save a new time of modification, but `fsync` does.
///
/// - call: `msync`, edge
/// - source: fsync(2), DESCRIPTION
/// - level: observed (Linux 6.18; by `fsync`: Linux)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn on_ext4_ms_sync_may_not_save_a_new_time_of_modification_but_fsync_does() {
    undisturbed(|| {
        let ended = run("new-time");
        assert_eq!((ended.value("before"), ended.value("fsync")), ("false", "true"));
        (ended.value("MS_SYNC") == "false").then_some(()) // Else the kernel wrote it by itself.
    });
}

/// `MS_SYNC` flushes the disk's cache even if nothing is dirty, but not through a read-only
/// descriptor.
///
/// - call: `msync`, edge
/// - source: fs/ext4/fsync.c
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn ms_sync_flushes_the_disks_cache_even_if_nothing_is_dirty_but_not_through_a_read_only_descriptor()
{
    undisturbed(|| {
        let ended = run("counters");
        if ended.value("store-flushes") != "0" || ended.value("nothing-dirty-sectors") != "0" {
            return None; // The machine flushed.
        }
        for (act, flushes) in
            [("MS_ASYNC", "0"), ("read-only", "0"), ("MS_SYNC", "1"), ("nothing-dirty", "1")]
        {
            assert_eq!(ended.value(&format!("{act}-flushes")), flushes, "{act}");
        }
        Some(())
    });
}

/// `MS_SYNC` returns the disk's error, and then the page counts as clean.
///
/// - call: `msync`, error
/// - source: mm/msync.c, vfs_fsync_range (EIO)
/// - level: observed (ext4, Linux 6.18)
/// - manual says: msync(2): no error of the disk is listed.
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn ms_sync_returns_the_disks_error_and_then_the_page_counts_as_clean() {
    let ended = run("broken-disk");
    assert!(["ENOSPC", "EIO"].contains(&ended.value("first")), "{ended:?}");
    assert_eq!(ended.value("dirty"), "0");
}

/// A later store can be on the disk without an earlier one.
///
/// - call: power cuts and disk errors, success
/// - source: msync(2), DESCRIPTION
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn a_later_store_can_be_on_the_disk_without_an_earlier_one() {
    undisturbed(|| {
        let ended = run("order");
        assert_eq!(ended.value("second"), "2", "flushed");
        let lost = ended.value("first") == ".";
        (lost || ended.value("control") == "1").then(|| assert!(lost, "{ended:?}"))
    });
}

/// A disk error is reported once to each open file description, and, once reported, never to later
/// ones.
///
/// - call: `fsync`, edge
/// - source: lib/errseq.c
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn a_disk_error_is_reported_once_to_each_open_file_description_and_once_reported_never_to_later_ones()
 {
    let ended = run("broken-disk");
    assert_ne!(ended.value("first"), "0");
    assert_eq!(ended.value("second"), "0");
    assert_eq!(ended.value("fsync"), "0");
    assert_eq!(ended.value("fsync-opened-before"), ended.value("first"));
    assert_eq!(ended.value("opened-after"), "0");
}

/// After a disk error, a new `msync` of a page that was on the disk writes nothing unless you store
/// again.
///
/// - call: `msync`, edge
/// - source: mm/filemap.c
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn after_a_disk_error_a_new_msync_of_a_page_that_was_on_the_disk_writes_nothing_unless_you_store_again()
 {
    let ended = run("broken-disk");
    assert_ne!(ended.value("first"), "0");
    let stored = b'A'.to_string();
    assert_eq!(ended.value("mended"), "0", "the disk has room again");
    assert_ne!(ended.value("mended-on-the-disk"), stored);
    assert_eq!(ended.value("stored-again"), "0");
    assert_eq!(ended.value("stored-again-on-the-disk"), stored);
}

/// On ext4, a page whose first write failed is not saved by storing again.
///
/// - call: power cuts and disk errors, edge
/// - source: fs/ext4/page-io.c, ext4_end_io_end
/// - level: observed (Linux 6.12 to 7.2; a new file is saved; in 5.10 and 6.1, the page is saved, too)
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn on_ext4_a_page_whose_first_write_failed_is_not_saved_by_storing_again() {
    let stored = &b'B'.to_string();
    let lost = if kernel_at_least(6, 12) { "0" } else { stored };
    for (failed, found) in [("first", lost), ("later", stored)] {
        let ended = run(&format!("broken-disk-{failed}-write"));
        assert_ne!(ended.value("first"), "0", "the disk was broken");
        let saved = |name| (ended.value(name), ended.value(&format!("{name}-after-a-reboot")));
        assert_eq!(saved("stored-again"), ("0", found), "a {failed} write failed");
        assert_eq!(saved("new-file"), ("0", stored.as_str()));
    }
}

/// After a disk error, `fsync` of each open file description made before the first report returns
/// the error.
///
/// - call: `fsync`, edge
/// - source: lib/errseq.c
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn after_a_disk_error_fsync_of_each_open_file_description_made_before_the_first_report_returns_the_error()
 {
    let ended = run("broken-disk-in-the-background");
    let error = ended.value("opened-first");
    assert!(["ENOSPC", "EIO"].contains(&error), "{ended:?}");
    assert_eq!(ended.value("its-duplicate"), "0", "one open file description, one turn");
    assert_eq!(ended.value("opened-second"), error, "before the first report");
    assert_eq!(ended.value("opened-after-the-report"), "0", "somebody has been told");
    let opened_before = ended.value("opened-before-first-page");
    assert_eq!((opened_before, ended.value("opened-before-again")), (error, "0"));
}

/// `MS_SYNC` of one page also returns the error of another page.
///
/// - call: `msync`, edge
/// - source: mm/filemap.c, file_check_and_advance_wb_err
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn ms_sync_of_one_page_also_returns_the_error_of_another_page() {
    let ended = run("broken-disk-in-the-background"); // Only its second page cannot be written.
    assert!(["ENOSPC", "EIO"].contains(&ended.value("opened-before-first-page")), "{ended:?}");
}

/// A disk error that was never reported is lost when the kernel drops the inode from memory.
///
/// - call: power cuts and disk errors, edge
/// - source: lib/errseq.c
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn a_disk_error_that_was_never_reported_is_lost_when_the_kernel_drops_the_inode_from_memory() {
    let ended = run("broken-disk-forgotten");
    assert_ne!(ended.value("syncfs"), "0", "the disk was broken");
    assert_eq!(ended.value("opened-after"), "0");
}

/// After a disk error, a page shows what was stored until the kernel drops the page from memory.
///
/// - call: power cuts and disk errors, edge
/// - source: mm/filemap.c
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn after_a_disk_error_a_page_shows_what_was_stored_until_the_kernel_drops_the_page_from_memory() {
    let ended = run("broken-disk-forgotten");
    assert_ne!(ended.value("syncfs"), "0", "the disk was broken");
    assert_eq!(ended.value("in-memory"), b'A'.to_string());
    assert_ne!(ended.value("read-from-the-disk"), b'A'.to_string());
}

/// After a store, `MS_SYNC` writes the whole folio; after a `write`, only the blocks that changed.
///
/// - call: `msync`, edge
/// - source: fs/ext4/inode.c, ext4_page_mkwrite
/// - level: observed (ext4, Linux 6.18)
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_a_store_ms_sync_writes_the_whole_folio_after_a_write_only_the_blocks_that_changed() {
    undisturbed(|| {
        let ended = run("large-folio");
        let number = |name: &str| ended.value(name).parse::<u64>().unwrap();
        if ended.value("control") != "1" {
            return None; // The machine flushed.
        }
        let page = number("sectors-of-a-page");
        // Before Linux 6.5 nothing counts them, and each folio of ext4 is one page.
        let folio = if has_cachestat() { number("store-dirty") } else { 1 };
        assert_eq!(folio > 1, kernel_at_least(6, 16), "large folios on ext4");
        if has_cachestat() {
            assert_eq!(number("write-dirty"), folio, "pages that count as dirty");
        }
        assert!((1..=page).contains(&number("write-sectors")), "{ended:?}");
        assert_eq!(number("store-sectors"), folio * page);
        Some(())
    });
}
