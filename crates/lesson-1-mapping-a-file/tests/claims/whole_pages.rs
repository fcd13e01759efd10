//! Mappings come in whole pages, files in bytes: what lies between the two ends.

use std::fs;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{file_system, kernel_at_least, scratch};
use lesson_1_mapping_a_file::sys::{Area, Call};
use nix::sys::signal::Signal;

use crate::{file_of, scene, start_of};

#[test]
fn a_mapping_of_one_byte_is_a_whole_page_and_not_a_byte_more() {
    let ended = scene("load-behind-a-mapping", &scratch()).run();
    assert_eq!(ended.value("last-of-the-page"), "0");
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");
}

#[test]
fn behind_the_end_of_the_file_its_last_page_is_zero() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", &vec![b'x'; page_size() + 100]);
    let area = Call::shared(&file, page_size() + 100).make().unwrap();
    assert_eq!(area.load(page_size() + 99), b'x');
    assert!((page_size() + 100..2 * page_size()).all(|offset| area.load(offset) == 0));
}

#[test]
fn a_store_behind_the_end_never_reaches_a_file_that_does_not_grow() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"hello");
    let area = Call::shared(&file, 5).make().unwrap();
    assert!(stored_behind_the_end(&area, &area), "memory has it");
    assert_eq!(file.metadata().unwrap().len(), 5);
    assert_eq!(file.read_at(&mut [0; 10], 0).unwrap(), 5, "the file ends where it did");
    drop(area);
    file.sync_all().unwrap();
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"hello");
}

#[test]
fn a_store_behind_the_end_is_seen_by_every_mapping_of_the_page() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"hello");
    let one = Call::shared(&file, 5).make().unwrap();
    let other = Call::shared(&file, 5).make().unwrap();
    assert!(stored_behind_the_end(&one, &other));
}

#[test]
fn growing_a_file_makes_what_was_stored_behind_its_end_content_on_tmpfs_and_zeros_elsewhere() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"hello");
    let area = Call::shared(&file, 5).make().unwrap();
    area.store(5, b'!');
    file.set_len(10).unwrap();
    let read = fs::read(scratch.path().join("file")).unwrap();
    let (zeros, leaked) = (b"hello\0\0\0\0\0", b"hello!\0\0\0\0");
    match file_system(scratch.path()) {
        "tmpfs" if !kernel_at_least(6, 19) => assert_eq!(read, leaked),
        // Where this was not looked at: one of the two.
        _ if !kernel_at_least(6, 18) => assert!(read == zeros || read == leaked, "{read:?}"),
        // Overlayfs does as the file system that its files are written to.
        "tmpfs" | "overlayfs" => assert!(read == zeros || read == leaked, "{read:?}"),
        _ => assert_eq!(read, zeros),
    }
}

#[test]
fn an_empty_file_or_an_offset_past_the_end_can_be_mapped_and_touching_it_is_sigbus() {
    for name in ["load-of-an-empty-file", "load-from-an-offset-past-the-end"] {
        let ended = scene(name, &scratch()).run();
        assert_eq!(ended.value("mapped"), "yes");
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    }
}

/// Whether a store behind the end in one mapping is seen in the other. The machine may write the
/// page back at any moment, which zeroes the tail; it does not do so five times in a row.
fn stored_behind_the_end(one: &Area, other: &Area) -> bool {
    (0..5).any(|_| {
        one.store(5, b'!');
        start_of(other, 6) == b"hello!"
    })
}
