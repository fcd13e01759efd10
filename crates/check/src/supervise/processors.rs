//! On which processor a check runs: the judge and the program that it follows share one.
//!
//! At each stop one of the two sleeps and the other wakes. On two cores waking costs an
//! interrupt to a core that has gone to sleep; on one core it is a switch of contexts. Observed on
//! two virtual cores: exercise 1 is judged in 0.7 s in place of 2.4.

use std::sync::OnceLock;

use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

/// The processors that this process was given when it started.
fn given() -> &'static [usize] {
    static GIVEN: OnceLock<Vec<usize>> = OnceLock::new();
    GIVEN.get_or_init(|| {
        let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
        (0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect()
    })
}

/// Keeps this thread, and all that it will start, on the processor on which it runs. Where that is
/// refused, judging only takes longer.
pub fn stay() {
    stay_after(0);
}

/// The same on the next processor, so that two checks run at a time.
pub fn stay_beside() {
    stay_after(1);
}

/// The same on the `place`th processor, counted round.
pub fn stay_at(place: usize) {
    let given = given();
    if let Some(cpu) = given.get(place % given.len().max(1)) {
        keep_to(&[*cpu]);
    }
}

fn stay_after(places: usize) {
    let here = sched_getcpu().unwrap_or(0);
    stay_at(given().iter().position(|cpu| *cpu == here).unwrap_or(0) + places);
}

/// Lets this thread, and all that it will start, run on every processor again.
pub fn roam() {
    keep_to(given());
}

fn keep_to(cpus: &[usize]) {
    let mut set = CpuSet::new();
    let added: Result<Vec<()>, _> = cpus.iter().map(|cpu| set.set(*cpu)).collect();
    if added.is_ok() {
        let _ = sched_setaffinity(Pid::from_raw(0), &set); // Refused: it only takes longer.
    }
}
