//! Scenarios of `fallocate`.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, outcome};
use lesson_1_mapping_a_file::sys::ignore;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[
    ("fallocate-past-the-limit", past_the_limit),
    ("fallocate-past-the-limit-and-ignore", past_the_limit_and_ignore),
];

/// The greatest size that the process may give a file.
const LIMIT: libc::off_t = 1 << 20;

fn past_the_limit() -> Result<()> {
    let path = Path::new("limited");
    let file = File::create(path).step_on("create", path)?;
    setrlimit(Resource::RLIMIT_FSIZE, LIMIT.cast_unsigned(), LIMIT.cast_unsigned())
        .step("setrlimit")?;
    let to = |length| {
        let done = fallocate(&file, FallocateFlags::empty(), 0, length);
        outcome(&done.map_err(Into::into))
    };
    println!("to-the-limit {}", to(LIMIT));
    println!("past-the-limit {}", to(LIMIT + 1));
    println!("size {}", file.metadata().step_on("stat", path)?.len());
    Ok(())
}

fn past_the_limit_and_ignore() -> Result<()> {
    ignore(Signal::SIGXFSZ).step("signal")?;
    past_the_limit()
}
