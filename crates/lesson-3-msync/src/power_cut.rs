//! What a reboot would find: `cargo lesson-3 power-cut`, as root. Each case does one thing to a record
//! of its own. At that instant the disk is copied, the copy is mounted, and the record is looked up.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, Scratch, ground, say, sentence};

use crate::disk::{Disk, mount_for_this_process_only};
use crate::table::unless_flushed;
use crate::{MappedFile, save_async, save_sync};

/// One way to leave a record, and whether a reboot must find it.
pub struct Case {
    /// Its name in the tests, and the name of its file.
    pub name: &'static str,
    title: &'static str,
    act: fn(&Path) -> Result<()>,
    survives: bool,
}

/// The record of each case.
const RECORD: &[u8] = b"paid 42";

/// All cases. Those that must lose their record come first: a later flush may write other records
/// too.
pub const CASES: &[Case] = &[
    Case { name: "store", title: "a store, nothing more", act: store, survives: false },
    Case { name: "MS_ASYNC", title: "a store, MS_ASYNC", act: ms_async, survives: false },
    Case { name: "write", title: "a write, nothing more", act: write, survives: false },
    Case { name: "MS_SYNC", title: "a store, MS_SYNC", act: ms_sync, survives: true },
    Case { name: "store-and-fsync", title: "a store, fsync", act: fsync, survives: true },
    Case {
        name: "new-file-and-MS_SYNC",
        title: "new file, directory not synced",
        act: new_file_and_ms_sync,
        survives: true,
    },
];

/// The role `power-cut`: every case on one disk, as a table.
///
/// # Errors
/// One line if this is not root, or if `mkfs.ext4` or loop devices are missing; else the system's.
pub fn play() -> Result<()> {
    mount_for_this_process_only()?;
    let scratch = Scratch::new()?;
    let disk = Disk::new(scratch.path())?;
    let control = MappedFile::new(&disk.root.join("control"), 1)?;
    control.store(b'A'); // No case flushes it: it is dirty until the kernel writes it by itself.
    say!("{}", ground(scratch.path())?)?;
    say!("A new disk: ext4 in an image file.")?;
    say!("In each row, the power fails right after the action.\n")?;
    say!("   {:<31} {:<9} a reboot finds", "after", "expected")?;
    let fate = |survives| if survives { "kept" } else { "lost" };
    let words = |found| if found { "the record" } else { "nothing" };
    let mut as_expected = true;
    for case in CASES {
        let found = survives(case, &disk)?;
        as_expected &= found == case.survives;
        say!("   {:<31} {:<9} {}", case.title, fate(case.survives), words(found))?;
    }
    if !as_expected && control.dirty()?.mapped() == 0 {
        sentence(
            "Not as expected: the page of a file that no step flushed is clean. So the kernel wrote dirty pages by itself. Run it again.",
        )?;
    }
    unless_flushed(as_expected, "what a reboot finds")
}

/// Performs `case` on `disk`, cuts the power, and returns whether the record is found.
///
/// # Errors
/// The system's, by step.
pub fn survives(case: &Case, disk: &Disk) -> Result<bool> {
    let path = disk.root.join(case.name);
    if !case.name.starts_with("new-file") {
        // File, length and name are on the disk before: only the record can be lost.
        MappedFile::new(&path, 1)?;
        let directory = File::open(&disk.root).step_on("open", &disk.root)?;
        directory.sync_all().step_on("fsync", &disk.root)?;
    }
    (case.act)(&path)?;
    let rebooted = disk.after_a_power_cut()?;
    // A file that is not there holds nothing.
    let found = fs::read(rebooted.root.join(case.name)).unwrap_or_default();
    rebooted.remove()?;
    Ok(found.starts_with(RECORD))
}

fn store(path: &Path) -> Result<()> {
    let sample = MappedFile::open(path)?;
    (0..).zip(RECORD).for_each(|(offset, byte)| sample.memory.store(offset, *byte));
    Ok(())
}

fn ms_async(path: &Path) -> Result<()> {
    save_async::save(&MappedFile::open(path)?.memory, RECORD).step_on("msync", path)
}

fn ms_sync(path: &Path) -> Result<()> {
    save_sync::save(&MappedFile::open(path)?.memory, RECORD).step_on("msync", path)
}

fn write(path: &Path) -> Result<()> {
    MappedFile::open(path)?.file.write_all_at(RECORD, 0).step_on("write", path)
}

fn fsync(path: &Path) -> Result<()> {
    store(path)?;
    File::open(path).step_on("open", path)?.sync_all().step_on("fsync", path)
}

/// The file is made here and saved with `MS_SYNC`; its directory is never synced.
fn new_file_and_ms_sync(path: &Path) -> Result<()> {
    let file = File::create_new(path).step_on("create", path)?;
    file.set_len(common::page_size() as u64).step_on("ftruncate", path)?;
    ms_sync(path)
}
