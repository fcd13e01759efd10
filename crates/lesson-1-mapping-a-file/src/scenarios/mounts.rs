//! Small file systems for one scenario: full ones, and one that is mounted `noexec`. They are mounted
//! in a namespace of this process and vanish with it.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::Command;

use common::{Context, Failure, Result, page_size, say};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{getegid, geteuid};
use rand::{SeedableRng, rngs::StdRng};

use crate::failures::outcome;
use crate::number;
use crate::sys::{self, MmapCall};

/// Maps a file on a `noexec` file system, without and with PROT_EXEC.
pub(super) fn no_programs_here() -> Result<()> {
    tmpfs_here(MsFlags::MS_NOEXEC)?;
    let file = hole("file")?;
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, page_size()) };
    say!("readable {}", outcome(call.make()))?;
    let prot = libc::PROT_READ | libc::PROT_EXEC;
    say!("executable {}", outcome(MmapCall { prot, ..call }.make()))
}

/// A hole on a full file system: `fallocate`, MADV_POPULATE_WRITE, then a store.
pub(super) fn store_on_a_full_disk() -> Result<()> {
    tmpfs_here(MsFlags::empty())?;
    store_in_a_hole()
}

/// The same on a small disk.
pub(super) fn store_in_a_hole_of(disk: &Disk) -> Result<()> {
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

/// Stores past the end of a file of one byte that lies in a huge page, if the kernel has one.
pub(super) fn store_past_the_end_in_a_huge_page() -> Result<()> {
    let huge_page = huge_page_bytes();
    tmpfs_with(MsFlags::empty(), if huge_page.is_some() { "huge=always" } else { "" })?;
    let file = hole("file")?;
    file.set_len(1).step("ftruncate")?;
    let length = huge_page.unwrap_or(2 * page_size());
    let area = MmapCall::shared(&file, length).make().step("mmap")?;
    area.store(0, 1);
    let blocks = file.metadata().step("stat")?.blocks();
    say!("huge-page {}", blocks * 512 > page_size() as u64)?;
    area.store(page_size(), 7);
    say!("stored yes")?;
    file.set_len(2 * page_size() as u64).step("ftruncate")?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, page_size() as u64).step("read")?;
    say!("in-the-longer-file {}", byte[0])
}

/// Puts a memfd of one page into a huge page, if the kernel can, then loads past the end.
pub(super) fn load_past_the_end_of_a_collapsed_memfd() -> Result<()> {
    let length = huge_page_bytes().unwrap_or(2 * page_size());
    let memfd = memfd_create("memory", MFdFlags::MFD_CLOEXEC).step("memfd_create")?;
    let file = File::from(memfd);
    file.set_len(page_size() as u64).step("ftruncate")?;
    // A huge page needs an address that is a multiple of its size.
    let room = MmapCall { prot: libc::PROT_NONE, ..MmapCall::anonymous(2 * length) };
    let area = room.make().step("mmap")?;
    let skipped = area.address().next_multiple_of(length) - area.address();
    area.replace(skipped / page_size(), MmapCall::shared(&file, length)).step("mmap")?;
    area.store(skipped, 1);
    say!("collapse {}", outcome(sys::collapse(area.address() + skipped, length)))?;
    say!("loaded {}", area.load(skipped + page_size()))
}

/// The size of a huge page that one entry of a page table can map, if the kernel has such pages.
fn huge_page_bytes() -> Option<usize> {
    let size = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").ok()?;
    size.trim().parse().ok()
}

/// `write` and `read` on a full file system.
pub(super) fn numbers_on_a_full_disk() -> Result<()> {
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
pub(super) fn store_after_flush_on_btrfs() -> Result<()> {
    disk_here(&BTRFS)?;
    let file = hole("file")?;
    fallocate(&file, FallocateFlags::empty(), 0, 1).step("fallocate")?;
    store_flush_and_store(&file)
}

/// Makes a copy that shares the blocks of the original, fills the file system, and stores to the
/// copy.
pub(super) fn store_to_a_copy_on(disk: &Disk) -> Result<()> {
    disk_here(disk)?;
    let file = copy_of_one_page()?;
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
pub(super) fn store_to_a_copy_after_flush_on_xfs() -> Result<()> {
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

/// A file system of a few bytes, and the command that makes it in the file `image`.
pub(super) struct Disk {
    bytes: u64,
    format: &'static [&'static str],
}

pub(super) const EXT4: Disk = Disk { bytes: 8 << 20, format: &["mkfs.ext4", "-q", "image"] };

/// The smallest file system that mkfs.xfs makes is 300 MiB.
pub(super) const XFS: Disk = Disk { bytes: 320 << 20, format: &["mkfs.xfs", "-q", "image"] };

/// The smallest file system that mkfs.btrfs makes is about 114 MiB.
pub(super) const BTRFS: Disk =
    Disk { bytes: 128 << 20, format: &["mkfs.btrfs", "--quiet", "--metadata", "single", "image"] };

/// A new disk for this process, which becomes the working directory.
fn disk_here(disk: &Disk) -> Result<()> {
    own_mounts()?;
    let image = File::create_new("image").step("create")?;
    image.set_len(disk.bytes).step("ftruncate")?;
    fs::create_dir("disk").step("mkdir")?;
    run(disk.format)?;
    run(&["mount", "-o", "loop", "image", "disk"])?;
    std::env::set_current_dir("disk").step("chdir")
}

fn run(command: &[&str]) -> Result<()> {
    let status = Command::new(command[0]).args(&command[1..]).status().step(command[0])?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::refusal("run", Path::new(command[0]), status.to_string())),
    }
}

/// A file of one page, without blocks.
fn hole(name: &str) -> Result<File> {
    let file = File::options().read(true).write(true).create_new(true).open(name);
    let file = file.step_on("create", Path::new(name))?;
    file.set_len(page_size() as u64).step("ftruncate")?;
    Ok(file)
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

/// A tiny tmpfs for this process, which becomes the working directory.
fn tmpfs_here(flags: MsFlags) -> Result<()> {
    tmpfs_with(flags, &format!("size={}", 8 * page_size()))
}

/// The same with other mount options.
fn tmpfs_with(flags: MsFlags, options: &str) -> Result<()> {
    own_mounts()?;
    fs::create_dir("tiny").step("mkdir")?;
    let step = "mount (needs root, or a system that allows user namespaces to mount)";
    mount(Some("tiny"), "tiny", Some("tmpfs"), flags, Some(options)).step(step)?;
    std::env::set_current_dir("tiny").step("chdir")
}

/// From here on the mounts of this process are its own. Root may mount; another user becomes root
/// of a user namespace first.
fn own_mounts() -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    if unshare(CloneFlags::CLONE_NEWNS).is_err() {
        let step = "unshare (needs root, or a system that allows user namespaces)";
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS).step(step)?;
        fs::write("/proc/self/setgroups", "deny").step("write setgroups")?;
        fs::write("/proc/self/uid_map", format!("{uid} {uid} 1")).step("write uid_map")?;
        fs::write("/proc/self/gid_map", format!("{gid} {gid} 1")).step("write gid_map")?;
    }
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).step("mount")
}
