//! A private mapping is not a snapshot: a page that was not stored to follows the file.

use std::os::unix::fs::FileExt;

use common::page_size;
use course::Program;
use lesson_4_private_mappings::PrivateMapping;
use memmap2::MmapOptions;

use crate::{Lettered, READ_WRITE, file_pages};

/// A private page that was not stored to follows the file.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION (unspecified)
/// - level: observed
/// - tutorials say: A private mapping is a snapshot of the file.
#[test]
fn a_private_page_that_was_not_stored_to_follows_the_file() {
    let letters = Lettered::new(3);
    let [untouched, loaded] = [letters.mapping(3), letters.mapping(3)];
    let shown = |page: usize| [&untouched, &loaded].map(|mapping| mapping.load(page * page_size()));
    loaded.load_each_page(3);
    assert_eq!(file_pages(loaded.address(), 3), [Some(true); 3]);
    assert_eq!(file_pages(untouched.address(), 3), [None; 3]);
    letters.write(0, "1");
    assert_eq!(shown(0), *b"11", "after a write");
    letters.bare(3, READ_WRITE, libc::MAP_SHARED).unwrap().store(page_size(), b'2');
    assert_eq!(shown(1), *b"22", "after a store through a shared mapping");
    let program = env!("CARGO_BIN_EXE_lesson-4-private-mappings");
    let arguments = ["second-process".as_ref(), letters.path.as_os_str()];
    let mut other = Program::new(program, arguments).start();
    other.tell(&format!("write {} 3", 2 * page_size()));
    assert_eq!(other.hear(), "done");
    assert_eq!(shown(2), *b"33", "after a write by another process");
}

/// A read-only private mapping shows later writes to the file.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION (unspecified)
/// - level: observed
#[test]
fn a_read_only_private_mapping_shows_later_writes_to_the_file() {
    let letters = Lettered::new(1);
    let options = &mut MmapOptions::new();
    let mapping = PrivateMapping::read_only(options.len(page_size()), &letters.file).unwrap();
    for digit in '1'..='3' {
        letters.write(0, &digit.to_string());
        assert_eq!(mapping.text(0, 1), digit.to_string());
    }
    assert_eq!(file_pages(mapping.address(), 1), [Some(true)]);
}

/// A copied page stops following the file, even in bytes that were not stored to.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION (unspecified)
/// - level: observed
#[test]
fn a_copied_page_stops_following_the_file_even_in_bytes_that_were_not_stored_to() {
    let letters = Lettered::new(2);
    let mapping = letters.mapping(2);
    mapping.store(0, b"A");
    letters.write(0, "12");
    letters.write(page_size() - 1, "34");
    assert_eq!(mapping.text(0, 2), "Aa", "byte 1 was never stored to, and is copied too");
    assert_eq!(mapping.text(page_size() - 1, 2), "a4", "the next page is not copied");
    assert_eq!(letters.text(0, 2), "12");
}

/// The copy holds what the file held at the first store.
///
/// - call: private mappings, success
/// - source: mmap(2), DESCRIPTION (unspecified)
/// - level: observed
#[test]
fn the_copy_holds_what_the_file_held_at_the_first_store() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    letters.write(1, "1");
    mapping.store(0, b"A");
    letters.write(1, "2");
    mapping.store(0, b"B");
    assert_eq!(mapping.text(0, 3), "B1a", "not as at mmap, not as at the second store");
    assert_eq!(letters.text(0, 3), "a2a");
}

/// A store of the byte that is already there copies the page too.
///
/// - call: private mappings, edge
/// - source: mm/memory.c
/// - level: observed
#[test]
fn a_store_of_the_byte_that_is_already_there_copies_the_page_too() {
    let letters = Lettered::new(3);
    let mapping = letters.mapping(3);
    mapping.store(0, b"a");
    assert_eq!(file_pages(mapping.address(), 1), [Some(false)]);
    letters.write(0, "9");
    assert_eq!(mapping.text(0, 1), "a");
    mapping.copy_by_hand(page_size(), 2 * page_size());
    assert_eq!(file_pages(mapping.address(), 3), [Some(false); 3]);
    assert_eq!(
        (mapping.text(page_size(), 1), mapping.text(2 * page_size(), 1)),
        ("b".into(), "c".into())
    );
    let mapping = letters.mapping(3);
    mapping.copy_by_hand(page_size() - 1, 2);
    let copied: Vec<_> =
        file_pages(mapping.address(), 3).into_iter().map(|page| page == Some(false)).collect();
    assert_eq!(copied, [true, true, false], "two bytes, in two pages");
}

/// Pages copied at different moments can show half of one `write`.
///
/// - call: private mappings, edge
/// - source: mmap(2), DESCRIPTION (unspecified)
/// - level: observed
#[test]
fn pages_copied_at_different_moments_can_show_half_of_one_write() {
    let letters = Lettered::new(2);
    let mapping = letters.mapping(2);
    mapping.copy_pages(0, page_size()).unwrap();
    letters.file.write_all_at(&vec![b'9'; 2 * page_size()], 0).unwrap(); // One write, both pages.
    mapping.copy_pages(page_size(), page_size()).unwrap();
    assert_eq!(mapping.text(page_size() - 1, 2), "a9", "half of that write");
}
