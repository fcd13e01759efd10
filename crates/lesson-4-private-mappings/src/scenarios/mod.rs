//! Scenarios: parts of claims that need a process of their own. They fork, end by a signal, set a
//! limit of the whole process, or mount a file system. The tests start a scenario and check its
//! output.

mod copy_up;
mod forks;
mod frames;
mod huge_page;
mod limits;
mod past_the_end;
mod programs;

use std::path::Path;

use common::{Failure, Result};

/// Runs the scenario `name`, which uses files in the current directory.
///
/// # Errors
/// Those of the scenario, and that no scenario has this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "copy-up" => copy_up::mapped_before(),
        "copy-up-by-truncation" => copy_up::truncated(),
        "fork-shares-copies" => forks::shares_copies(),
        "fork-entries" => forks::entries(),
        "fork-child-stores" => forks::child_stores(),
        "fork-parent-stores" => forks::parent_stores(),
        "fork-inherits-copies" => forks::inherits_copies(),
        "fork-follows-the-file" => forks::follows_the_file(),
        "fork-frames" => frames::frames(),
        "fork-semaphores" => frames::semaphores(),
        "populate-a-hole" => limits::hole(),
        "lock-future" => limits::lock_future(),
        "data-limit" => limits::data(),
        "load-past-the-end" => past_the_end::load(),
        "store-past-the-end" => past_the_end::store(),
        "huge-page-past-the-end" => huge_page::past_the_end(),
        "load-truncated-copy" => past_the_end::load_truncated_copy(),
        "store-truncated-copy" => past_the_end::store_truncated_copy(),
        "patched-program" => programs::patched(),
        "busy-program" => programs::busy(),
        "unlinked-program" => programs::unlinked(),
        "running-script" => programs::script(),
        _ => Err(Failure::refusal("run", Path::new(name), "there is no such scenario")),
    }
}
