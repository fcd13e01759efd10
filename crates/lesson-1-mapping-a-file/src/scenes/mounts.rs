//! File systems of a scene's own: full ones, and one that no program may be run from. They are
//! mounted in a namespace of this process and vanish with it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};
use rand::{SeedableRng, rngs::StdRng};

use crate::failures::name_of;
use crate::number;
use crate::sys::{self, Call};

/// Maps a file of a `noexec` file system, without and with PROT_EXEC.
pub(super) fn no_programs_here() -> Result<()> {
    tmpfs_here(MsFlags::MS_NOEXEC)?;
    let file = hole("file")?;
    let call = Call { prot: libc::PROT_READ, ..Call::shared(&file, page_size()) };
    say!("readable {}", name_of(call.make()))?;
    let prot = libc::PROT_READ | libc::PROT_EXEC;
    say!("executable {}", name_of(Call { prot, ..call }.make()))
}

/// A file that is long enough but has no blocks, and none left to get: asks, then stores.
pub(super) fn store_on_a_full_disk() -> Result<()> {
    tmpfs_here(MsFlags::empty())?;
    let file = hole("hole")?;
    fill()?;
    let area = Call::shared(&file, page_size()).make().step("mmap")?;
    say!("mmap success")?;
    let reserved = fallocate(&file, FallocateFlags::empty(), 0, 1);
    say!("fallocate {}", name_of(reserved.map_err(Into::into)))?;
    say!("populate {}", name_of(sys::prepare_stores(area.address(), page_size())))?;
    area.store(0, 1);
    say!("stored yes")
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
    say!("hole-blocks {}", std::os::unix::fs::MetadataExt::blocks(&hole.metadata().step("stat")?))?;
    say!("read-old {}", number::read(Path::new("old")).is_ok())?;
    let refused = number::read(Path::new("hole")).err().map(|failure| failure.to_string());
    say!("read-hole {}", refused.unwrap_or_default())
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
    Ok(())
}

/// A tiny file system of our own, which becomes the working directory. Root may mount; anybody else
/// becomes root of a user namespace first.
fn tmpfs_here(flags: MsFlags) -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    if unshare(CloneFlags::CLONE_NEWNS).is_err() {
        let step = "unshare (needs root, or a system that allows user namespaces)";
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS).step(step)?;
        fs::write("/proc/self/setgroups", "deny").step("write setgroups")?;
        fs::write("/proc/self/uid_map", format!("{uid} {uid} 1")).step("write uid_map")?;
        fs::write("/proc/self/gid_map", format!("{gid} {gid} 1")).step("write gid_map")?;
    }
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).step("mount")?;
    fs::create_dir("tiny").step("mkdir")?;
    let size = format!("size={}", 8 * page_size());
    let step = "mount (needs root, or a system that allows user namespaces to mount)";
    mount(Some("tiny"), "tiny", Some("tmpfs"), flags, Some(size.as_str())).step(step)?;
    std::env::set_current_dir("tiny").step("chdir")
}
