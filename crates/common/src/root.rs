//! Where the checkout is in which a program runs.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fmt, io};

use crate::{Context, Result};

/// Why there is no root: neither the working directory nor this program is in a checkout.
#[derive(Debug)]
pub struct NoCheckout;

impl fmt::Display for NoCheckout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run it in the checkout")
    }
}

impl Error for NoCheckout {}

/// The root of the checkout in which this program runs: that of the package that cargo runs, or the one
/// that holds the working directory, or the one that holds this program. A checkout may be copied,
/// renamed, or share its target directory with another one, so the path in which this program was
/// compiled says nothing.
pub fn root() -> Result<PathBuf> {
    let directory = env::current_dir().step("find the working directory")?;
    let cargo = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let places = [cargo, Some(directory.clone()), env::current_exe().ok()];
    let is_root = |path: &&Path| path.join("crates/common/Cargo.toml").is_file();
    let roots = places.iter().flatten().filter_map(|place| place.ancestors().find(is_root));
    let found = roots.map(Path::to_path_buf).next();
    found.ok_or_else(|| io::Error::other(NoCheckout)).step_on("find the course above", &directory)
}
