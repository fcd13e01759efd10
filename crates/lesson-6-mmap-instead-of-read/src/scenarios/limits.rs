//! Limits of a process: address space, which a mapping needs, and descriptors, which it does not.

use std::path::Path;

use common::{Context, Result, outcome, page_size, say};
use nix::sys::resource::{Resource, setrlimit};

use super::file_and_view;
use crate::cost::write_lines;
use crate::job::{PIECE, count};
use crate::methods::{Method, open};
use crate::{Mapped, View};

/// Maps, then reads, a file of 300 MiB in an address space of 256 MiB.
pub(super) fn no_room() -> Result<()> {
    const LENGTH: usize = 300 << 20;
    let path = Path::new("hole");
    let file = write_lines(path, page_size(), page_size())?;
    file.set_len(LENGTH as u64).step_on("ftruncate", path)?;
    setrlimit(Resource::RLIMIT_AS, 256 << 20, 256 << 20).step("setrlimit")?;
    say!("errno {}", outcome(&View::of(&file, LENGTH)))?;
    let counted = count(open(path, Method::Read)?).step_on("read", path)?;
    say!("bytes-read {}", counted.bytes)
}

/// Maps a hundred files at once while only ten descriptors are permitted.
pub(super) fn few_descriptors() -> Result<()> {
    setrlimit(Resource::RLIMIT_NOFILE, 10, 10).step("setrlimit")?;
    let mapped: Vec<Mapped> = (0..100)
        .map(|number| {
            let path = format!("file-{number}");
            let path = Path::new(&path);
            Mapped::of(write_lines(path, PIECE, PIECE)?, PIECE).step_on("mmap", path)
        })
        .collect::<Result<_>>()?;
    let total: Result<u64> =
        mapped.into_iter().try_fold(0, |sum, mapped| Ok(sum + count(mapped).step("load")?.bytes));
    say!("bytes {}", total?)?;
    let held: Result<Vec<_>> =
        (0..100).map(|number| file_and_view(&format!("{number}"), 1)).collect();
    say!("with-descriptors {}", held.err().and_then(|failure| failure.errno()).unwrap_or(0))
}
