//! Time stamps. They are set back to a day long ago before each act, so that no clock has to tick.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;

use course::undisturbed;
use lesson_3_msync::{Memory, Specimen, time_stamps};
use nix::sys::statvfs::{FsFlags, fstatvfs};

use crate::{Pair, found};

fn set_back(specimen: &Specimen) {
    time_stamps::set_back(&specimen.file, &specimen.path).unwrap();
    assert!(!modified(specimen), "the instrument: set back");
}

fn modified(specimen: &Specimen) -> bool {
    time_stamps::modified(&specimen.file, &specimen.path).unwrap()
}

fn accessed(specimen: &Specimen) -> bool {
    specimen.file.metadata().unwrap().accessed().unwrap() != time_stamps::long_ago()
}

/// Whether the control is as dirty as it was: then nothing was flushed up to now.
fn twin_is_dirty(pair: &Pair) -> Option<()> {
    (found(&pair.twin) == pair.twin.sight.expected(8, 8)).then_some(())
}

/// Eight pages of both stored to, through a mapping that had not loaded them.
fn stored() -> (Pair, Memory) {
    let pair = Pair::clean();
    let memory = Memory::shared(&pair.specimen.file).unwrap();
    pair.twin.store(b'A');
    (pair, memory)
}

#[test]
fn the_first_store_to_a_page_changes_mtime_with_no_msync_and_the_next_does_not() {
    undisturbed(|| {
        let (pair, memory) = stored();
        set_back(&pair.specimen);
        memory.store(0, b'A');
        assert!(modified(&pair.specimen), "first store");
        set_back(&pair.specimen);
        memory.store(1, b'B');
        let next = modified(&pair.specimen);
        twin_is_dirty(&pair)?;
        assert!(!next, "next store to the same page");
        Some(())
    });
}

#[test]
fn msync_does_not_change_mtime() {
    let (pair, memory) = stored();
    memory.store(0, b'A');
    set_back(&pair.specimen);
    pair.specimen.msync(libc::MS_ASYNC).unwrap();
    assert!(!modified(&pair.specimen), "MS_ASYNC");
    pair.specimen.msync(libc::MS_SYNC).unwrap();
    assert!(!modified(&pair.specimen), "MS_SYNC");
}

#[test]
fn the_first_store_after_a_flush_changes_mtime_again() {
    let (pair, memory) = stored();
    memory.store(0, b'A');
    pair.specimen.msync(libc::MS_SYNC).unwrap();
    set_back(&pair.specimen);
    memory.store(0, b'B');
    let again = pair.specimen.sight.gets_clean; // Not on tmpfs: the page stays as it is.
    assert_eq!(modified(&pair.specimen), again);
}

#[test]
fn a_store_to_a_page_loaded_before_changes_mtime_but_not_on_tmpfs() {
    let (pair, memory) = stored();
    assert_eq!(memory.load(0), b'.');
    set_back(&pair.specimen);
    memory.store(0, b'A');
    pair.specimen.msync(libc::MS_SYNC).unwrap();
    assert_eq!(pair.specimen.read().unwrap(), 'A');
    assert_eq!(modified(&pair.specimen), pair.specimen.sight.gets_clean);
}

#[test]
fn a_store_to_a_private_mapping_does_not_change_mtime() {
    let (pair, _) = stored();
    let private = Memory::private(&pair.specimen.file).unwrap();
    set_back(&pair.specimen);
    private.store(0, b'P');
    assert!(!modified(&pair.specimen));
    assert_eq!(pair.specimen.read().unwrap(), '.');
}

#[test]
fn mmap_itself_changes_an_old_atime_and_the_load_does_not() {
    let (pair, _) = stored();
    let path = &pair.specimen.path;
    let no_atime = fstatvfs(&pair.specimen.file).unwrap().flags().contains(FsFlags::ST_NOATIME);
    set_back(&pair.specimen);
    let memory = Memory::shared(&pair.specimen.file).unwrap();
    assert_eq!(accessed(&pair.specimen), !no_atime, "mmap");
    set_back(&pair.specimen);
    assert_eq!(memory.load(0), b'.');
    assert!(!accessed(&pair.specimen), "the load");

    let quiet = File::options().read(true).custom_flags(libc::O_NOATIME).open(path).unwrap();
    Memory::shared_read_only(&quiet).unwrap();
    assert!(!accessed(&pair.specimen), "a descriptor with O_NOATIME");
}
