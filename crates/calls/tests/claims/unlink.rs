//! `unlink` of a file that is mapped.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::Mapping;
use nix::errno::Errno;
use nix::unistd::unlink;

use crate::files::new_file;
use crate::scenario;

/// After `unlink` of a file's only name, a mapping of the file still loads and stores, and `fstat`
/// reports 0 links.
///
/// - call: `unlink`, success
/// - source: unlink(2), DESCRIPTION; mmap(2), NOTES; POSIX, unlink(), DESCRIPTION
/// - level: POSIX
#[test]
fn after_unlink_of_a_files_only_name_a_mapping_of_the_file_still_loads_and_stores_and_fstat_reports_0_links()
 {
    let scratch = scratch();
    let path = scratch.path().join("file");
    let file = new_file(&scratch, "file", 1);
    let mapping = Mapping::of(&file, page_size()).unwrap();
    mapping.store(0, b"before");
    assert_eq!(file.metadata().unwrap().nlink(), 1);
    unlink(&path).unwrap();
    assert_eq!(file.metadata().unwrap().nlink(), 0);
    assert_eq!(unlink(&path), Err(Errno::ENOENT), "the name is gone");
    assert_eq!(mapping.load(0, 6), b"before");
    mapping.store(0, b"after!");
    let mut read = [0; 6];
    file.read_exact_at(&mut read, 0).unwrap();
    assert_eq!(&read, b"after!", "the descriptor reads what was stored");
}

/// After `unlink` of a file's only name and `close`, a mapping keeps the file, and a new file with
/// that name is another file.
///
/// - call: `unlink`, edge
/// - source: unlink(2), DESCRIPTION; mmap(2), NOTES; POSIX, mmap(), DESCRIPTION
/// - level: POSIX
#[test]
fn after_unlink_of_a_files_only_name_and_close_a_mapping_keeps_the_file_and_a_new_file_with_that_name_is_another_file()
 {
    let scratch = scratch();
    let path = scratch.path().join("file");
    let file = new_file(&scratch, "file", 1);
    let mapping = Mapping::of(&file, page_size()).unwrap();
    mapping.store(0, b"old");
    unlink(&path).unwrap();
    drop(file);
    drop(File::create_new(&path).unwrap());
    fs::write(&path, b"new").unwrap();
    assert_eq!(mapping.load(0, 3), b"old");
    mapping.store(0, b"odd");
    assert_eq!(mapping.load(0, 3), b"odd");
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

/// `/proc/PID/maps` adds ` (deleted)` if the name by which the mapped file was opened is unlinked,
/// even if the file has another name.
///
/// - call: `unlink`, edge
/// - source: fs/d_path.c, d_path
/// - level: observed
#[test]
fn proc_pid_maps_adds_deleted_if_the_name_by_which_the_mapped_file_was_opened_is_unlinked_even_if_the_file_has_another_name()
 {
    let ended = scenario("maps-two-names", &scratch()).run();
    assert_eq!(ended.value("other-name-removed"), "1 link, opened");
    assert_eq!(ended.value("opened-name-removed"), "1 link, opened (deleted)");
}
