//! What becomes of a mapping when its file is made shorter or longer.

use std::fs;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::Mapping;
use lesson_1_mapping_a_file::sys::{Area, Call};
use nix::sys::signal::Signal;

use crate::{file_of, scene};

#[test]
fn touching_a_page_past_the_end_of_the_file_is_sigbus() {
    let ended = scene("load-past-the-end", &scratch()).run();
    assert_eq!(ended.value("first-page"), "[0]", "the page that the file still has");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("second-page"), "{ended:?}");
}

#[test]
fn sigbus_kills_a_process_that_ignores_or_blocks_it() {
    for name in ["load-past-the-end-ignoring", "load-past-the-end-blocking"] {
        let ended = scene(name, &scratch()).run();
        assert_eq!(ended.value("first-page"), "[0]");
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{name}: {ended:?}");
    }
}

#[test]
fn a_system_call_that_meets_a_page_past_the_end_answers_efault() {
    let scratch = scratch();
    let (file, area) = shrunk(&scratch);
    let out = file_of(&scratch, "out", b"");
    let refused = area.write_to(&out, page_size(), 1).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EFAULT));
    assert_eq!(area.write_to(&out, 0, page_size()).unwrap(), page_size(), "the page that is left");
    drop(file);
}

#[test]
fn a_file_that_grows_under_its_mapping_is_usable_at_once() {
    let scratch = scratch();
    let (file, area) = shrunk(&scratch);
    file.set_len(2 * page_size() as u64).unwrap();
    area.store(page_size(), b'g');
    let mut read = [0];
    file.read_exact_at(&mut read, page_size() as u64).unwrap();
    assert_eq!(&read, b"g");
}

#[test]
fn what_a_file_loses_by_shrinking_is_gone_from_its_mappings_too() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", &vec![b'x'; 2 * page_size()]);
    let mapping = Mapping::of(&file, 2 * page_size()).unwrap();
    assert_eq!(mapping.load(page_size(), 1), b"x");
    file.set_len(10).unwrap();
    assert_eq!(mapping.load(0, 12), b"xxxxxxxxxx\0\0", "the rest of the last page is zero");
    file.set_len(2 * page_size() as u64).unwrap();
    assert_eq!(mapping.load(page_size(), 1), b"\0", "and it does not come back");
}

/// A file of one page, mapped as two while it was two.
fn shrunk(scratch: &common::Scratch) -> (fs::File, Area) {
    let file = file_of(scratch, "shrunk", &vec![b'x'; 2 * page_size()]);
    let area = Call::shared(&file, 2 * page_size()).make().unwrap();
    file.set_len(page_size() as u64).unwrap();
    (file, area)
}
