//! Every lock of this lesson is an agreement: it does not stop a process that does not lock. No
//! store, `write` or `read` checks a file lock, and no store checks a lock in memory.
//! `cargo lesson-5` tries it while another process holds each of them.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Peer, Result, Scratch, Stage, compare, page_size, say};
use memmap2::MmapOptions;

use crate::second_process::start_lock_caller;
use crate::turnstile::{self, COUNT};
use crate::{Attempt, Primitive, sys};

/// The kinds of lock on a whole file: the name, and the call that locks.
const LOCKS: [(&str, &str); 3] = [
    ("a record lock", "F_SETLK d F_WRLCK 0 0"),
    ("an OFD lock", "F_OFD_SETLK d F_WRLCK 0 0"),
    ("a flock", "flock d LOCK_EX"),
];

/// The value that the process stores without locking.
const STORED: u64 = 7;

/// The step of the story: the file locks, then the locks in memory.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("advisory");
    std::fs::write(&path, "..").step_on("write", &path)?;
    for (name, call) in LOCKS {
        let mut b = start_lock_caller(&path)?;
        compare(&format!("    B takes {name}: "), b.ask(call)?, "ok")?;
        let file = File::options().read(true).write(true).open(&path).step_on("open", &path)?;
        let mapping = MmapOptions::new().len(page_size()).map_raw(&file).step_on("mmap", &path)?;
        sys::file_locks::store(&mapping, 0, b'!');
        file.write_all_at(b"?", 1).step_on("pwrite", &path)?;
        let mut bytes = [0; 2];
        file.read_exact_at(&mut bytes, 0).step_on("pread", &path)?;
        let bytes = String::from_utf8_lossy(&bytes).into_owned();
        compare("A stores '!', writes '?', reads: ", bytes, "!?")?;
        compare("    B reads: ", b.ask("pread d 2")?, "!?")?;
        std::fs::write(&path, "..").step_on("write", &path)?;
    }
    show_locks_in_memory(&stage.scratch)
}

fn show_locks_in_memory(scratch: &Scratch) -> Result<()> {
    for primitive in Primitive::ALL.iter().filter(|primitive| !primitive.locks_its_file()) {
        let (_, _, count) = barge_in_on(scratch, *primitive)?;
        say!("   A holds the {primitive}; B stores {STORED}")?;
        compare("count: ", count, STORED)?;
    }
    Ok(())
}

/// For each primitive: how its holder locked it, and the count after the other process's store.
///
/// # Errors
/// Those of the step that failed.
pub fn barge_in(scratch: &Scratch) -> Result<Vec<(Primitive, Attempt, u64)>> {
    Primitive::ALL.iter().map(|primitive| barge_in_on(scratch, *primitive)).collect()
}

fn barge_in_on(scratch: &Scratch, primitive: Primitive) -> Result<(Primitive, Attempt, u64)> {
    let place = primitive.new_place(scratch, "barge-in")?;
    let data = if primitive.is_in_a_file() { place.clone() } else { beside(scratch, primitive) };
    if !primitive.makes_its_file() {
        turnstile::new_page(&data)?;
    }
    let mut lock = primitive.open(&place)?;
    let attempt = lock.lock().step_on("lock", &place)?;
    let mut b = Peer::start([Path::new("second"), Path::new("barge-in"), &data])?;
    b.wait()?;
    let count = turnstile::map(&data)?.word(COUNT).load(Relaxed);
    lock.unlock().step_on("unlock", &place)?;
    Ok((primitive, attempt, count))
}

fn beside(scratch: &Scratch, primitive: Primitive) -> PathBuf {
    scratch.path().join(format!("data-of-{primitive}"))
}

/// The second process's part: stores without locking.
///
/// # Errors
/// Those of the step that failed.
pub fn second(data: &Path) -> Result<()> {
    turnstile::map(data)?.word(COUNT).store(STORED, Relaxed);
    Ok(())
}
