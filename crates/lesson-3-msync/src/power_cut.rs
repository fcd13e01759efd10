//! What a reboot would find: `cargo lesson-3 power-cut`, as root. Each stage does one thing to a
//! record of its own; at that instant the disk is copied, the copy mounted, the record looked for.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, Scratch, ground, say};

use crate::disk::{Disk, mount_for_this_process_only};
use crate::table::undisturbed;
use crate::{Specimen, save_async, save_sync};

/// One way to leave a record, and whether a reboot must find it.
pub struct Stage {
    /// Its name, as the scenes of the claims call it, and the file's.
    pub name: &'static str,
    title: &'static str,
    act: fn(&Path) -> Result<()>,
    survives: bool,
}

/// The record of each stage.
const RECORD: &[u8] = b"paid 42";

/// All stages, those that must lose their record first: a later flush may write more than its own.
pub const STAGES: &[Stage] = &[
    Stage { name: "store", title: "a store, nothing more", act: store, survives: false },
    Stage { name: "MS_ASYNC", title: "a store, MS_ASYNC", act: ms_async, survives: false },
    Stage { name: "write", title: "a write, nothing more", act: write, survives: false },
    Stage { name: "MS_SYNC", title: "a store, MS_SYNC", act: ms_sync, survives: true },
    Stage { name: "store-and-fsync", title: "a store, fsync", act: fsync, survives: true },
    Stage {
        name: "new-file-and-MS_SYNC",
        title: "new file, directory not synced",
        act: new_file_and_ms_sync,
        survives: true,
    },
];

/// The role: every stage on one disk, as a table.
///
/// # Errors
/// One line if this is not root, or has no `mkfs.ext4` or loop devices; else the system's, by step.
pub fn play() -> Result<()> {
    mount_for_this_process_only()?;
    let scratch = Scratch::new()?;
    let disk = Disk::new(scratch.path())?;
    let twin = Specimen::new(&disk.root.join("twin"), 1)?;
    twin.store(b'A'); // The control: left alone, so it is dirty until the machine itself flushes.
    say!("{}", ground(scratch.path())?)?;
    say!("A disk of its own: ext4 in an image file. The power fails right after each act.\n")?;
    say!("   {:<31} {:<9} a reboot finds", "after", "expected")?;
    let fate = |survives| if survives { "kept" } else { "lost" };
    let words = |found| if found { "the record" } else { "nothing" };
    let mut as_expected = true;
    for stage in STAGES {
        let found = survivor(stage, &disk)?;
        as_expected &= found == stage.survives;
        say!("   {:<31} {:<9} {}", stage.title, fate(stage.survives), words(found))?;
    }
    if !as_expected && twin.dirty()?.mapped() == 0 {
        say!("   (the control file, left alone, is clean: the machine flushed in between)")?;
    }
    undisturbed(as_expected, "what a reboot finds")
}

/// Performs `stage` on `disk`, cuts the power, and says whether the record is found.
///
/// # Errors
/// The system's, by step.
pub fn survivor(stage: &Stage, disk: &Disk) -> Result<bool> {
    let path = disk.root.join(stage.name);
    if !stage.name.starts_with("new-file") {
        // File, length and name are on the disk before: only the record's fate is at stake.
        Specimen::new(&path, 1)?;
        let directory = File::open(&disk.root).step_on("open", &disk.root)?;
        directory.sync_all().step_on("fsync", &disk.root)?;
    }
    (stage.act)(&path)?;
    let rebooted = disk.after_a_power_cut()?;
    // A file that is not there holds nothing.
    let found = fs::read(rebooted.root.join(stage.name)).unwrap_or_default();
    rebooted.remove()?;
    Ok(found.starts_with(RECORD))
}

fn store(path: &Path) -> Result<()> {
    let specimen = Specimen::open(path)?;
    (0..).zip(RECORD).for_each(|(offset, byte)| specimen.memory.store(offset, *byte));
    Ok(())
}

fn ms_async(path: &Path) -> Result<()> {
    save_async::save(&Specimen::open(path)?.memory, RECORD).step_on("msync", path)
}

fn ms_sync(path: &Path) -> Result<()> {
    save_sync::save(&Specimen::open(path)?.memory, RECORD).step_on("msync", path)
}

fn write(path: &Path) -> Result<()> {
    Specimen::open(path)?.file.write_all_at(RECORD, 0).step_on("write", path)
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
