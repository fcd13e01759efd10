//! Private pages past the end of the file, and what a change of its length does to private copies.

use common::page_size;
use course::{Ended, file_system, kernel_at_least, scratch};
use lesson_4_private_mappings::PrivateMapping;
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::signal::Signal;

use crate::{Lettered, READ_WRITE, file_pages, scenario};

/// The scenario accessed the page that the file has, and died of SIGBUS at the next.
fn died_at_the_second_page(ended: &Ended) {
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("second-page"), "{ended:?}");
}

/// A load from a private page past the end of the file is `SIGBUS`.
///
/// - call: past the end of the file, error
/// - source: mmap(2), ERRORS
/// - level: POSIX (a tmpfs with huge pages: not always)
/// - holds: everywhere
#[test]
fn a_load_from_a_private_page_past_the_end_of_the_file_is_sigbus() {
    let ended = scenario("load-past-the-end", &scratch()).run();
    assert_eq!(ended.value("first-page"), "a");
    died_at_the_second_page(&ended);
}

/// A store to a private page past the end of the file is `SIGBUS`.
///
/// - call: past the end of the file, error
/// - source: mmap(2), ERRORS
/// - level: POSIX (a tmpfs with huge pages: not always)
/// - holds: everywhere
#[test]
fn a_store_to_a_private_page_past_the_end_of_the_file_is_sigbus() {
    let ended = scenario("store-past-the-end", &scratch()).run();
    assert_eq!(ended.value("first-page"), "A");
    died_at_the_second_page(&ended);
}

/// On a tmpfs with huge pages, a private load or store past the end of the file may not be
/// `SIGBUS`.
///
/// - call: past the end of the file, edge
/// - source: mm/memory.c, do_set_pmd; tmpfs(5), huge
/// - level: observed (since Linux 6.18; in 6.1 and 6.12 it is `SIGBUS` if the mapping has a copy of
///   an earlier page)
/// - holds: since 6.18
#[test]
#[ignore = "needs root: it mounts a tmpfs"]
fn on_a_tmpfs_with_huge_pages_a_private_load_or_store_past_the_end_of_the_file_may_not_be_sigbus() {
    let ended = scenario("huge-page-past-the-end", &scratch()).run();
    assert_eq!(ended.value("inside"), "a", "run this as root: {ended:?}");
    // Without a free huge page, the first load raises SIGBUS already. So it does on older kernels.
    let in_a_huge_page = ended.value("huge-page") == "true";
    let is_loaded = ended.stdout.contains("with-a-copy-loaded 0");
    assert!(is_loaded || !in_a_huge_page || !kernel_at_least(6, 18), "{ended:?}");
    assert!(!is_loaded || in_a_huge_page && kernel_at_least(6, 13), "{ended:?}");
    for line in ["with-a-copy-stored B", "without-a-copy-loaded 0"] {
        assert_eq!(ended.stdout.contains(line), is_loaded, "{line}: {ended:?}");
    }
    // Without a copy of the first page, the store raises SIGBUS.
    assert!(!ended.stdout.contains("without-a-copy-stored"), "{ended:?}");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
}

/// An access to a private copy that a truncation has discarded is `SIGBUS`.
///
/// - call: past the end of the file, error
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn an_access_to_a_private_copy_that_a_truncation_has_discarded_is_sigbus() {
    for access in ["load-truncated-copy", "store-truncated-copy"] {
        let scratch = scratch();
        let ended = scenario(access, &scratch).run();
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
        assert_eq!(ended.stdout, "");
        let length = scratch.path().join("lettered").metadata().unwrap().len();
        assert_eq!(length, page_size() as u64, "{access}: only after the truncation");
    }
}

/// In the last page of the file, private bytes past the end begin as zeros and can be stored to.
///
/// - call: past the end of the file, edge
/// - source: mmap(2), NOTES
/// - level: POSIX (on Linux, unless a shared mapping stored there)
#[test]
fn in_the_last_page_of_the_file_private_bytes_past_the_end_begin_as_zeros_and_can_be_stored_to() {
    let letters = Lettered::new(1);
    letters.file.set_len(5).unwrap();
    let mapping = PrivateMapping::of(&letters.file, 5).unwrap();
    let whole = letters.mapping(1);
    assert_eq!(mapping.text(0, 5), "aaaaa");
    assert!((5..page_size()).all(|index| whole.load(index) == 0));
    whole.store(5, b"mine");
    assert_eq!(whole.text(0, 9), "aaaaamine");
    assert_eq!(letters.file.metadata().unwrap().len(), 5, "the file has not grown");
    letters.file.set_len(9).unwrap();
    assert_eq!(letters.text(0, 9), "aaaaa\0\0\0\0", "nor has it, when it grows");
}

/// A private mapping shows bytes that a shared mapping has stored past the end of the file.
///
/// - call: past the end of the file, edge
/// - source: mmap(2), BUGS
/// - level: observed
#[test]
fn a_private_mapping_shows_bytes_that_a_shared_mapping_has_stored_past_the_end_of_the_file() {
    let letters = Lettered::new(1);
    letters.file.set_len(5).unwrap();
    let private = letters.mapping(1);
    assert_eq!(private.load(9), 0);
    letters.bare(1, READ_WRITE, libc::MAP_SHARED).unwrap().store(9, b'S');
    assert_eq!(private.load(9), b'S', "a mapping made before");
    assert_eq!(letters.mapping(1).load(9), b'S', "a mapping made afterwards");
    assert_eq!(letters.file.metadata().unwrap().len(), 5);
}

/// A truncation discards the private copies wholly past the new end.
///
/// - call: `ftruncate`, success
/// - source: mm/truncate.c
/// - level: observed
#[test]
fn a_truncation_discards_the_private_copies_wholly_past_the_new_end() {
    let letters = Lettered::new(3);
    let mapping = letters.mapping(3);
    mapping.copy_pages(0, 3 * page_size()).unwrap();
    mapping.store(2 * page_size(), b"mine");
    letters.file.set_len(page_size() as u64).unwrap();
    assert_eq!(file_pages(mapping.address(), 3), [Some(false), None, None]);
    letters.write(page_size(), "new");
    assert_eq!(mapping.text(page_size(), 3), "new", "the file has grown by a write");
    letters.file.set_len(3 * page_size() as u64).unwrap();
    assert_eq!(mapping.load(2 * page_size()), 0, "the file's zeros, not our store");
    assert_eq!(mapping.text(0, 1), "a");
}

/// A truncation inside a page keeps the private copy of that page.
///
/// - call: `ftruncate`, success
/// - source: mm/truncate.c
/// - level: observed
#[test]
fn a_truncation_inside_a_page_keeps_the_private_copy_of_that_page() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    let live = letters.mapping(1);
    mapping.store(page_size() - 4, b"mine");
    letters.file.set_len(5).unwrap();
    assert_eq!(mapping.text(page_size() - 5, 5), "amine", "past the end of the file, and kept");
    assert_eq!(live.load(page_size() - 1), 0, "a page not stored to shows the file's zeros");
}

/// Punching a hole in the file keeps the private copies there.
///
/// - call: `fallocate`, success
/// - source: fallocate(2), DESCRIPTION; mm/truncate.c
/// - level: observed
#[test]
fn punching_a_hole_in_the_file_keeps_the_private_copies_there() {
    let letters = Lettered::new(2);
    let (mapping, live) = (letters.mapping(2), letters.mapping(2));
    mapping.store(0, b"A");
    let how = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    fallocate(&letters.file, how, 0, 2 * page_size() as libc::off_t).unwrap();
    assert_eq!(mapping.text(0, 2), "Aa");
    assert_eq!(
        (live.load(0), mapping.load(page_size())),
        (0, 0),
        "what was not copied is the hole"
    );
}

/// On ext4, collapsing a range of the file discards the private copies from the range on.
///
/// - call: `fallocate`, edge
/// - source: fallocate(2), DESCRIPTION; fs/ext4/extents.c
/// - level: observed (xfs: only past the new end; btrfs and tmpfs cannot collapse)
/// - holds: on ext4
#[test]
fn on_ext4_collapsing_a_range_of_the_file_discards_the_private_copies_from_the_range_on() {
    let (collapsed, after, mapping) = after_a_change(FallocateFlags::FALLOC_FL_COLLAPSE_RANGE);
    match file_system(&mapping.1.path) {
        "ext4" => {
            assert_eq!((collapsed, after), (Ok(()), vec![Some(false), None, None, None]));
            assert_eq!(mapping.0.text(page_size(), 1), "c", "page 2 of the file moved to page 1");
        }
        // Here only the page past the new end is discarded.
        "xfs" => assert_eq!((collapsed, after[..3].to_vec()), (Ok(()), vec![Some(false); 3])),
        "overlayfs" => {} // The file system below it decides.
        _ => assert_eq!((collapsed, after), (Err(Errno::EOPNOTSUPP), vec![Some(false); 4])),
    }
}

/// On ext4, inserting a range into the file discards the private copies from the range on.
///
/// - call: `fallocate`, edge
/// - source: fallocate(2), DESCRIPTION; fs/ext4/extents.c
/// - level: observed (xfs keeps them; btrfs and tmpfs cannot insert)
/// - holds: on ext4
#[test]
fn on_ext4_inserting_a_range_into_the_file_discards_the_private_copies_from_the_range_on() {
    let (inserted, after, mapping) = after_a_change(FallocateFlags::FALLOC_FL_INSERT_RANGE);
    match file_system(&mapping.1.path) {
        "ext4" => {
            assert_eq!((inserted, after), (Ok(()), vec![Some(false), None, None, None]));
            assert_eq!(mapping.0.load(page_size()), 0, "the inserted page is a hole");
            assert_eq!(
                mapping.0.text(2 * page_size(), 1),
                "b",
                "page 1 of the file moved to page 2"
            );
        }
        "xfs" => assert_eq!((inserted, after), (Ok(()), vec![Some(false); 4])),
        "overlayfs" => {} // The file system below it decides.
        _ => assert_eq!((inserted, after), (Err(Errno::EOPNOTSUPP), vec![Some(false); 4])),
    }
}

/// Copies all four pages of a private mapping, then changes the file by `fallocate` of page 1. Returns
/// the outcome, the pages afterwards, and the mapping with its file.
fn after_a_change(
    how: FallocateFlags,
) -> (nix::Result<()>, Vec<Option<bool>>, (PrivateMapping, Lettered)) {
    let letters = Lettered::new(4);
    let mapping = letters.mapping(4);
    mapping.copy_pages(0, 4 * page_size()).unwrap();
    let page = page_size() as libc::off_t;
    let outcome = fallocate(&letters.file, how, page, page);
    (outcome, file_pages(mapping.address(), 4), (mapping, letters))
}

/// A private page past the end of the file becomes usable when the file grows to it.
///
/// - call: `ftruncate`, success
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn a_private_page_past_the_end_of_the_file_becomes_usable_when_the_file_grows_to_it() {
    let letters = Lettered::new(1);
    let mapping = letters.mapping(2);
    letters.file.set_len(2 * page_size() as u64).unwrap();
    letters.write(page_size(), "new");
    assert_eq!(mapping.text(page_size(), 3), "new");
    mapping.store(page_size(), b"N");
    assert_eq!(
        (mapping.text(page_size(), 3), letters.text(page_size(), 3)),
        ("New".into(), "new".into())
    );
}
