//! What a claim needs a process of its own for: a fork, a signal, a limit, an execve. The tests start
//! a scene and judge it. `cargo lesson-2 scene NAME` plays one, in the current directory.

use std::path::Path;

use common::{Failure, Result};

/// Plays the scene `name`.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}
