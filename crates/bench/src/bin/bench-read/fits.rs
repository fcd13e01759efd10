//! What fits: into memory, onto a file system. What does not is said in one line, and less is taken.

use std::fs;
use std::path::Path;

use common::{Context, Failure, Result};
use nix::sys::statvfs::statvfs;

use crate::size::Size;
use crate::space::Notes;

/// Left to everybody else.
const MARGIN: usize = 256 << 20;

/// `wanted`, or what fits into memory twice: once as memory, once as the page cache of a file.
///
/// # Errors
/// A refusal if nothing does; /proc's own.
pub(crate) fn in_memory(wanted: Size, notes: &mut Notes) -> Result<usize> {
    let available = available()?;
    let most = available.saturating_sub(MARGIN) / 2;
    if wanted.0 <= most {
        return Ok(wanted.0);
    }
    let Some(less) = most.checked_ilog2().map(|power| Size(1 << power)) else {
        let sentence = format!("{} bytes of memory are left", available);
        return Err(Failure::refusal("measure", Path::new("/proc/meminfo"), sentence));
    };
    notes.say(format!(
        "{wanted} does not fit into memory twice ({} MiB are available): {less} measured",
        available >> 20
    ))?;
    Ok(less.0)
}

/// Bytes that memory still has room for, by the kernel's estimate and the control group's limit.
fn available() -> Result<usize> {
    let path = Path::new("/proc/meminfo");
    let meminfo = fs::read_to_string(path).step_on("read", path)?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    let available = kilobytes.map(|kilobytes| kilobytes << 10);
    let available =
        available.ok_or_else(|| Failure::refusal("read", path, "it does not say MemAvailable"))?;
    // A container's own limit; without one the file is missing, or says "max".
    let group = |name| fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok();
    let number = |name| group(name)?.trim().parse::<usize>().ok();
    let limit = number("memory.max").zip(number("memory.current"));
    Ok(limit.map_or(available, |(most, used)| available.min(most.saturating_sub(used))))
}

/// Whether `directory`'s file system has room for `length` bytes; if not, says so.
///
/// # Errors
/// `statvfs`'s own.
pub(crate) fn on_disk(directory: &Path, length: usize, notes: &mut Notes) -> Result<bool> {
    let system = statvfs(directory).step_on("statvfs", directory)?;
    let free = system.blocks_available().saturating_mul(system.fragment_size());
    let fits = free >= length as u64;
    if !fits {
        let (length, free) = (Size(length), free >> 20);
        notes.say(format!("{length} does not fit on {directory:?} ({free} MiB free): left out"))?;
    }
    Ok(fits)
}
