//! A mapping whose file grows, shrinks or is replaced.

use std::fs;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{errno, scratch};
use lesson_2_shared_access::Bytes;
use nix::errno::Errno;
use nix::sys::signal::Signal;

use crate::{ask, new_file, second};

/// A page past the end of the file gives `EFAULT` to a system call and becomes readable in the old
/// mapping when the file grows.
///
/// - call: `ftruncate`, success
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn a_page_past_the_end_of_the_file_gives_efault_to_a_system_call_and_becomes_readable_in_the_old_mapping_when_the_file_grows()
 {
    let scratch = scratch();
    let page = page_size();
    let file = new_file(&scratch, "file", 1);
    let mut other = second(&scratch.path().join("file")); // Two pages mapped.
    assert_eq!(ask(&mut other, &format!("send {page}")), "EFAULT", "before");
    file.set_len(2 * page as u64).unwrap();
    file.write_all_at(&[42], page as u64).unwrap();
    assert_eq!(ask(&mut other, &format!("load {page}")), "42", "after");
}

/// A load from a page that another process cut off is `SIGBUS`.
///
/// - call: `ftruncate`, error
/// - source: POSIX, ftruncate(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_load_from_a_page_that_another_process_cut_off_is_sigbus() {
    let scratch = scratch();
    let page = page_size();
    let file = new_file(&scratch, "file", 2);
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(ask(&mut other, &format!("load {page}")), "0", "the page is there, and touched");
    file.set_len(page as u64).unwrap();
    assert_eq!(ask(&mut other, "load 0"), "0", "the first page still is");
    other.tell(&format!("load {page}"));
    assert_eq!(other.end().signal, Some(Signal::SIGBUS));
}

/// A store to a page that another process cut off is `SIGBUS` and does not grow the file.
///
/// - call: `ftruncate`, error
/// - source: POSIX, ftruncate(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_store_to_a_page_that_another_process_cut_off_is_sigbus_and_does_not_grow_the_file() {
    let scratch = scratch();
    let page = page_size();
    let file = new_file(&scratch, "file", 2);
    let mut other = second(&scratch.path().join("file"));
    file.set_len(page as u64).unwrap();
    other.tell(&format!("store {page} 42"));
    assert_eq!(other.end().signal, Some(Signal::SIGBUS));
    assert_eq!(file.metadata().unwrap().len(), page as u64);
}

/// A system call that loads from a cut-off page fails with `EFAULT`.
///
/// - call: `write`, error
/// - source: write(2), ERRORS (EFAULT)
/// - level: observed
#[test]
fn a_system_call_that_loads_from_a_cut_off_page_fails_with_efault() {
    let scratch = scratch();
    let page = page_size();
    let file = new_file(&scratch, "file", 2);
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(ask(&mut other, &format!("send {page}")), "done", "before");
    file.set_len(page as u64).unwrap();
    assert_eq!(ask(&mut other, &format!("send {page}")), "EFAULT", "after");
    assert_eq!(ask(&mut other, "load 0"), "0", "and the process lives");
}

/// A `write` to a pipe that runs into a cut-off page returns the number of bytes before the page.
///
/// - call: `write`, edge
/// - source: fs/pipe.c
/// - level: observed
#[test]
fn a_write_to_a_pipe_that_runs_into_a_cut_off_page_returns_the_number_of_bytes_before_the_page() {
    let scratch = scratch();
    let page = page_size();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, 2 * page).unwrap();
    let (_reader, pipe) = std::io::pipe().unwrap();
    assert_eq!(bytes.send(0..2 * page, &pipe).unwrap(), 2 * page, "before");
    file.set_len(page as u64).unwrap();
    assert_eq!(bytes.send(0..2 * page, &pipe).unwrap(), page, "the first page is left");
    assert_eq!(errno(bytes.send(page..2 * page, &pipe)), Errno::EFAULT, "no byte is left");
}

/// After another process has truncated the file inside a page, a load past the new end gives 0 and
/// raises no signal.
///
/// - call: `ftruncate`, edge
/// - source: mm/truncate.c
/// - level: observed
#[test]
fn after_another_process_has_truncated_the_file_inside_a_page_a_load_past_the_new_end_gives_0_and_raises_no_signal()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    bytes.store(10, 42);
    bytes.store(100, 43);
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(ask(&mut other, "truncate 50"), "done");
    assert_eq!((bytes.load(10), bytes.load(100)), (42, 0), "inside the file, and past its end");
}

/// A mapping keeps its length when its file grows.
///
/// - call: `ftruncate`, edge
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn a_mapping_keeps_its_length_when_its_file_grows() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    let length = || {
        let entry = page_view::mapping_at(std::process::id(), bytes.as_ptr().addr()).unwrap();
        entry.unwrap().addresses.len()
    };
    assert_eq!(length(), page_size());
    file.set_len(8 * page_size() as u64).unwrap();
    assert_eq!(length(), page_size());
    assert_eq!(bytes.load(0), 0);
}

/// After `mremap` to a larger size, the old and the new pages of a shared mapping are shared with
/// another process.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn after_mremap_to_a_larger_size_the_old_and_the_new_pages_of_a_shared_mapping_are_shared_with_another_process()
 {
    let scratch = scratch();
    let page = page_size();
    let file = new_file(&scratch, "file", 1);
    let mut bytes = Bytes::of(&file, page).unwrap();
    let mut other = second(&scratch.path().join("file")); // Two pages mapped.
    bytes.store(0, 42);
    file.set_len(2 * page as u64).unwrap();
    bytes.resize(2 * page).unwrap();
    assert_eq!(bytes.len(), 2 * page);
    assert_eq!(ask(&mut other, "store 1 7"), "done");
    assert_eq!(ask(&mut other, &format!("store {page} 8")), "done");
    assert_eq!([bytes.load(0), bytes.load(1), bytes.load(page)], [42, 7, 8]);
}

/// A mapping still shows the old file after a rename puts a new file in its place.
///
/// - call: `rename`, success
/// - source: POSIX, rename(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_mapping_still_shows_the_old_file_after_a_rename_puts_a_new_file_in_its_place() {
    let scratch = scratch();
    let path = scratch.path().join("file");
    let file = new_file(&scratch, "file", 1);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    bytes.store(0, 42);
    new_file(&scratch, "new", 1).write_all_at(&[43], 0).unwrap();
    fs::rename(scratch.path().join("new"), &path).unwrap();
    assert_eq!(fs::read(&path).unwrap()[0], 43, "under the name");
    assert_eq!(bytes.load(0), 42, "in the mapping");
    bytes.store(0, 44);
    assert_eq!(fs::read(&path).unwrap()[0], 43, "a store does not reach the new file");
}
