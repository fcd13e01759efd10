//! Seals: whom they belong to, and those of the size.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{errno, file_system, scratch};
use lesson_2_shared_access::diskless;
use lesson_2_shared_access::sealed::{memory_file, seal};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl};
use nix::sys::stat::Mode;

use crate::new_file;

/// A memfd of one page.
pub(crate) fn one_page() -> File {
    let file = memory_file("page").unwrap();
    file.set_len(page_size() as u64).unwrap();
    file
}

pub(crate) fn reopened(file: &File, options: &mut fs::OpenOptions) -> std::io::Result<File> {
    options.open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

pub(crate) fn seals(file: &File) -> SealFlag {
    SealFlag::from_bits_retain(fcntl(file, FcntlArg::F_GET_SEALS).unwrap())
}

/// Seals belong to the file, and can only be added.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing
/// - level: Linux
#[test]
fn seals_belong_to_the_file_and_can_only_be_added() {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_SHRINK).unwrap();
    let again = reopened(&file, File::options().read(true).write(true)).unwrap();
    assert_eq!(seals(&again), SealFlag::F_SEAL_SHRINK, "another open file description");
    seal(&again, SealFlag::F_SEAL_GROW).unwrap();
    seal(&file, SealFlag::empty()).unwrap();
    assert_eq!(
        seals(&file),
        SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW,
        "no seal was removed"
    );
}

/// Shrinking a file sealed against shrinking fails with `EPERM`, and growing it succeeds.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (F_SEAL_SHRINK)
/// - level: Linux
#[test]
fn shrinking_a_file_sealed_against_shrinking_fails_with_eperm_and_growing_it_succeeds() {
    let file = one_page();
    let page = page_size() as u64;
    seal(&file, SealFlag::F_SEAL_SHRINK).unwrap();
    assert_eq!(errno(file.set_len(page - 1)), Errno::EPERM);
    let emptied = reopened(&file, File::options().write(true).truncate(true));
    assert_eq!(errno(emptied), Errno::EPERM, "O_TRUNC");
    file.set_len(2 * page).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 2 * page);
}

/// Growing a file sealed against growing fails with `EPERM`, and shrinking it succeeds.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (F_SEAL_GROW)
/// - level: Linux
#[test]
fn growing_a_file_sealed_against_growing_fails_with_eperm_and_shrinking_it_succeeds() {
    let file = one_page();
    let page = page_size() as u64;
    seal(&file, SealFlag::F_SEAL_GROW).unwrap();
    assert_eq!(errno(file.set_len(page + 1)), Errno::EPERM);
    assert_eq!(errno(file.write_at(&[1], page)), Errno::EPERM, "a write past the end");
    file.write_all_at(&[1], 0).unwrap();
    file.set_len(0).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 0);
}

/// `F_ADD_SEALS` through a read-only descriptor fails with `EPERM`, and of an unknown seal with
/// `EINVAL`.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), ERRORS (EPERM, EINVAL)
/// - level: Linux
#[test]
fn f_add_seals_through_a_read_only_descriptor_fails_with_eperm_and_of_an_unknown_seal_with_einval()
{
    let file = one_page();
    let reading = reopened(&file, File::options().read(true)).unwrap();
    assert_eq!(errno(seal(&reading, SealFlag::F_SEAL_SHRINK)), Errno::EPERM);
    assert_eq!(seals(&reading), SealFlag::empty(), "asking is allowed");
    assert_eq!(errno(seal(&file, SealFlag::from_bits_retain(0x4000))), Errno::EINVAL);
    seal(&file, SealFlag::F_SEAL_SHRINK).expect("a known one, through the writable descriptor");
}

/// `F_ADD_SEALS` on a file that is no memfd fails with `EINVAL`, and on tmpfs with `EPERM`.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (EINVAL)
/// - level: Linux (`EINVAL`); observed (`EPERM` on tmpfs)
/// - holds: everywhere
/// - manual says: fcntl(2): a file that does not support seals fails with `EINVAL`.
#[test]
fn f_add_seals_on_a_file_that_is_no_memfd_fails_with_einval_and_on_tmpfs_with_eperm() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let on_tmpfs = |error| assert_eq!(error, Errno::EPERM, "tmpfs: sealed against sealing");
    match (file_system(scratch.path()), errno(seal(&file, SealFlag::F_SEAL_SHRINK))) {
        ("tmpfs", error) => on_tmpfs(error),
        (_, error) => assert_eq!(error, Errno::EINVAL),
    }
    let name = scratch.object("object");
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let object = diskless::open_object(&name, flags, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    diskless::remove_object(&name).unwrap();
    on_tmpfs(errno(seal(&object, SealFlag::F_SEAL_SHRINK)));
}
