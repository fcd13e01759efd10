//! The control groups in which the judge runs. A container has limits there.

use std::io;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result};
use procfs::ProcError;
use procfs::process::{MountInfo, Process};

/// The directories of this process's control groups that may limit what `controller` controls: its own one,
/// and all above it.
///
/// # Errors
/// `/proc` cannot be read.
pub fn directories(controller: &str) -> Result<Vec<PathBuf>> {
    let process = Process::myself().map_err(system).step("open /proc/self")?;
    let of_process = match process.cgroups() {
        Err(ProcError::NotFound(_)) => return Ok(Vec::new()), // A kernel without control groups.
        of_process => of_process.map_err(system).step("read /proc/self/cgroup")?,
    };
    let mounts = process.mountinfo().map_err(system).step("read /proc/self/mountinfo")?;
    let mut groups = Vec::new();
    for group in of_process {
        // Version 2 has one hierarchy, and names no controllers.
        let is_second = group.hierarchy == 0;
        let is_mount = |mount: &&MountInfo| match is_second {
            true => mount.fs_type == "cgroup2",
            false => mount.fs_type == "cgroup" && mount.super_options.contains_key(controller),
        };
        if !is_second && !group.controllers.iter().any(|name| name == controller) {
            continue;
        }
        for mount in mounts.0.iter().filter(is_mount) {
            groups.extend(above(&mount.mount_point, &mount.root, &group.pathname));
        }
    }
    Ok(groups)
}

/// The directories of this process's control groups, as far as they can be looked at.
///
/// # Errors
/// There are control groups, but no directory of one is mounted, so a limit could not be seen.
pub fn shown(controller: &str) -> Result<Vec<PathBuf>> {
    let mut groups = directories(controller)?;
    let has_groups = Path::new("/proc/self/cgroup").exists();
    groups.retain(|group| group.is_dir());
    match groups.is_empty() && has_groups {
        false => Ok(groups),
        true => {
            let why = "no control group is mounted";
            Err(Failure::refusal("find the control groups of", Path::new("/proc/self/cgroup"), why))
        }
    }
}

/// The system's error, with its errno.
fn system(error: ProcError) -> io::Error {
    match error {
        ProcError::PermissionDenied(_) => io::Error::from_raw_os_error(libc::EACCES),
        ProcError::NotFound(_) => io::Error::from_raw_os_error(libc::ENOENT),
        ProcError::Io(error, _) => error,
        other => io::Error::other(other),
    }
}

/// The directory of a control group, and those above it, in a mount that shows the hierarchy from `root`
/// on. A mount that does not show the group may still show one above it: its own root.
fn above(mount: &Path, root: &str, group: &str) -> Vec<PathBuf> {
    let below = Path::new(group).strip_prefix(root).unwrap_or(Path::new(""));
    below.ancestors().map(|part| mount.components().chain(part.components()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_groups_above_are_looked_at_up_to_the_mount() {
        let mount = Path::new("/sys/fs/cgroup");
        let shown = |root, group| -> Vec<String> {
            let paths = above(mount, root, group);
            paths.iter().map(|path| path.display().to_string()).collect()
        };
        let both = ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"];
        assert_eq!(shown("/", "/a/b"), both);
        assert_eq!(shown("/", "/"), ["/sys/fs/cgroup"]);
        // A container sees its own group as the root of the mount, by whatever name.
        assert_eq!(shown("/docker/1", "/docker/1"), ["/sys/fs/cgroup"]);
        assert_eq!(shown("/docker/1", "/docker/1/a"), ["/sys/fs/cgroup/a", "/sys/fs/cgroup"]);
        assert_eq!(shown("/docker/1", "/elsewhere"), ["/sys/fs/cgroup"]);
    }
}
