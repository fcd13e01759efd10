//! What a claim needs a process of its own for. The tests start a scene and judge it.

use std::path::Path;

use common::{Failure, Result};

/// Plays the scene `name`; it works on files in the current directory.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}
