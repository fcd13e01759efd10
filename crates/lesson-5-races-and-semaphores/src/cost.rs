//! What it costs to lock and unlock when no other process wants the lock. `cargo lesson-5` measures
//! it. The times vary, and they include this unoptimised program's own calls.

use std::time::Instant;

use common::{Context, Result, Stage, allowed_cpus, pin_to, say};

use crate::Primitive;

/// Pairs of lock and unlock.
const PAIRS: u32 = 5000;

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let cpus = allowed_cpus()?;
    pin_to(cpus.get(..1).unwrap_or_default())?;
    say!("   nanoseconds for one lock and one unlock:")?;
    for primitive in Primitive::ALL {
        let place = primitive.new_place(&stage.scratch, "cost")?;
        let mut lock = primitive.open(&place)?;
        let start = Instant::now();
        for _ in 0..PAIRS {
            lock.lock().step_on("lock", &place)?;
            lock.unlock().step_on("unlock", &place)?;
        }
        let nanoseconds = start.elapsed().as_nanos() / u128::from(PAIRS);
        say!("   {primitive:18}{nanoseconds:6} (varies)")?;
    }
    pin_to(&cpus)
}
