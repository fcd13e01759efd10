//! One stage of the power cut, with a control; and what a flush asks of the disk.

use std::env::current_dir;
use std::fs::File;
use std::path::Path;

use common::{Context, Failure, Result, page_size, say};

use crate::disk::{Disk, mount_for_this_process_only};
use crate::power_cut::{STAGES, survivor};
use crate::{Specimen, msync, save_sync};

/// Whether the record is found after `stage`, and whether a twin that was left alone is still dirty.
pub(super) fn cut_after(stage: &str) -> Result<()> {
    let found = STAGES.iter().find(|known| known.name == stage);
    let no_such = || Failure::refusal("play", Path::new(stage), "no such stage");
    let stage = found.ok_or_else(no_such)?;
    let disk = own_disk()?;
    let twin = Specimen::new(&disk.root.join("twin"), 1)?;
    twin.store(b'A');
    say!("found {}", survivor(stage, &disk)?)?;
    say!("twin {}", twin.dirty()?.mapped())
}

/// Sectors written and flushes asked for by each act, beside a page's sectors.
pub(super) fn counters() -> Result<()> {
    let disk = own_disk()?;
    let specimen = Specimen::new(&disk.root.join("counters"), 64)?;
    let sync_everything = || save_sync::save(&specimen.memory, b"A").step("msync");
    sync_everything()?; // Also the time of modification, which the journal takes with it.
    say!("sectors-of-the-file {}", specimen.memory.length() / 512)?;
    say!("sectors-of-a-page {}", page_size() / 512)?;
    let counted = |name: &str, act: &dyn Fn() -> Result<()>| -> Result<()> {
        let (sectors, flushes) = (disk.counter(6)?, disk.counter(15)?);
        act()?;
        say!("{name}-sectors {}", disk.counter(6)? - sectors)?;
        say!("{name}-flushes {}", disk.counter(15)? - flushes)
    };
    counted("store", &|| {
        specimen.store(b'B');
        Ok(())
    })?;
    counted("MS_ASYNC", &|| specimen.msync(libc::MS_ASYNC))?;
    counted("MS_SYNC", &|| specimen.msync(libc::MS_SYNC))?;
    counted("nothing-dirty", &|| specimen.msync(libc::MS_SYNC))
}

/// Stores to the first page, then to the second, and flushes the second only; then the power fails.
pub(super) fn order() -> Result<()> {
    let disk = own_disk()?;
    let path = disk.root.join("order");
    let specimen = Specimen::new(&path, 2)?;
    let twin = Specimen::new(&disk.root.join("twin"), 1)?;
    let directory = File::open(&disk.root).step_on("open", &disk.root)?;
    directory.sync_all().step_on("fsync", &disk.root)?;
    twin.store(b'A');
    specimen.memory.store(0, b'1');
    specimen.memory.store(page_size(), b'2');
    let second = specimen.memory.address() + page_size();
    msync(second, page_size(), libc::MS_SYNC).step_on("msync", &path)?;
    let rebooted = disk.after_a_power_cut()?;
    let found = Specimen::open(&rebooted.root.join("order"))?.load();
    say!("first {}", char::from(found[0]))?;
    say!("second {}", char::from(found[1]))?;
    say!("twin {}", twin.dirty()?.mapped())
}

pub(super) fn own_disk() -> Result<Disk> {
    mount_for_this_process_only()?;
    Disk::new(&current_dir().step("find the working directory")?)
}
