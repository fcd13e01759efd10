//! The starter again; the learner's file is kept beside it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use common::{Context, Result};

use crate::build::{is_untouched, source, starter};

/// Puts the starter back; where the learner's file is now, unless it was the starter.
///
/// # Errors
/// Those of reading and writing beside it.
pub fn reset(exercise: u8) -> Result<Option<PathBuf>> {
    let path = source(exercise);
    let kept = if path.exists() && !is_untouched(exercise)? {
        let text = fs::read(&path).step_on("read", &path)?;
        let mut number = 1_u32;
        loop {
            // Not `.rs`: cargo takes every such file here for a program.
            let beside = path.with_extension(format!("rs.mine-{number}"));
            match fs::File::create_new(&beside) {
                Ok(mut file) => {
                    file.write_all(&text).step_on("write", &beside)?;
                    break Some(beside);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error).step_on("create", &beside),
            }
        }
    } else {
        None
    };
    fs::write(&path, starter(exercise)?).step_on("write", &path)?;
    Ok(kept)
}
