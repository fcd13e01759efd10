//! On which processor a check runs: the judge and the program that it follows share one.
//!
//! At each stop one of the two sleeps and the other wakes. On two cores waking costs an
//! interrupt to a core that has gone to sleep; on one core it is a switch of contexts. Observed on
//! two virtual cores: exercise 1 is judged in 0.7 s in place of 2.4.

use std::sync::OnceLock;

use nix::sched::sched_getcpu;

/// The processors that this process was given when it started.
fn given() -> &'static [usize] {
    static GIVEN: OnceLock<Vec<usize>> = OnceLock::new();
    GIVEN.get_or_init(|| common::allowed_cpus().unwrap_or_default())
}

/// Keeps this thread, and all that it will start, on the processor on which it runs. Where that is
/// refused, judging only takes longer.
pub fn pin() {
    pin_after(0);
}

/// The same on the next processor, so that two checks run at a time.
pub fn pin_beside() {
    pin_after(1);
}

/// The same on the `place`th processor, counted round.
pub fn pin_at(place: usize) {
    let given = given();
    if let Some(cpu) = given.get(place % given.len().max(1)) {
        let _ = common::pin_to(&[*cpu]); // Refused: it only takes longer.
    }
}

fn pin_after(places: usize) {
    let here = sched_getcpu().unwrap_or(0);
    pin_at(given().iter().position(|cpu| *cpu == here).unwrap_or(0) + places);
}

/// Lets this thread, and all that it will start, run on every processor again.
pub fn unpin() {
    let _ = common::pin_to(given()); // Refused: it only takes longer.
}
