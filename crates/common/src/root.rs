//! Where the checkout is in which a program runs.

use std::path::{Path, PathBuf};
use std::{env, fs};

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

/// A directory for what programs keep, which is made: `target/NAME` in the checkout. Of a checkout that cannot be
/// written: NAME in cargo's target directory elsewhere, which other checkouts may share.
pub fn kept_in(name: &str) -> Result<PathBuf> {
    let root = root()?;
    let is_read_only = access(&root, AccessFlags::W_OK).is_err();
    let elsewhere = env::var_os("CARGO_TARGET_DIR").filter(|_| is_read_only);
    let path = elsewhere.map_or(root.join("target"), PathBuf::from).join(name);
    fs::create_dir_all(&path).step_on("create", &path)?;
    Ok(path)
}
