//! What a disk holds after a power cut. All tests need root, for a disk.

use course::{scratch, undisturbed};

use crate::disk::run;
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

/// After a store alone, a power cut loses the record.
///
/// - call: power cuts and disk errors, success
/// - source: msync(2), DESCRIPTION
/// - level: observed (ext4)
/// - holds: everywhere
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
/// - level: observed (ext4)
/// - holds: everywhere
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn after_ms_async_a_power_cut_loses_the_record() {
    assert!(!found_after("MS_ASYNC"));
}

/// After `write` alone, a power cut loses the record.
///
/// - call: power cuts and disk errors, success
/// - source: write(2), NOTES
/// - level: observed (ext4)
/// - holds: everywhere
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
/// - level: observed (ext4)
/// - holds: everywhere
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
/// - level: observed (ext4; saved if the file gets a new block)
/// - holds: everywhere
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

/// On ext4, `MS_SYNC` may not save a new time of modification, but `fsync` does.
///
/// - call: `msync`, edge
/// - source: fsync(2), DESCRIPTION
/// - level: observed (by `fsync`: Linux)
/// - holds: everywhere
#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn on_ext4_ms_sync_may_not_save_a_new_time_of_modification_but_fsync_does() {
    undisturbed(|| {
        let ended = run("new-time");
        assert_eq!((ended.value("before"), ended.value("fsync")), ("false", "true"));
        (ended.value("MS_SYNC") == "false").then_some(()) // Else the kernel wrote it by itself.
    });
}

/// A later store can be on the disk without an earlier one.
///
/// - call: power cuts and disk errors, success
/// - source: msync(2), DESCRIPTION
/// - level: observed (ext4)
/// - holds: everywhere
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
