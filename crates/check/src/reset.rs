//! The starter again; the learner's file is kept beside it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{Context, Result};

/// Puts the starter's text back at `path`; where the learner's file is now, unless it was the starter.
///
/// # Errors
/// Those of reading and writing beside it.
pub fn reset(path: &Path, starter: &str) -> Result<Option<PathBuf>> {
    let theirs = if path.exists() { Some(fs::read(path).step_on("read", path)?) } else { None };
    let kept = if let Some(text) = theirs.filter(|text| text != starter.as_bytes()) {
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
    fs::write(path, starter).step_on("write", path)?;
    Ok(kept)
}
