//! The machines of the recorded runs: `lessons/measurements/kernels-machines.json`.

use std::collections::BTreeMap;
use std::path::Path;

use common::Result;
use serde::{Deserialize, Serialize};

use crate::{json, record};

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
        json::read(path)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        json::write(self, path)
    }

    /// The machines, older kernels first.
    pub fn sorted(&self) -> Vec<(&str, &Machine)> {
        let mut machines: Vec<_> =
            self.0.iter().map(|(kernel, it)| (kernel.as_str(), it)).collect();
        machines.sort_by_key(|(kernel, _)| record::order(kernel));
        machines
    }
}
