//! Small file systems for one scenario: full ones, and one that is mounted `noexec`. They are mounted
//! in a namespace of this process and vanish with it.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::Command;

use common::{Context, Failure, Result, page_size, say};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
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
pub(super) fn store_on_a_full_ext4() -> Result<()> {
    disk_here(EXT4_BYTES, &["mkfs.ext4", "-q", "image"])?;
    store_in_a_hole()
}

fn store_in_a_hole() -> Result<()> {
    let file = hole("hole")?;
    fill()?;
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
    let huge_page = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
    let huge_page = huge_page.ok().and_then(|bytes| bytes.trim().parse::<usize>().ok());
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
    disk_here(BTRFS_BYTES, &["mkfs.btrfs", "--quiet", "--metadata", "single", "image"])?;
    let file = hole("file")?;
    fallocate(&file, FallocateFlags::empty(), 0, 1).step("fallocate")?;
    let area = MmapCall::shared(&file, page_size()).make().step("mmap")?;
    let ready = || outcome(sys::prepare_stores(area.address(), page_size()));
    say!("ready {}", ready())?;
    area.store(0, 1);
    file.sync_all().step("fsync")?;
    fill()?;
    let reserved = fallocate(&file, FallocateFlags::empty(), 0, 1);
    say!("fallocate-after-flush {}", outcome(reserved.map_err(Into::into)))?;
    say!("ready-after-flush {}", ready())?;
    area.store(0, 2);
    say!("stored yes")
}

/// The smallest file system that mkfs.btrfs makes is about 114 MiB.
const BTRFS_BYTES: u64 = 128 << 20;

const EXT4_BYTES: u64 = 8 << 20;

/// A new disk for this process, formatted by `format`, which becomes the working directory.
fn disk_here(bytes: u64, format: &[&str]) -> Result<()> {
    own_mounts()?;
    let image = File::create_new("image").step("create")?;
    image.set_len(bytes).step("ftruncate")?;
    fs::create_dir("disk").step("mkdir")?;
    run(format)?;
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

/// Takes all space that is left.
fn fill() -> Result<()> {
    let mut filler = File::create("filler").step("create")?;
    while filler.write(&vec![1; page_size()]).is_ok_and(|written| written > 0) {}
    let _ = filler.sync_all(); // A file system that reserves late reports here that it is full.
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
