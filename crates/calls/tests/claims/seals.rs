//! `fcntl(F_ADD_SEALS)` and `fcntl(F_GET_SEALS)`.

use std::fs::File;
use std::os::fd::OwnedFd;

use common::page_size;
use course::{file_system, scratch};
use lesson_1_mapping_a_file::sys::{Area, MmapCall};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use crate::files::{new_file, pipe};

/// A memfd of one page that can be sealed.
pub(crate) fn one_page() -> File {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file: File = OwnedFd::into(memfd_create("page", flags).unwrap());
    file.set_len(page_size() as u64).unwrap();
    file
}

pub(crate) fn seal(file: &File, seals: SealFlag) -> nix::Result<()> {
    fcntl(file, FcntlArg::F_ADD_SEALS(seals)).map(drop)
}

pub(crate) fn seals(file: &File) -> nix::Result<SealFlag> {
    fcntl(file, FcntlArg::F_GET_SEALS).map(SealFlag::from_bits_retain)
}

pub(crate) fn length(file: &File) -> u64 {
    file.metadata().unwrap().len()
}

pub(crate) fn map(file: &File, prot: libc::c_int) -> std::io::Result<Area> {
    MmapCall { prot, ..MmapCall::shared(file, page_size()) }.make()
}

/// Adding a seal that the file has already succeeds and changes nothing.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing
/// - level: Linux
#[test]
fn adding_a_seal_that_the_file_has_already_succeeds_and_changes_nothing() {
    let file = one_page();
    for seal_again in [SealFlag::F_SEAL_SHRINK, SealFlag::F_SEAL_WRITE, SealFlag::F_SEAL_GROW] {
        seal(&file, seal_again).unwrap();
        let before = seals(&file);
        assert_eq!(seal(&file, seal_again), Ok(()));
        assert_eq!(seals(&file), before);
    }
}

/// If `F_ADD_SEALS` fails with `EBUSY` for `F_SEAL_WRITE`, it adds none of the other seals of the
/// call.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing; mm/memfd.c, memfd_add_seals
/// - level: observed
#[test]
fn if_f_add_seals_fails_with_ebusy_for_f_seal_write_it_adds_none_of_the_other_seals_of_the_call() {
    let file = one_page();
    let area = map(&file, libc::PROT_READ | libc::PROT_WRITE).unwrap();
    let both = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK;
    assert_eq!(seal(&file, both), Err(Errno::EBUSY));
    assert_eq!(seals(&file), Ok(SealFlag::empty()));
    drop(area);
    seal(&file, both).unwrap();
    assert_eq!(seals(&file), Ok(both));
}

/// `F_GET_SEALS` gives `F_SEAL_SEAL` for a file on tmpfs and for a shared memory object.
///
/// - call: `fcntl(F_GET_SEALS)`, edge
/// - source: fcntl(2), File Sealing; mm/shmem.c, __shmem_get_inode
/// - level: observed
/// - manual says: fcntl(2): only a memfd has seals, and on other files the call fails with `EINVAL`.
#[test]
fn f_get_seals_gives_f_seal_seal_for_a_file_on_tmpfs_and_for_a_shared_memory_object() {
    let scratch = scratch();
    let name = scratch.object("object");
    let flags = nix::fcntl::OFlag::O_RDWR | nix::fcntl::OFlag::O_CREAT | nix::fcntl::OFlag::O_EXCL;
    let object: File = shm_open(name.as_str(), flags, Mode::S_IRUSR).unwrap().into();
    shm_unlink(name.as_str()).unwrap();
    assert_eq!(seals(&object), Ok(SealFlag::F_SEAL_SEAL));
    let path = format!("/dev/shm{}", scratch.object("file"));
    let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
    assert_eq!(seals(&file), Ok(SealFlag::F_SEAL_SEAL));
}

/// `F_GET_SEALS` of a pipe or of a file on a disk fails with `EINVAL`.
///
/// - call: `fcntl(F_GET_SEALS)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux
/// - holds: everywhere
#[test]
fn f_get_seals_of_a_pipe_or_of_a_file_on_a_disk_fails_with_einval() {
    let scratch = scratch();
    let (from, to) = pipe();
    assert_eq!(seals(&from), Err(Errno::EINVAL));
    assert_eq!(seals(&to), Err(Errno::EINVAL));
    if !matches!(file_system(scratch.path()), "tmpfs" | "ramfs") {
        assert_eq!(seals(&new_file(&scratch, "file", 1)), Err(Errno::EINVAL));
    }
    assert_eq!(seals(&one_page()), Ok(SealFlag::empty()), "a memfd");
}
