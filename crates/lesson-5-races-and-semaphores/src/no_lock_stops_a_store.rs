//! Every lock of this lesson is an agreement: it does not stop a process that does not lock.
//! `cargo lesson-5` holds each of them while another process stores.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Peer, Result, Scratch, compare, say};

use crate::turnstile::{self, COUNT};
use crate::{Attempt, Primitive};

/// The value that the process stores without locking.
const STORED: u64 = 7;

/// For each primitive: how its holder locked it, and the count after the other process's store.
///
/// # Errors
/// Those of the step that failed.
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
    let attempt = lock.lock().step_on("lock", &place)?;
    let mut b = Peer::start([Path::new("second"), Path::new("barge-in"), &data])?;
    b.wait()?;
    let count = turnstile::map(&data)?.word(COUNT).load(Relaxed);
    lock.unlock().step_on("unlock", &place)?;
    Ok((primitive, attempt, count))
}

fn beside(scratch: &Scratch, primitive: Primitive) -> PathBuf {
    scratch.path().join(format!("data-of-{primitive}"))
}

/// The second process's part: stores without locking.
///
/// # Errors
/// Those of the step that failed.
pub fn second(data: &Path) -> Result<()> {
    turnstile::map(data)?.word(COUNT).store(STORED, Relaxed);
    Ok(())
}

/// The part of the step about the locks that are not file locks.
///
/// # Errors
/// Those of the step that failed.
pub fn show(scratch: &Scratch) -> Result<()> {
    for primitive in Primitive::ALL.iter().filter(|primitive| !primitive.locks_its_file()) {
        let (_, _, count) = barge_in_on(scratch, *primitive)?;
        say!("   A holds the {primitive}; B stores {STORED}")?;
        compare("count: ", count, STORED)?;
    }
    Ok(())
}
