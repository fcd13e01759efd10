//! A death by SIGSEGV or SIGBUS: which address, in which mapping, where in which file.

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::counted::counted;
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
    /// If no mapping holds the address: the mapping of a regular file that ends before it.
    pub past: Option<Past>,
}

/// An access past the end of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The mapped file's name.
    pub name: String,
    /// Where the mapping begins in the file, and where it ends, in bytes.
    pub bytes: Range<u64>,
    /// The first address after the mapping.
    pub end: usize,
    /// Where the access was, counted from the mapping's first byte.
    pub at: u64,
}

impl Past {
    /// Of an address that is not in this mapping, but above it: how far.
    #[must_use]
    pub fn beyond(mapping: &Mapping, address: usize) -> Option<Self> {
        let Range { start, end } = mapping.addresses;
        let path = mapping.path.as_deref().filter(|_| mapping.has_file() && end <= address)?;
        let name = Path::new(path).file_name()?.to_string_lossy().into_owned();
        let bytes = mapping.offset..mapping.offset + (end - start) as u64;
        Some(Self { name, bytes, end, at: (address - start) as u64 })
    }

    /// The same of the next mapping below the address, if it has a file of this directory and is near. Other
    /// mappings may lie between, without a gap: a loop that goes on through them ends at the first address
    /// after the last of them.
    fn of(mappings: &[Mapping], address: usize, directory: Option<&Path>) -> Option<Self> {
        /// What is further away was not computed from the mapping's address.
        const NEAR: usize = 1 << 26;
        /// The most bytes that one load takes.
        const VECTOR: usize = 64;
        let is_inside = |mapping: &Mapping| {
            let parent = mapping.path.as_deref().and_then(|path| Path::new(path).parent());
            directory.is_some() && parent == directory
        };
        let mut below = mappings.iter().rev().filter(|mapping| mapping.addresses.end <= address);
        let next = below.next()?;
        let is_near = address - next.addresses.end < NEAR;
        if is_inside(next) {
            return Self::beyond(next, address).filter(|_| is_near);
        }
        let is_first = address - next.addresses.end < VECTOR;
        let mut start = next.addresses.start;
        let touches = |mapping: &&Mapping| {
            let touches = mapping.addresses.end == start;
            start = mapping.addresses.start;
            touches
        };
        let found = below.take_while(touches).find(|mapping| is_inside(mapping))?;
        Self::beyond(found, address).filter(|past| is_first && past.at < NEAR as u64)
    }
}

impl fmt::Display for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, bytes, end, at } = self;
        let length = bytes.end - bytes.start;
        write!(
            f,
            "it is {} past the end of the mapping of {name}, which ends at {end:#x}. This mapping \
             has {length} bytes (whole pages) and begins at byte {} of {name}; the access was at byte \
             {at} of the mapping, counted from 0",
            counted(at - length + 1, "byte"),
            bytes.start
        )
    }
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
        let directory = fs::read_link(format!("/proc/{pid}/cwd")).ok();
        let is_held = mappings.iter().any(|mapping| mapping.addresses.contains(&address));
        let past = match signal {
            libc::SIGSEGV if !is_held => Past::of(&mappings, address, directory.as_deref()),
            _ => None,
        };
        let mapping = mappings.into_iter().find(|mapping| mapping.addresses.contains(&address));
        let file = mapping.as_ref().filter(|mapping| mapping.has_file());
        let offset = file.map(|found| (address - found.addresses.start) as u64 + found.offset);
        let link = |found: &Mapping| {
            let Range { start, end } = found.addresses;
            format!("/proc/{pid}/map_files/{start:x}-{end:x}")
        };
        let named = |found: &Mapping| found.path.as_ref().and_then(|path| fs::metadata(path).ok());
        let length = file
            .and_then(|found| fs::metadata(Path::new(&link(found))).ok().or_else(|| named(found)));
        let length = length.map(|found| found.len());
        Ok(Some(Self { signal, address, offset, length, past, mapping }))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signal, address, mapping, offset, length, .. } = self;
        write!(f, "address {address:#x}")?;
        let Some(mapping) = mapping else {
            write!(f, ", which no mapping holds")?;
            return self.past.iter().try_for_each(|past| write!(f, ": {past}"));
        };
        let name = mapping.path.as_deref().unwrap_or("anonymous memory");
        let name = name.rsplit('/').next().unwrap_or(name);
        write!(f, ", in the mapping {} of {name}", mapping.permissions)?;
        let refuses = |right| *signal == libc::SIGSEGV && !mapping.permissions.contains(right);
        match (refuses('r'), refuses('w')) {
            (true, true) => write!(f, " (PROT_NONE: no load and no store is allowed there)")?,
            (false, true) => write!(f, " (without PROT_WRITE: no store is allowed there)")?,
            _ => {}
        }
        if let Some(offset) = offset {
            write!(f, ", byte {offset} of the file")?;
        }
        match length {
            Some(length) => write!(f, ", which had {}", counted(*length, "byte")),
            None => Ok(()),
        }
    }
}
