//! A story: the steps that a lesson's program shows, each by itself.

use rand::{SeedableRng, rngs::StdRng};

use crate::{Result, Scratch, ground, say};

/// One step of a story: its heading, and the function that shows it.
pub struct Step(pub &'static str, pub fn(&mut Stage) -> Result<()>);

/// What a step may use.
pub struct Stage {
    /// The run's directory.
    pub scratch: Scratch,
    /// Random numbers that `--seed` fixes.
    pub random: StdRng,
}

/// What is called after each step, if anything is set here: step mode waits for a key.
pub static PAUSE: std::sync::OnceLock<fn() -> Result<()>> = std::sync::OnceLock::new();

/// Tells a story: the ground, then each step under its number.
pub fn tell(steps: &[Step], seed: Option<u64>) -> Result<()> {
    let seed = seed.unwrap_or_else(rand::random);
    let mut stage = Stage { scratch: Scratch::new()?, random: StdRng::seed_from_u64(seed) };
    say!("{}", ground(stage.scratch.path())?)?;
    for (number, Step(heading, show)) in (1..).zip(steps) {
        say!("\n{number}. {heading}")?;
        show(&mut stage)?;
        PAUSE.get().map_or(Ok(()), |pause| pause())?;
    }
    Ok(())
}
