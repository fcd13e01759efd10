//! What it costs to enter and leave when nobody else is there. `cargo lesson-5` measures it; the
//! figures vary, and which of two file locks is the cheaper one, too.

use std::time::Instant;

use common::{Context, Result, Stage, say};

use crate::Primitive;

/// Pairs of enter and leave.
const PAIRS: u32 = 5000;

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    for primitive in Primitive::ALL {
        let place = primitive.new_place(&stage.scratch, "cost")?;
        let mut lock = primitive.open(&place)?;
        let start = Instant::now();
        for _ in 0..PAIRS {
            lock.enter().step_on("enter", &place)?;
            lock.leave().step_on("leave", &place)?;
        }
        let nanoseconds = start.elapsed().as_nanos() / u128::from(PAIRS);
        say!("   {primitive:18}{nanoseconds:6} ns a pair (varies)")?;
    }
    Ok(())
}
