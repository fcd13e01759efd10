//! The machine that a program runs on: kernel, file system, page size, CPUs.

use std::{path::Path, thread::available_parallelism};

use nix::{sys::statfs, sys::utsname::uname, unistd::SysconfVar, unistd::sysconf};

use crate::{Context, Result};

/// Of `linux/magic.h`: tmpfs without a limit on its size.
const RAMFS_MAGIC: statfs::FsType = statfs::FsType(0x8584_58f6);
/// Of `linux/magic.h`. nix has no constant for it with musl.
const XFS_MAGIC: statfs::FsType = statfs::FsType(0x5846_5342);

/// The name of the file system of `path`, if it is one that the course was tested on.
pub fn file_system(path: &Path) -> Result<&'static str> {
    Ok(match statfs::statfs(path).step_on("statfs", path)?.filesystem_type() {
        statfs::EXT4_SUPER_MAGIC => "ext4", // The same driver serves ext2 and ext3.
        statfs::TMPFS_MAGIC => "tmpfs",
        RAMFS_MAGIC => "ramfs",
        statfs::OVERLAYFS_SUPER_MAGIC => "overlayfs",
        XFS_MAGIC => "xfs",
        statfs::BTRFS_SUPER_MAGIC => "btrfs",
        _ => "another file system",
    })
}

/// The first line of every story: kernel, file system of `path`, page size and CPUs.
pub fn ground(path: &Path) -> Result<String> {
    let kernel = uname().step("uname")?.release().to_string_lossy().into_owned();
    let (page, cpus) = (page_size(), available_parallelism().step("count CPUs")?);
    Ok(format!("Machine: Linux {kernel}, {}, {page}-byte pages, {cpus} CPUs", file_system(path)?))
}

/// The size of a page in bytes, from the kernel.
pub fn page_size() -> usize {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().and_then(|size| size.try_into().ok());
    size.unwrap_or_else(|| unreachable!("POSIX requires every system to report its page size"))
}
