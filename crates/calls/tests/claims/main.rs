//! The claims about single system calls, one test each, one file per call. A test has the words of
//! its sentence as name. `just prove calls` runs them.
#![expect(clippy::unwrap_used, reason = "a helper of the tests fails by panicking")]

mod actors;
mod cachestat;
mod fallocate;
mod files;
mod flock;
mod fork;
mod fsync;
mod ftruncate;
mod futex;
mod futex_pi;
mod locks;
mod madvise;
mod memfd_create;
mod mincore;
mod mlock;
mod mmap;
mod mprotect;
mod mremap;
mod mseal;
mod msync;
mod munmap;
mod mutexes;
mod ofd_locks;
mod proc_maps;
mod record_locks;
mod remap_file_pages;
mod robust_list;
mod scanf;
mod seals;
mod semaphores;
mod shm_open;
mod size_seals;
mod sleepers;
mod smaps;
mod sync_file_range;
mod truncate;
mod unlink;
mod write_seals;

use common::Scratch;

/// A scenario of this package in a new process, which works in the test's own directory.
fn scenario(name: &str, scratch: &Scratch) -> course::Program {
    let program = env!("CARGO_BIN_EXE_calls");
    course::Program::new(program, ["scenario", name]).in_directory(scratch.path())
}
