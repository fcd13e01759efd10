//! Scenarios: private mappings and forks under limits of the whole process.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use common::{Context, Result, outcome, page_size, say};
use nix::sys::resource::{Resource, setrlimit};
use page_view::pages;

use super::forks::mapping_of_four;
use crate::PrivateMapping;
use crate::sys::{RawMapping, lock_future_mappings};

/// Prints the outcome of several mappings of 256 MiB, first without and then with an `RLIMIT_DATA` of
/// 64 MiB.
pub(super) fn data() -> Result<()> {
    const MEBIBYTE: usize = 1024 * 1024;
    let path = Path::new("sparse");
    let file = File::create_new(path).step_on("create", path)?;
    file.set_len(256 * MEBIBYTE as u64).step_on("ftruncate", path)?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let (read, write) = (libc::PROT_READ, libc::PROT_READ | libc::PROT_WRITE);
    let map = |prot, flags| RawMapping::map(256 * MEBIBYTE, prot, flags, file.as_raw_fd());
    say!("unlimited {}", outcome(&map(write, libc::MAP_PRIVATE)))?;
    let limit = 64 * MEBIBYTE as u64;
    setrlimit(Resource::RLIMIT_DATA, limit, limit).step("setrlimit")?;
    say!("private-writable {}", outcome(&map(write, libc::MAP_PRIVATE)))?;
    let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    say!("anonymous-writable {}", outcome(&map(write, anonymous)))?;
    say!("shared-writable {}", outcome(&map(write, libc::MAP_SHARED)))?;
    let without_a_file = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    say!("shared-anonymous {}", outcome(&map(write, without_a_file)))?;
    say!("no-permission {}", outcome(&map(libc::PROT_NONE, anonymous)))?;
    say!("grows-down {}", outcome(&map(write, anonymous | libc::MAP_GROWSDOWN)))?;
    let read_only = map(read, libc::MAP_PRIVATE).step("mmap")?;
    say!("made-writable {}", outcome(&read_only.protect(write)))
}

/// Prints the outcome of populating two pages, before and after the second is unmapped. It needs a
/// process of its own: elsewhere another thread might map something at that address.
pub(super) fn hole() -> Result<()> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    let mut mapping = RawMapping::map(2 * page_size(), prot, flags, -1).step("mmap")?;
    let populate = |mapping: &RawMapping| {
        outcome(&mapping.advise(0, 2 * page_size(), libc::MADV_POPULATE_WRITE))
    };
    let whole = populate(&mapping);
    mapping.unmap_end(page_size()).step("munmap")?;
    let cut = populate(&mapping);
    say!("whole {whole}")?;
    say!("with-a-hole {cut}")
}

/// Prints how many pages of a new private mapping are copies, before and after `mlockall(MCL_FUTURE)`.
pub(super) fn lock_future() -> Result<()> {
    let (_file, before) = mapping_of_four()?;
    let file = File::open("lettered").step("open")?;
    lock_future_mappings().step("mlockall")?;
    let after = PrivateMapping::of(&file, 4 * page_size()).step("mmap")?;
    for (name, mapping) in [("before", before), ("after", after)] {
        let pages = pages(std::process::id(), mapping.address(), 4)?;
        say!("{name} {}", pages.iter().filter(|page| page.file_page == Some(false)).count())?;
    }
    Ok(())
}
