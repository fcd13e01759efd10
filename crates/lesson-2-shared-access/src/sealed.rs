//! RIGHT, with a slice: memory that no process can change any more. A memfd sealed against shrinking
//! and writing keeps the promise of `&[u8]`: the kernel enforces the seals, and `map_if_safe` asks
//! the kernel for them. `cargo lesson-2` shows it.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use common::{Context, Result, Stage, compare, sentence};
use memmap2::Mmap;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::picture::{SECOND, addresses_in};
use crate::second_process::{self, outcome};
use crate::slice::{CAPACITY, in_words, message};

/// `memfd_create(name, MFD_ALLOW_SEALING)`: a file in memory, in no directory, that accepts seals.
///
/// # Errors
/// `EINVAL` if `name` is longer than 249 bytes, `EMFILE`.
pub fn memory_file(name: &str) -> io::Result<File> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    Ok(OwnedFd::into(memfd_create(name, flags)?))
}

/// `fcntl(file, F_ADD_SEALS, seals)`: the seals hold for every process and are never removed.
///
/// # Errors
/// `EBUSY` for `F_SEAL_WRITE` while any process has a shared mapping that is or may become writable;
/// `EPERM` if `file` is not open for writing, or is sealed against sealing, as every file on tmpfs
/// is; `EINVAL` on a file system without seals.
pub fn seal(file: &File, seals: SealFlag) -> io::Result<()> {
    fcntl(file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(())
}

/// Maps the sealed `file` as a slice, through a read-only descriptor: kernels before 6.7, and the first
/// ones of 6.12, may refuse to map a sealed file shared through a writable descriptor, even read-only.
///
/// # Errors
/// Those of `map_if_safe`, which refuses a memfd without `F_SEAL_SHRINK` and `F_SEAL_WRITE`, any
/// other file (unless fs-verity protects it), and a range past the end of the file.
pub fn slice_of(file: &File) -> io::Result<Mmap> {
    let read_only = File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    Ok(Mmap::map_if_safe(&read_only)?)
}

/// The step of the story: the second process maps the memory writable, and later unmaps it.
pub fn show(_stage: &mut Stage) -> Result<()> {
    let file = memory_file("message").step("memfd_create")?;
    file.set_len(CAPACITY as u64).step("ftruncate")?;
    file.write_all_at(b"\x04warm", 0).step("write")?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let mut other = second_process::start(path.as_ref())?;
    let (pid, page) = (other.process.id(), addresses_in(&mut other, 1)?);
    let show = |title: &str| {
        page_view::show_rows(&[(SECOND, pid, page.clone())])?;
        page_view::look(title)
    };
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_WRITE;

    let mapped = slice_of(&file).map_or("refused", |_| "mapped");
    compare("map_if_safe before sealing: ", mapped, "refused")?;
    sentence(" The second process maps the memory writable.")?;
    show("the second process maps the memory")?;
    compare("this process seals: ", outcome(seal(&file, seals)), "EBUSY")?;
    compare(" the second process unmaps: ", other.ask("unmap")?, "done")?;
    show("it has unmapped the memory")?;
    compare("this process seals: ", outcome(seal(&file, seals)), "done")?;
    let slice = slice_of(&file).step("map_if_safe")?;
    compare(" the second process writes: ", other.ask("write 1 255")?, "EPERM")?;
    compare(" it maps writable: ", other.ask("map")?, "EPERM")?;
    compare("map_if_safe after sealing: ", in_words(message(&slice)), r#"the text "warm""#)
}
