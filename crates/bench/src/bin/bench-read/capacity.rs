//! What fits into memory and onto a file system. If something does not fit, less is measured, and a
//! note says so.

use std::fs;
use std::io;
use std::path::Path;

use bench::{Notes, Size};
use common::{Context, Failure, Result};
use nix::sys::statvfs::statvfs;
use procfs::{Current, Meminfo};

/// Left to all other processes.
const MARGIN: usize = 256 << 20;

/// Measured instead of a size that does not fit, if this one does.
const USUAL: Size = Size(1 << 30);

/// `wanted` if it fits into memory twice: as the reference bytes and as the page cache of a file.
/// Less if it does not.
///
/// # Errors
/// A refusal if nothing fits; those of /proc.
pub(crate) fn in_memory(wanted: Size, notes: &mut Notes) -> Result<usize> {
    let available = available()?;
    let Some(fitting) = fitting(wanted, available) else {
        let sentence = format!("only {} of memory are free", Size::about(available as f64));
        return Err(Failure::refusal("measure", Path::new("/proc/meminfo"), sentence));
    };
    if fitting < wanted {
        let free = Size::about(available as f64);
        notes.say(format!(
            "{wanted} does not fit into memory twice ({free} are free): measuring {fitting}"
        ))?;
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

/// Bytes of memory that are free or can be freed, by the kernel's estimate and the control group's
/// limit.
fn available() -> Result<usize> {
    let meminfo = Meminfo::current().map_err(io::Error::other).step("read /proc/meminfo")?;
    let available = meminfo.mem_available.and_then(|bytes| usize::try_from(bytes).ok());
    let available = available.ok_or(io::ErrorKind::NotFound).step("find MemAvailable")?;
    // A container's own limit; without a limit the file is missing or says "max".
    let group = |name| fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok();
    let number = |name| group(name)?.trim().parse::<usize>().ok();
    let limit = number("memory.max").zip(number("memory.current"));
    Ok(limit.map_or(available, |(most, used)| available.min(most.saturating_sub(used))))
}

/// Whether `directory`'s file system has `length` bytes free; a note if it has not.
///
/// # Errors
/// Those of `statvfs`.
pub(crate) fn fits_on(directory: &Path, length: usize, notes: &mut Notes) -> Result<bool> {
    let system = statvfs(directory).step_on("statvfs", directory)?;
    let free = system.blocks_available().saturating_mul(system.fragment_size());
    let fits = free >= length as u64;
    if !fits {
        let (length, free) = (Size(length), Size::about(free as f64));
        notes.say(format!("{directory:?} is left out: {length} do not fit ({free} are free)"))?;
    }
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_measured_than_does_not_fit() {
        assert_eq!(fitting(Size(3 << 30), 8 << 30), Some(Size(3 << 30)));
        assert_eq!(fitting(Size(1 << 40), 8 << 30), Some(USUAL));
        assert_eq!(fitting(Size(1 << 30), 1 << 30), Some(Size(256 << 20)));
        assert_eq!(fitting(Size(1 << 20), MARGIN), None);
        assert!(available().unwrap() > 1 << 20);
    }

    #[test]
    fn a_full_file_system_is_a_note_of_one_line() {
        let (scratch, mut notes) = (course::scratch(), Notes::default());
        assert!(fits_on(scratch.path(), 1 << 10, &mut notes).unwrap());
        assert!(notes.0.is_empty());
        assert!(!fits_on(scratch.path(), 1 << 62, &mut notes).unwrap());
        assert!(notes.0[0].contains("\" is left out: "), "{:?}", notes.0);
        assert_eq!(notes.0[0].lines().count(), 1);
    }
}
