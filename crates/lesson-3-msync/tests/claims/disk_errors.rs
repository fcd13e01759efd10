//! What a disk's error does. All tests need root, for a disk.

use course::kernel_at_least;

use crate::disk::run;

/// On a disk error, `MS_SYNC` fails with `EIO` or `ENOSPC`, and then the page counts as clean.
///
/// - call: `msync`, error
/// - source: mm/msync.c, vfs_fsync_range
/// - level: observed (ext4)
/// - holds: everywhere
/// - manual says: msync(2): no error of the disk is listed.
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn on_a_disk_error_ms_sync_fails_with_eio_or_enospc_and_then_the_page_counts_as_clean() {
    let ended = run("broken-disk");
    assert!(["ENOSPC", "EIO"].contains(&ended.value("first")), "{ended:?}");
    assert_eq!(ended.value("dirty"), "0");
}

/// A disk error is reported once to each open file description, and, once reported, never to later
/// ones.
///
/// - call: `fsync`, edge
/// - source: lib/errseq.c
/// - level: observed (ext4)
/// - holds: everywhere
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

/// After a failed `MS_SYNC`, a new `MS_SYNC` of a page that was on the disk returns 0 and writes
/// nothing unless you store again.
///
/// - call: `msync`, edge
/// - source: mm/filemap.c
/// - level: observed (ext4)
/// - holds: everywhere
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn after_a_failed_ms_sync_a_new_ms_sync_of_a_page_that_was_on_the_disk_returns_0_and_writes_nothing_unless_you_store_again()
 {
    let ended = run("broken-disk");
    assert_ne!(ended.value("first"), "0");
    let stored = b'A'.to_string();
    assert_eq!(ended.value("second"), "0", "the disk is still full");
    assert_eq!(ended.value("mended"), "0", "the disk has room again");
    assert_ne!(ended.value("mended-on-the-disk"), stored);
    assert_eq!(ended.value("stored-again"), "0");
    assert_eq!(ended.value("stored-again-on-the-disk"), stored);
}

/// On ext4, a page whose first write failed is not saved by storing again.
///
/// - call: power cuts and disk errors, edge
/// - source: fs/ext4/page-io.c, ext4_end_io_end
/// - level: observed (since Linux 6.12; in 5.10 and 6.1, the page is saved, and a new file is saved
///   everywhere)
/// - holds: since 6.12
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
/// - level: observed (ext4)
/// - holds: everywhere
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
/// - level: observed (ext4)
/// - holds: everywhere
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
/// - level: observed (ext4)
/// - holds: everywhere
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
/// - level: observed (ext4)
/// - holds: everywhere
#[test]
#[ignore = "needs root: breaks a disk of its own"]
fn after_a_disk_error_a_page_shows_what_was_stored_until_the_kernel_drops_the_page_from_memory() {
    let ended = run("broken-disk-forgotten");
    assert_ne!(ended.value("syncfs"), "0", "the disk was broken");
    assert_eq!(ended.value("in-memory"), b'A'.to_string());
    assert_ne!(ended.value("read-from-the-disk"), b'A'.to_string());
}
