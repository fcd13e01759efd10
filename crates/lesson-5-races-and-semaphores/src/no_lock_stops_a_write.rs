//! Locks on files are advisory: whoever does not ask is not stopped, and neither a store nor `write`
//! nor `read` asks. `cargo lesson-5` stores, writes and reads under a lock that another process
//! holds.

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::{Context, Result, Stage, page_size, say};
use memmap2::MmapOptions;

use crate::second_process::SecondProcess;
use crate::{no_lock_stops_a_store, sys};

/// Each kind of lock on all of a file: its name, and the call that takes it.
const LOCKS: [(&str, &str); 3] = [
    ("a record lock", "F_SETLK d F_WRLCK 0 0"),
    ("an OFD lock", "F_OFD_SETLK d F_WRLCK 0 0"),
    ("a flock", "flock d LOCK_EX"),
];

/// The step of the story: the locks on files, then what lies in memory.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("advisory");
    std::fs::write(&path, "..").step_on("write", &path)?;
    for (name, call) in LOCKS {
        let mut b = SecondProcess::start(&path)?;
        say!("       B takes {name} on the whole file: {} (expected ok)", b.ask(call)?)?;
        let file = File::options().read(true).write(true).open(&path).step_on("open", &path)?;
        let mapping = MmapOptions::new().len(page_size()).map_raw(&file).step_on("mmap", &path)?;
        sys::locks::store(&mapping, 0, b'!');
        file.write_all_at(b"?", 1).step_on("pwrite", &path)?;
        let mut bytes = [0; 2];
        file.read_exact_at(&mut bytes, 0).step_on("pread", &path)?;
        let bytes = String::from_utf8_lossy(&bytes).into_owned();
        say!("   A stores '!' and writes '?'; A reads {bytes:?} (expected \"!?\")")?;
        say!("       B reads {:?} (expected \"!?\")", b.ask("pread d 2")?)?;
        std::fs::write(&path, "..").step_on("write", &path)?;
    }
    no_lock_stops_a_store::show(&stage.scratch)
}
