//! The binary that becomes a program: the judge's own, in the hidden role `confined`.

use std::path::PathBuf;
use std::sync::OnceLock;

use common::{Context, Result};

static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// Names the binary that has the hidden role `confined`. Only a test whose own binary is another
/// calls this: `launch_by(env!("CARGO_BIN_EXE_check"))`.
pub fn launch_by(binary: &str) {
    LAUNCHER.get_or_init(|| binary.into());
}

pub(crate) fn launcher() -> Result<PathBuf> {
    match LAUNCHER.get() {
        Some(binary) => Ok(binary.clone()),
        None => std::env::current_exe().step("find this program"),
    }
}
