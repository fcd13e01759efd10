//! A death by SIGSEGV or SIGBUS: which address, in which mapping, where in which file.

use std::fmt;
use std::fs;
use std::path::Path;

use common::Context;
use nix::unistd::Pid;
use page_view::Mapping;

/// A process's mappings, in the order of their addresses.
///
/// # Errors
/// As [`unless_ended`].
pub fn maps(pid: Pid) -> common::Result<Vec<Mapping>> {
    unless_ended(pid, page_view::mappings_of(pid.as_raw().cast_unsigned()))
}

/// What was seen of a process: nothing, if it has ended or is ending.
///
/// # Errors
/// The look was refused: nothing is known then.
pub fn unless_ended<T: Default>(pid: Pid, seen: common::Result<T>) -> common::Result<T> {
    match seen {
        Err(failure)
            if matches!(failure.errno(), Some(libc::ENOENT | libc::ESRCH))
                || tracer::is_ending(pid) =>
        {
            Ok(T::default())
        }
        seen => seen,
    }
}

/// An access that the kernel refused.
#[derive(Clone, Debug)]
pub struct Fault {
    /// SIGSEGV or SIGBUS.
    pub signal: i32,
    /// Which address was accessed.
    pub address: usize,
    /// The mapping that holds it.
    pub mapping: Option<Mapping>,
    /// Where in the mapping's file that is.
    pub offset: Option<u64>,
    /// How long the file was then.
    pub length: Option<u64>,
}

impl Fault {
    /// Of a thread that is about to get this signal; `None` for other signals, and for one that
    /// somebody sent.
    ///
    /// # Errors
    /// The signal's reason, or the mappings, cannot be looked at.
    pub fn of(pid: Pid, signal: i32) -> common::Result<Option<Self>> {
        if signal != libc::SIGSEGV && signal != libc::SIGBUS {
            return Ok(None);
        }
        let address = unless_ended(pid, tracer::fault_address(pid).step("PTRACE_GETSIGINFO"))?;
        let Some(address) = address else { return Ok(None) };
        let mappings = maps(pid)?;
        let mapping = mappings.into_iter().find(|mapping| mapping.addresses.contains(&address));
        let file = mapping.as_ref().filter(|mapping| mapping.has_file());
        let offset = file.map(|found| (address - found.addresses.start) as u64 + found.offset);
        let link = |found: &Mapping| {
            let std::ops::Range { start, end } = found.addresses;
            format!("/proc/{pid}/map_files/{start:x}-{end:x}")
        };
        let named = |found: &Mapping| found.path.as_ref().and_then(|path| fs::metadata(path).ok());
        let length = file
            .and_then(|found| fs::metadata(Path::new(&link(found))).ok().or_else(|| named(found)));
        let length = length.map(|found| found.len());
        Ok(Some(Self { signal, address, offset, length, mapping }))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, mapping, offset, length, .. } = self;
        write!(f, "address {address:#x}")?;
        let Some(mapping) = mapping else { return write!(f, ", which no mapping holds") };
        let name = mapping.path.as_deref().unwrap_or("anonymous memory");
        let name = name.rsplit('/').next().unwrap_or(name);
        write!(f, ", in the mapping {} of {name}", mapping.permissions)?;
        if let Some(offset) = offset {
            write!(f, ", byte {offset} of the file")?;
        }
        match length {
            Some(length) => write!(f, ", which was {length} bytes long"),
            None => Ok(()),
        }
    }
}
