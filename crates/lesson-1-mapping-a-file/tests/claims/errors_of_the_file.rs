//! The errors of `mmap` about the descriptor and its file. Each test provokes the error.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::sys::MmapCall;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::{errno_of, file_of, pages_of, scenario, start_of};

/// Mapping a descriptor that is open for writing only (`O_WRONLY`) fails with `EACCES`, shared or
/// private, even with `PROT_NONE`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: POSIX
#[test]
fn mapping_a_descriptor_that_is_open_for_writing_only_o_wronly_fails_with_eacces_shared_or_private_even_with_prot_none()
 {
    let scratch = scratch();
    drop(pages_of(&scratch, 1));
    let write_only = File::options().write(true).open(scratch.path().join("pages")).unwrap();
    for prot in [libc::PROT_NONE, libc::PROT_READ, libc::PROT_WRITE] {
        for flags in [libc::MAP_SHARED, libc::MAP_PRIVATE] {
            let call = MmapCall { prot, flags, ..MmapCall::shared(&write_only, page_size()) };
            assert_eq!(errno_of(call), "EACCES", "{call:?}");
        }
    }
}

/// `PROT_WRITE` with a read-only descriptor fails with `EACCES` in a shared mapping, and succeeds
/// in a private one.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: POSIX
#[test]
fn prot_write_with_a_read_only_descriptor_fails_with_eacces_in_a_shared_mapping_and_succeeds_in_a_private_one()
 {
    let scratch = scratch();
    drop(file_of(&scratch, "file", b"file"));
    let read_only = File::open(scratch.path().join("file")).unwrap();
    let call = MmapCall::shared(&read_only, 4);
    assert_eq!(errno_of(call), "EACCES");
    assert_eq!(errno_of(MmapCall { prot: libc::PROT_READ, ..call }), "success");
    let private = MmapCall { flags: libc::MAP_PRIVATE, ..call }.make().unwrap();
    private.store(0, b'F');
    assert_eq!(start_of(&private, 4), b"File");
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"file");
}

/// `mmap` of a descriptor that is closed, invalid or opened with `O_PATH` fails with `EBADF`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS; open(2), DESCRIPTION (O_PATH)
/// - level: POSIX (`O_PATH`: Linux)
#[test]
fn mmap_of_a_descriptor_that_is_closed_invalid_or_opened_with_o_path_fails_with_ebadf() {
    let scratch = scratch();
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&pages_of(&scratch, 1), 1) };
    for fd in [-1, -100, i32::MAX] {
        assert_eq!(errno_of(MmapCall { fd, ..call }), "EBADF", "{fd}");
    }
    let mut options = File::options();
    let path_only = options.read(true).custom_flags(libc::O_PATH);
    let path_only = path_only.open(scratch.path().join("pages")).unwrap();
    assert_eq!(errno_of(MmapCall { fd: path_only.as_raw_fd(), ..call }), "EBADF");

    let ended = scenario("closed-descriptor", &scratch).run();
    assert_eq!((ended.value("open"), ended.value("closed")), ("success", "EBADF"));
}

/// Mapping most files of sysfs fails with `ENODEV`, as mapping a directory does.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: observed (a directory: POSIX)
#[test]
fn mapping_most_files_of_sysfs_fails_with_enodev_as_mapping_a_directory_does() {
    let scratch = scratch();
    let mapped =
        |file: &File| errno_of(MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(file, 1) });
    assert_eq!(mapped(&File::open(scratch.path()).unwrap()), "ENODEV", "a directory");
    let Ok(sysfs) = fs::read_dir("/sys/kernel") else {
        return println!("no sysfs is mounted: only the directory was mapped");
    };
    let files = sysfs.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let files = files.filter_map(|entry| File::open(entry.path()).ok());
    let results: Vec<_> = files.map(|file| mapped(&file)).collect();
    let refused = results.iter().filter(|result| *result == "ENODEV").count();
    assert!(2 * refused > results.len(), "most files: {results:?}");
}

/// `mmap` of a memfd that is sealed against writing fails with `EPERM` if it is shared and
/// writable, and succeeds if it is private.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: Linux
#[test]
fn mmap_of_a_memfd_that_is_sealed_against_writing_fails_with_eperm_if_it_is_shared_and_writable_and_succeeds_if_it_is_private()
 {
    let memfd = memfd_create("sealed", MFdFlags::MFD_ALLOW_SEALING).unwrap();
    nix::unistd::ftruncate(&memfd, page_size() as i64).unwrap();
    let call = MmapCall::shared(&memfd, page_size());
    assert_eq!(errno_of(call), "success");
    fcntl(&memfd, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE)).unwrap();
    assert_eq!(errno_of(call), "EPERM");
    assert_eq!(errno_of(MmapCall { flags: libc::MAP_PRIVATE, ..call }), "success");
}

/// `PROT_EXEC` on a file system that is mounted `noexec` fails with `EPERM`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: Linux
#[test]
fn prot_exec_on_a_file_system_that_is_mounted_noexec_fails_with_eperm() {
    let ended = scenario("map-executable-on-noexec", &scratch()).run();
    let Some(ended) = course::unless_mounts_are_refused(ended) else { return };
    assert_eq!((ended.value("readable"), ended.value("executable")), ("success", "EPERM"));
}
