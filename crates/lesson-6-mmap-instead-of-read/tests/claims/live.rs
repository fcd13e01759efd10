//! A buffer keeps the bytes of the moment when it was read; a mapping shows the present bytes.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::scratch;
use lesson_6_mmap_instead_of_read::methods::{Method, open};
use lesson_6_mmap_instead_of_read::{Region, View};

use crate::file;

/// `read`, `pread` and a mapping give the same bytes.
///
/// - call: `read`, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn read_pread_and_a_mapping_give_the_same_bytes() {
    let scratch = scratch();
    let (_, path) = file(&scratch, 33);
    let bytes = |how| {
        let mut bytes = Vec::new();
        open(&path, how).expect("open").read_to_end(&mut bytes).expect("read");
        bytes
    };
    let read = bytes(Method::Read);
    assert_eq!(read.len(), 33 * page_size());
    assert!(bytes(Method::Pread) == read, "pread");
    assert!(bytes(Method::Mapping) == read, "mapping");
}

/// A mapping shows what is written later, and a buffer does not.
///
/// - call: shared mappings, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: observed
#[test]
fn a_mapping_shows_what_is_written_later_and_a_buffer_does_not() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 1);
    let view = View::of(&file, page_size()).expect("mmap");
    let (mut buffer, mut loaded) = ([0; 3], [0; 3]);
    file.read_exact_at(&mut buffer, 0).expect("pread");
    file.write_all_at(b"new", 0).expect("pwrite");
    view.copy_to(0, &mut loaded);
    assert_eq!((&buffer, &loaded), (b"as ", b"new"));
}

/// A page that a read-only private mapping has loaded still changes with a later `write`.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION (MAP_PRIVATE: unspecified)
/// - level: observed
/// - tutorials say: A private mapping is a snapshot of the file.
#[test]
fn a_page_that_a_read_only_private_mapping_has_loaded_still_changes_with_a_later_write() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 1);
    let region = Region::of(&file, page_size(), libc::PROT_READ, libc::MAP_PRIVATE).expect("mmap");
    assert_eq!(region.load(0), b'a', "from now on, the page is in the page table");
    file.write_all_at(b"new", 0).expect("pwrite");
    assert_eq!(region.load(0), b'n');
}

/// Bytes appended to a file appear in the last page of an existing mapping.
///
/// - call: past the end of the file, success
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn bytes_appended_to_a_file_appear_in_the_last_page_of_an_existing_mapping() {
    let scratch = scratch();
    let path = scratch.path().join("short");
    std::fs::write(&path, "one").expect("write");
    let file = File::options().read(true).write(true).open(path).expect("open");
    let region = Region::of(&file, 3, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
    let whole_page = Region::of(&file, page_size(), libc::PROT_READ, libc::MAP_SHARED);
    let whole_page = whole_page.expect("mmap");
    assert_eq!((region.load(2), whole_page.load(3)), (b'e', 0));
    file.write_all_at(b"+two", 3).expect("pwrite");
    assert_eq!(whole_page.load(3), b'+');
}

/// After a `write` past the end of a file, a mapping that was longer than the file shows the new
/// bytes.
///
/// - call: past the end of the file, success
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn after_a_write_past_the_end_of_a_file_a_mapping_that_was_longer_than_the_file_shows_the_new_bytes()
 {
    let scratch = scratch();
    let (file, _) = file(&scratch, 1);
    let region = Region::of(&file, 2 * page_size(), libc::PROT_READ, libc::MAP_SHARED);
    let region = region.expect("a mapping may be longer than the file");
    file.write_all_at(b"more", page_size() as u64).expect("pwrite");
    assert_eq!(region.load(page_size()), b'm', "no new mapping was needed");
}
