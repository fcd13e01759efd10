//! Files in memory without a name (memfds), and the seals that forbid changes.
//!
//! # Safety
//! One test has a slice over a private mapping. It looks at no byte of the slice, and no process
//! shortens that file or stores to it.
#![expect(unsafe_code, reason = "memmap2 maps private memory only as a slice")]

use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{errno, file_system, kernel_at_least, scratch};
use lesson_2_shared_access::sealed::{memory_file, seal};
use lesson_2_shared_access::{Bytes, diskless};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;

use crate::{ask, new_file, scenario, second};

/// A memfd of one page.
fn one_page() -> File {
    let file = memory_file("page").unwrap();
    file.set_len(page_size() as u64).unwrap();
    file
}

fn reopened(file: &File, options: &mut fs::OpenOptions) -> std::io::Result<File> {
    options.open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

fn seals(file: &File) -> SealFlag {
    SealFlag::from_bits_retain(fcntl(file, FcntlArg::F_GET_SEALS).unwrap())
}

/// A memfd starts empty, and its name is in no directory.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_memfd_starts_empty_and_its_name_is_in_no_directory() {
    let (one, other) = (memory_file("demo").unwrap(), memory_file("demo").unwrap());
    let link = |file: &File| fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
    assert_eq!(one.metadata().unwrap().len(), 0);
    assert_eq!(link(&one).to_str(), Some("/memfd:demo (deleted)"));
    assert_eq!(link(&other), link(&one), "the same name again");
    one.set_len(1).unwrap();
    assert_eq!(other.metadata().unwrap().len(), 0, "and another file");
}

/// A memfd is shared through `/proc/PID/fd`.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), NOTES
/// - level: Linux
#[test]
fn a_memfd_is_shared_through_proc_pid_fd() {
    let file = one_page();
    let bytes = Bytes::of(&file, page_size()).unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let mut other = second(path.as_ref());
    assert_eq!(ask(&mut other, "store 0 42"), "done");
    assert_eq!(bytes.load(0), 42);
}

/// `memfd_create` fails with `EINVAL` for a name of 250 bytes or an unknown flag.
///
/// - call: `memfd_create`, error
/// - source: memfd_create(2), ERRORS
/// - level: Linux
#[test]
fn memfd_create_fails_with_einval_for_a_name_of_250_bytes_or_an_unknown_flag() {
    assert!(memory_file(&"n".repeat(249)).is_ok());
    assert_eq!(errno(memory_file(&"n".repeat(250))), Errno::EINVAL);
    let unknown = MFdFlags::from_bits_retain(0x4000);
    assert_eq!(memfd_create("flag", unknown).err(), Some(Errno::EINVAL));
}

/// A memfd takes seals only with `MFD_ALLOW_SEALING` or `MFD_NOEXEC_SEAL`, and none after
/// `F_SEAL_SEAL`.
///
/// - call: `memfd_create`, edge
/// - source: memfd_create(2), DESCRIPTION (MFD_ALLOW_SEALING); fcntl(2), File Sealing (F_SEAL_SEAL)
/// - level: Linux (MFD_NOEXEC_SEAL: since Linux 6.3)
#[test]
fn a_memfd_takes_seals_only_with_mfd_allow_sealing_or_mfd_noexec_seal_and_none_after_f_seal_seal() {
    let file: File = memfd_create("plain", MFdFlags::MFD_CLOEXEC).map(OwnedFd::into).unwrap();
    assert_eq!(seals(&file), SealFlag::F_SEAL_SEAL, "sealed against sealing from the start");
    assert_eq!(errno(seal(&file, SealFlag::F_SEAL_SHRINK)), Errno::EPERM);
    if kernel_at_least(6, 3) {
        let flags = MFdFlags::from_bits_retain(libc::MFD_NOEXEC_SEAL);
        let file: File = memfd_create("data", flags).map(OwnedFd::into).unwrap();
        seal(&file, SealFlag::F_SEAL_SHRINK).unwrap();
    }
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_SEAL).unwrap();
    assert_eq!(errno(seal(&file, SealFlag::F_SEAL_SHRINK)), Errno::EPERM);
    file.set_len(0).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 0, "it can still shrink");
}

/// `memfd_create` and `shm_open` fail with `EMFILE` when no descriptor is left.
///
/// - call: `memfd_create`, error
/// - source: memfd_create(2), ERRORS; shm_open(3), ERRORS
/// - level: POSIX (memfd_create: Linux)
#[test]
fn memfd_create_and_shm_open_fail_with_emfile_when_no_descriptor_is_left() {
    let scratch = scratch();
    let mut scenario = scenario("no-descriptor-left", &scratch).start();
    scenario.tell(&scratch.object("never-made"));
    let ended = scenario.end();
    assert_eq!(ended.value("memfd_create"), "EMFILE");
    assert_eq!(ended.value("shm_open"), "EMFILE");
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
/// - call: `fcntl(F_ADD_SEALS)`, success
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
/// - call: `fcntl(F_ADD_SEALS)`, success
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

/// `write` to a file sealed against writing fails with `EPERM`, and `ftruncate` still changes its
/// size.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing (F_SEAL_WRITE)
/// - level: Linux
#[test]
fn write_to_a_file_sealed_against_writing_fails_with_eperm_and_ftruncate_still_changes_its_size() {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(errno(file.write_at(&[1], 0)), Errno::EPERM);
    file.set_len(2 * page_size() as u64).unwrap();
    file.set_len(1).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 1, "so a load could be SIGBUS: seal both");
}

/// A file sealed against writing cannot be mapped shared and writable (`EPERM`), and through a
/// read-only descriptor it can be mapped for loads.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing (F_SEAL_WRITE)
/// - level: Linux
#[test]
fn a_file_sealed_against_writing_cannot_be_mapped_shared_and_writable_eperm_and_through_a_read_only_descriptor_it_can_be_mapped_for_loads()
 {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(errno(Bytes::of(&file, page_size())), Errno::EPERM);
    let reading = reopened(&file, File::options().read(true)).unwrap();
    assert_eq!(Bytes::read_only(&reading, page_size()).unwrap().load(0), 0, "for loading it can");
}

/// A sealed file can be mapped read-only through a writable descriptor.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: mm/memfd.c
/// - level: observed (since Linux 6.7; some older kernels allow it too, such as 6.1.176 of Debian;
///   the others, and the first ones of 6.12, fail with `EPERM`)
#[test]
fn a_sealed_file_can_be_mapped_read_only_through_a_writable_descriptor() {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    let mapped = Bytes::read_only(&file, page_size());
    match mapped {
        // Some older kernels have the change too (6.1.176 of Debian 12, for example). The first ones of
        // 6.12 lost it, by the history of the sources.
        Err(error)
            if !kernel_at_least(6, 7) || !kernel_at_least(6, 13) && kernel_at_least(6, 12) =>
        {
            assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        }
        mapped => assert_eq!(mapped.unwrap().load(0), 0),
    }
}

/// Sealing against writing fails with `EBUSY` while a process maps the file shared and writable.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (F_SEAL_WRITE)
/// - level: Linux
#[test]
fn sealing_against_writing_fails_with_ebusy_while_a_process_maps_the_file_shared_and_writable() {
    let file = one_page();
    // SAFETY: no process shortens this test's own file or stores to it.
    let private = unsafe { memmap2::MmapOptions::new().map_copy(&file) }.unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let mut other = second(path.as_ref());
    assert_eq!(errno(seal(&file, SealFlag::F_SEAL_WRITE)), Errno::EBUSY, "in another process");
    seal(&file, SealFlag::F_SEAL_SHRINK).unwrap();
    assert_eq!(ask(&mut other, "unmap"), "done");
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(private.len(), page_size(), "a private writable mapping does not prevent it");
}

/// A shared read-only mapping through a writable descriptor prevents the seal against writing.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: mm/memfd.c
/// - level: observed
/// - manual says: fcntl(2): only a writable shared mapping prevents the seal against writing.
#[test]
fn a_shared_read_only_mapping_through_a_writable_descriptor_prevents_the_seal_against_writing() {
    let file = one_page();
    let bytes = Bytes::read_only(&file, page_size()).unwrap();
    let sealed = errno(seal(&file, SealFlag::F_SEAL_WRITE));
    assert_eq!(sealed, Errno::EBUSY, "mprotect could let it store");
    assert_eq!(bytes.load(0), 0);
    let file = one_page();
    let reading = reopened(&file, File::options().read(true)).unwrap();
    let bytes = Bytes::read_only(&reading, page_size()).unwrap();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(bytes.load(0), 0, "through a descriptor for reading it is not");
}

/// A seal against future writing still lets an old mapping store.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing (F_SEAL_FUTURE_WRITE)
/// - level: Linux
#[test]
fn a_seal_against_future_writing_still_lets_an_old_mapping_store() {
    let file = one_page();
    let old = Bytes::of(&file, page_size()).unwrap();
    seal(&file, SealFlag::F_SEAL_FUTURE_WRITE).unwrap();
    old.store(0, 42);
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [42], "the old mapping");
    assert_eq!(errno(Bytes::of(&file, page_size())), Errno::EPERM, "a new one");
    assert_eq!(errno(file.write_at(&[1], 0)), Errno::EPERM, "write");
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
}

/// `F_ADD_SEALS` on a file that is no memfd fails with `EINVAL`, and on tmpfs with `EPERM`.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (EINVAL)
/// - level: Linux (EINVAL; tmpfs EPERM: observed)
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
