//! Which CPUs a thread may use. Measurements and demonstrations pin their processes to CPUs.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::{Context, Result};

/// The numbers of the CPUs that this thread may use, in ascending order.
pub fn allowed_cpus() -> Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0)).step("sched_getaffinity")?;
    Ok((0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect())
}

/// Pins this thread to `cpus`: it runs on no other CPU, nor do the threads and processes that it
/// starts from now on. To undo it, pin the thread to the CPUs that were allowed before.
///
/// # Errors
/// `EINVAL` if none of them exists or this process may use none of them.
pub fn pin_to(cpus: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    cpus.iter().try_for_each(|cpu| set.set(*cpu)).step("choose CPUs")?;
    sched_setaffinity(Pid::from_raw(0), &set).step("sched_setaffinity")
}
