//! A disk that cannot store a block: its image is on a full tmpfs and has a hole where the second page
//! of the file begins.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, allowed_cpus, page_size, pin_to, say};
use nix::fcntl::{FallocateFlags, PosixFadviseAdvice, fallocate, posix_fadvise, posix_fallocate};
use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::statvfs;
use nix::unistd::syncfs;

use crate::disk::{Disk, mount_for_this_process_only};
use crate::refusals::name;
use crate::sys::loop_device::first_block;
use crate::{MappedFile, Memory, msync};

/// The second page of the file, before the disk breaks.
pub(super) enum SecondPage {
    /// It is on the disk.
    Written,
    /// `fallocate` has reserved its block, and nothing was written to it.
    Reserved,
}

/// What `MS_SYNC` and `fsync` return, first and later, and whether the page counts as clean.
pub(super) fn play() -> Result<()> {
    let (disk, sample, place) = broken(SecondPage::Written)?;
    let opened_before = File::open(&sample.path).step_on("open", &sample.path)?;
    sample.memory.store(page_size(), b'A');
    let sync = |memory: &Memory| name(msync(memory.address(), memory.length(), libc::MS_SYNC));
    say!("first {}", sync(&sample.memory))?;
    say!("dirty {}", sample.dirty()?.mapped())?;
    say!("second {}", sync(&sample.memory))?;
    say!("fsync {}", name(sample.file.sync_all()))?;
    say!("fsync-opened-before {}", name(opened_before.sync_all()))?;
    let opened_after = MappedFile::open(&sample.path)?;
    say!("opened-after {}", sync(&opened_after.memory))?;

    // The disk has room again: is the page, which counts as clean, written now?
    give_room(&disk)?;
    let on_the_disk = || -> Result<u8> {
        let mut byte = [0];
        let image = File::open(&disk.image).step_on("open", &disk.image)?;
        image.read_exact_at(&mut byte, place).step_on("read", &disk.image)?;
        Ok(byte[0])
    };
    say!("mended {}", sync(&sample.memory))?;
    say!("mended-on-the-disk {}", on_the_disk()?)?;
    sample.memory.store(page_size(), b'A');
    say!("stored-again {}", sync(&sample.memory))?;
    say!("stored-again-on-the-disk {}", on_the_disk()?)
}

/// `MS_SYNC` of the second page fails. Then the disk has room again. The page is stored to again and
/// flushed, and so is the same page of a new file. What a reboot finds after each.
pub(super) fn stored_again(second_page: SecondPage) -> Result<()> {
    let (disk, sample, _) = broken(second_page)?;
    let store_and_sync = |memory: &Memory, byte| {
        memory.store(page_size(), byte);
        name(msync(memory.address(), memory.length(), libc::MS_SYNC))
    };
    let found = |file: &str| -> Result<u8> {
        let rebooted = disk.after_a_power_cut()?;
        let byte = MappedFile::open(&rebooted.root.join(file))?.memory.load(page_size());
        rebooted.remove()?;
        Ok(byte)
    };
    say!("first {}", store_and_sync(&sample.memory, b'A'))?;
    give_room(&disk)?;
    say!("stored-again {}", store_and_sync(&sample.memory, b'B'))?;
    say!("stored-again-after-a-reboot {}", found("file")?)?;

    let new = disk.root.join("new");
    let file = File::create_new(&new).step_on("create", &new)?;
    file.set_len(2 * page_size() as u64).step_on("ftruncate", &new)?;
    say!("new-file {}", store_and_sync(&MappedFile::open(&new)?.memory, b'B'))?;
    say!("new-file-after-a-reboot {}", found("new")?)
}

/// `syncfs` writes the page and fails. Then the file is opened
/// twice, the first descriptor is duplicated, and the error is reported for the first time. Then the
/// file is opened once more. The first page is flushed through the mapping that was there before.
pub(super) fn in_the_background() -> Result<()> {
    let (disk, sample, _) = broken(SecondPage::Written)?;
    sample.memory.store(page_size(), b'A');
    let root = File::open(&disk.root).step_on("open", &disk.root)?;
    let _ = syncfs(&root); // It reports errors of the file system; that of the file stays.
    let open = || File::open(&sample.path).step_on("open", &sample.path);
    let first = open()?;
    let duplicate = first.try_clone().step_on("dup", &sample.path)?;
    let second = open()?;
    say!("opened-first {}", name(first.sync_all()))?;
    say!("its-duplicate {}", name(duplicate.sync_all()))?;
    say!("opened-second {}", name(second.sync_all()))?;
    say!("opened-after-the-report {}", name(open()?.sync_all()))?;
    let first_page = msync(sample.memory.address(), page_size(), libc::MS_SYNC);
    say!("opened-before-first-page {}", name(first_page))?;
    say!("opened-before-again {}", name(sample.file.sync_all()))
}

/// `syncfs` writes the page and fails. Nobody has the file open any more, and the kernel drops
/// the file's pages and its inode from memory before the next `open`.
pub(super) fn forgotten() -> Result<()> {
    let (disk, sample, _) = broken(SecondPage::Written)?;
    let path = sample.path.clone();
    sample.memory.store(page_size(), b'A');
    let root = File::open(&disk.root).step_on("open", &disk.root)?;
    say!("syncfs {}", name(syncfs(&root).map_err(Into::into)))?;
    say!("in-memory {}", sample.memory.load(page_size()))?;
    drop(sample);
    let open = || File::open(&path).step_on("open", &path);
    let all_pages = PosixFadviseAdvice::POSIX_FADV_DONTNEED;
    posix_fadvise(open()?, 0, 0, all_pages).step_on("posix_fadvise", &path)?;
    for _ in 0..3 {
        // The first pass may spare an inode that was used a moment ago.
        let unused_inodes = Path::new("/proc/sys/vm/drop_caches");
        fs::write(unused_inodes, "2").step_on("write", unused_inodes)?;
    }
    say!("opened-after {}", name(open()?.sync_all()))?;
    give_room(&disk)?; // On Linux 5.10, a full tmpfs cannot even read a hole.
    let mut byte = [0];
    open()?.read_exact_at(&mut byte, page_size() as u64).step_on("read", &path)?;
    say!("read-from-the-disk {}", byte[0])
}

/// A disk, a mapped file of two pages on it whose second page cannot be written, and the position of
/// that page on the disk.
fn broken(second_page: SecondPage) -> Result<(Disk, MappedFile, u64)> {
    // ext4 has a place for small files for each CPU: on one CPU, the two pages lie side by side.
    pin_to(&allowed_cpus()?[..1])?;
    mount_for_this_process_only()?;
    let below = Path::new("below");
    fs::create_dir(below).step_on("create", below)?;
    let (flags, size) = (MsFlags::empty(), Some("size=40m"));
    mount(Some("tmpfs"), below, Some("tmpfs"), flags, size).step_on("mount", below)?;
    let disk = Disk::new(below)?;
    let path = disk.root.join("file");
    let sample = match second_page {
        SecondPage::Written => MappedFile::new(&path, 2)?,
        SecondPage::Reserved => {
            let file = MappedFile::new(&path, 1)?.file;
            posix_fallocate(&file, 0, 2 * page_size() as libc::off_t)
                .step_on("fallocate", &path)?;
            file.sync_all().step_on("fsync", &path)?;
            MappedFile::open(&path)?
        }
    };
    let place = break_second_page(&disk, &sample.file)?;
    Ok((disk, sample, place))
}

/// Removes what fills the tmpfs: from here on, the disk can store every block.
fn give_room(disk: &Disk) -> Result<()> {
    let filler = disk.image.with_extension("filler");
    fs::remove_file(&filler).step_on("remove", &filler)
}

/// Allocates the whole image, punches the hole, and fills the tmpfs. Returns where the page is.
fn break_second_page(disk: &Disk, file: &File) -> Result<u64> {
    let image = File::options().read(true).write(true).open(&disk.image);
    let image = image.step_on("open", &disk.image)?;
    let length = image.metadata().step_on("stat", &disk.image)?.len();
    let whole = libc::off_t::try_from(length).unwrap_or(libc::off_t::MAX);
    posix_fallocate(&image, 0, whole).step_on("posix_fallocate", &disk.image)?;
    let block_bytes = statvfs(&disk.root).step_on("statvfs", &disk.root)?.block_size();
    let block = first_block(file).step("ioctl FIBMAP")?;
    let first_byte = u64::from(block) * block_bytes;
    let punch = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    let page = page_size() as u64;
    // Only a whole page of the image becomes a hole, and the file's page may begin inside one.
    let (offset, length) = ((first_byte + page) / page * page, page.cast_signed());
    fallocate(&image, punch, offset.cast_signed(), length).step_on("fallocate", &disk.image)?;
    let filler = disk.image.with_extension("filler");
    let mut filler = File::create_new(&filler).step_on("create", &filler)?;
    while filler.write_all(&[1; 512]).is_ok() {} // Until it is full.
    Ok(first_byte + page)
}
