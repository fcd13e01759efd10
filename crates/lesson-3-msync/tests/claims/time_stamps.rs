//! Time stamps. They are set back to a day long ago before each act, so that no clock has to tick.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;

use common::page_size;
use course::undisturbed;
use lesson_3_msync::{MappedFile, Memory, time_stamps};
use nix::sys::statvfs::{FsFlags, fstatvfs};

use crate::Pair;

fn set_back(sample: &MappedFile) {
    time_stamps::set_back(&sample.file, &sample.path).unwrap();
    assert!(!modified(sample), "the instrument: set back");
}

fn modified(sample: &MappedFile) -> bool {
    time_stamps::modified(&sample.file, &sample.path).unwrap()
}

fn accessed(sample: &MappedFile) -> bool {
    sample.file.metadata().unwrap().accessed().unwrap() != time_stamps::long_ago()
}

/// A second mapping of the sample, which has loaded nothing. The control is stored to.
fn stored() -> (Pair, Memory) {
    let pair = Pair::clean();
    let memory = Memory::shared(&pair.sample.file).unwrap();
    pair.control.store(b'A');
    (pair, memory)
}

/// The first store to a page changes mtime, and the next store to another byte of the page does
/// not.
///
/// - call: time stamps, success
/// - source: mm/memory.c, do_page_mkwrite
/// - level: observed
#[test]
fn the_first_store_to_a_page_changes_mtime_and_the_next_store_to_another_byte_of_the_page_does_not()
{
    undisturbed(|| {
        let (pair, memory) = stored();
        set_back(&pair.sample);
        memory.store(0, b'A');
        assert!(modified(&pair.sample), "first store");
        set_back(&pair.sample);
        memory.store(1, b'B');
        let next = modified(&pair.sample);
        pair.control_is_dirty()?;
        assert!(!next, "next store to the same page");
        Some(())
    });
}

/// Of the stores through a second mapping of a dirty page, the first one changes mtime and the next
/// one does not.
///
/// - call: time stamps, edge
/// - source: mm/memory.c, do_page_mkwrite
/// - level: observed
#[test]
fn of_the_stores_through_a_second_mapping_of_a_dirty_page_the_first_one_changes_mtime_and_the_next_one_does_not()
 {
    undisturbed(|| {
        let (pair, memory) = stored();
        memory.store(0, b'A');
        let again = Memory::shared(&pair.sample.file).unwrap();
        set_back(&pair.sample);
        again.store(0, b'B');
        let through_another = modified(&pair.sample);
        set_back(&pair.sample);
        again.store(0, b'C');
        let next = modified(&pair.sample);
        pair.control_is_dirty()?;
        assert!(through_another, "first store through the second mapping");
        assert!(!next, "next store through it");
        Some(())
    });
}

/// On tmpfs, a load can keep a store to a neighbouring page from changing mtime.
///
/// - call: time stamps, edge
/// - source: mm/memory.c, do_fault_around
/// - level: observed
/// - holds: on tmpfs
#[test]
fn on_tmpfs_a_load_can_keep_a_store_to_a_neighbouring_page_from_changing_mtime() {
    let pair = Pair::clean();
    let memory = Memory::shared(&pair.sample.file).unwrap();
    memory.load(3 * page_size());
    let neighbours = [2, 4].into_iter().filter(|page| {
        set_back(&pair.sample);
        memory.store(page * page_size(), b'A'); // The first store to this page of this mapping.
        modified(&pair.sample)
    });
    let changed = neighbours.count();
    match pair.sample.instruments.file_system {
        "tmpfs" => assert!(changed < 2, "{changed} of 2 stores changed mtime"),
        _ if pair.sample.instruments.gets_clean => assert_eq!(changed, 2, "stores changed mtime"),
        _ => {} // On overlayfs over a tmpfs, as the file system below.
    }
}

/// `msync` does not change mtime.
///
/// - call: time stamps, success
/// - source: mmap(2), NOTES
/// - level: observed
#[test]
fn msync_does_not_change_mtime() {
    let (pair, memory) = stored();
    memory.store(0, b'A');
    set_back(&pair.sample);
    pair.sample.msync(libc::MS_ASYNC).unwrap();
    assert!(!modified(&pair.sample), "MS_ASYNC");
    pair.sample.msync(libc::MS_SYNC).unwrap();
    assert!(!modified(&pair.sample), "MS_SYNC");
}

/// The first store after `MS_SYNC` changes mtime again.
///
/// - call: time stamps, success
/// - source: mmap(2), NOTES
/// - level: observed (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn the_first_store_after_ms_sync_changes_mtime_again() {
    let (pair, memory) = stored();
    let other = Memory::shared(&pair.sample.file).unwrap();
    memory.store(0, b'A');
    other.store(0, b'B');
    pair.sample.msync(libc::MS_SYNC).unwrap();
    let again = pair.sample.instruments.gets_clean; // Not on tmpfs: the page stays as it is.
    for through in [&memory, &other] {
        set_back(&pair.sample);
        through.store(0, b'C');
        assert_eq!(modified(&pair.sample), again);
    }
}

/// After a load of its page, a store with `MS_SYNC` changes mtime, but not on tmpfs.
///
/// - call: time stamps, edge
/// - source: mmap(2), NOTES
/// - level: observed
/// - holds: everywhere
/// - manual says: mmap(2): mtime changes after a store, at the latest with the next `msync`.
#[test]
fn after_a_load_of_its_page_a_store_with_ms_sync_changes_mtime_but_not_on_tmpfs() {
    let (pair, memory) = stored();
    assert_eq!(memory.load(0), b'.');
    set_back(&pair.sample);
    memory.store(0, b'A');
    pair.sample.msync(libc::MS_SYNC).unwrap();
    assert_eq!(pair.sample.read().unwrap(), 'A');
    assert_eq!(modified(&pair.sample), pair.sample.instruments.gets_clean);
}

/// A store to a private mapping does not change mtime.
///
/// - call: time stamps, success
/// - source: mmap(2), DESCRIPTION (MAP_PRIVATE)
/// - level: Linux
#[test]
fn a_store_to_a_private_mapping_does_not_change_mtime() {
    let (pair, _) = stored();
    let private = Memory::private(&pair.sample.file).unwrap();
    set_back(&pair.sample);
    private.store(0, b'P');
    assert!(!modified(&pair.sample));
    assert_eq!(pair.sample.read().unwrap(), '.');
}

/// Under `relatime`, `mmap` changes an old atime, but not through a descriptor with `O_NOATIME`.
///
/// - call: time stamps, success
/// - source: mmap(2), NOTES (allows either)
/// - level: observed (relatime)
/// - manual says: mmap(2): the first access through the mapping updates atime, if nothing has
///   before.
#[test]
fn under_relatime_mmap_changes_an_old_atime_but_not_through_a_descriptor_with_o_noatime() {
    let (pair, _) = stored();
    let path = &pair.sample.path;
    let no_atime = fstatvfs(&pair.sample.file).unwrap().flags().contains(FsFlags::ST_NOATIME);
    set_back(&pair.sample);
    let memory = Memory::shared(&pair.sample.file).unwrap();
    assert_eq!(accessed(&pair.sample), !no_atime, "mmap");
    set_back(&pair.sample);
    assert_eq!(memory.load(0), b'.');
    assert!(!accessed(&pair.sample), "the load");

    let quiet = File::options().read(true).custom_flags(libc::O_NOATIME).open(path).unwrap();
    Memory::shared_read_only(&quiet).unwrap();
    assert!(!accessed(&pair.sample), "a descriptor with O_NOATIME");
}
