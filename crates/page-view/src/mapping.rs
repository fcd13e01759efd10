//! The address space's view: `/proc/PID/smaps`, one mapping at a time.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use common::{Context, Result};
use procfs::process::{MMPermissions, MMapPath, MemoryMap, Process};

use crate::system_error;

/// One mapping of a process, as `/proc/PID/smaps` shows it.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its addresses.
    pub addresses: Range<usize>,
    /// As `maps` prints them: `rw-s` is readable, writable, shared.
    pub permissions: String,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The file's path, ending in ` (deleted)` if the name is gone, or the kernel's name for it,
    /// as `[heap]`; `None` for anonymous memory.
    pub path: Option<String>,
    /// The file's device, major and minor, as `maps` prints it; not always `stat`'s (btrfs).
    pub device: (i32, i32),
    /// The file's inode; 0 for anonymous memory.
    pub inode: u64,
    /// By the name that smaps prints, in bytes.
    sums: HashMap<String, u64>,
}

impl Mapping {
    /// One of the sums by its name in smaps, in bytes: `Rss`, `Pss`, `Shared_Clean`,
    /// `Private_Dirty`, `Anonymous`, … `None` if this kernel does not print it.
    pub fn sum(&self, name: &str) -> Option<u64> {
        self.sums.get(name).copied()
    }

    /// Every sum that this kernel prints, in bytes, by its name.
    pub fn sums(&self) -> BTreeMap<&str, u64> {
        self.sums.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect()
    }

    /// Whether its pages are a file's, or shared memory's: whether there is a page cache behind it.
    pub fn has_file(&self) -> bool {
        self.path.as_ref().is_some_and(|path| path.starts_with('/'))
    }

    fn from_entry(entry: MemoryMap) -> Self {
        let address = |address| usize::try_from(address).unwrap_or(usize::MAX);
        let letter = |bit, letter| if entry.perms.contains(bit) { letter } else { '-' };
        Self {
            addresses: address(entry.address.0)..address(entry.address.1),
            permissions: String::from_iter([
                letter(MMPermissions::READ, 'r'),
                letter(MMPermissions::WRITE, 'w'),
                letter(MMPermissions::EXECUTE, 'x'),
                if entry.perms.contains(MMPermissions::SHARED) { 's' } else { 'p' },
            ]),
            offset: entry.offset,
            path: match entry.pathname {
                MMapPath::Path(path) => Some(path.to_string_lossy().into_owned()),
                MMapPath::Other(name) => Some(format!("[{name}]")),
                MMapPath::Vsys(key) => Some(format!("/SYSV{key:08x} (deleted)")),
                MMapPath::Rollup | MMapPath::Anonymous => None,
                special => Some(format!("[{special:?}]").to_lowercase()),
            },
            device: entry.dev,
            inode: entry.inode,
            sums: entry.extension.map,
        }
    }
}

/// Every mapping of process `pid`, lowest address first.
///
/// # Errors
/// `ENOENT` if there is no such process, `EACCES` if it is another user's.
pub fn mappings_of(pid: u32) -> Result<Vec<Mapping>> {
    let path = format!("/proc/{pid}/smaps");
    let path = Path::new(&path);
    let pid = i32::try_from(pid).map_err(std::io::Error::other).step_on("open", path)?;
    let process = Process::new(pid).map_err(system_error).step_on("open", path)?;
    let entries = process.smaps().map_err(system_error).step_on("read", path)?;
    Ok(entries.into_iter().map(Mapping::from_entry).collect())
}

/// The mapping of process `pid` that holds `address`; `None` if nothing is mapped there.
///
/// # Errors
/// As [`mappings_of`].
pub fn mapping_at(pid: u32, address: usize) -> Result<Option<Mapping>> {
    let holds = |mapping: &Mapping| mapping.addresses.contains(&address);
    Ok(mappings_of(pid)?.into_iter().find(holds))
}
