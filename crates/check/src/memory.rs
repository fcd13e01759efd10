//! How much memory there is for the judge and its programs: what the kernel says, and what the limits
//! of the control groups leave, which a container has.

use std::fs;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result};
use procfs::process::{MountInfo, Process};

/// Bytes that this process and its children can use before the kernel kills a process for want of memory.
///
/// # Errors
/// `/proc` cannot be read.
pub(crate) fn available() -> Result<u64> {
    let path = Path::new("/proc/meminfo");
    let text = fs::read_to_string(path).step_on("read", path)?;
    let unknown = || Failure::refusal("read", path, "the kernel does not say MemAvailable");
    let machine = kilobytes(&text, "MemAvailable:").ok_or_else(unknown)?;
    let groups = groups()?;
    Ok(groups.iter().filter_map(|group| left(group)).fold(machine, u64::min))
}

/// How many processes the kernel has killed so far because memory ran out; `None` if it does not say.
pub(crate) fn out_of_memory_kills() -> Option<i64> {
    procfs::vmstat().ok()?.get("oom_kill").copied()
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// The directories of this process's control groups that may limit memory: its own one, and all above it.
fn groups() -> Result<Vec<PathBuf>> {
    let process = Process::myself().map_err(std::io::Error::other).step("open /proc/self")?;
    let of_process = process.cgroups().map_err(std::io::Error::other).step("read cgroup")?;
    let mounts = process.mountinfo().map_err(std::io::Error::other).step("read mountinfo")?;
    let mut groups = Vec::new();
    for group in of_process {
        // Version 2 has one hierarchy, and names no controllers.
        let is_second = group.hierarchy == 0;
        let is_mount = |mount: &&MountInfo| match is_second {
            true => mount.fs_type == "cgroup2",
            false => mount.fs_type == "cgroup" && mount.super_options.contains_key("memory"),
        };
        if !is_second && !group.controllers.iter().any(|controller| controller == "memory") {
            continue;
        }
        for mount in mounts.0.iter().filter(is_mount) {
            groups.extend(above(&mount.mount_point, &mount.root, &group.pathname));
        }
    }
    Ok(groups)
}

/// The directory of a control group, and those above it, in a mount that shows the hierarchy from `root`
/// on. A mount that does not show the group may still show one above it: its own root.
fn above(mount: &Path, root: &str, group: &str) -> Vec<PathBuf> {
    let below = Path::new(group).strip_prefix(root).unwrap_or(Path::new(""));
    below.ancestors().map(|part| mount.components().chain(part.components()).collect()).collect()
}

/// What a control group's limit leaves; `None` if it has none. Pages of files that the kernel can drop
/// count as left.
fn left(group: &Path) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let limit = number("memory.max").or_else(|| number("memory.limit_in_bytes"))?;
    let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"))?;
    let statistics = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let of = |name: &str| {
        let line = statistics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|number| number.parse::<u64>().ok())
    };
    // In version 1, the plain names leave out the groups below.
    let files = |name: &str| of(&format!("total_{name}")).or_else(|| of(name)).unwrap_or_default();
    let droppable = files("inactive_file") + files("active_file");
    Some(limit.saturating_sub(used.saturating_sub(droppable)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_some_memory_and_not_more_than_the_machine_has() {
        let text = fs::read_to_string("/proc/meminfo").expect("read");
        let all = kilobytes(&text, "MemTotal:").expect("MemTotal");
        assert!((1..=all).contains(&available().expect("available")));
    }

    #[test]
    fn a_control_group_leaves_its_limit_without_what_cannot_be_dropped() {
        let directory = tempfile::tempdir().expect("make a directory");
        let group = directory.path();
        let write = |name: &str, text: &str| fs::write(group.join(name), text).expect("write");
        assert_eq!(left(group), None);
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        assert_eq!(left(group), None, "without a limit");
        write("memory.max", "1000\n");
        write("memory.stat", "anon 300\nfile 400\nactive_file 100\ninactive_file 200\n");
        assert_eq!(left(group), Some(600));
        write("memory.current", "5000\n");
        assert_eq!(left(group), Some(0));
    }

    #[test]
    fn a_control_group_of_version_1_is_understood() {
        let directory = tempfile::tempdir().expect("make a directory");
        let group = directory.path();
        let write = |name: &str, text: &str| fs::write(group.join(name), text).expect("write");
        write("memory.limit_in_bytes", "1000\n");
        write("memory.usage_in_bytes", "700\n");
        write("memory.stat", "inactive_file 1\ntotal_inactive_file 200\ntotal_active_file 100\n");
        assert_eq!(left(group), Some(600));
    }

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
