//! `fsync` and `fdatasync`.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use course::scratch;
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{fdatasync, fsync};

use crate::files::{by_path_only, closed, new_file, pipe, socket};

type Flush = fn(BorrowedFd<'_>) -> nix::Result<()>;

fn of_no_file(flush: Flush) {
    let (from, to) = pipe();
    let device = File::options().read(true).write(true).open("/dev/zero").unwrap();
    let of_proc = File::open("/proc/self/status").unwrap();
    for (what, file) in [
        ("read end", from),
        ("write end", to),
        ("socket", socket()),
        ("device", device),
        ("proc", of_proc),
    ] {
        assert_eq!(flush(file.as_fd()), Err(Errno::EINVAL), "{what}");
    }
    let scratch = scratch();
    assert_eq!(flush(new_file(&scratch, "file", 1).as_fd()), Ok(()), "a regular file");
}

fn of_no_descriptor(flush: Flush) {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let by_path = by_path_only(&scratch.path().join("file"));
    assert_eq!(flush(by_path.as_fd()), Err(Errno::EBADF));
    assert_eq!(flush(closed()), Err(Errno::EBADF));
    assert_eq!(flush(file.as_fd()), Ok(()));
}

fn of_a_directory_or_memory(flush: Flush) {
    let scratch = scratch();
    let directory = File::open(scratch.path()).unwrap();
    assert_eq!(flush(directory.as_fd()), Ok(()));
    let memory: OwnedFd = memfd_create("memory", MFdFlags::MFD_CLOEXEC).unwrap();
    assert_eq!(flush(memory.as_fd()), Ok(()));
}

/// `fsync` of a pipe, a socket, `/dev/zero` or a file of `/proc` fails with `EINVAL`.
///
/// - call: `fsync`, error
/// - source: fsync(2), ERRORS
/// - level: Linux
#[test]
fn fsync_of_a_pipe_a_socket_dev_zero_or_a_file_of_proc_fails_with_einval() {
    of_no_file(|file| fsync(file));
}

/// `fdatasync` of a pipe, a socket, `/dev/zero` or a file of `/proc` fails with `EINVAL`.
///
/// - call: `fdatasync`, error
/// - source: fsync(2), ERRORS
/// - level: Linux
#[test]
fn fdatasync_of_a_pipe_a_socket_dev_zero_or_a_file_of_proc_fails_with_einval() {
    of_no_file(|file| fdatasync(file));
}

/// `fsync` of a closed or an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `fsync`, error
/// - source: fsync(2), ERRORS; open(2), DESCRIPTION (`O_PATH`)
/// - level: POSIX (`O_PATH`: Linux)
#[test]
fn fsync_of_a_closed_or_an_o_path_descriptor_fails_with_ebadf() {
    of_no_descriptor(|file| fsync(file));
}

/// `fdatasync` of a closed or an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `fdatasync`, error
/// - source: fsync(2), ERRORS; open(2), DESCRIPTION (`O_PATH`)
/// - level: POSIX (`O_PATH`: Linux)
#[test]
fn fdatasync_of_a_closed_or_an_o_path_descriptor_fails_with_ebadf() {
    of_no_descriptor(|file| fdatasync(file));
}

/// `fsync` of a directory or of a memfd, which has no disk, succeeds.
///
/// - call: `fsync`, success
/// - source: fsync(2), DESCRIPTION; mm/shmem.c, noop_fsync
/// - level: Linux
#[test]
fn fsync_of_a_directory_or_of_a_memfd_which_has_no_disk_succeeds() {
    of_a_directory_or_memory(|file| fsync(file));
}

/// `fdatasync` of a directory or of a memfd, which has no disk, succeeds.
///
/// - call: `fdatasync`, success
/// - source: fsync(2), DESCRIPTION; mm/shmem.c, noop_fsync
/// - level: Linux
#[test]
fn fdatasync_of_a_directory_or_of_a_memfd_which_has_no_disk_succeeds() {
    of_a_directory_or_memory(|file| fdatasync(file));
}
