//! Which process and which mapping: from what was typed.

use std::ffi::OsStr;
use std::path::Path;

use common::{Context, Failure, Result};
use page_view::{Mapping, View, identity_of, is_named, maps_of};
use procfs::process::{Process, StatFlags};

/// The process with this number.
pub(crate) fn process(typed: &OsStr) -> Result<u32> {
    let refused = |why| Err(Failure::refusal("look at", Path::new(typed), why));
    let Some(number) = typed.to_str().and_then(|typed| typed.parse::<u32>().ok()) else {
        return refused("not a process's number");
    };
    match Path::new("/proc").join(number.to_string()).exists() {
        true => Ok(number),
        false => refused("/proc has no process with this number"),
    }
}

/// The mappings that `read` finds in process `pid`.
///
/// # Errors
/// As `read`; and the reason if a process has no memory of its own.
pub(crate) fn living(pid: u32, read: fn(u32) -> Result<Vec<Mapping>>) -> Result<Vec<Mapping>> {
    let mappings = read(pid)?;
    if !mappings.is_empty() {
        return Ok(mappings);
    }
    let stat = i32::try_from(pid).ok().and_then(|pid| Process::new(pid).ok()?.stat().ok());
    let flags = stat.as_ref().and_then(|stat| stat.flags().ok()).unwrap_or(StatFlags::empty());
    let why = match stat {
        _ if flags.contains(StatFlags::PF_KTHREAD) => {
            "a thread of the kernel: it has no memory of its own"
        }
        Some(stat) if stat.state == 'Z' && stat.num_threads > 1 => {
            "its main thread has ended: name another of its threads"
        }
        _ => "the process has ended",
    };
    Err(Failure::refusal("look at process", Path::new(&pid.to_string()), why))
}

/// Every mapping that `typed` names: by an address in it, as a file, or by its name in the list,
/// with or without the directory.
pub(crate) fn mappings(pid: u32, typed: &OsStr) -> Result<Vec<Mapping>> {
    let mut mappings = living(pid, maps_of)?;
    let path = Path::new(typed);
    let hexadecimal = typed.to_str().and_then(|typed| typed.strip_prefix("0x"));
    if let Some(address) = hexadecimal.filter(|_| !path.exists()) {
        let address = usize::from_str_radix(address, 16).map_err(std::io::Error::other);
        let address = address.step_on("find", path)?;
        mappings.retain(|mapping| mapping.addresses.contains(&address));
    } else if !path.is_file() && mappings.iter().any(|mapping| is_named(mapping, path)) {
        mappings.retain(|mapping| is_named(mapping, path));
    } else {
        // A path leads to the file that is there now. A mapping of a file that was there before is
        // another file's, and bears the mark `(deleted)`.
        let identity = identity_of(path).step_on("open", path)?;
        mappings.retain(|mapping| (mapping.device, mapping.inode) == identity);
    }
    match mappings.is_empty() {
        true => Err(Failure::refusal("find", path, format!("process {pid} does not map it"))),
        false => Ok(mappings),
    }
}

/// What is known of each of these mappings.
pub(crate) fn views(pid: u32, typed: &OsStr) -> Result<Vec<View>> {
    View::of_mappings(pid, mappings(pid, typed)?)
}
