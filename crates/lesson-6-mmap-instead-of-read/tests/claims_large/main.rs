//! Claims about files of gigabytes. The files are holes, so they take no disk space and no memory.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::Scratch;
use course::scratch;
use lesson_6_mmap_instead_of_read::{Region, View};

const GIB: u64 = 1 << 30;

/// A file of 5 GiB that is one hole.
fn five_gibibytes(scratch: &Scratch) -> File {
    let path = scratch.path().join("sparse");
    let file = File::options().read(true).write(true).create_new(true).open(path).expect("open");
    file.set_len(5 * GIB).expect("ftruncate");
    file
}

/// One mapping can cover 5 GiB.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: observed
#[test]
fn one_mapping_can_cover_5_gib() {
    let scratch = scratch();
    let file = five_gibibytes(&scratch);
    file.write_all_at(b"here", 5 * GIB - 4).expect("pwrite");
    let length = usize::try_from(5 * GIB).expect("64 bits");
    let view = View::of(&file, length).expect("mmap");
    let mut word = [0; 4];
    view.copy_to(length - 4, &mut word);
    assert_eq!(&word, b"here");
}

/// One call of `write` writes at most 2 GiB less one page.
///
/// - call: `write`, edge
/// - source: write(2), NOTES
/// - level: Linux
#[test]
fn one_call_of_write_writes_at_most_2_gib_less_one_page() {
    let scratch = scratch();
    let file = five_gibibytes(&scratch);
    let length = usize::try_from(5 * GIB).expect("64 bits");
    let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
    let null = File::options().write(true).open("/dev/null").expect("open");
    let written = region.write_to(&null, 0, length).expect("write");
    assert_eq!(written, (2 << 30) - common::page_size(), "and /dev/null would take all");
}
