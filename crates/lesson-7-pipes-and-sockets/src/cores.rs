//! A core for each of two processes: two that spin on one core wait for each other's turn, and that
//! takes milliseconds. `cargo lesson-7` needs it for its last step.

use common::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Where this process might run before it was kept on one core; it may again when this is dropped.
pub struct Kept(CpuSet);

/// Keeps this process on its first core; the number of another one, if there is one.
///
/// # Errors
/// `sched_getaffinity`'s and `sched_setaffinity`'s own.
pub fn keep_apart() -> Result<(Kept, Option<usize>)> {
    let all = sched_getaffinity(Pid::from_raw(0)).step("sched_getaffinity")?;
    let mut cores = (0..CpuSet::count()).filter(|core| all.is_set(*core).unwrap_or(false));
    let (first, another) = (cores.next(), cores.next());
    first.filter(|_| another.is_some()).map_or(Ok(()), keep)?;
    Ok((Kept(all), another))
}

/// Keeps this process on one core.
///
/// # Errors
/// `EINVAL` if it may not use it.
pub fn keep(core: usize) -> Result<()> {
    let mut one = CpuSet::new();
    one.set(core).step("choose a core")?;
    sched_setaffinity(Pid::from_raw(0), &one).step("sched_setaffinity")
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = sched_setaffinity(Pid::from_raw(0), &self.0); // What was allowed is allowed.
    }
}
