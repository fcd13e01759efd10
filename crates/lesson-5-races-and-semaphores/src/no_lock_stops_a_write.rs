//! File locks are advisory: no store, `write` or `read` checks them. `cargo lesson-5` stores, writes
//! and reads while another process holds a lock on the whole file.

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::{Context, Result, Stage, compare, page_size};
use memmap2::MmapOptions;

use crate::lock_client::LockClient;
use crate::{no_lock_stops_a_store, sys};

/// The kinds of lock on a whole file: the name, and the call that locks.
const LOCKS: [(&str, &str); 3] = [
    ("a record lock", "F_SETLK d F_WRLCK 0 0"),
    ("an OFD lock", "F_OFD_SETLK d F_WRLCK 0 0"),
    ("a flock", "flock d LOCK_EX"),
];

/// The step of the story: the file locks, then the locks in memory.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("advisory");
    std::fs::write(&path, "..").step_on("write", &path)?;
    for (name, call) in LOCKS {
        let mut b = LockClient::start(&path)?;
        compare(&format!("    B takes {name}: "), b.ask(call)?, "ok")?;
        let file = File::options().read(true).write(true).open(&path).step_on("open", &path)?;
        let mapping = MmapOptions::new().len(page_size()).map_raw(&file).step_on("mmap", &path)?;
        sys::locks::store(&mapping, 0, b'!');
        file.write_all_at(b"?", 1).step_on("pwrite", &path)?;
        let mut bytes = [0; 2];
        file.read_exact_at(&mut bytes, 0).step_on("pread", &path)?;
        let bytes = String::from_utf8_lossy(&bytes).into_owned();
        compare("A stores '!', writes '?', reads: ", bytes, "!?")?;
        compare("    B reads: ", b.ask("pread d 2")?, "!?")?;
        std::fs::write(&path, "..").step_on("write", &path)?;
    }
    no_lock_stops_a_store::show(&stage.scratch)
}
