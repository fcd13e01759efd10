//! The limit on what a program has allocated: in its work directory, however deep and under whichever
//! modes, and in files without a name.
//!
//! Every name is resolved below the work directory's own descriptor, without links: a program that
//! swaps a directory for a link leads nobody elsewhere.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use common::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::unistd::{Pid, geteuid};
use tracer::{LimitExceeded, SharedTable, look, read_text, threads};

/// How many files are counted.
const MOST_FILES: usize = 10_000;
/// How many directories deep.
const MOST_LEVELS: usize = 64;

/// How much may be allocated in a work directory.
pub(crate) struct DiskLimit {
    /// Opened for this alone.
    directory: File,
    bytes_before: u64,
    limit: u64,
}

impl DiskLimit {
    pub(crate) fn new(path: &Path, limit: u64) -> Result<Self> {
        let directory = File::open(path).step_on("open", path)?;
        let bytes_before = match allocated(&directory).step_on("list", path)? {
            Allocated::Bytes(bytes) => bytes,
            // An earlier run of the program has left them, and the first look ends this one.
            Allocated::Uncounted => 0,
        };
        Ok(Self { directory, bytes_before, limit })
    }

    /// Kills all processes if they have allocated more. What cannot be counted is too much.
    ///
    /// # Errors
    /// Those of the file system, and of looking at the processes' descriptors.
    pub(crate) fn enforce(&self, table: &SharedTable) -> io::Result<()> {
        let processes = table.lock().processes()?; // Unlocked again: counting takes its time.
        let exceeded = match allocated(&self.directory)? {
            Allocated::Bytes(named) => {
                let bytes = named + unlinked(&processes)?;
                let most = self.bytes_before + self.limit;
                (bytes > most).then_some(LimitExceeded::Disk(self.limit))
            }
            Allocated::Uncounted => Some(LimitExceeded::Files(MOST_FILES, MOST_LEVELS)),
        };
        if let Some(exceeded) = exceeded {
            table.lock().end(exceeded);
        }
        Ok(())
    }
}

/// The allocated bytes of files without a name that these processes have open, or only mapped.
fn unlinked(processes: &[Pid]) -> io::Result<u64> {
    let mut found = BTreeMap::new();
    for process in processes {
        // The descriptors and mappings of a process whose first thread has ended are seen through another one.
        let (mut has_descriptors, mut has_mappings) = (false, false);
        for thread in threads(*process)? {
            has_descriptors = has_descriptors || note_open(thread, &mut found)?;
            has_mappings = has_mappings || note_mapped(thread, &mut found)?;
            if has_descriptors && has_mappings {
                break;
            }
        }
    }
    Ok(found.values().sum())
}

/// The allocated bytes of each file without a name, by its device and its inode's number. All these files exist
/// at this moment, so no two of them have both in common.
type Unlinked = BTreeMap<(u64, u64), u64>;

/// Notes the files that a thread's process has open. Whether any descriptor was seen.
fn note_open(thread: Pid, found: &mut Unlinked) -> io::Result<bool> {
    let path = format!("/proc/{thread}/fd");
    let Some(descriptors) = look(thread, &path, fs::read_dir(&path))? else { return Ok(false) };
    let mut any = false;
    for entry in descriptors {
        let Some(entry) = look(thread, &path, entry)? else { break };
        any = true;
        note(look(thread, &path, fs::metadata(entry.path()))?, found);
    }
    Ok(any)
}

fn note(file: Option<Metadata>, found: &mut Unlinked) {
    let file = file.filter(|file| file.is_file() && file.nlink() == 0);
    found.extend(file.map(|file| ((file.dev(), file.ino()), file.blocks() * 512)));
}

/// Notes the files that a thread's process has mapped. Whether any mapping was seen.
fn note_mapped(thread: Pid, found: &mut Unlinked) -> io::Result<bool> {
    /// Memory without a file, which counts as memory.
    const MEMORY: [&str; 3] = ["/memfd:", "/SYSV", "/dev/zero"];
    let Some(maps) = read_text(thread, &format!("/proc/{thread}/maps"))? else { return Ok(false) };
    let (mut resident, mut only_mapped) = (None, BTreeMap::<u64, u64>::new());
    for line in maps.lines().filter(|line| line.ends_with(" (deleted)")) {
        let Some(mapping) = Mapping::parse(line) else { continue };
        if MEMORY.iter().any(|start| mapping.name.starts_with(start)) {
            continue;
        }
        let (from, to) = mapping.place;
        let path = format!("/proc/{thread}/map_files/{from:x}-{to:x}");
        match fs::metadata(&path) {
            // Only root may follow such a link. What is resident is known to everybody.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let resident = match &mut resident {
                    Some(known) => known,
                    empty => empty.insert(resident_in(thread)?),
                };
                let is_open = found
                    .keys()
                    .any(|(device, inode)| *inode == mapping.inode && *device != OF_MAPPINGS);
                if !is_open {
                    let bytes = resident.get(&from).copied().unwrap_or_default();
                    *only_mapped.entry(mapping.inode).or_default() += bytes;
                }
            }
            file => note(look(thread, &path, file)?, found),
        }
    }
    for (inode, bytes) in only_mapped {
        let known = found.entry((OF_MAPPINGS, inode)).or_default(); // By another process.
        *known = bytes.max(*known);
    }
    Ok(!maps.is_empty())
}

/// Stands for the device of a file of which only the mappings are seen: `maps` and `stat` name a device of btrfs
/// differently.
const OF_MAPPINGS: u64 = u64::MAX;

/// A line of `/proc/PID/maps`.
struct Mapping<'line> {
    place: (u64, u64),
    inode: u64,
    name: &'line str,
}

impl<'line> Mapping<'line> {
    /// `FROM-TO RIGHTS OFFSET DEVICE INODE NAME`.
    fn parse(line: &'line str) -> Option<Self> {
        let mut fields = line.splitn(5, ' ');
        let (from, to) = fields.next()?.split_once('-')?;
        let place = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        let (inode, name) = fields.nth(3)?.split_once(' ')?;
        Some(Self { place, inode: inode.parse().ok()?, name: name.trim_start() })
    }
}

/// How many bytes of each mapping are in memory, by where it begins.
fn resident_in(thread: Pid) -> io::Result<BTreeMap<u64, u64>> {
    let smaps = read_text(thread, &format!("/proc/{thread}/smaps"))?.unwrap_or_default();
    let (mut found, mut at) = (BTreeMap::new(), 0);
    for line in smaps.lines() {
        let start = line.split_once('-').and_then(|(from, _)| u64::from_str_radix(from, 16).ok());
        let resident = line.strip_prefix("Rss:").and_then(|rest| rest.trim().strip_suffix(" kB"));
        at = start.unwrap_or(at);
        let resident = resident.and_then(|number| number.parse::<u64>().ok());
        found.extend(resident.map(|kib| (at, kib << 10)));
    }
    Ok(found)
}

/// What lies in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allocated {
    /// So many bytes.
    Bytes(u64),
    /// More files than are counted, or directories deeper than is looked into.
    Uncounted,
}

/// The bytes that are allocated in a directory. A closed directory is
/// opened up: the judge owns it, or is root.
///
/// # Errors
/// Those of the file system; a file that goes away meanwhile is none.
fn allocated(top: &File) -> io::Result<Allocated> {
    let (mut bytes, mut files) = (0, 0);
    let mut pending = vec![(PathBuf::from("."), 0)];
    while let Some((path, level)) = pending.pop() {
        let Some(directory) = open(top, &path)? else { continue };
        let Some(entries) = unless_gone(fs::read_dir(path_of(&directory)))? else { continue };
        for entry in entries {
            let Some(entry) = unless_gone(entry)? else { break };
            let Some(found) = unless_gone(entry.metadata())? else { continue };
            bytes += found.blocks() * 512;
            files += 1;
            if files > MOST_FILES || (found.is_dir() && level == MOST_LEVELS) {
                return Ok(Allocated::Uncounted);
            }
            if found.is_dir() {
                pending.push((path.join(entry.file_name()), level + 1));
            }
        }
    }
    Ok(Allocated::Bytes(bytes))
}

/// A directory below `top`, opened up if it is closed; `None` if it is gone, or no directory any more.
fn open(top: &File, path: &Path) -> io::Result<Option<OwnedFd>> {
    let opened = resolve(top, path, OFlag::O_PATH | OFlag::O_DIRECTORY);
    let Some(found) = unless_gone(opened.map(File::from).map_err(io::Error::from))? else {
        return Ok(None);
    };
    // Root reads it as it is.
    if !geteuid().is_root() && found.metadata()?.mode() & 0o700 != 0o700 {
        set_mode(&found, 0o700)?;
    }
    let opened = resolve(top, path, OFlag::O_RDONLY | OFlag::O_DIRECTORY);
    unless_gone(opened.map_err(io::Error::from))
}

/// Nothing, where the program has removed, moved, replaced or closed it in this moment: the next look
/// finds it as it is then.
fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.raw_os_error().map(Errno::from_raw) {
            // EAGAIN: something was renamed while the path was walked.
            Some(
                Errno::ENOENT
                | Errno::ENOTDIR
                | Errno::ELOOP
                | Errno::EXDEV
                | Errno::EAGAIN
                | Errno::EACCES,
            ) => Ok(None),
            _ => Err(error),
        },
    }
}

fn resolve(top: &File, path: &Path, flags: OFlag) -> nix::Result<OwnedFd> {
    let how = OpenHow::new().flags(flags | OFlag::O_CLOEXEC);
    openat2(top, path, how.resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS))
}

/// `chmod` of an open directory; `fchmod` does not take one that was opened by `O_PATH`.
///
/// # Errors
/// Those of `chmod`.
pub(crate) fn set_mode(directory: impl AsFd, mode: u32) -> io::Result<()> {
    fs::set_permissions(path_of(directory), Permissions::from_mode(mode))
}

/// A path that leads to an open directory, wherever it is.
pub(crate) fn path_of(directory: impl AsFd) -> PathBuf {
    format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd()).into()
}
