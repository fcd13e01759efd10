//! How much memory there is for the judge and its programs: what the kernel says, and what the limits
//! of the control groups leave, which a container has.

use std::fs;
use std::path::Path;

use common::{Context, Result};
use sandbox::StartError;

use crate::control_groups;

/// Bytes that this process and its children can use before the kernel kills a process for want of memory.
///
/// # Errors
/// `/proc` cannot be read.
pub fn available() -> Result<u64> {
    let machine = of_the_machine()?;
    Ok(left_by_control_groups()?.map_or(machine, |left| left.min(machine)))
}

/// What the machine has, whatever the limits of control groups are.
///
/// # Errors
/// `/proc/meminfo` cannot be read.
pub fn of_the_machine() -> Result<u64> {
    let path = Path::new("/proc/meminfo");
    let text = fs::read_to_string(path).step_on("read", path)?;
    let unknown = || StartError::CannotPrepare("the kernel does not say MemAvailable".into());
    kilobytes(&text, "MemAvailable:").ok_or_else(unknown).step_on("read", path)
}

/// What the limits of control groups leave; `None` if there are no limits.
///
/// # Errors
/// `/proc` cannot be read.
pub fn left_by_control_groups() -> Result<Option<u64>> {
    Ok(control_groups::directories("memory")?.iter().filter_map(|group| left(group)).min())
}

/// How many processes the kernel has killed so far because memory ran out; `None` if it does not say. Each check asks
/// twice, so only the one line is parsed.
pub(crate) fn out_of_memory_kills() -> Option<i64> {
    kills_in(&fs::read("/proc/vmstat").ok()?)
}

fn kills_in(vmstat: &[u8]) -> Option<i64> {
    const NAME: &[u8] = b"\noom_kill ";
    let number = vmstat.get(memchr::memmem::find(vmstat, NAME)? + NAME.len()..)?;
    let end = memchr::memchr(b'\n', number).unwrap_or(number.len());
    std::str::from_utf8(number.get(..end)?).ok()?.parse().ok()
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
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
    fn the_kills_are_found_among_the_other_counts() {
        assert_eq!(kills_in(b"nr_free_pages 7\noom_kill 3\ndrop_pagecache 1\n"), Some(3));
        assert_eq!(kills_in(b"nr_free_pages 7\nnot_oom_kill 3\n"), None);
        assert!(out_of_memory_kills().is_some_and(|kills| kills >= 0));
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
}
