//! The programs that a run needs. Each missing program is told at once, with the package to install.

use std::env;
use std::path::{Path, PathBuf};

use common::{Failure, Result};

use crate::machine::QEMU;
use crate::packages::KEYRING;

/// Each program, and Debian's package of it.
const TOOLS: [(&str, &str); 7] = [
    (QEMU, "qemu-system-x86"),
    ("apt-get", "apt"),
    ("dpkg-deb", "dpkg"),
    ("modinfo", "kmod"),
    ("cpio", "cpio"),
    ("xz", "xz-utils"),
    ("zstd", "zstd"),
];

/// Looks for the programs, for Debian's keys, and for what makes these file systems.
///
/// # Errors
/// Something is not installed: the failure lists the packages.
pub(crate) fn find(file_systems: &[&str]) -> Result<()> {
    let makers = file_systems.iter().filter_map(|system| match *system {
        "ext4" | "overlay" => Some(("mkfs.ext4", "e2fsprogs")),
        "xfs" => Some(("mkfs.xfs", "xfsprogs")),
        "btrfs" => Some(("mkfs.btrfs", "btrfs-progs")),
        _ => None,
    });
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian's ordinary users do not have these two in their PATH, and the guest has them.
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let directories: Vec<_> = env::split_paths(&path).chain(more).collect();
    let is_missing = |(program, _): &(&str, &str)| {
        !directories.iter().any(|directory| directory.join(program).is_file())
    };
    let mut missing: Vec<_> = TOOLS.into_iter().chain(makers).filter(is_missing).collect();
    if !Path::new(KEYRING).exists() {
        missing.push((KEYRING, "debian-archive-keyring"));
    }
    missing.dedup();
    let Some((first, _)) = missing.first() else { return Ok(()) };
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    let sentence = format!("not installed; install {}", packages.join(", "));
    Err(Failure::refusal("find", Path::new(first), sentence))
}
