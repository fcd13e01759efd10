//! Where the checkout is in which a program runs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use nix::unistd::{AccessFlags, access};

use crate::{Context, Failure, Result};

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
    let none = || Failure::refusal("find the course above", &directory, "run it in the checkout");
    roots.map(Path::to_path_buf).next().ok_or_else(none)
}

/// A directory for what programs keep: `target/NAME` in the checkout, which is made. If nobody may write there, as
/// in a read-only checkout, one in cargo's target directory elsewhere. It belongs to this checkout alone, though other
/// ones may share the target directory.
pub fn kept_in(name: &str) -> Result<PathBuf> {
    let root = root()?;
    let inside = root.join("target").join(name);
    let can_write = |path: &Path| -> io::Result<()> {
        fs::create_dir_all(path)?;
        Ok(access(path, AccessFlags::W_OK)?)
    };
    let refused = match can_write(&inside) {
        Ok(()) => return Ok(inside),
        Err(error) => Err(error).step_on("create", &inside),
    };
    let Some(elsewhere) = env::var_os("CARGO_TARGET_DIR") else { return refused };
    let elsewhere = std::path::absolute(elsewhere).step("find the working directory")?;
    let mut hasher = DefaultHasher::new();
    root.canonicalize().step_on("resolve", &root)?.hash(&mut hasher);
    let elsewhere = elsewhere.join(format!("{name}-{:016x}", hasher.finish()));
    can_write(&elsewhere).step_on("create", &elsewhere)?;
    Ok(elsewhere)
}
