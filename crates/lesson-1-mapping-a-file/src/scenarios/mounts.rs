//! Small file systems for one scenario: a tmpfs, or a disk in a file. They are mounted in a namespace
//! of this process and vanish with it.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::Command;

use common::{Context, Failure, Result, page_size, say};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{getegid, geteuid};

use crate::failures::outcome;
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

/// A small file system, and the command that makes it in the file `image`.
pub(super) struct Disk {
    bytes: u64,
    format: &'static [&'static str],
}

pub(super) const EXT4: Disk = Disk { bytes: 8 << 20, format: &["mkfs.ext4", "-q", "image"] };

/// The smallest file system that mkfs.xfs makes is 300 MiB.
pub(super) const XFS: Disk = Disk { bytes: 320 << 20, format: &["mkfs.xfs", "-q", "image"] };

/// With these options, mkfs.btrfs makes no file system below 45 MiB (by default, 109 MiB).
pub(super) const BTRFS: Disk =
    Disk { bytes: 128 << 20, format: &["mkfs.btrfs", "--quiet", "--metadata", "single", "image"] };

/// A new disk for this process, which becomes the working directory.
pub(super) fn disk_here(disk: &Disk) -> Result<()> {
    own_mounts()?;
    let image = File::create_new("image").step("create")?;
    image.set_len(disk.bytes).step("ftruncate")?;
    fs::create_dir("disk").step("mkdir")?;
    run(disk.format)?;
    run(&["mount", "-o", "loop", "image", "disk"])?;
    std::env::set_current_dir("disk").step("chdir")
}

pub(super) fn run(command: &[&str]) -> Result<()> {
    let status = Command::new(command[0]).args(&command[1..]).status().step(command[0])?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::refusal("run", Path::new(command[0]), status.to_string())),
    }
}

/// A file of one page, without blocks.
pub(super) fn hole(name: &str) -> Result<File> {
    let file = File::options().read(true).write(true).create_new(true).open(name);
    let file = file.step_on("create", Path::new(name))?;
    file.set_len(page_size() as u64).step("ftruncate")?;
    Ok(file)
}

/// A tiny tmpfs for this process, which becomes the working directory.
pub(super) fn tmpfs_here(flags: MsFlags) -> Result<()> {
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
