//! The claims of lesson 6, one test each, named after its sentence in `lessons/`.
//! `just prove 6` runs them.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

mod advice;
mod edges;
mod errors;
mod faults;
mod folios;
mod guard;
mod live;
mod populate;
mod read_ahead;
mod truncation;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Once;

use common::{Result, Scratch, page_size};
use course::{Program, errno, kernel_at_least};
use lesson_6_mmap_instead_of_read::cost::{self, Cost, write_lines};
use nix::errno::Errno;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-6-mmap-instead-of-read");

/// A scenario of this lesson, in a fresh process whose working directory is the test's own.
fn scenario(name: &str, scratch: &Scratch) -> Program {
    Program::new(PROGRAM, ["scenario", name]).in_directory(scratch.path())
}

/// As [`scenario`], but started with SIGBUS ignored: a program inherits that.
fn scenario_ignoring_sigbus(name: &str, scratch: &Scratch) -> Program {
    let script = "trap '' BUS; exec \"$0\" \"$@\"";
    Program::new("/bin/sh", ["-c", script, PROGRAM, "scenario", name]).in_directory(scratch.path())
}

/// As [`cost::cost_of`], but without the page faults of this program's code: loads all of it before.
fn cost_of<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    static CODE: Once = Once::new();
    CODE.call_once(load_code);
    cost::cost_of(work)
}

/// Reads a byte of each page of this program's code, which enters the page in the page table.
fn load_code() {
    let maps = fs::read_to_string("/proc/self/maps").expect("read maps");
    let memory = File::open("/proc/self/mem").expect("open mem");
    let of_code = |line: &&str| line.contains(" r-xp ") && line.contains('/');
    for line in maps.lines().filter(of_code) {
        let addresses = line.split([' ', '-']).take(2).map(|hex| u64::from_str_radix(hex, 16));
        let addresses: Vec<_> = addresses.map(|address| address.expect("an address")).collect();
        for page in (addresses[0]..addresses[1]).step_by(page_size()) {
            memory.read_exact_at(&mut [0], page).expect("read code");
        }
    }
}

/// Whether this kernel has `MADV_POPULATE_READ`, which came with Linux 5.14, after this answer to it: a
/// success, or the error that an older kernel gives for advice that it does not know.
fn populates(answer: std::io::Result<()>) -> bool {
    let knows = kernel_at_least(5, 14);
    match knows {
        true => answer.expect("madvise"),
        false => assert_eq!(errno(answer), Errno::EINVAL, "before Linux 5.14"),
    }
    knows
}

/// A file of `pages` pages of lines, written a page at a time, and its path.
fn file(scratch: &Scratch, pages: usize) -> (File, PathBuf) {
    let path = scratch.path().join("lines");
    let file = write_lines(&path, pages * page_size(), page_size()).expect("write a file");
    (file, path)
}
