//! Files and directories, with errors that name them.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use common::{Context, Result};

/// Makes the directory `at`, without anything in it.
pub(crate) fn make_empty(at: &Path) -> Result<()> {
    match fs::remove_dir_all(at) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        result => result.step_on("remove", at)?,
    }
    fs::create_dir_all(at).step_on("make the directory", at)
}

/// Writes a file, and makes its directory.
pub(crate) fn write(at: &Path, text: &str) -> Result<()> {
    if let Some(directory) = at.parent() {
        fs::create_dir_all(directory).step_on("make the directory", directory)?;
    }
    fs::write(at, text).step_on("write", at)
}

/// A file's text.
pub(crate) fn read(at: &Path) -> Result<String> {
    fs::read_to_string(at).step_on("read", at)
}

/// Copies a file, or a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).step_on("copy", from).map(drop);
    }
    fs::create_dir_all(to).step_on("make the directory", to)?;
    for entry in entries(from)? {
        copy(&entry, &to.join(entry.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// What is in a directory, sorted by name.
pub(crate) fn entries(directory: &Path) -> Result<Vec<std::path::PathBuf>> {
    let listing = fs::read_dir(directory).step_on("list", directory)?;
    let found: std::io::Result<Vec<_>> = listing.map(|entry| Ok(entry?.path())).collect();
    let mut found = found.step_on("list", directory)?;
    found.sort();
    Ok(found)
}
