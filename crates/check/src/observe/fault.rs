//! A death by SIGSEGV or SIGBUS: which address, in which mapping, where in which file.

use std::fmt;
use std::fs;
use std::path::Path;

use nix::unistd::Pid;
use page_view::Mapping;

/// A process's mappings, in the order of their addresses.
///
/// # Errors
/// ESRCH: it has ended.
pub fn maps(pid: Pid) -> common::Result<Vec<Mapping>> {
    page_view::mappings_of(pid.as_raw().cast_unsigned())
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
    #[must_use]
    pub fn of(pid: Pid, signal: i32) -> Option<Self> {
        if signal != libc::SIGSEGV && signal != libc::SIGBUS {
            return None;
        }
        let address = tracer::fault_address(pid)?;
        let mappings = maps(pid).unwrap_or_default();
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
        Some(Self { signal, address, offset, length: length.map(|found| found.len()), mapping })
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
