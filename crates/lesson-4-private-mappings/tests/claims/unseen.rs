//! A private store changes this mapping only.

use std::fs::{File, FileTimes};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, UNIX_EPOCH};

use common::page_size;
use course::{Program, dirty_pages, errno, file_system, undisturbed};
use nix::errno::Errno;

use crate::{Lettered, READ_WRITE};

/// A private store never reaches the file.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
/// - tutorials say: Without `MAP_SHARED`, the system writes the stores to the file later.
/// - article says: Without `MAP_SHARED`, Linux may buffer what is written.
#[test]
fn a_private_store_never_reaches_the_file() {
    let letters = Lettered::new(2);
    let mapping = letters.mapping(2);
    mapping.store(0, b"HELLO");
    mapping.store(2 * page_size() - 5, b"WORLD");
    assert_eq!(mapping.text(0, 6), "HELLOa");
    assert_eq!(letters.text(0, 6), "aaaaaa");
    assert_eq!(letters.text(2 * page_size() - 5, 5), "bbbbb");
}

/// A private store changes none of the three timestamps of the file.
///
/// - call: private mappings, success
/// - source: mmap(2), NOTES
/// - level: observed (POSIX would allow a change of atime)
#[test]
fn a_private_store_changes_none_of_the_three_timestamps_of_the_file() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1); // mmap itself is an access.
    let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let times = FileTimes::new().set_modified(long_ago).set_accessed(long_ago);
    letters.file.set_times(times).unwrap();
    let times = || {
        let found = letters.file.metadata().unwrap();
        let changed = (found.ctime(), found.ctime_nsec());
        (found.modified().unwrap(), found.accessed().unwrap(), changed)
    };
    let before = times();
    assert_eq!((before.0, before.1), (long_ago, long_ago), "of modification, of access");
    until_the_clock_has_moved(&letters, before.2);
    mapping.store(0, b"A");
    assert_eq!(mapping.load(0), b'A');
    assert_eq!(times(), before, "and of change");
    // The same store through a shared mapping changes two of them: the clock would have told.
    letters.bare(1, READ_WRITE, libc::MAP_SHARED).unwrap().store(0, b'S');
    let after = times();
    assert!(after.0 > before.0 && after.2 > before.2, "{before:?} {after:?}");
}

/// Changes another file until its ctime is later than `before`: file systems may take their times from
/// a clock that ticks a few hundred times a second.
fn until_the_clock_has_moved(letters: &Lettered, before: (i64, i64)) {
    let clock = File::create_new(letters.path.with_extension("clock")).unwrap();
    for length in 0.. {
        clock.set_len(length % 2).unwrap();
        let found = clock.metadata().unwrap();
        if (found.ctime(), found.ctime_nsec()) > before {
            return;
        }
    }
}

/// A private store leaves no dirty page in the page cache.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION
/// - level: observed (on ext4, xfs and btrfs; tmpfs and overlayfs do not count dirty pages)
/// - holds: on ext4, xfs, btrfs
#[test]
fn a_private_store_leaves_no_dirty_page_in_the_page_cache() {
    undisturbed(|| {
        let letters = Lettered::new(1);
        letters.file.sync_all().unwrap();
        letters.mapping(1).store(0, b"A");
        assert_eq!(dirty_pages(&letters.file), 0, "after a private store");
        let shared = letters.bare(1, READ_WRITE, libc::MAP_SHARED).unwrap();
        shared.store(0, b'S');
        let control = dirty_pages(&letters.file);
        match file_system(&letters.path) {
            "tmpfs" | "overlayfs" => {
                assert_eq!(control, 0, "here cachestat sees no store at all");
                Some(())
            }
            _ => (control >= 1).then_some(()),
        }
    });
}

/// A private store is not visible through any other mapping.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_private_store_is_not_visible_through_any_other_mapping() {
    let letters = Lettered::new(1);
    let (mapping, other) = (letters.mapping(1), letters.mapping(1));
    let shared = letters.bare(1, READ_WRITE, libc::MAP_SHARED).unwrap();
    other.load(0); // Its page is in the page table already.
    mapping.store(0, b"A");
    assert_eq!(mapping.text(0, 1), "A");
    assert_eq!(other.text(0, 1), "a", "another private mapping, in this very process");
    assert_eq!(shared.load(0), b'a', "a shared mapping");
    assert_eq!(letters.mapping(1).text(0, 1), "a", "a mapping made afterwards");
}

/// A private store is not visible to another process.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_private_store_is_not_visible_to_another_process() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    let program = env!("CARGO_BIN_EXE_lesson-4-private-mappings");
    let arguments = ["second-process".as_ref(), letters.path.as_os_str()];
    let mut other = Program::new(program, arguments).start();
    other.tell("load 0 5");
    assert_eq!(other.hear(), "aaaaa", "it has mapped the file and loaded the page");
    mapping.store(0, b"HELLO");
    for command in ["load 0 5", "read 0 5"] {
        other.tell(command);
        assert_eq!(other.hear(), "aaaaa", "{command}");
    }
    other.tell("write 0 12345");
    assert_eq!(other.hear(), "done");
    assert_eq!(mapping.text(0, 5), "HELLO", "nor does its write reach the copied page");
    assert_eq!(other.end().code, Some(0));
}

/// `msync` of a private mapping succeeds, and its stores stay private.
///
/// - call: `msync`, edge
/// - source: mm/msync.c
/// - level: observed (POSIX: no private store is written)
/// - holds: everywhere
#[test]
fn msync_of_a_private_mapping_succeeds_and_its_stores_stay_private() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    mapping.store(0, b"A");
    letters.write(1, "9");
    mapping.flush().unwrap();
    assert_eq!(letters.text(0, 2), "a9");
    assert_eq!(mapping.text(0, 2), "Aa");
    // The page that `write` made dirty has not been written to the disk either.
    undisturbed(|| {
        letters.write(1, "9");
        let dirty = dirty_pages(&letters.file);
        mapping.flush().unwrap();
        let after = dirty_pages(&letters.file);
        match file_system(&letters.path) {
            "tmpfs" | "overlayfs" => Some(()), // They count no dirty pages.
            _ => (dirty >= 1 && after == dirty).then_some(()),
        }
    });
}

/// Unmapping a private mapping discards its stores.
///
/// - call: `munmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn unmapping_a_private_mapping_discards_its_stores() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    mapping.store(0, b"A");
    assert_eq!(mapping.text(0, 1), "A");
    drop(mapping);
    assert_eq!(letters.mapping(1).text(0, 1), "a");
    assert_eq!(letters.text(0, 1), "a");
}

/// A `write` of a private page to the file saves its private stores.
///
/// - call: `write`, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_write_of_a_private_page_to_the_file_saves_its_private_stores() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    mapping.store(0, b"A");
    assert_eq!(letters.text(0, 2), "aa");
    letters.write(0, &mapping.text(0, page_size()));
    assert_eq!(letters.text(0, 2), "Aa");
}

/// Truncating a file in order to write a private edit back loses the edit and the bytes of the
/// file.
///
/// - call: `ftruncate`, edge
/// - source: mm/truncate.c; write(2), ERRORS
/// - level: observed
#[test]
fn truncating_a_file_in_order_to_write_a_private_edit_back_loses_the_edit_and_the_bytes_of_the_file()
 {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    let save = |file: &File| mapping.write_to(file.as_fd(), 0, page_size());
    let writer = File::options().write(true).open(&letters.path).unwrap();
    assert_eq!(save(&writer).unwrap(), page_size(), "without a truncation, the edit is saved");
    assert_eq!(letters.text(0, 2), "Aa");
    let writer = File::create(&letters.path).unwrap(); // It truncates, and so does `fs::write`.
    assert_eq!(errno(save(&writer)), Errno::EFAULT);
    assert_eq!(letters.file.metadata().unwrap().len(), 0);
}
