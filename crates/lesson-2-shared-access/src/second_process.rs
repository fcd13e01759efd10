//! The second process, as the first one sees it. The story and the claims of `cargo lesson-2` start
//! one wherever they need two processes; `obey.rs` is what it does.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use common::{Peer, Result, errno_name};

/// Starts the second process on `path` and waits until it has mapped the file.
pub(crate) fn start(path: &Path) -> Result<Peer> {
    let mut other = Peer::start([OsStr::new("second"), path.as_os_str()])?;
    other.hear()?;
    Ok(other)
}

/// `done`, or the name of the error.
pub(crate) fn outcome<T>(result: io::Result<T>) -> String {
    result.map_or_else(|error| errno_name(&error), |_| "done".into())
}
