//! The binary that becomes a program: the judge's own, in the hidden role `confined`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// This program itself: the file that was executed, even if it was removed or replaced since.
const SELF: &str = "/proc/self/exe";

static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// Names the binary that has the hidden role `confined`. Only a test whose own binary is another
/// calls this: `launch_by(env!("CARGO_BIN_EXE_check"))`.
pub fn launch_by(binary: &str) {
    LAUNCHER.get_or_init(|| binary.into());
}

pub(crate) fn launcher() -> &'static Path {
    LAUNCHER.get().map_or(Path::new(SELF), PathBuf::as_path)
}
