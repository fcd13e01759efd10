//! Scenarios of claims that need a process of their own: it ends by a signal, or a limit belongs to
//! the whole process. A scenario prints `NAME VALUE` lines, and its test checks them.

mod actor;
mod fallocate;
mod file;
mod fork;
mod futex;
mod madvise;
mod maps;
mod memfd_create;
mod mincore;
mod mlock;
mod mmap;
mod mprotect;
mod mremap;
mod mseal;
mod msync;
mod scanf;
mod seals;
mod semaphores;
mod shm_open;
mod smaps;
mod truncate;

use std::path::Path;

use common::{Context, Failure, Result};
use nix::sys::resource::{Resource, setrlimit};

/// The scenarios of one file: their names, and what runs them.
type Scenarios = &'static [(&'static str, fn() -> Result<()>)];

/// One file per call.
const CALLS: &[Scenarios] = &[
    actor::SCENARIOS,
    fallocate::SCENARIOS,
    fork::SCENARIOS,
    futex::SCENARIOS,
    madvise::SCENARIOS,
    maps::SCENARIOS,
    memfd_create::SCENARIOS,
    mincore::SCENARIOS,
    mlock::SCENARIOS,
    mmap::SCENARIOS,
    mprotect::SCENARIOS,
    mremap::SCENARIOS,
    mseal::SCENARIOS,
    msync::SCENARIOS,
    scanf::SCENARIOS,
    seals::SCENARIOS,
    semaphores::SCENARIOS,
    shm_open::SCENARIOS,
    smaps::SCENARIOS,
    truncate::SCENARIOS,
];

/// Runs the scenario `name`, which uses files in the current directory.
///
/// # Errors
/// Those of the scenario, and that no scenario has this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // Some die on purpose; leave no core file.
    let found = CALLS.iter().copied().flatten().find(|(known, _)| *known == name);
    let refusal = || Failure::refusal("run", Path::new(name), "there is no such scenario");
    let (_, run) = found.ok_or_else(refusal)?;
    run()
}
