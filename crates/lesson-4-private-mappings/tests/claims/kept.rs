//! Which calls keep a private copy, and which discard it.

use common::page_size;
use course::{errno, kernel_at_least};
use lesson_4_private_mappings::sys::RawMapping;
use nix::errno::Errno;

use crate::{Lettered, READ, READ_WRITE, file_pages};

/// `mprotect` to read-only keeps the copy.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), DESCRIPTION
/// - level: observed
#[test]
fn mprotect_to_read_only_keeps_the_copy() {
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

/// Moving a mapping with `mremap` keeps its copies.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn moving_a_mapping_with_mremap_keeps_its_copies() {
    let letters = Lettered::new(2);
    let mut mapping = letters.bare(2, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    let old = mapping.address();
    mapping.move_elsewhere().unwrap();
    assert_ne!(mapping.address(), old);
    assert_eq!(mapping.load(0), b'A');
    letters.write(page_size(), "9");
    assert_eq!(mapping.load(page_size()), b'9', "the page not stored to is still the file's");
    assert_eq!(letters.text(0, 1), "a");
}

/// Growing a mapping with `mremap` keeps its copies and adds pages of the file.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn growing_a_mapping_with_mremap_keeps_its_copies_and_adds_pages_of_the_file() {
    let letters = Lettered::new(2);
    let mut mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    mapping.grow(2 * page_size()).unwrap();
    assert_eq!((mapping.load(0), mapping.load(page_size())), (b'A', b'b'));
    letters.write(page_size(), "9");
    assert_eq!(mapping.load(page_size()), b'9', "the new page follows the file");
    assert_eq!(letters.text(0, 1), "a");
}

/// `MADV_DONTNEED` discards the private copy of its page and of no other page, and the file's page
/// is back.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION; mm/madvise.c
/// - level: observed
#[test]
fn madv_dontneed_discards_the_private_copy_of_its_page_and_of_no_other_page_and_the_files_page_is_back()
 {
    let letters = Lettered::new(2);
    let mapping = letters.mapping(2);
    mapping.store(0, b"A");
    mapping.store(page_size(), b"B");
    letters.write(0, "9");
    assert_eq!(mapping.text(0, 1), "A");
    mapping.discard_copies(0, page_size()).unwrap();
    assert_eq!(mapping.text(0, 1), "9", "the file as it is now");
    assert_eq!(mapping.text(page_size(), 1), "B", "the other page is left alone");
    assert_eq!(file_pages(mapping.address(), 2), [Some(true), Some(false)]);
}

/// `MADV_DONTNEED` of locked private copies fails with `EINVAL` and keeps the copies.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_dontneed_of_locked_private_copies_fails_with_einval_and_keeps_the_copies() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    mapping.lock().unwrap();
    let refused = mapping.advise(0, page_size(), libc::MADV_DONTNEED);
    assert_eq!((errno(refused), mapping.load(0)), (Errno::EINVAL, b'A'));
}

/// Since Linux 5.18, `MADV_DONTNEED_LOCKED` discards locked private copies, and the pages stay
/// locked.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_DONTNEED_LOCKED)
/// - level: Linux (before Linux 5.18 `EINVAL`)
#[test]
fn since_linux_5_18_madv_dontneed_locked_discards_locked_private_copies_and_the_pages_stay_locked()
{
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    mapping.lock().unwrap();
    let advised = mapping.advise(0, page_size(), libc::MADV_DONTNEED_LOCKED);
    if !kernel_at_least(5, 18) {
        return assert_eq!((errno(advised), mapping.load(0)), (Errno::EINVAL, b'A'));
    }
    advised.unwrap();
    assert_eq!(mapping.load(0), b'a', "the file's byte is back");
    let refused = mapping.advise(0, page_size(), libc::MADV_DONTNEED);
    assert_eq!(errno(refused), Errno::EINVAL, "which fails on locked pages");
}

/// `MADV_FREE` of a private mapping of a file fails with `EINVAL` and keeps the copies.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_free_of_a_private_mapping_of_a_file_fails_with_einval_and_keeps_the_copies() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    mapping.store(0, b'A');
    let refused = mapping.advise(0, page_size(), libc::MADV_FREE);
    assert_eq!((errno(refused), mapping.load(0)), (Errno::EINVAL, b'A'));
    let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let anonymous = RawMapping::map(page_size(), READ_WRITE, anonymous, -1).unwrap();
    anonymous.advise(0, page_size(), libc::MADV_FREE).unwrap();
}
