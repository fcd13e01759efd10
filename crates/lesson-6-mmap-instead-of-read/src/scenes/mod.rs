//! What a claim needs a process of its own for.
use std::path::Path;
use common::{Failure, Result};
/// Plays the scene `name`.
/// # Errors
/// x
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}
