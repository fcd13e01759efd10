//! What a claim needs a process of its own for, because it ends in a signal or because a limit or a
//! descriptor belongs to the whole process. The tests start a scene and judge it.

mod past_the_end;

use std::path::Path;

use common::{Failure, Result};

/// Plays the scene `name`; it works on files in the current directory.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "load-past-the-end" => past_the_end::load(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}
