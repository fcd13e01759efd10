//! The claims of lesson 1, one test each. A test has the words of its sentence in `lessons/` as name.
//! `just prove 1` runs them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arguments;
mod errors_of_the_arguments;
mod errors_of_the_file;
mod errors_that_differ_from_the_manual;
mod fixed;
mod limits;
mod munmap;
mod one_page;
mod size_changes;
mod whole_pages;

use std::fs::{self, File};
use std::os::fd::AsRawFd;

use common::{Scratch, page_size};
use course::file_system;
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::{Area, MmapCall};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

/// A scenario of this lesson in a new process, which works in the test's own directory.
fn scenario(name: &str, scratch: &Scratch) -> course::Program {
    let program = env!("CARGO_BIN_EXE_lesson-1-mapping-a-file");
    course::Program::new(program, ["scenario", name]).in_directory(scratch.path())
}

/// A new file of `bytes`, open for reading and writing.
fn file_of(scratch: &Scratch, name: &str, bytes: &[u8]) -> File {
    let path = scratch.path().join(name);
    fs::write(&path, bytes).unwrap();
    File::options().read(true).write(true).open(path).unwrap()
}

/// A new file of `pages` pages, full of dots.
fn pages_of(scratch: &Scratch, pages: usize) -> File {
    file_of(scratch, "pages", &vec![b'.'; pages * page_size()])
}

/// The name of the error of a call, or `success`.
fn errno_of(call: MmapCall) -> String {
    outcome(call.make())
}

/// The first `count` bytes of an area.
fn start_of(area: &Area, count: usize) -> Vec<u8> {
    (0..count).map(|offset| area.load(offset)).collect()
}

/// Whether `mincore` finds the page at `address` in the page cache.
fn resident(address: usize) -> bool {
    page_view::resident(address, page_size()).unwrap()[0]
}

/// Removes the first page of `file` from the page cache. It is mapped at `address`, but in no page
/// table. Returns false on an overlayfs over a tmpfs, which has no disk.
fn evict(file: &File, address: usize) -> bool {
    // The kernel removes no page that it is just using, so try again.
    let evicted = (0..50).any(|_| {
        posix_fadvise(file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
        !resident(address)
    });
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let may_lack_a_disk = file_system(path.as_ref()) == "overlayfs";
    assert!(evicted || may_lack_a_disk, "the page cache still has the page");
    evicted
}

/// The permissions of an area, as `/proc/self/maps` prints them.
fn permissions(area: &Area) -> String {
    let entry = page_view::mapping_at(std::process::id(), area.address()).unwrap();
    entry.unwrap().permissions
}
