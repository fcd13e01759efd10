//! `ftruncate`.

use std::fs::{File, FileTimes};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::time::SystemTime;

use common::page_size;
use course::{file_system, scratch};
use nix::errno::Errno;
use nix::unistd::ftruncate;

use crate::files::{by_path_only, new_file, pipe, reopened, socket};

/// `ftruncate` to a negative length fails with `EINVAL` and leaves the file as it is.
///
/// - call: `ftruncate`, error
/// - source: truncate(2), ERRORS; POSIX, ftruncate(), ERRORS
/// - level: POSIX
#[test]
fn ftruncate_to_a_negative_length_fails_with_einval_and_leaves_the_file_as_it_is() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    assert_eq!(ftruncate(&file, -1), Err(Errno::EINVAL));
    assert_eq!(ftruncate(&file, libc::off_t::MIN), Err(Errno::EINVAL));
    assert_eq!(file.metadata().unwrap().len(), page_size() as u64);
    assert_eq!(ftruncate(&file, 0), Ok(()), "0 is no negative length");
    assert_eq!(file.metadata().unwrap().len(), 0);
}

/// `ftruncate` of a pipe, a socket, a directory or a character device fails with `EINVAL`.
///
/// - call: `ftruncate`, error
/// - source: truncate(2), ERRORS
/// - level: Linux
#[test]
fn ftruncate_of_a_pipe_a_socket_a_directory_or_a_character_device_fails_with_einval() {
    let scratch = scratch();
    let (_from, to) = pipe();
    let directory = File::open(scratch.path()).unwrap();
    let device = File::options().read(true).write(true).open("/dev/zero").unwrap();
    for (what, file) in
        [("pipe", to), ("socket", socket()), ("directory", directory), ("device", device)]
    {
        assert_eq!(ftruncate(&file, 0), Err(Errno::EINVAL), "{what}");
    }
}

/// `ftruncate` of a descriptor that is open for reading only fails with `EINVAL`.
///
/// - call: `ftruncate`, error
/// - source: truncate(2), ERRORS
/// - level: Linux (POSIX allows `EBADF` too)
#[test]
fn ftruncate_of_a_descriptor_that_is_open_for_reading_only_fails_with_einval() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let reading = reopened(&file, File::options().read(true)).unwrap();
    assert_eq!(ftruncate(&reading, 0), Err(Errno::EINVAL));
    assert_eq!(file.metadata().unwrap().len(), page_size() as u64);
    let writing = reopened(&file, File::options().write(true)).unwrap();
    assert_eq!(ftruncate(&writing, 0), Ok(()), "for writing only is enough");
    assert_eq!(file.metadata().unwrap().len(), 0);
}

/// `ftruncate` of a closed or an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `ftruncate`, error
/// - source: truncate(2), ERRORS; open(2), DESCRIPTION (`O_PATH`)
/// - level: POSIX (`O_PATH`: Linux)
#[test]
fn ftruncate_of_a_closed_or_an_o_path_descriptor_fails_with_ebadf() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let path = scratch.path().join("file");
    assert_eq!(ftruncate(by_path_only(&path), 0), Err(Errno::EBADF));
    assert_eq!(ftruncate(crate::files::closed(), 0), Err(Errno::EBADF));
    assert_eq!(file.metadata().unwrap().len(), page_size() as u64);
    assert_eq!(ftruncate(&file, 1), Ok(()), "an open descriptor");
}

/// `ftruncate` leaves the file offset as it is, so a later `write` can leave a gap of zeros.
///
/// - call: `ftruncate`, success
/// - source: truncate(2), DESCRIPTION
/// - level: POSIX
#[test]
fn ftruncate_leaves_the_file_offset_as_it_is_so_a_later_write_can_leave_a_gap_of_zeros() {
    let scratch = scratch();
    let mut file = new_file(&scratch, "file", 0);
    file.write_all(b"abcdef").unwrap();
    ftruncate(&file, 2).unwrap();
    assert_eq!(file.stream_position().unwrap(), 6, "past the end now");
    file.write_all(b"g").unwrap();
    let mut bytes = [1; 7];
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"ab\0\0\0\0g");
    file.seek(SeekFrom::Start(1)).unwrap();
    ftruncate(&file, 100).unwrap();
    assert_eq!(file.stream_position().unwrap(), 1, "growing leaves it, too");
}

/// `ftruncate` changes `mtime` even if the size stays the same.
///
/// - call: `ftruncate`, edge
/// - source: truncate(2), DESCRIPTION; fs/open.c, do_ftruncate
/// - level: Linux
/// - manual says: truncate(2): the times change if the size changes.
#[test]
fn ftruncate_changes_mtime_even_if_the_size_stays_the_same() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let long_ago = SystemTime::UNIX_EPOCH;
    file.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    assert_eq!(file.metadata().unwrap().modified().unwrap(), long_ago);
    ftruncate(&file, page_size() as libc::off_t).unwrap();
    let metadata = file.metadata().unwrap();
    assert_eq!(metadata.len(), page_size() as u64);
    assert!(metadata.modified().unwrap() > long_ago);
}

/// `ftruncate` to more than the file system allows fails with `EFBIG`, and on tmpfs every length is
/// allowed.
///
/// - call: `ftruncate`, error
/// - source: truncate(2), ERRORS
/// - level: Linux (the maximum depends on the file system)
/// - holds: everywhere
#[test]
fn ftruncate_to_more_than_the_file_system_allows_fails_with_efbig_and_on_tmpfs_every_length_is_allowed()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let most = libc::off_t::MAX;
    let result = ftruncate(&file, most);
    let length = file.metadata().unwrap().len();
    match (file_system(scratch.path()), result) {
        ("ext4", result) => assert_eq!(result, Err(Errno::EFBIG)),
        ("tmpfs", result) => assert_eq!(result, Ok(())),
        (_, Ok(())) => {}
        (_, result) => assert_eq!(result, Err(Errno::EFBIG)),
    }
    let expected = if result.is_ok() { most.cast_unsigned() } else { page_size() as u64 };
    assert_eq!(length, expected);
}
