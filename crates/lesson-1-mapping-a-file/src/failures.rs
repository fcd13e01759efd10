//! The error of each call that `mmap` must refuse. Every call in the table is really made.
//! `cargo lesson-1` shows the table.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

use common::{Context, Result, Stage, compare, errno_name, page_size, sentence};

use crate::own_file;
use crate::sys::MmapCall;

/// `success`, the errno's name, or the text of an error that the program itself made.
pub fn outcome<T>(result: io::Result<T>) -> String {
    result.map_or_else(|error| errno_name(&error), |_| "success".into())
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("file");
    fs::write(&path, vec![b'.'; page_size()]).step_on("write", &path)?;
    let both = own_file::open(&path)?;
    let read_only = File::open(&path).step_on("open", &path)?;
    let write_only = File::options().write(true).open(&path).step_on("open", &path)?;
    let directory = stage.scratch.path();
    let directory = File::open(directory).step_on("open", directory)?;

    let length = page_size();
    let valid = MmapCall::shared(&both, length);
    let taken = valid.make().step_on("mmap", &path)?;
    let (addr, noreplace) = (taken.address(), libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE);
    let (prot, private) = (libc::PROT_READ, libc::MAP_PRIVATE);
    let shared_of = |file: &File| MmapCall::shared(file, length);

    for (what, expected, call) in [
        ("length 0", "EINVAL", MmapCall { length: 0, ..valid }),
        ("offset 1", "EINVAL", MmapCall { offset: 1, ..valid }),
        ("flags 0", "EINVAL", MmapCall { flags: 0, ..valid }),
        ("fd -1", "EBADF", MmapCall { fd: -1, ..valid }),
        ("stores, opened read-only", "EACCES", shared_of(&read_only)),
        (
            "loads, opened write-only",
            "EACCES",
            MmapCall { flags: private, ..shared_of(&write_only) },
        ),
        ("a directory", "ENODEV", MmapCall { prot, fd: directory.as_raw_fd(), ..valid }),
        ("more than all addresses", "ENOMEM", MmapCall { length: usize::MAX / 2, ..valid }),
        ("a taken address, NOREPLACE", "EEXIST", MmapCall { addr, flags: noreplace, ..valid }),
    ] {
        compare(&format!("{what:<26}  "), outcome(call.make()), expected)?;
    }
    page_view::pause()?;
    sentence(
        "mmap reports a failure as MAP_FAILED, which is -1 and not NULL. Then errno names the reason.",
    )
}
