//! A private disk: an ext4 image in a file, on a loop device. The image file *is* the disk, so a copy
//! of the file holds what the disk holds at that instant. `cargo lesson-3 power-cut` uses it.
//!
//! No mount and no loop device is left behind, however the process ends. It mounts the disk in its own mount namespace,
//! which ends with the process, and the loop device detaches when its last mount has ended.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Context, Result};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use crate::sys::loop_device::attach;

/// Size of the image, enough for ext4 with a journal.
const IMAGE_BYTES: u64 = 16 << 20;

/// How the disk is mounted: nothing on it can run or act as a device.
const FLAGS: MsFlags = MsFlags::MS_NODEV.union(MsFlags::MS_NOSUID).union(MsFlags::MS_NOEXEC);

/// A mounted disk. Dropped, it is unmounted.
pub struct Disk {
    /// The file that is the disk.
    pub image: PathBuf,
    /// The directory where it is mounted.
    pub root: PathBuf,
    /// The loop device, such as `/dev/loop3`.
    pub device: PathBuf,
}

/// From here on, no other process sees what this process mounts, and the mounts end with it.
///
/// # Errors
/// An error without privilege.
pub fn mount_for_this_process_only() -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        return Err(io::Error::other("needs root, to mount a disk of its own")).step("power-cut");
    }
    unshare(CloneFlags::CLONE_NEWNS).step("unshare CLONE_NEWNS")?;
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).step("mount MS_PRIVATE \"/\"")
}

impl Disk {
    /// Makes an image in `directory`, with an empty ext4 in it, and mounts it there.
    ///
    /// # Errors
    /// The system's, by step: no `mkfs.ext4`, no loop devices, no privilege.
    pub fn new(directory: &Path) -> Result<Self> {
        let image = directory.join("disk.image");
        let file = File::create_new(&image).step_on("create", &image)?;
        file.set_len(IMAGE_BYTES).step_on("ftruncate", &image)?;
        make_file_system(&image)?;
        Self::mount(&image, &directory.join("mounted"))
    }

    /// Mounts `image` at `root`, a new directory, as the start of a machine would. The kernel replays
    /// the journal.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn mount(image: &Path, root: &Path) -> Result<Self> {
        fs::create_dir(root).step_on("create", root)?;
        let file = File::options().read(true).write(true).open(image).step_on("open", image)?;
        let (handle, device) = attach(&file).step_on("attach to a loop device", image)?;
        mount(Some(&device), root, Some("ext4"), FLAGS, None::<&str>).step_on("mount", root)?;
        drop(handle); // From here on only the mount keeps the device.
        Ok(Self { image: image.into(), root: root.into(), device })
    }

    /// Makes ext4 write its journal every 10 minutes, not every 5 seconds. Then what a reboot finds was
    /// saved by the action before it.
    ///
    /// # Errors
    /// The system's.
    pub fn slow_down_the_journal(&self) -> Result<()> {
        let (none, flags) = (None::<&str>, FLAGS | MsFlags::MS_REMOUNT);
        mount(none, &self.root, none, flags, Some("commit=600")).step_on("mount", &self.root)
    }

    /// Cuts the power: copies the disk as it is at this instant, and mounts the copy.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn after_a_power_cut(&self) -> Result<Self> {
        let (image, root) = (self.image.with_extension("copy"), self.root.with_extension("copy"));
        fs::copy(&self.image, &image).step_on("copy", &self.image)?;
        Self::mount(&image, &root)
    }

    /// A counter in the device's `stat` file: number 6 counts sectors written, 15 counts flushes.
    ///
    /// # Errors
    /// The system's, or that this kernel has no such counter.
    pub fn counter(&self, index: usize) -> Result<u64> {
        let name = self.device.file_name().unwrap_or_default();
        let path = Path::new("/sys/block").join(name).join("stat");
        let text = fs::read_to_string(&path).step_on("read", &path)?;
        let counter = text.split_whitespace().nth(index).and_then(|word| word.parse().ok());
        counter.ok_or_else(|| io::Error::other("no such counter")).step_on("read", &path)
    }

    /// Unmounts it, and removes its image and directory.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn remove(self) -> Result<()> {
        let (image, root) = (self.image.clone(), self.root.clone());
        drop(self);
        fs::remove_dir(&root).step_on("remove", &root)?;
        fs::remove_file(&image).step_on("remove", &image)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = umount2(&self.root, MntFlags::MNT_DETACH); // If it fails, the end of the process does it.
    }
}

/// Runs `mkfs.ext4` so that the kernel has nothing left to initialise in the background.
fn make_file_system(image: &Path) -> Result<()> {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let mut command = Command::new("mkfs.ext4");
    command.env("PATH", path).args(["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"]);
    let output = command.arg(image).output().step("run mkfs.ext4")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint = complaint.lines().next().unwrap_or("failed").to_string();
    match output.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(complaint)).step_on("mkfs.ext4", image),
    }
}
