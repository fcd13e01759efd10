//! Where results go: `target/bench/NAME.json` and `NAME.svg`, each whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{Context, Result};
use serde::Serialize;

/// The directory for results.
pub struct Output(PathBuf);

impl Output {
    /// Makes the directory: this one, else the workspace's `target/bench`.
    ///
    /// # Errors
    /// `mkdir`'s own.
    pub fn new(directory: Option<PathBuf>) -> Result<Self> {
        let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
        let directory = directory.unwrap_or_else(default);
        fs::create_dir_all(&directory).step_on("create", &directory)?;
        directory.canonicalize().step_on("resolve", &directory).map(Self)
    }

    /// Writes `NAME.json`; its path.
    ///
    /// # Errors
    /// The system's, `ENOSPC` on a full disk; an older file stays as it was.
    pub fn json(&self, name: &str, results: &impl Serialize) -> Result<PathBuf> {
        let path = self.0.join(format!("{name}.json"));
        let mut text = serde_json::to_vec_pretty(results).step_on("write", &path)?;
        text.push(b'\n');
        replace(path, &text)
    }

    /// Writes `NAME.svg`; its path.
    ///
    /// # Errors
    /// As [`Output::json`].
    pub fn svg(&self, name: &str, picture: &str) -> Result<PathBuf> {
        replace(self.0.join(format!("{name}.svg")), picture.as_bytes())
    }
}

/// Writes a file beside `path` and then gives it that name: nobody sees half of it.
fn replace(path: PathBuf, content: &[u8]) -> Result<PathBuf> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        File::create(&new)?.write_all(content)?;
        fs::rename(&new, &path)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&new); // It may never have been made.
    }
    written.step_on("write", &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_replace_older_ones_and_leave_nothing_else() {
        let scratch = course::scratch();
        let directory = scratch.path().join("bench");
        let output = Output::new(Some(directory.clone())).unwrap();
        output.json("read", &[1]).unwrap();
        let path = output.json("read", &[2]).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "[\n  2\n]\n");
        assert_eq!(fs::read_dir(directory).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_in_the_way_is_one_line_that_names_it() {
        let scratch = course::scratch();
        fs::create_dir(scratch.path().join("read.json")).unwrap();
        let output = Output::new(Some(scratch.path().into())).unwrap();
        let failed = output.json("read", &[1]).unwrap_err().to_string();
        assert!(failed.starts_with("write \"") && failed.contains("read.json\": "), "{failed}");
        let left = fs::read_dir(scratch.path()).unwrap();
        assert_eq!(left.count(), 2, "the lock, and the directory in the way");
    }
}
