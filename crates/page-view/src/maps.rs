//! The mappings of a process: `/proc/PID/maps`, and the sums of `/proc/PID/smaps`.
//!
//! Names are bytes. The kernel writes a newline in a name as `\012` and every other byte as it is.
//!
//! `maps` costs the process nothing but its list of mappings. For `smaps` the kernel walks the page
//! table of each mapping, under a lock that `mmap` and `munmap` wait for. So `smaps` is read no
//! further than the last mapping that is asked about.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{Context, Result};

/// One mapping of a process.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its addresses.
    pub addresses: Range<usize>,
    /// As `maps` prints them: `rw-s` is readable, writable, shared.
    pub permissions: String,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The name for people: the file's path, or the kernel's name, as `[heap]`. A path whose last
    /// name has been removed ends in ` (deleted)`. A byte that is not UTF-8 is written as `\xE9`.
    /// `None` for anonymous memory.
    pub path: Option<String>,
    /// The same name, byte by byte.
    pub name: Option<OsString>,
    /// The file's device, major and minor, as `maps` prints it. On btrfs `stat` has another.
    pub device: (i32, i32),
    /// The file's inode; 0 for anonymous memory.
    pub inode: u64,
    /// Empty if only `maps` has been read.
    sums: Sums,
}

/// The sums of one mapping. The names are the same for all mappings that are read together.
#[derive(Clone, Debug, Default)]
struct Sums {
    names: Arc<Vec<String>>,
    bytes: Vec<u64>,
}

impl Mapping {
    /// One of the sums by its name in smaps, in bytes: `Rss`, `Pss`, `Shared_Clean`,
    /// `Private_Dirty`, `Anonymous`, … `None` if this kernel does not print it, or if only `maps`
    /// has been read.
    pub fn sum(&self, name: &str) -> Option<u64> {
        let index = self.sums.names.iter().position(|known| known == name)?;
        self.sums.bytes.get(index).copied()
    }

    /// Every sum that this kernel prints, in bytes, by its name.
    pub fn sums(&self) -> BTreeMap<&str, u64> {
        let names = self.sums.names.iter().map(String::as_str);
        names.zip(self.sums.bytes.iter().copied()).collect()
    }

    /// Bytes in memory. `Rss` leaves out the huge pages of hugetlbfs; this does not.
    pub fn in_memory(&self) -> Option<u64> {
        let huge = ["Shared_Hugetlb", "Private_Hugetlb"].map(|name| self.sum(name).unwrap_or(0));
        Some(self.sum("Rss")? + huge[0] + huge[1])
    }

    /// Whether there is a file behind it, or shared memory, which has a page cache as a file has.
    /// A segment of System V shared memory may have the inode 0, but it has a name.
    ///
    /// Private huge pages and a private mapping of `/dev/zero` have a name and an inode, but are
    /// anonymous memory.
    pub fn has_file(&self) -> bool {
        let name = self.path.as_deref().unwrap_or_default();
        let is_private = self.permissions.ends_with('p');
        if is_private && ["/anon_hugepage (deleted)", "/dev/zero"].contains(&name) {
            return false;
        }
        self.inode != 0 || name.starts_with('/')
    }

    /// Whether its pages are the kernel's own, as those of `[vdso]`.
    pub(crate) fn is_kernels(&self) -> bool {
        let name = self.path.as_deref().unwrap_or_default();
        !self.has_file() && (name.starts_with("[v") || name == "[uprobes]")
    }
}

/// Every mapping of process `pid` with its sums, lowest address first.
///
/// # Errors
/// `ENOENT` if there is no such process, `EACCES` if it is another user's.
pub fn mappings_of(pid: u32) -> Result<Vec<Mapping>> {
    read(pid, "smaps", |_| Some(true))
}

/// Every mapping of process `pid` without its sums, lowest address first. This does not walk the
/// process's page tables.
///
/// # Errors
/// As [`mappings_of`].
pub fn maps_of(pid: u32) -> Result<Vec<Mapping>> {
    read(pid, "maps", |_| Some(true))
}

/// The mapping of process `pid` that holds `address`, with its sums; `None` if nothing is mapped
/// there.
///
/// # Errors
/// As [`mappings_of`].
pub fn mapping_at(pid: u32, address: usize) -> Result<Option<Mapping>> {
    let found = read(pid, "smaps", |addresses| {
        (addresses.start <= address).then(|| addresses.contains(&address))
    });
    Ok(found?.pop())
}

/// The mappings of process `pid` with their sums that begin at these addresses, which are in order.
pub(crate) fn mappings_from(pid: u32, starts: &[usize]) -> Result<Vec<Mapping>> {
    let last = starts.last().copied().unwrap_or(0);
    read(pid, "smaps", |addresses| {
        (addresses.start <= last).then(|| starts.binary_search(&addresses.start).is_ok())
    })
}

/// The mapping of this process that holds `address`, without its sums.
pub(crate) fn own_mapping_at(address: usize) -> Result<Option<Mapping>> {
    let found = read(std::process::id(), "maps", |addresses| {
        (addresses.start <= address).then(|| addresses.contains(&address))
    });
    Ok(found?.pop())
}

/// Reads the mappings of which `wants` says `Some(true)`, up to the first of which it says `None`.
fn read(
    pid: u32,
    name: &str,
    wants: impl Fn(&Range<usize>) -> Option<bool>,
) -> Result<Vec<Mapping>> {
    let path = PathBuf::from(format!("/proc/{pid}/{name}"));
    let file = File::open(&path).step_on("open", &path)?;
    parse(BufReader::new(file), wants).step_on("read", &path)
}

fn parse(
    mut lines: impl BufRead,
    wants: impl Fn(&Range<usize>) -> Option<bool>,
) -> io::Result<Vec<Mapping>> {
    let mut found: Vec<Mapping> = Vec::new();
    let mut names = Vec::new();
    let mut is_wanted = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if text.first().is_some_and(u8::is_ascii_uppercase) {
            if let Some(mapping) = found.last_mut().filter(|_| is_wanted) {
                add_sum(mapping, &mut names, text);
            }
            continue;
        }
        let odd = || io::Error::new(io::ErrorKind::InvalidData, "a line that is no mapping");
        let addresses = addresses(text).ok_or_else(odd)?;
        match wants(&addresses) {
            None => break,
            Some(wanted) => is_wanted = wanted,
        }
        if is_wanted {
            found.push(mapping(text).ok_or_else(odd)?);
        }
    }
    let names = Arc::new(names);
    found.iter_mut().for_each(|mapping| mapping.sums.names = Arc::clone(&names));
    Ok(found)
}

/// A line such as `Rss:       12 kB`. Its name is looked for where the mapping before had it.
fn add_sum(mapping: &mut Mapping, names: &mut Vec<String>, line: &[u8]) {
    let parse = || {
        let (name, rest) = str::from_utf8(line).ok()?.split_once(':')?;
        Some((name, rest.trim().strip_suffix(" kB")?.trim_end().parse::<u64>().ok()?))
    };
    let Some((name, kibibytes)) = parse() else { return }; // As VmFlags, which is no sum.
    let index = mapping.sums.bytes.len();
    if names.len() == index {
        names.push(name.into());
    }
    if names.get(index).is_some_and(|known| known == name) {
        mapping.sums.bytes.push(kibibytes << 10);
    }
}

fn addresses(line: &[u8]) -> Option<Range<usize>> {
    let end = line.iter().position(|byte| *byte == b' ')?;
    let (start, end) = str::from_utf8(&line[..end]).ok()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    Some(address(start)?..address(end)?)
}

/// `start-end mode offset major:minor inode`, blanks, and the name up to the end of the line.
fn mapping(line: &[u8]) -> Option<Mapping> {
    let mut fields = line.splitn(6, |byte| *byte == b' ');
    let addresses = addresses(line)?;
    let mut text = || str::from_utf8(fields.next()?).ok();
    text()?;
    let permissions = text()?.into();
    let offset = u64::from_str_radix(text()?, 16).ok()?;
    let (major, minor) = text()?.split_once(':')?;
    let number = |text| i32::from_str_radix(text, 16).ok();
    let device = (number(major)?, number(minor)?);
    let inode = text()?.parse().ok()?;
    let name = fields.next().unwrap_or_default().trim_ascii_start();
    let name = (!name.is_empty()).then(|| name.to_vec());
    let path = name.as_deref().map(for_people);
    let name = name.map(OsString::from_vec);
    let sums = Sums::default();
    Some(Mapping { addresses, permissions, offset, path, name, device, inode, sums })
}

/// Bytes as text, those that are not UTF-8 as `\xE9`.
#[must_use]
pub fn for_people(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::new(), |text, chunk| {
        let odd = chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}"));
        text + chunk.valid() + &odd.collect::<String>()
    })
}

/// Whether the mapping's name in `maps` is this one: the whole path, as bytes or as it is shown, or
/// the part after its last slash. The mark ` (deleted)` may be left out.
pub fn is_named(mapping: &Mapping, typed: &Path) -> bool {
    let Some(name) = &mapping.name else { return false };
    let (name, typed) = (name.as_encoded_bytes(), typed.as_os_str().as_encoded_bytes());
    let shown = mapping.path.as_deref().unwrap_or_default().as_bytes();
    let bare = |name: &[u8]| name.rsplit(|byte| *byte == b'/').next() == Some(typed);
    [name, shown].into_iter().any(|name| {
        let kept = name.strip_suffix(b" (deleted)").unwrap_or(name);
        [name, kept].into_iter().any(|name| name == typed || bare(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[u8]) -> Mapping {
        parse(line, |_| Some(true)).unwrap().pop().unwrap()
    }

    #[test]
    fn a_name_is_bytes_to_the_end_of_its_line() {
        let head = b"7f00-7f01 rw-s 00001000 fe:01 77    ".to_vec();
        for (name, path) in [
            (&b"/tmp/caf\xe9.db"[..], "/tmp/caf\\xE9.db"),
            (b"/tmp/trail ", "/tmp/trail "),
            (b"/SYSV12345678", "/SYSV12345678"),
            (b"/memfd:x (deleted)", "/memfd:x (deleted)"),
            (b"/[heap]", "/[heap]"),
            (b"//anon", "//anon"),
            (b"/a b  c", "/a b  c"),
        ] {
            let mapping = parsed(&[&head[..], name, b"\n"].concat());
            assert_eq!(mapping.path.as_deref(), Some(path));
            assert_eq!(mapping.name.as_ref().unwrap().as_encoded_bytes(), name);
            assert!(mapping.has_file());
        }
        assert_eq!(parsed(&head).path, None);
    }

    #[test]
    fn a_mapping_is_named_by_its_path_or_by_the_end_of_it() {
        let mapping = parsed(b"7f00-7f01 rw-s 00001000 fe:01 77    /tmp/note (deleted)\n");
        for name in ["/tmp/note (deleted)", "/tmp/note", "note", "note (deleted)"] {
            assert!(is_named(&mapping, Path::new(name)), "{name}");
        }
        for name in ["ote", "tmp/note", "/note", ""] {
            assert!(!is_named(&mapping, Path::new(name)), "{name}");
        }
        let odd = parsed(b"7f00-7f01 rw-s 00001000 fe:01 77    /tmp/caf\xe9.db\n");
        assert!(is_named(&odd, Path::new("caf\\xE9.db")));
    }

    #[test]
    fn huge_pages_are_in_memory_too() {
        let smaps = b"10-20 rw-s 0 00:10 77    /anon_hugepage (deleted)\nRss: 0 kB\n\
            Shared_Hugetlb: 0 kB\nPrivate_Hugetlb: 2048 kB\n";
        let found = parse(&smaps[..], |_| Some(true)).unwrap();
        assert_eq!((found[0].sum("Rss"), found[0].in_memory()), (Some(0), Some(2 << 20)));
        assert!(found[0].has_file(), "shared: a file of hugetlbfs that has no name");
        assert!(!parsed(b"10-20 rw-p 0 00:10 77    /anon_hugepage (deleted)\n").has_file());
        assert!(!parsed(b"10-20 rw-p 0 00:05 4    /dev/zero\n").has_file());
    }

    #[test]
    fn sums_are_read_no_further_than_they_are_wanted() {
        let smaps = b"10-20 r--p 0 fe:01 77    /a\nSize: 4 kB\nRss:  4 kB\nVmFlags: rd mr\n\
            20-30 r--p 0 fe:01 77    /a\nSize: 4 kB\nRss:  0 kB\nVmFlags: rd mr\n\
            30-40 r--p 0 fe:01 77    /a\nnot a line of smaps\n";
        let found = parse(&smaps[..], |addresses| {
            (addresses.start <= 0x20).then_some(addresses.start == 0x20)
        });
        let found = found.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].sum("Rss"), found[0].sum("Size")), (Some(0), Some(4 << 10)));
        assert_eq!(found[0].sum("VmFlags"), None);
    }
}
