//! A file as a disk: loop devices, by `ioctl`. `cargo lesson-3 power-cut` uses them, as root.
//!
//! # Safety
//! Three `ioctl`s: one takes nothing, one reads a structure, one reads and writes an int. Each value
//! has the layout that the kernel expects and outlives its call.
#![expect(unsafe_code, reason = "ioctls that no crate of this course wraps")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

const LOOP_CTL_GET_FREE: libc::Ioctl = 0x4C82; // linux/loop.h, from here …
const LOOP_CONFIGURE: libc::Ioctl = 0x4C0A; // since Linux 5.8
const LO_FLAGS_AUTOCLEAR: u32 = 4; // … to here
const FIBMAP: libc::Ioctl = 1; // linux/fs.h

/// `struct loop_config` with the `struct loop_info64` inside it.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    device_inode_rdevice_offset_sizelimit: [u64; 5],
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    names_and_key: [u8; 64 + 64 + 32],
    init_and_reserved: [u64; 2 + 8],
}

/// Attaches `image` to a free loop device. The device detaches by itself when its last user is gone:
/// this handle, or a mount. So nothing is left if the process is killed.
///
/// # Errors
/// `ENOENT` or `EACCES` if there are no loop devices or no right to them; `EINVAL` before Linux 5.8 or
/// for an image that cannot be a disk.
pub fn attach(image: &File) -> io::Result<(File, PathBuf)> {
    let control = File::options().read(true).write(true).open("/dev/loop-control")?;
    loop {
        // SAFETY: takes no argument.
        let number = unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) };
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        let path = PathBuf::from(format!("/dev/loop{number}"));
        let device = File::options().read(true).write(true).open(&path)?;
        match configure(&device, image) {
            Err(taken) if taken.raw_os_error() == Some(libc::EBUSY) => {} // Another process took it first.
            configured => return configured.map(|()| (device, path)),
        }
    }
}

fn configure(device: &File, image: &File) -> io::Result<()> {
    let config = LoopConfig {
        fd: image.as_raw_fd().cast_unsigned(),
        block_size: 0, // The default.
        device_inode_rdevice_offset_sizelimit: [0; 5],
        number: 0,
        encrypt_type: 0,
        encrypt_key_size: 0,
        flags: LO_FLAGS_AUTOCLEAR,
        names_and_key: [0; 160],
        init_and_reserved: [0; 10],
    };
    // SAFETY: the kernel reads one `struct loop_config`, and `config` is one, field by field.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, &raw const config) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `ioctl(file, FIBMAP, …)`: the number of the disk block that holds the file's first block; 0 if
/// none does.
///
/// # Errors
/// `EPERM` without privilege, `EINVAL` where a file system has no such numbers.
pub fn first_block(file: &File) -> io::Result<u32> {
    let mut block = 0_u32; // In: the file's block; out: the disk's.
    // SAFETY: the kernel reads and writes one int, which lives here.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), FIBMAP, &raw mut block) };
    if result == 0 { Ok(block) } else { Err(io::Error::last_os_error()) }
}
