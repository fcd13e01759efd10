//! The end of the file is the end of a private mapping too, and it may move.

use common::page_size;
use course::{Ended, scratch};
use lesson_4_private_mappings::PrivateView;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::signal::Signal;

use crate::{Lettered, file_pages, scene};

/// The scene touched the page that the file had, and died at the next.
fn died_at_the_second_page(ended: &Ended) {
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("second-page"), "{ended:?}");
}

#[test]
fn a_load_from_a_private_page_past_the_end_of_the_file_is_sigbus() {
    let ended = scene("load-past-the-end", &scratch()).run();
    assert_eq!(ended.value("first-page"), "a");
    died_at_the_second_page(&ended);
}

#[test]
fn a_store_to_a_private_page_past_the_end_of_the_file_is_sigbus() {
    let ended = scene("store-past-the-end", &scratch()).run();
    assert_eq!(ended.value("first-page"), "A");
    died_at_the_second_page(&ended);
}

#[test]
fn a_load_from_a_private_copy_that_a_truncation_took_is_sigbus() {
    let ended = scene("load-truncated-copy", &scratch()).run();
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn the_private_tail_of_the_last_page_begins_as_zeros_and_takes_stores() {
    let letters = Lettered::new(1);
    letters.file.set_len(5).unwrap();
    let view = PrivateView::of(&letters.file, 5).unwrap();
    let whole = letters.view(1);
    assert_eq!(view.text(0, 5), "aaaaa");
    assert!((5..page_size()).all(|index| whole.load(index) == 0));
    whole.store(5, b"mine");
    assert_eq!(whole.text(0, 9), "aaaaamine");
    assert_eq!(letters.file.metadata().unwrap().len(), 5, "the file has not grown");
    letters.file.set_len(9).unwrap();
    assert_eq!(letters.text(0, 9), "aaaaa\0\0\0\0", "nor has it, when it grows");
}

#[test]
fn truncation_takes_the_private_copies_past_the_new_end_with_it() {
    let letters = Lettered::new(3);
    let view = letters.view(3);
    view.copy_now(0, 3 * page_size()).unwrap();
    view.store(2 * page_size(), b"mine");
    letters.file.set_len(page_size() as u64).unwrap();
    assert_eq!(file_pages(view.address(), 3), [Some(false), None, None]);
    letters.file.set_len(3 * page_size() as u64).unwrap();
    assert_eq!(view.load(2 * page_size()), 0, "the file's zeros, not our store");
    assert_eq!(view.text(0, 1), "a");
}

#[test]
fn truncation_inside_a_page_leaves_its_private_copy_whole() {
    let letters = Lettered::new(1);
    let view = letters.view(1);
    let live = letters.view(1);
    view.store(page_size() - 4, b"mine");
    letters.file.set_len(5).unwrap();
    assert_eq!(view.text(page_size() - 5, 5), "amine", "past the end of the file, and kept");
    assert_eq!(live.load(page_size() - 1), 0, "where nothing was stored, the file's zeros");
}

#[test]
fn punching_a_hole_into_the_file_leaves_a_private_copy_alone() {
    let letters = Lettered::new(2);
    let (view, live) = (letters.view(2), letters.view(2));
    view.store(0, b"A");
    let how = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    fallocate(&letters.file, how, 0, 2 * page_size() as libc::off_t).unwrap();
    assert_eq!(view.text(0, 2), "Aa");
    assert_eq!((live.load(0), view.load(page_size())), (0, 0), "what was not copied is the hole");
}

#[test]
fn a_private_page_becomes_usable_when_the_file_grows_to_it() {
    let letters = Lettered::new(1);
    let view = letters.view(2);
    letters.file.set_len(2 * page_size() as u64).unwrap();
    letters.write(page_size(), "new");
    assert_eq!(view.text(page_size(), 3), "new");
    view.store(page_size(), b"N");
    assert_eq!(
        (view.text(page_size(), 3), letters.text(page_size(), 3)),
        ("New".into(), "new".into())
    );
}
