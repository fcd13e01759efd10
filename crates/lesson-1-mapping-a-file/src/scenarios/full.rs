//! Full file systems, and stores that find no space. A copy-on-write file system may need space for a
//! page that has a block already.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::mount::MsFlags;
use rand::{SeedableRng, rngs::StdRng};

use super::mounts::{BTRFS, Disk, EXT4, XFS, disk_here, hole, run, tmpfs_here};
use crate::failures::outcome;
use crate::number;
use crate::sys::{self, MmapCall};

/// A hole on a full file system: `fallocate`, MADV_POPULATE_WRITE, then a store.
fn store_on_a_full_disk() -> Result<()> {
    tmpfs_here(MsFlags::empty())?;
    let reserved = hole("reserved")?;
    let whole_page = page_size() as libc::off_t;
    fallocate(&reserved, FallocateFlags::empty(), 0, whole_page).step("fallocate")?;
    let area = MmapCall::shared(&reserved, page_size()).make().step("mmap")?;
    let filler = fill()?;
    area.store(0, 1); // The control: this page has room, and the file system is full.
    say!("stored-to-the-reserved-page {}", area.load(0))?;
    drop(filler);
    store_in_a_hole()
}

/// The same on a small disk.
fn store_in_a_hole_of(disk: &Disk) -> Result<()> {
    disk_here(disk)?;
    store_in_a_hole()
}

fn store_in_a_hole() -> Result<()> {
    let file = hole("hole")?;
    let filler = fill()?;
    reserve_all(&filler, page_size())?; // On xfs, `write` leaves some blocks.
    let area = MmapCall::shared(&file, page_size()).make().step("mmap")?;
    say!("mmap success")?;
    // A store needs every block of its page, and a block may be smaller than a page.
    let whole_page = page_size() as libc::off_t;
    let reserved = fallocate(&file, FallocateFlags::empty(), 0, whole_page);
    say!("fallocate {}", outcome(reserved.map_err(Into::into)))?;
    say!("populate {}", outcome(sys::prepare_stores(area.address(), page_size())))?;
    area.store(0, 1);
    say!("stored yes")
}

/// Reserves one page in the middle of a file of holes, fills the disk, reads the whole file, which can
/// put the page and holes into one folio, and stores to the page.
fn store_beside_a_hole_on(disk: &Disk) -> Result<()> {
    disk_here(disk)?;
    let mut file = hole("file")?;
    let (page, middle) = (page_size(), 128 * page_size());
    file.set_len(2 * middle as u64).step("ftruncate")?;
    let (offset, length) = (middle as libc::off_t, page as libc::off_t);
    let reserved = fallocate(&file, FallocateFlags::empty(), offset, length);
    say!("fallocate {}", outcome(reserved.map_err(Into::into)))?;
    reserve_all(&fill()?, page)?; // On xfs, `write` leaves some blocks.
    let area = MmapCall::shared(&file, 2 * middle).make().step("mmap")?;
    while file.read(&mut vec![0; page]).step("read")? > 0 {}
    say!("ready {}", outcome(sys::prepare_stores(area.address() + middle, page)))?;
    say!("loaded {}", area.load(middle))?;
    area.store(middle, 1);
    say!("stored yes")
}

/// `write` and `read` on a full file system.
fn numbers_on_a_full_disk() -> Result<()> {
    tmpfs_here(MsFlags::empty())?;
    let mut random = StdRng::seed_from_u64(1);
    number::write(Path::new("old"), false, &mut random)?;
    let hole = hole("hole")?;
    fill()?;
    for name in ["new", "hole", "old"] {
        let written = number::write(Path::new(name), false, &mut random);
        let errno = written.err().and_then(|failure| failure.errno()).map(Errno::from_raw);
        say!("write-{name} {errno:?}")?;
    }
    say!("new-exists {}", Path::new("new").exists())?;
    say!("hole-blocks {}", hole.metadata().step("stat")?.blocks())?;
    say!("read-old {}", number::read(Path::new("old")).is_ok())?;
    let refused = number::read(Path::new("hole")).err().map(|failure| failure.to_string());
    say!("read-hole {}", refused.unwrap_or_default())
}

/// Stores and flushes on btrfs, fills the file system, and stores to the same page again.
fn store_after_flush_on_btrfs() -> Result<()> {
    disk_here(&BTRFS)?;
    let file = hole("file")?;
    fallocate(&file, FallocateFlags::empty(), 0, 1).step("fallocate")?;
    store_flush_and_store(&file)
}

/// A part of a claim on a full file system, by its name.
pub(super) fn play(name: &str) -> Option<Result<()>> {
    Some(match name {
        "store-on-a-full-disk" => store_on_a_full_disk(),
        "store-on-a-full-ext4" => store_in_a_hole_of(&EXT4),
        "store-on-a-full-xfs" => store_in_a_hole_of(&XFS),
        "store-on-a-full-btrfs" => store_in_a_hole_of(&BTRFS),
        "store-beside-a-hole-on-ext4" => store_beside_a_hole_on(&EXT4),
        "store-beside-a-hole-on-xfs" => store_beside_a_hole_on(&XFS),
        "store-to-a-copy-on-xfs" => store_while_blocks_are_shared_on(&XFS, "copy"),
        "store-to-the-original-on-xfs" => store_while_blocks_are_shared_on(&XFS, "original"),
        "store-to-a-copy-on-btrfs" => store_while_blocks_are_shared_on(&BTRFS, "copy"),
        "store-to-a-ready-page-of-a-full-btrfs" => store_to_a_ready_page_of_a_full_btrfs(),
        "store-to-a-copy-after-flush-on-xfs" => store_to_a_copy_after_flush_on_xfs(),
        "store-after-flush-on-btrfs" => store_after_flush_on_btrfs(),
        "numbers-on-a-full-disk" => numbers_on_a_full_disk(),
        _ => return None,
    })
}

/// Reserves two pages on btrfs, fills the file system, prepares both for stores, and stores to the first.
fn store_to_a_ready_page_of_a_full_btrfs() -> Result<()> {
    disk_here(&BTRFS)?;
    let (file, length) = (hole("file")?, 2 * page_size());
    let reserved = fallocate(&file, FallocateFlags::empty(), 0, length as libc::off_t);
    say!("fallocate {}", outcome(reserved.map_err(Into::into)))?;
    fill()?;
    let area = MmapCall::shared(&file, length).make().step("mmap")?;
    say!("ready {}", outcome(sys::prepare_stores(area.address(), length)))?;
    area.store(0, 1);
    say!("stored yes")
}

/// Makes a copy that shares the blocks of the original, fills the file system, and stores to one of the
/// two: `copy` or `original`.
fn store_while_blocks_are_shared_on(disk: &Disk, name: &str) -> Result<()> {
    disk_here(disk)?;
    drop(copy_of_one_page()?);
    let file = File::options().read(true).write(true).open(name).step("open")?;
    fill()?;
    let area = MmapCall::shared(&file, page_size()).make().step("mmap")?;
    let reserved = fallocate(&file, FallocateFlags::empty(), 0, page_size() as libc::off_t);
    say!("fallocate {}", outcome(reserved.map_err(Into::into)))?;
    say!("ready {}", outcome(sys::prepare_stores(area.address(), page_size())))?;
    say!("loaded {}", area.load(0))?;
    area.store(0, 2);
    say!("stored yes")
}

/// Makes such a copy on xfs, stores and flushes, fills the file system, and stores again.
fn store_to_a_copy_after_flush_on_xfs() -> Result<()> {
    disk_here(&XFS)?;
    store_flush_and_store(&copy_of_one_page()?)
}

/// Stores to the first page of `file` and flushes, fills the file system, and stores again.
fn store_flush_and_store(file: &File) -> Result<()> {
    let area = MmapCall::shared(file, page_size()).make().step("mmap")?;
    let ready = || outcome(sys::prepare_stores(area.address(), page_size()));
    say!("ready {}", ready())?;
    area.store(0, 1);
    file.sync_all().step("fsync")?;
    fill()?;
    let reserved = fallocate(file, FallocateFlags::empty(), 0, 1);
    say!("fallocate-after-flush {}", outcome(reserved.map_err(Into::into)))?;
    say!("ready-after-flush {}", ready())?;
    area.store(0, 2);
    say!("stored yes")
}

/// A copy of a file of one page, whose block is also the original's.
fn copy_of_one_page() -> Result<File> {
    let original = hole("original")?;
    original.write_all_at(b"1", 0).step("write")?;
    original.sync_all().step("fsync")?;
    run(&["cp", "--reflink=always", "original", "copy"])?;
    let copy = File::options().read(true).write(true).open("copy").step("open")?;
    copy.sync_all().step("fsync")?;
    Ok(copy)
}

/// Takes the space that is left, until `write` finds none. `fallocate` takes most of it, because it
/// writes nothing to the disk.
fn fill() -> Result<File> {
    let mut filler = File::create("filler").step("create")?;
    reserve_all(&filler, 1 << 20)?;
    filler.seek(SeekFrom::End(0)).step("lseek")?;
    while filler.write(&vec![1; page_size()]).is_ok_and(|written| written > 0) {}
    let _ = filler.sync_all(); // A file system that reserves late reports here that it is full.
    Ok(filler)
}

/// Makes `filler` longer by pieces with blocks, until no piece of `smallest` bytes is left.
fn reserve_all(filler: &File, smallest: usize) -> Result<()> {
    let mut piece = 256 << 20;
    while piece >= smallest {
        let end = filler.metadata().step("stat")?.len() as libc::off_t;
        if fallocate(filler, FallocateFlags::empty(), end, piece as libc::off_t).is_err() {
            piece /= 2;
        }
    }
    Ok(())
}
