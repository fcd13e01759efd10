//! The binary of a launcher process: the judge's own. It is executed in the hidden role `confined`, or in the hidden
//! role `zygote`, which then forks launcher processes.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// How long the launcher process may take to say that it runs.
pub(crate) const LAUNCH: Duration = Duration::from_secs(10);

/// This program itself: the file that was executed, even if it was removed or replaced since.
const SELF: &str = "/proc/self/exe";

static OWN_BINARY: OnceLock<PathBuf> = OnceLock::new();

/// Names the binary that has the hidden roles `confined` and `zygote`. Only a test calls this, because its own binary
/// has no such roles: `launch_by(env!("CARGO_BIN_EXE_check"))`.
pub fn launch_by(binary: &str) {
    OWN_BINARY.get_or_init(|| binary.into());
}

/// The binary that has the hidden roles of the judge.
#[must_use]
pub fn own_binary() -> &'static Path {
    OWN_BINARY.get().map_or(Path::new(SELF), PathBuf::as_path)
}
