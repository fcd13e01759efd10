//! Every primitive of this lesson is an agreement: a process that does not ask is not stopped.
//! `cargo lesson-5` holds each of them while another process stores.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Peer, Result, Scratch, say};

use crate::turnstile::{self, COUNT};
use crate::{Attempt, Primitive};

/// What the process that does not ask stores.
const BARGED_IN: u64 = 7;

/// For each primitive: how its holder got it, and what the count is after the other's store.
///
/// # Errors
/// The system's, on the step that failed.
pub fn barge_in(scratch: &Scratch) -> Result<Vec<(Primitive, Attempt, u64)>> {
    Primitive::ALL.iter().map(|primitive| barge_in_on(scratch, *primitive)).collect()
}

fn barge_in_on(scratch: &Scratch, primitive: Primitive) -> Result<(Primitive, Attempt, u64)> {
    let place = primitive.new_place(scratch, "barge-in")?;
    let data = if primitive.is_in_a_file() { place.clone() } else { beside(scratch, primitive) };
    if !primitive.makes_its_file() {
        turnstile::new_page(&data)?;
    }
    let mut lock = primitive.open(&place)?;
    let attempt = lock.enter().step_on("enter", &place)?;
    let mut b = Peer::start([Path::new("second"), Path::new("barge-in"), &data])?;
    b.wait()?;
    let count = turnstile::map(&data)?.word(COUNT).load(Relaxed);
    lock.leave().step_on("leave", &place)?;
    Ok((primitive, attempt, count))
}

fn beside(scratch: &Scratch, primitive: Primitive) -> PathBuf {
    scratch.path().join(format!("data-of-{primitive}"))
}

/// The second process's part: stores without asking anybody.
///
/// # Errors
/// The system's, on the step that failed.
pub fn second(data: &Path) -> Result<()> {
    turnstile::map(data)?.word(COUNT).store(BARGED_IN, Relaxed);
    Ok(())
}

/// What the step of the story shows of those that are no locks on files.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(scratch: &Scratch) -> Result<()> {
    for primitive in Primitive::ALL.iter().filter(|primitive| !primitive.locks_its_file()) {
        let (_, _, count) = barge_in_on(scratch, *primitive)?;
        say!("   A holds the {primitive}")?;
        say!("       B stores {BARGED_IN} without asking: {count} (expected {BARGED_IN})")?;
    }
    Ok(())
}
