//! The claims about single system calls, one test each, one file per call. A test has the words of
//! its sentence as name. `just prove calls` runs them.

mod madvise;
mod mincore;
mod mlock;
mod mmap;
mod mprotect;
mod mremap;
mod msync;
mod munmap;
mod proc_maps;

use common::Scratch;

/// A scenario of this package in a new process, which works in the test's own directory.
fn scenario(name: &str, scratch: &Scratch) -> course::Program {
    let program = env!("CARGO_BIN_EXE_calls");
    course::Program::new(program, ["scenario", name]).in_directory(scratch.path())
}
