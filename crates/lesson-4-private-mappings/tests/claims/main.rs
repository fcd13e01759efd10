//! The claims of lesson 4. Each test is named after its sentence in `lessons/`. `just prove 4` runs
//! them.
#![expect(clippy::unwrap_used, reason = "in a test, a failure to unwrap is the finding")]

mod end_of_file;
mod fork;
mod kept;
mod limits;
mod overlay;
mod pages;
mod populate;
mod program_files;
mod programs;
mod reads;
mod rights;
mod snapshot;
mod unseen;

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use common::{Scratch, page_size};
use lesson_4_private_mappings::{PrivateMapping, lettered, sys::RawMapping};
use page_view::Page;

const READ: i32 = libc::PROT_READ;
const READ_WRITE: i32 = libc::PROT_READ | libc::PROT_WRITE;

/// A scenario of this lesson, in a fresh process that runs in the test's own directory.
fn scenario(name: &str, scratch: &Scratch) -> course::Program {
    let program = env!("CARGO_BIN_EXE_lesson-4-private-mappings");
    course::Program::new(program, ["scenario", name]).in_directory(scratch.path())
}

/// A file of lettered pages in the test's own directory, open for reading and writing.
struct Lettered {
    file: File,
    path: PathBuf,
    #[expect(dead_code, reason = "held: dropped, it removes the file")]
    scratch: Scratch,
}

impl Lettered {
    fn new(pages: u8) -> Self {
        let scratch = course::scratch();
        let path = scratch.path().join("lettered");
        Self { file: lettered::create(&path, pages).unwrap(), path, scratch }
    }

    /// The first `pages` pages, mapped privately and writable.
    fn mapping(&self, pages: usize) -> PrivateMapping {
        PrivateMapping::of(&self.file, pages * page_size()).unwrap()
    }

    /// The first `pages` pages, mapped with these arguments.
    fn bare(&self, pages: usize, prot: i32, flags: i32) -> io::Result<RawMapping> {
        RawMapping::map(pages * page_size(), prot, flags, self.file.as_raw_fd())
    }

    /// What `read` finds at `offset`, through a new descriptor.
    fn text(&self, offset: usize, count: usize) -> String {
        let mut bytes = vec![0; count];
        File::open(&self.path).unwrap().read_exact_at(&mut bytes, offset as u64).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// `pwrite`, as any process could.
    fn write(&self, offset: usize, text: &str) {
        self.file.write_all_at(text.as_bytes(), offset as u64).unwrap();
    }
}

/// For each of the `count` pages from `address` on: whether it is the file's own page (`false`: a
/// private copy). `None` if it is not in the page table.
fn file_pages(address: usize, count: usize) -> Vec<Option<bool>> {
    pages(address, count).into_iter().map(|page| page.file_page).collect()
}

fn pages(address: usize, count: usize) -> Vec<Page> {
    page_view::pages(std::process::id(), address, count).unwrap()
}

/// A sum of smaps for the mapping at `address`, in pages.
fn sum_in_pages(address: usize, name: &str) -> usize {
    let mapping = page_view::mapping_at(std::process::id(), address).unwrap().unwrap();
    usize::try_from(mapping.sum(name).unwrap()).unwrap() / page_size()
}
