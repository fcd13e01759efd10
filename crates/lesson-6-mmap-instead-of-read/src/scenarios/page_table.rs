//! How large the page table of a process becomes.

use std::fs;
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::View;
use crate::cost::write_lines;

const LENGTH: usize = 16 << 20;

/// Maps a file and loads a byte of each page; says the page table's size before and after.
pub(super) fn size() -> Result<()> {
    let path = Path::new("file");
    let file = write_lines(path, LENGTH, page_size())?;
    let view = View::of(&file, LENGTH).step_on("mmap", path)?;
    say!("before {}", kibibytes()?)?;
    (0..LENGTH).step_by(page_size()).for_each(|offset| view.copy_to(offset, &mut [0]));
    say!("after {}", kibibytes()?)
}

/// `VmPTE` of this process.
fn kibibytes() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status").step("read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmPTE:")).unwrap_or_default();
    let number = line.trim().trim_end_matches(" kB");
    number.parse().map_err(std::io::Error::other).step("read VmPTE")
}
