//! RIGHT, with a slice: memory that nobody can change any more. A memfd sealed against shrinking and
//! writing keeps the promise of `&[u8]`, the kernel sees to it, and `map_if_safe` asks the kernel.
//! `cargo lesson-2` shows it.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use common::{Context, Peer, Result, Stage, say};
use memmap2::Mmap;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::picture::addresses_in;
use crate::slice::{CAPACITY, message};

/// A file without a disk and without a name, that may be sealed: `memfd_create`.
///
/// # Errors
/// `EINVAL` if `name` is longer than 249 bytes, `EMFILE`.
pub fn memory_file(name: &str) -> io::Result<File> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    Ok(OwnedFd::into(memfd_create(name, flags)?))
}

/// `fcntl(file, F_ADD_SEALS, seals)`: from now on, for ever, for everyone.
///
/// # Errors
/// `EBUSY` for `F_SEAL_WRITE` while anyone has a shared mapping that could be stored to; `EPERM` if
/// `file` is not open for writing, or is sealed against sealing; `EINVAL` if it is no memfd.
pub fn seal(file: &File, seals: SealFlag) -> io::Result<()> {
    fcntl(file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(())
}

/// Maps the sealed `file` as a slice, by way of a descriptor for reading only: before Linux 6.7 a
/// shared mapping through a writable one was refused, even one for reading.
///
/// # Errors
/// What `map_if_safe` refuses: a memfd without `F_SEAL_SHRINK` and `F_SEAL_WRITE`, any other file
/// (unless fs-verity protects it), a range past the end.
pub fn slice_of(file: &File) -> io::Result<Mmap> {
    let read_only = File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    Ok(Mmap::map_if_safe(&read_only)?)
}

/// The step of the story: the other process has the memory mapped, writable, and lets go of it.
pub fn show(_stage: &mut Stage) -> Result<()> {
    let file = memory_file("message").step("memfd_create")?;
    file.set_len(CAPACITY as u64).step("ftruncate")?;
    file.write_all_at(b"\x04warm", 0).step("write")?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let mut other = Peer::start(["second", &path])?;
    other.hear()?;
    let refused = |result: io::Result<()>| match result {
        Ok(()) => "done".into(),
        Err(error) => crate::second::name_of(&error),
    };

    let unsealed = slice_of(&file).map_or_else(|error| error.to_string(), |_| "mapped".into());
    say!("   map_if_safe, before it is sealed:\n      {unsealed}")?;
    say!("   (expected: missing seals F_SEAL_SHRINK and F_SEAL_WRITE)")?;
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_WRITE;
    say!("    the second process has it mapped, writable")?;
    let (pid, page) = (other.process.id(), addresses_in(&mut other, 1)?);
    let show = || page_view::show_rows(&[("    the second process", pid, page.clone())]);
    show()?;
    say!("   seal it: {} (expected EBUSY)", refused(seal(&file, seals)))?;
    other.tell("unmap")?;
    say!("    the second process unmaps it: {}", other.hear()?)?;
    show()?;
    page_view::pause()?;
    say!("   seal it: {} (expected done)", refused(seal(&file, seals)))?;
    let slice = slice_of(&file).step("map_if_safe")?;
    other.tell("write 1 255")?;
    say!("    the second process writes 255 at byte 1: {} (expected EPERM)", other.hear()?)?;
    other.tell("map")?;
    say!("    the second process maps it writable:     {} (expected EPERM)", other.hear()?)?;
    say!("   the message, through &[u8]: {:?} (expected Some(\"warm\"))", message(&slice))
}
