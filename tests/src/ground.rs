//! What a test runs on: its scratch directory, the file system there, the kernel, the user.

use std::fs;
use std::path::Path;

use common::Scratch;
use nix::sys::utsname::uname;

/// A directory for one test. Dropping the value removes it.
pub fn scratch() -> Scratch {
    Scratch::new().expect("make a scratch directory")
}

/// The name of the file system of `path`.
pub fn file_system(path: &Path) -> &'static str {
    common::file_system(path).expect("ask for the file system")
}

/// Whether the running kernel is `major.minor` or newer.
pub fn kernel_at_least(major: u32, minor: u32) -> bool {
    let name = uname().expect("uname");
    let release = name.release().to_string_lossy().into_owned();
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let mut number = || parts.next().and_then(Result::ok).expect("a release such as 6.18.0");
    (number(), number()) >= (major, minor)
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Makes `directory` the root of an empty checkout. A program that gets it as `CARGO_MANIFEST_DIR` keeps
/// there what it remembers, so that the learner's own checkout stays as it is.
pub fn make_checkout(directory: &Path) {
    let package = directory.join("crates/common");
    fs::create_dir_all(&package).expect("make its package");
    fs::write(package.join("Cargo.toml"), "").expect("write its manifest");
}
