//! The files of a record, as JSON.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use common::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a file; the default if there is no such file.
pub(crate) fn read<T: Default + DeserializeOwned>(path: &Path) -> Result<T> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        text => serde_json::from_str(&text.step_on("read", path)?).step_on("read", path),
    }
}

/// Writes a file.
pub(crate) fn write(value: &impl Serialize, path: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(value).step("write JSON")?;
    fs::write(path, text + "\n").step_on("write", path)
}
