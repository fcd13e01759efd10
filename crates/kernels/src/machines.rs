//! The machines of the recorded runs: `lessons/measurements/kernels-machines.json`.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use common::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::record;

/// Where the file is, below the root.
pub const PATH: &str = "lessons/measurements/kernels-machines.json";

/// A virtual machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The version of Debian's package of the kernel: `6.1.192-3`.
    pub package: String,
    /// The name and version of the C library.
    pub c_library: String,
    /// What ran the instructions.
    pub processor: String,
    /// When the run began, in UTC.
    pub date: String,
}

/// By kernel (`6.1`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Machines(pub BTreeMap<String, Machine>);

impl Machines {
    /// Reads the file. There are no machines if there is no such file.
    ///
    /// # Errors
    /// The file cannot be read, or has another form.
    pub fn read(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            text => serde_json::from_str(&text.step_on("read", path)?).step_on("read", path),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).step("write JSON")?;
        fs::write(path, text + "\n").step_on("write", path)
    }

    /// The machines, older kernels first.
    pub fn sorted(&self) -> Vec<(&str, &Machine)> {
        let mut machines: Vec<_> =
            self.0.iter().map(|(kernel, it)| (kernel.as_str(), it)).collect();
        machines.sort_by_key(|(kernel, _)| record::order(kernel));
        machines
    }
}
