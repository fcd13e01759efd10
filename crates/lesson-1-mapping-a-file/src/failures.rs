//! What each failure is called: the answers of `mmap` to calls that it must refuse, each really
//! made. `cargo lesson-1` shows the table.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

use common::{Context, Result, Stage, page_size, say};
use nix::errno::Errno;

use crate::line::compare;
use crate::own_file;
use crate::sys::Call;

/// The errno's name, `success`, or the words of an error that is none of the system's.
pub fn name_of<T>(result: io::Result<T>) -> String {
    match result.map_err(|error| (error.raw_os_error(), error.to_string())) {
        Ok(_) => "success".into(),
        Err((Some(number), _)) => format!("{:?}", Errno::from_raw(number)),
        Err((None, words)) => words,
    }
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("file");
    fs::write(&path, vec![b'.'; page_size()]).step_on("write", &path)?;
    let both = own_file::open(&path)?;
    let read_only = File::open(&path).step_on("open", &path)?;
    let write_only = File::options().write(true).open(&path).step_on("open", &path)?;
    let directory = File::open(stage.scratch.path()).step_on("open", &path)?;

    let length = page_size();
    let valid = Call::shared(&both, length);
    let taken = valid.make().step_on("mmap", &path)?;
    let noreplace = libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE;
    let read_and_private = Call { flags: libc::MAP_PRIVATE, ..Call::shared(&write_only, length) };

    for (what, expected, call) in [
        ("length 0", "EINVAL", Call { length: 0, ..valid }),
        ("a descriptor that is none", "EBADF", Call { fd: -1, ..valid }),
        ("shared stores, file open for reading", "EACCES", Call::shared(&read_only, length)),
        ("private loads, file open for writing", "EACCES", read_and_private),
        (
            "a directory",
            "ENODEV",
            Call { prot: libc::PROT_READ, fd: directory.as_raw_fd(), ..valid },
        ),
        ("more bytes than there are addresses", "ENOMEM", Call { length: usize::MAX / 2, ..valid }),
        (
            "a place that is taken, MAP_FIXED_NOREPLACE",
            "EEXIST",
            Call { addr: taken.address(), flags: noreplace, ..valid },
        ),
    ] {
        compare(&format!("{what:<43} "), &name_of(call.make()), expected)?;
    }
    page_view::pause()?;
    say!("   So: compare with MAP_FAILED (-1, not NULL); then errno says what to mend.")
}
