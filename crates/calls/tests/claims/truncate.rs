//! `truncate`.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use calls::sys::truncate::truncate_null;
use course::{errno, scratch};
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, truncate};

use crate::files::{for_everyone, new_file};
use crate::scenario;

/// `truncate` changes the size of the file to which a symbolic link leads.
///
/// - call: `truncate`, success
/// - source: truncate(2), DESCRIPTION; POSIX, truncate(), DESCRIPTION
/// - level: POSIX
#[test]
fn truncate_changes_the_size_of_the_file_to_which_a_symbolic_link_leads() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    symlink("file", scratch.path().join("link")).unwrap();
    truncate(&scratch.path().join("link"), 3).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 3);
}

/// `truncate` of a path that does not exist, of an empty path or of a dangling link fails with
/// `ENOENT`.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS
/// - level: POSIX
#[test]
fn truncate_of_a_path_that_does_not_exist_of_an_empty_path_or_of_a_dangling_link_fails_with_enoent()
{
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    symlink("missing", at("dangling")).unwrap();
    assert_eq!(truncate(&at("missing"), 0), Err(Errno::ENOENT));
    assert_eq!(truncate(&at("missing/file"), 0), Err(Errno::ENOENT));
    assert_eq!(truncate("", 0), Err(Errno::ENOENT));
    assert_eq!(truncate(&at("dangling"), 0), Err(Errno::ENOENT));
    assert!(!at("missing").exists(), "truncate makes no file");
}

/// `truncate` of a path that goes through a regular file fails with `ENOTDIR`.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS
/// - level: POSIX
#[test]
fn truncate_of_a_path_that_goes_through_a_regular_file_fails_with_enotdir() {
    let scratch = scratch();
    let _file = new_file(&scratch, "file", 1);
    assert_eq!(truncate(&scratch.path().join("file/below"), 0), Err(Errno::ENOTDIR));
}

/// `truncate` of a directory fails with `EISDIR`, and of a FIFO or a character device with
/// `EINVAL`.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS
/// - level: Linux (`EISDIR`: POSIX)
#[test]
fn truncate_of_a_directory_fails_with_eisdir_and_of_a_fifo_or_a_character_device_with_einval() {
    let scratch = scratch();
    let fifo = scratch.path().join("fifo");
    mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    assert_eq!(truncate(scratch.path(), 0), Err(Errno::EISDIR));
    assert_eq!(truncate(&fifo, 0), Err(Errno::EINVAL));
    assert_eq!(truncate("/dev/zero", 0), Err(Errno::EINVAL));
}

/// `truncate` of a path in which symbolic links lead to each other fails with `ELOOP`.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS
/// - level: POSIX
#[test]
fn truncate_of_a_path_in_which_symbolic_links_lead_to_each_other_fails_with_eloop() {
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    symlink("second", at("first")).unwrap();
    symlink("first", at("second")).unwrap();
    assert_eq!(truncate(&at("first"), 0), Err(Errno::ELOOP));
}

/// `truncate` of a name above 255 bytes or of a path of 4096 bytes fails with `ENAMETOOLONG`.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS; path_resolution(7)
/// - level: Linux (the two limits; the error: POSIX)
#[test]
fn truncate_of_a_name_above_255_bytes_or_of_a_path_of_4096_bytes_fails_with_enametoolong() {
    let scratch = scratch();
    let at = |length| scratch.path().join("n".repeat(length));
    assert_eq!(truncate(&at(255), 0), Err(Errno::ENOENT));
    assert_eq!(truncate(&at(256), 0), Err(Errno::ENAMETOOLONG));
    let of_bytes = |length: usize| "/.".repeat(length / 2) + &"/".repeat(length % 2);
    let most = usize::try_from(libc::PATH_MAX).unwrap(); // With the byte 0 at its end.
    assert_eq!(most, 1 << 12);
    assert_eq!(truncate(of_bytes(most - 1).as_str(), 0), Err(Errno::EISDIR), "the root directory");
    assert_eq!(truncate(of_bytes(most).as_str(), 0), Err(Errno::ENAMETOOLONG));
}

/// `truncate` of a null path fails with `EFAULT`.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS
/// - level: Linux
#[test]
fn truncate_of_a_null_path_fails_with_efault() {
    assert_eq!(errno(truncate_null()), Errno::EFAULT);
}

/// `truncate` to a negative length fails with `EINVAL`, even if the file does not exist.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS; fs/open.c, do_sys_truncate
/// - level: Linux (for a file that exists: POSIX)
#[test]
fn truncate_to_a_negative_length_fails_with_einval_even_if_the_file_does_not_exist() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 0);
    file.set_len(5).unwrap();
    assert_eq!(truncate(&scratch.path().join("file"), -1), Err(Errno::EINVAL));
    assert_eq!(truncate(&scratch.path().join("missing"), -1), Err(Errno::EINVAL));
    assert_eq!(file.metadata().unwrap().len(), 5);
}

/// `truncate` fails with `EACCES` without write permission on the file or search permission on a
/// directory.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS
/// - level: POSIX (root is exempt)
#[test]
fn truncate_fails_with_eacces_without_write_permission_on_the_file_or_search_permission_on_a_directory()
 {
    let scratch = scratch();
    let directory = for_everyone(&scratch);
    let locked = directory.join("locked");
    fs::create_dir(&locked).unwrap();
    for (path, mode) in [("read-only", 0o444), ("locked/file", 0o666), ("free", 0o666)] {
        let path = directory.join(path);
        File::create(&path).unwrap().set_permissions(Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(&locked, Permissions::from_mode(0o666)).unwrap();
    let program = scenario("truncate-forbidden", &scratch).in_directory(&directory);
    let ended = program.as_ordinary_user().run();
    fs::set_permissions(&locked, Permissions::from_mode(0o700)).unwrap(); // So that it can be removed.
    assert_eq!(ended.value("read-only"), "EACCES");
    assert_eq!(ended.value("locked/file"), "EACCES");
    assert_eq!(ended.value("free"), "ok");
}

/// After `chmod` to read-only, `ftruncate` of a writable descriptor succeeds and `truncate` fails
/// with `EACCES`.
///
/// - call: `truncate`, error
/// - source: truncate(2), DESCRIPTION
/// - level: POSIX (root is exempt)
#[test]
fn after_chmod_to_read_only_ftruncate_of_a_writable_descriptor_succeeds_and_truncate_fails_with_eacces()
 {
    let scratch = scratch();
    let directory = for_everyone(&scratch);
    let program = scenario("truncate-read-only", &scratch).in_directory(&directory);
    let ended = program.as_ordinary_user().run();
    assert_eq!(ended.value("ftruncate"), "ok");
    assert_eq!(ended.value("truncate"), "EACCES");
    assert_eq!(ended.value("size"), "2");
}
