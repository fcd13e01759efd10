//! A disk that loses its power, as root: an ext4 in an image file, on a loop device. The image *is*
//! the disk, so a copy of it, mounted, is what a reboot finds.
//!
//! It lives in a thread with a mount namespace of its own: whatever becomes of the judge, the
//! mounts go with the thread, and the loop device lets go of the image with its last mount.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::{io, panic, thread};

use common::{Context, Result};
use lesson_3_msync::disk::{Disk, mount_for_this_process_only};
use nix::mount::{MsFlags, mount};

/// Runs `scenario` on a disk of its own, whose image lies in a new directory `directory`.
///
/// # Errors
/// Those of `scenario`; and what this machine lacks: `mkfs.ext4`, loop devices, the privilege.
pub fn on_a_disk<T: Send>(
    directory: &Path,
    scenario: impl FnOnce(&Disk) -> Result<T> + Send,
) -> Result<T> {
    let play = || {
        mount_for_this_process_only()?;
        // The program may pass through to the mounted disk, and read nothing of the image.
        DirBuilder::new().mode(0o711).create(directory).step_on("create", directory)?;
        in_memory(directory)?;
        let disk = Disk::new(directory)?;
        let result = scenario(&disk);
        let image = disk.image.clone();
        drop(disk);
        let _ = fs::remove_file(image); // What is left goes with the run's scratch.
        result
    };
    let played = thread::scope(|scope| {
        let thread = thread::Builder::new().name("disk".into()).spawn_scoped(scope, play);
        thread.map(thread::ScopedJoinHandle::join)
    });
    match played.step("start a thread")? {
        Ok(result) => result,
        Err(panicked) => panic::resume_unwind(panicked),
    }
}

/// Keeps what lies in `directory` in memory from now on, images of disks too: a flush of such a disk waits for
/// no other disk. A loop device hands each write to its image at once, wherever the image lies, so a copy
/// holds the same. The memory is free again when the thread's mounts end.
fn in_memory(directory: &Path) -> Result<()> {
    let flags = MsFlags::MS_NODEV | MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    let (name, options) = (Some("judge"), Some("mode=0711,size=64m"));
    mount(name, directory, Some("tmpfs"), flags, options).step_on("mount a tmpfs", directory)
}

/// What a reboot at this instant would find in the file `name` of the disk's directory `inside`;
/// `None` if there is no such file.
///
/// # Errors
/// Those of copying the disk and mounting the copy.
pub fn after_a_reboot(disk: &Disk, inside: &Path) -> Result<Option<Vec<u8>>> {
    let rebooted = disk.after_a_power_cut()?;
    let path = rebooted.root.join(inside);
    let found = match fs::read(&path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).step_on("read after the reboot", &path),
    };
    rebooted.remove()?;
    found
}
