//! What it costs to lock and unlock when no other process wants the lock. `cargo lesson-5` measures
//! it. The times vary, and they include this unoptimised program's own calls.

use std::time::{Duration, Instant};

use common::{Context, Result, Stage, allowed_cpus, pin_to, say};

use crate::Primitive;

/// Rounds of each measurement: in the fastest one, the least other work ran on this CPU.
const ROUNDS: u32 = 10;
/// Pairs of lock and unlock in a round.
const PAIRS: u32 = 500;

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let cpus = allowed_cpus()?;
    pin_to(cpus.get(..1).unwrap_or_default())?;
    say!("   nanoseconds for one lock and one unlock, in the fastest")?;
    say!("   of {ROUNDS} rounds:")?;
    for primitive in Primitive::ALL {
        let place = primitive.new_place(&stage.scratch, "cost")?;
        let mut lock = primitive.open(&place)?;
        let mut fastest = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for _ in 0..PAIRS {
                lock.lock().step_on("lock", &place)?;
                lock.unlock().step_on("unlock", &place)?;
            }
            fastest = fastest.min(start.elapsed());
        }
        let nanoseconds = fastest.as_nanos() / u128::from(PAIRS);
        say!("   {primitive:18}{nanoseconds:6} (varies)")?;
    }
    pin_to(&cpus)
}
