//! What a claim needs a process of its own for, because it forks, ends in a signal, or because a
//! limit belongs to the whole process. The tests start a scene and judge it.

mod forks;
mod frames;
mod limits;
mod past_the_end;
mod programs;

use std::io;
use std::path::Path;

use common::{Failure, Result};

/// Plays the scene `name`; it works on files in the current directory.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "fork-shares-copies" => forks::shares_copies(),
        "fork-child-stores" => forks::child_stores(),
        "fork-parent-stores" => forks::parent_stores(),
        "fork-inherits-copies" => forks::inherits_copies(),
        "fork-follows-the-file" => forks::follows_the_file(),
        "fork-frames" => frames::frames(),
        "fork-semaphores" => frames::semaphores(),
        "populate-a-hole" => limits::hole(),
        "data-limit" => limits::data(),
        "process-limit" => limits::processes(),
        "load-past-the-end" => past_the_end::load(),
        "store-past-the-end" => past_the_end::store(),
        "load-truncated-copy" => past_the_end::load_truncated_copy(),
        "patched-program" => programs::patched(),
        "busy-program" => programs::busy(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}

/// The error number of an outcome; 0 for success.
fn errno<T>(outcome: io::Result<T>) -> i32 {
    outcome.map_or_else(|error| error.raw_os_error().unwrap_or(-1), |_| 0)
}
