//! What keeps a private copy, and what throws it away.

use common::page_size;
use lesson_4_private_mappings::sys::Bare;

use crate::{Lettered, READ, READ_WRITE, errno, file_pages};

#[test]
fn taking_write_permission_away_keeps_the_copy() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    mapping.protect(READ).unwrap();
    letters.write(1, "9");
    assert_eq!((mapping.load(0), mapping.load(1)), (b'A', b'a'));
    mapping.protect(READ_WRITE).unwrap();
    mapping.store(2, b'B');
    assert_eq!([0, 1, 2].map(|index| mapping.load(index)), *b"AaB");
    assert_eq!(letters.text(0, 3), "a9a");
}

#[test]
fn moving_the_mapping_keeps_the_copy() {
    let letters = Lettered::new(2);
    let mut mapping = letters.bare(2, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    let old = mapping.address();
    mapping.moved().unwrap();
    assert_ne!(mapping.address(), old);
    assert_eq!(mapping.load(0), b'A');
    letters.write(page_size(), "9");
    assert_eq!(mapping.load(page_size()), b'9', "the page not stored to is still the file's");
    assert_eq!(letters.text(0, 1), "a");
}

#[test]
fn madv_dontneed_discards_the_copy_and_the_file_is_back() {
    let letters = Lettered::new(2);
    let view = letters.view(2);
    view.store(0, b"A");
    view.store(page_size(), b"B");
    letters.write(0, "9");
    assert_eq!(view.text(0, 1), "A");
    view.discard(0, page_size()).unwrap();
    assert_eq!(view.text(0, 1), "9", "the file as it is now");
    assert_eq!(view.text(page_size(), 1), "B", "the other page is left alone");
    assert_eq!(file_pages(view.address(), 2), [Some(true), Some(false)]);
}

#[test]
fn madv_dontneed_of_locked_pages_is_einval() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    mapping.lock().unwrap();
    let refused = mapping.advise(0, page_size(), libc::MADV_DONTNEED);
    assert_eq!((errno(refused), mapping.load(0)), (Some(libc::EINVAL), b'A'));
}

#[test]
fn madv_free_of_a_private_mapping_of_a_file_is_einval() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    let refused = mapping.advise(0, page_size(), libc::MADV_FREE);
    assert_eq!((errno(refused), mapping.load(0)), (Some(libc::EINVAL), b'A'));
    let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let anonymous = Bare::map(page_size(), READ_WRITE, anonymous, -1).unwrap();
    anonymous.advise(0, page_size(), libc::MADV_FREE).unwrap();
}
