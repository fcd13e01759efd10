//! One case of the power cut, with a control; and the work that a flush gives the disk.

use std::env::current_dir;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Result, page_size, say};
use nix::fcntl::{FallocateFlags, fallocate};

use crate::disk::{Disk, mount_for_this_process_only};
use crate::power_cut::{CASES, survives};
use crate::{MappedFile, Memory, folio, msync, save_sync, time_stamps};

/// Whether the record is found after `case`, and whether a control that was left alone is still dirty.
pub(super) fn cut_after(case: &str) -> Result<()> {
    let found = CASES.iter().find(|known| known.name == case);
    let no_such = || Failure::refusal("play", Path::new(case), "no such case");
    let case = found.ok_or_else(no_such)?;
    let disk = own_disk()?;
    let control = MappedFile::new(&disk.root.join("control"), 1)?;
    control.store(b'A');
    say!("found {}", survives(case, &disk)?)?;
    say!("control {}", control.dirty()?.mapped())
}

/// The sectors and the cache flushes that each action causes, and the sectors of a page. The stores
/// change the time of modification. At the end, the file gets a new block, and then loses all of its
/// blocks while its pages are dirty.
pub(super) fn counters() -> Result<()> {
    let disk = own_disk()?;
    let path = disk.root.join("counters");
    let sample = MappedFile::new(&path, 64)?;
    let read_only = File::open(&path).step_on("open", &path)?;
    let read_only = Memory::shared_read_only(&read_only).step_on("mmap", &path)?;
    say!("sectors-of-the-file {}", sample.memory.length() / 512)?;
    say!("sectors-of-a-page {}", page_size() / 512)?;
    let counted = |name: &str, act: &dyn Fn() -> Result<()>| -> Result<()> {
        let (sectors, flushes) = (disk.counter(6)?, disk.counter(15)?);
        act()?;
        say!("{name}-sectors {}", disk.counter(6)? - sectors)?;
        say!("{name}-flushes {}", disk.counter(15)? - flushes)
    };
    counted("store", &|| {
        sample.store(b'B');
        Ok(())
    })?;
    counted("MS_ASYNC", &|| sample.msync(libc::MS_ASYNC))?;
    counted("read-only", &|| {
        msync(read_only.address(), read_only.length(), libc::MS_SYNC).step_on("msync", &path)
    })?;
    counted("MS_SYNC", &|| sample.msync(libc::MS_SYNC))?;
    counted("nothing-dirty", &|| sample.msync(libc::MS_SYNC))?;

    let (old_bytes, page) = (sample.memory.length(), page_size());
    sample.file.set_len((old_bytes + page) as u64).step_on("ftruncate", &path)?;
    sample.file.sync_all().step_on("fsync", &path)?;
    let longer = MappedFile::open(&path)?;
    longer.memory.store(old_bytes, b'C');
    let new_page = longer.memory.address() + old_bytes;
    counted("new-block", &|| msync(new_page, page, libc::MS_SYNC).step_on("msync", &path))?;

    sample.store(b'D');
    say!("dirty {}", sample.dirty()?.mapped())?;
    counted("hole", &|| {
        let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        let length = old_bytes.cast_signed() as libc::off_t;
        fallocate(&sample.file, flags, 0, length).step_on("fallocate", &path)
    })?;
    sample.load();
    say!("dirty-after-the-hole {}", sample.dirty()?.mapped())
}

/// Whether a reboot finds a new time of modification: before a store, after the store and `MS_SYNC`,
/// and after `fsync` as well.
pub(super) fn new_time() -> Result<()> {
    let disk = own_disk()?;
    let path = disk.root.join("new-time");
    let sample = MappedFile::new(&path, 1)?;
    time_stamps::set_back(&sample.file, &path)?;
    sample.file.sync_all().step_on("fsync", &path)?;
    let found = |act: &str| -> Result<()> {
        let rebooted = disk.after_a_power_cut()?;
        let path = rebooted.root.join("new-time");
        let file = File::open(&path).step_on("open", &path)?;
        say!("{act} {}", time_stamps::modified(&file, &path)?)?;
        drop(file);
        rebooted.remove()
    };
    found("before")?;
    save_sync::save(&sample.memory, b"1").step_on("msync", &path)?;
    found("MS_SYNC")?;
    sample.file.sync_all().step_on("fsync", &path)?;
    found("fsync")
}

/// Stores to the first page, then to the second, and flushes only the second. Then the power fails.
pub(super) fn order() -> Result<()> {
    let disk = own_disk()?;
    let path = disk.root.join("order");
    let sample = MappedFile::new(&path, 2)?;
    let control = MappedFile::new(&disk.root.join("control"), 1)?;
    let directory = File::open(&disk.root).step_on("open", &disk.root)?;
    directory.sync_all().step_on("fsync", &disk.root)?;
    control.store(b'A');
    sample.memory.store(0, b'1');
    sample.memory.store(page_size(), b'2');
    let second = sample.memory.address() + page_size();
    msync(second, page_size(), libc::MS_SYNC).step_on("msync", &path)?;
    let rebooted = disk.after_a_power_cut()?;
    let found = MappedFile::open(&rebooted.root.join("order"))?.load();
    say!("first {}", char::from(found[0]))?;
    say!("second {}", char::from(found[1]))?;
    say!("control {}", control.dirty()?.mapped())
}

/// Whether a reboot finds the name of a new file: before `MS_SYNC` of the file, and after it.
pub(super) fn new_name() -> Result<()> {
    let disk = own_disk()?;
    let path = disk.root.join("new-name");
    let file = File::create_new(&path).step_on("create", &path)?;
    file.set_len(page_size() as u64).step_on("ftruncate", &path)?;
    let is_found = || -> Result<bool> {
        let rebooted = disk.after_a_power_cut()?;
        let found = rebooted.root.join("new-name").exists();
        rebooted.remove()?;
        Ok(found)
    };
    say!("before {}", is_found()?)?;
    save_sync::save(&MappedFile::open(&path)?.memory, b"A").step_on("msync", &path)?;
    say!("after {}", is_found()?)
}

/// The names under which a reboot finds a file: after a rename, a store and `MS_SYNC`; after `fsync` as
/// well; and after a rename back, a store to a hole and `MS_SYNC`. The file and its old name were on
/// the disk before.
pub(super) fn new_name_after_a_rename() -> Result<()> {
    let disk = own_disk()?;
    let (old, new) = (disk.root.join("old"), disk.root.join("new"));
    let file = MappedFile::new(&old, 1)?.file;
    file.set_len(2 * page_size() as u64).step_on("ftruncate", &old)?; // Its second page is a hole.
    file.sync_all().step_on("fsync", &old)?;
    let sample = MappedFile::open(&old)?;
    let directory = File::open(&disk.root).step_on("open", &disk.root)?;
    directory.sync_all().step_on("fsync", &disk.root)?;
    fs::rename(&old, &new).step_on("rename", &old)?;
    let found = |act: &str| -> Result<()> {
        let rebooted = disk.after_a_power_cut()?;
        for name in ["old", "new"] {
            let path = rebooted.root.join(name);
            let first = fs::read(&path).ok().and_then(|bytes| bytes.first().copied());
            say!(
                "{act}-{name} {}",
                first.map_or("none".into(), |byte| char::from(byte).to_string())
            )?;
        }
        rebooted.remove()
    };
    save_sync::save(&sample.memory, b"1").step_on("msync", &new)?;
    found("MS_SYNC")?;
    sample.file.sync_all().step_on("fsync", &new)?;
    found("fsync")?;
    fs::rename(&new, &old).step_on("rename", &new)?;
    sample.memory.store(page_size(), b'2');
    sample.msync(libc::MS_SYNC)?;
    found("filled-hole")
}

/// One byte is changed in a file that one `write` made: first by another `write`, then by a store. The
/// pages that count as dirty after each, and the sectors that a flush then writes.
pub(super) fn large_folio() -> Result<()> {
    let disk = own_disk()?;
    let path = disk.root.join("large-folio");
    let sample = folio::written_at_once(&path, 64)?;
    let control = MappedFile::new(&disk.root.join("control"), 1)?;
    control.store(b'A');
    say!("sectors-of-a-page {}", page_size() / 512)?;
    for act in ["write", "store"] {
        match act {
            "write" => sample.file.write_all_at(b"W", 0).step_on("write", &path)?,
            _ => sample.memory.store(0, b'S'),
        }
        say!("{act}-dirty {}", sample.dirty()?.cache.unwrap_or(0))?;
        let before = disk.counter(6)?;
        sample.msync(libc::MS_SYNC)?;
        say!("{act}-sectors {}", disk.counter(6)? - before)?;
    }
    say!("control {}", control.dirty()?.mapped())
}

pub(super) fn own_disk() -> Result<Disk> {
    mount_for_this_process_only()?;
    let disk = Disk::new(&current_dir().step("find the working directory")?)?;
    disk.slow_down_the_journal()?;
    Ok(disk)
}
