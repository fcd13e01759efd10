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

/// The place of this judge's processor among those that it was given.
static PLACE: OnceLock<usize> = OnceLock::new();

/// Chooses the processor for [`pin`]: where several judges run at a time, each has its own.
pub fn choose(place: usize) {
    let _ = PLACE.set(place); // Chosen before: it stays.
}

/// Whether this judge has a second processor to itself.
#[must_use]
pub fn has_another() -> bool {
    PLACE.get().is_none() && given().len() > 1
}

/// The chosen place; where none was chosen, that of the processor on which this thread runs.
fn place() -> usize {
    let here = || {
        let cpu = sched_getcpu().unwrap_or(0);
        given().iter().position(|other| *other == cpu).unwrap_or(0)
    };
    PLACE.get().copied().unwrap_or_else(here)
}

/// Keeps this thread, and all that it will start, on the chosen processor, or on this one. Where that is refused,
/// judging only takes longer.
pub fn pin() {
    pin_to(place());
}

/// The same on the next processor, so that two checks run at a time.
pub fn pin_beside() {
    pin_to(place() + 1);
}

/// The same on the `number`th processor after the chosen one, or after the first, counted round.
pub fn pin_at(number: usize) {
    pin_to(PLACE.get().unwrap_or(&0) + number);
}

fn pin_to(place: usize) {
    let given = given();
    if let Some(cpu) = given.get(place % given.len().max(1)) {
        let _ = common::pin_to(&[*cpu]); // Refused: it only takes longer.
    }
}

/// Lets this thread, and all that it will start, run on every processor again.
pub fn unpin() {
    let _ = common::pin_to(given()); // Refused: it only takes longer.
}
