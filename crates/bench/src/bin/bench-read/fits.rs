//! What fits: into memory, onto a file system. What does not is said in one line, and less is taken.

use std::fs;
use std::path::Path;

use common::{Context, Failure, Result};
use nix::sys::statvfs::statvfs;

use crate::size::Size;
use crate::space::Notes;
use crate::table::bytes;

/// Left to everybody else.
const MARGIN: usize = 256 << 20;

/// Measured in place of what does not fit, if that fits.
const USUAL: Size = Size(1 << 30);

/// `wanted` if it fits into memory twice, once as memory and once as the page cache of a file; else
/// less.
///
/// # Errors
/// A refusal if nothing fits; /proc's own.
pub(crate) fn in_memory(wanted: Size, notes: &mut Notes) -> Result<usize> {
    let available = available()?;
    let Some(fitting) = fitting(wanted, available) else {
        let sentence = format!("only {} MiB of memory are left", available >> 20);
        return Err(Failure::refusal("measure", Path::new("/proc/meminfo"), sentence));
    };
    if fitting < wanted {
        let left = format!("{} MiB are left", available >> 20);
        notes
            .say(format!("{wanted} does not fit into memory twice ({left}): {fitting} measured"))?;
    }
    Ok(fitting.0)
}

fn fitting(wanted: Size, available: usize) -> Option<Size> {
    let most = available.saturating_sub(MARGIN) / 2;
    if wanted.0 <= most {
        return Some(wanted);
    }
    most.checked_ilog2().map(|power| USUAL.min(Size(1 << power)))
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
        let (length, free) = (Size(length), bytes(free as f64));
        notes.say(format!("{length} does not fit on {directory:?} ({free} free): left out"))?;
    }
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_less() {
        assert_eq!(fitting(Size(3 << 30), 8 << 30), Some(Size(3 << 30)));
        assert_eq!(fitting(Size(1 << 40), 8 << 30), Some(USUAL));
        assert_eq!(fitting(Size(1 << 30), 1 << 30), Some(Size(256 << 20)));
        assert_eq!(fitting(Size(1 << 20), MARGIN), None);
    }

    #[test]
    fn a_file_system_without_room_is_said_in_one_line() {
        let (scratch, mut notes) = (course::scratch(), Notes::default());
        assert!(on_disk(scratch.path(), 1 << 10, &mut notes).unwrap());
        assert!(notes.0.is_empty());
        assert!(!on_disk(scratch.path(), 1 << 62, &mut notes).unwrap());
        assert!(notes.0[0].contains("does not fit on \""), "{:?}", notes.0);
        assert_eq!(notes.0[0].lines().count(), 1);
    }
}
