//! What a disk is asked to write, and when. All tests need root, for a disk.

use course::{Ended, has_cachestat, kernel_at_least, scratch, undisturbed};

use crate::scenario;

/// A scenario that must succeed.
pub(crate) fn run(name: &str) -> Ended {
    let ended = scenario(name, &scratch()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended
}

/// `MS_ASYNC` writes no sector.
///
/// - call: `msync`, success
/// - source: mm/msync.c, vfs_fsync_range
/// - level: observed (ext4)
/// - holds: everywhere
/// - tutorials say: `MS_ASYNC` starts to write the pages to the disk.
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn ms_async_writes_no_sector() {
    undisturbed(|| {
        let ended = run("counters");
        if ended.value("store-sectors") != "0" || ended.value("nothing-dirty-sectors") != "0" {
            return None; // The machine flushed.
        }
        assert_eq!(ended.value("MS_ASYNC-sectors"), "0");
        assert_ne!(ended.value("MS_SYNC-sectors"), "0", "the control");
        Some(())
    });
}

/// `MS_SYNC` of pages that have blocks on the disk can write only their sectors.
///
/// - call: `msync`, success
/// - source: mm/msync.c, vfs_fsync_range
/// - level: observed (ext4)
/// - holds: everywhere
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn ms_sync_of_pages_that_have_blocks_on_the_disk_can_write_only_their_sectors() {
    undisturbed(|| {
        let ended = run("counters");
        if ended.value("store-sectors") != "0" || ended.value("nothing-dirty-sectors") != "0" {
            return None; // The machine flushed.
        }
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
/// - level: observed (since Linux 6.14)
/// - holds: since 6.14
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

/// `MS_SYNC` flushes the disk's cache even if nothing is dirty, but not through a read-only
/// descriptor.
///
/// - call: `msync`, edge
/// - source: fs/ext4/fsync.c
/// - level: observed (ext4)
/// - holds: everywhere
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

/// After a store, `MS_SYNC` writes the whole folio, and after a `write` it writes only the blocks
/// that changed.
///
/// - call: `msync`, edge
/// - source: fs/ext4/inode.c, ext4_page_mkwrite
/// - level: observed (ext4, where a folio has one page before Linux 6.16)
/// - holds: everywhere
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_a_store_ms_sync_writes_the_whole_folio_and_after_a_write_it_writes_only_the_blocks_that_changed()
 {
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
