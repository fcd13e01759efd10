//! What the kernel says about this process's own memory: `/proc/self/status`, `/proc/self/smaps`.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size};

/// One mapping, as `/proc/self/smaps` describes it.
pub struct Mapping {
    /// Its addresses.
    pub addresses: Range<usize>,
    /// Its permissions: `rw-s` is readable, writable, shared.
    pub permissions: String,
    /// The lines below the first: `Rss: 4 kB`, `VmFlags: rd wr sh`, …
    lines: Vec<String>,
}

impl Mapping {
    /// Every mapping of this process, lowest address first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn all() -> Result<Vec<Self>> {
        let path = Path::new("/proc/self/smaps");
        let text = fs::read(path).step_on("read", path)?;
        let mut all: Vec<Self> = Vec::new();
        for line in String::from_utf8_lossy(&text).lines() {
            match (first_line(line), all.last_mut()) {
                (Some(mapping), _) => all.push(mapping),
                (None, Some(last)) => last.lines.push(line.into()),
                (None, None) => {}
            }
        }
        Ok(all)
    }

    /// The mapping that holds `address`.
    ///
    /// # Errors
    /// Those of [`Mapping::all`], and that nothing is mapped there.
    pub fn at(address: usize) -> Result<Self> {
        let found = Self::all()?.into_iter().find(|one| one.addresses.contains(&address));
        found.ok_or_else(|| io::Error::other("nothing is mapped there")).step("find the mapping")
    }

    /// Whether something is mapped at `address`.
    ///
    /// # Errors
    /// Those of [`Mapping::all`].
    pub fn is_at(address: usize) -> Result<bool> {
        Ok(Self::all()?.iter().any(|one| one.addresses.contains(&address)))
    }

    /// Its length in pages.
    pub fn pages(&self) -> usize {
        self.addresses.len() / page_size()
    }

    /// One of its sums, such as `Rss`, in pages.
    ///
    /// # Errors
    /// That this kernel does not print it.
    pub fn sum(&self, name: &str) -> Result<usize> {
        pages(self.field(name)).step(name)
    }

    /// Whether `VmFlags` has this flag, such as `lo` for locked.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.field("VmFlags").is_some_and(|flags| flags.split_whitespace().any(|one| one == flag))
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    }
}

/// One of the sums in `/proc/self/status`, such as `VmLck`, in pages.
///
/// # Errors
/// That this kernel does not print it.
pub fn status(name: &str) -> Result<usize> {
    let path = Path::new("/proc/self/status");
    let text = fs::read_to_string(path).step_on("read", path)?;
    pages(text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))).step(name)
}

/// What `/proc/self/pagemap` says about the page at `address`.
///
/// # Errors
/// Those of reading the file.
pub fn page_table_entry(address: usize) -> Result<u64> {
    let path = Path::new("/proc/self/pagemap");
    let mut entry = [0; 8];
    let file = File::open(path).step_on("open", path)?;
    let at = (address / page_size() * entry.len()) as u64;
    file.read_exact_at(&mut entry, at).step_on("read", path)?;
    Ok(u64::from_ne_bytes(entry))
}

/// How many pages `  8 kB` are.
fn pages(size: Option<&str>) -> io::Result<usize> {
    let number = size.and_then(|size| size.trim().strip_suffix(" kB")?.trim().parse().ok());
    let kilobytes: usize = number.ok_or_else(|| io::Error::other("the kernel does not say"))?;
    Ok(kilobytes * 1024 / page_size())
}

/// `7f01-7f02 rw-p 00000000 00:00 0 PATH`.
fn first_line(line: &str) -> Option<Mapping> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    let permissions = words.next()?.into();
    Some(Mapping { addresses: number(start)?..number(end)?, permissions, lines: Vec::new() })
}
