//! What a claim needs a process of its own for.

mod locks;

use std::path::Path;

use common::{Failure, Result};

/// Plays the scene `name`; it works on files in the current directory.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    if let Some(played) = locks::play(name) {
        return played;
    }
    Err(Failure::refusal("play", Path::new(name), "no such scene"))
}
