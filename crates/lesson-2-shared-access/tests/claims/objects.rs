//! Shared memory objects: names for memory without a disk.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use common::{Scratch, page_size};
use course::{errno, glibc_version, scratch};
use lesson_2_shared_access::Bytes;
use lesson_2_shared_access::diskless::{open_object, remove_object};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;

use crate::{ask, scenario, second};

const CREATE: OFlag = OFlag::O_RDWR.union(OFlag::O_CREAT).union(OFlag::O_EXCL);
const OWNER: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// A new object, its name, and its path.
fn object(scratch: &Scratch, name: &str) -> (File, String, PathBuf) {
    let name = scratch.object(name);
    let path = Path::new("/dev/shm").join(&name[1..]);
    (open_object(&name, CREATE, OWNER).unwrap(), name, path)
}

/// `shm_open` makes an empty file in `/dev/shm` that belongs to its maker.
///
/// - call: `shm_open`, success
/// - source: shm_open(3), DESCRIPTION; shm_open(3), NOTES
/// - level: POSIX (/dev/shm: Linux)
/// - holds: everywhere
#[test]
fn shm_open_makes_an_empty_file_in_dev_shm_that_belongs_to_its_maker() {
    let scratch = scratch();
    let (object, _, path) = object(&scratch, "new");
    let (by_handle, by_path) = (object.metadata().unwrap(), fs::metadata(&path).unwrap());
    assert_eq!(by_handle.len(), 0);
    assert_eq!(by_handle.uid(), nix::unistd::geteuid().as_raw());
    assert_eq!((by_path.dev(), by_path.ino()), (by_handle.dev(), by_handle.ino()));
    assert_eq!(course::file_system(&path), "tmpfs");
}

/// The umask applies to the mode of a shared memory object.
///
/// - call: `shm_open`, success
/// - source: shm_open(3), DESCRIPTION (O_CREAT)
/// - level: POSIX
#[test]
fn the_umask_applies_to_the_mode_of_a_shared_memory_object() {
    let scratch = scratch();
    let mut scenario = scenario("umask", &scratch).start();
    scenario.tell(&scratch.object("masked"));
    assert_eq!(scenario.end().value("mode"), "750", "0777 without 027");
}

/// `shm_open` sets close-on-exec.
///
/// - call: `shm_open`, success
/// - source: shm_open(3), DESCRIPTION
/// - level: POSIX
#[test]
fn shm_open_sets_close_on_exec() {
    let scratch = scratch();
    let (object, ..) = object(&scratch, "closed");
    let flags = FdFlag::from_bits_retain(fcntl(object.as_fd(), FcntlArg::F_GETFD).unwrap());
    assert_eq!(flags, FdFlag::FD_CLOEXEC);
}

/// An object's bytes are zeros, and before `ftruncate` a load is `SIGBUS`.
///
/// - call: `shm_open`, edge
/// - source: shm_open(3), DESCRIPTION
/// - level: POSIX
#[test]
fn an_objects_bytes_are_zeros_and_before_ftruncate_a_load_is_sigbus() {
    let scratch = scratch();
    let (object, _, path) = object(&scratch, "zeros");
    let mut other = second(&path);
    other.tell("load 0");
    assert_eq!(other.end().signal, Some(Signal::SIGBUS), "length 0");
    object.set_len(page_size() as u64).unwrap();
    let bytes = Bytes::of(&object, page_size()).unwrap();
    assert!(bytes.copy().iter().all(|byte| *byte == 0));
}

/// On a full `/dev/shm`, `ftruncate` and `mmap` succeed, a store or a load is `SIGBUS`, and
/// `posix_fallocate` fails with `ENOSPC`.
///
/// - call: `shm_open`, edge
/// - source: mm/shmem.c; posix_fallocate(3), ERRORS (ENOSPC)
/// - level: observed (`ENOSPC`: POSIX)
#[test]
#[ignore = "needs root: it mounts a small /dev/shm"]
fn on_a_full_dev_shm_ftruncate_and_mmap_succeed_a_store_or_a_load_is_sigbus_and_posix_fallocate_fails_with_enospc()
 {
    let ended = scenario("full-dev-shm", &scratch()).run();
    for access in ["stored", "loaded"] {
        let value = |what: &str| ended.value(&format!("{access}-{what}")).to_owned();
        assert_eq!(value("ftruncate"), "done", "twice as long as /dev/shm");
        assert_eq!(value("pages"), ended.value("capacity"), "{access}");
        assert_eq!(value("signal"), "Some(Ok(SIGBUS))", "{access}: the next page");
    }
    assert_eq!(ended.value("reserve"), "ENOSPC", "posix_fallocate");
    assert_eq!(ended.value("reserve-memfd"), "done", "a memfd is not in /dev/shm");
    assert_eq!(ended.value("memfd-pages"), "8");
    assert_eq!(ended.value("memfd-signal"), "None");
}

/// An object outlives the process that stored in it.
///
/// - call: `shm_open`, success
/// - source: shm_overview(7), Persistence
/// - level: POSIX
#[test]
fn an_object_outlives_the_process_that_stored_in_it() {
    let scratch = scratch();
    let (object, name, path) = object(&scratch, "outlives");
    object.set_len(page_size() as u64).unwrap();
    drop(object);
    let mut other = second(&path);
    assert_eq!(ask(&mut other, "store 0 42"), "done");
    other.kill();
    let again = open_object(&name, OFlag::O_RDWR, Mode::empty()).unwrap();
    assert_eq!(Bytes::of(&again, page_size()).unwrap().load(0), 42);
}

/// `shm_unlink` removes the name, and the memory stays while a process maps it.
///
/// - call: `shm_unlink`, success
/// - source: shm_open(3), DESCRIPTION
/// - level: POSIX
#[test]
fn shm_unlink_removes_the_name_and_the_memory_stays_while_a_process_maps_it() {
    let scratch = scratch();
    let (object, name, path) = object(&scratch, "unlinked");
    object.set_len(page_size() as u64).unwrap();
    let bytes = Bytes::of(&object, page_size()).unwrap();
    drop(object); // Closing keeps the mapping, too.
    bytes.store(0, 42);
    remove_object(&name).unwrap();
    assert!(!path.exists(), "the name is gone");
    assert_eq!(bytes.load(0), 42, "the memory is not");
    let entry = page_view::mapping_at(std::process::id(), bytes.as_ptr().addr()).unwrap().unwrap();
    assert_eq!(entry.path, Some(format!("{} (deleted)", path.display())));
    let new = open_object(&name, CREATE, OWNER).unwrap();
    assert_eq!(new.metadata().unwrap().len(), 0, "the same name again is another object");
}

/// A shared writable mapping of an object that was opened with `O_RDONLY` fails with `EACCES`.
///
/// - call: `shm_open`, error
/// - source: shm_open(3), DESCRIPTION (O_RDONLY); mmap(2), ERRORS (EACCES)
/// - level: POSIX
#[test]
fn a_shared_writable_mapping_of_an_object_that_was_opened_with_o_rdonly_fails_with_eacces() {
    let scratch = scratch();
    let (object, name, _) = object(&scratch, "read-only");
    object.set_len(page_size() as u64).unwrap();
    object.write_all_at(&[42], 0).unwrap();
    let reading = open_object(&name, OFlag::O_RDONLY, Mode::empty()).unwrap();
    assert_eq!(errno(Bytes::of(&reading, page_size())), Errno::EACCES);
    assert_eq!(errno(reading.set_len(0)), Errno::EINVAL, "ftruncate");
    assert_eq!(Bytes::read_only(&reading, page_size()).unwrap().load(0), 42);
}

/// `shm_open` with `O_RDONLY` and `O_TRUNC` empties the object.
///
/// - call: `shm_open`, edge
/// - source: shm_open(3), NOTES
/// - level: Linux (POSIX: undefined)
#[test]
fn shm_open_with_o_rdonly_and_o_trunc_empties_the_object() {
    let scratch = scratch();
    let (object, name, _) = object(&scratch, "truncated");
    object.set_len(page_size() as u64).unwrap();
    open_object(&name, OFlag::O_RDONLY | OFlag::O_TRUNC, Mode::empty()).unwrap();
    assert_eq!(object.metadata().unwrap().len(), 0);
}

/// `shm_open` with `O_EXCL` fails with `EEXIST` if the name exists.
///
/// - call: `shm_open`, error
/// - source: shm_open(3), ERRORS
/// - level: POSIX
#[test]
fn shm_open_with_o_excl_fails_with_eexist_if_the_name_exists() {
    let scratch = scratch();
    let (object, name, _) = object(&scratch, "exists");
    object.set_len(1).unwrap();
    assert_eq!(errno(open_object(&name, CREATE, OWNER)), Errno::EEXIST);
    let again = open_object(&name, OFlag::O_RDWR | OFlag::O_CREAT, OWNER).unwrap();
    assert_eq!(again.metadata().unwrap().len(), 1, "without O_EXCL it is opened");
}

/// `shm_open` and `shm_unlink` fail with `ENOENT` if the name does not exist.
///
/// - call: `shm_open`, error
/// - source: shm_open(3), ERRORS
/// - level: POSIX
#[test]
fn shm_open_and_shm_unlink_fail_with_enoent_if_the_name_does_not_exist() {
    let name = scratch().object("missing");
    assert_eq!(errno(open_object(&name, OFlag::O_RDWR, Mode::empty())), Errno::ENOENT);
    assert_eq!(errno(remove_object(&name)), Errno::ENOENT);
}

/// `shm_open` fails with `EINVAL` for a name that no file can have.
///
/// - call: `shm_open`, error
/// - source: shm_open(3), ERRORS
/// - level: Linux
#[test]
fn shm_open_fails_with_einval_for_a_name_that_no_file_can_have() {
    for name in ["", "/", "/.", "/..", "/a/b"] {
        let opened = open_object(name, OFlag::O_RDWR | OFlag::O_CREAT, OWNER);
        assert_eq!(errno(opened), Errno::EINVAL, "{name:?}");
    }
}

/// `shm_open` of a name of more than 255 bytes fails with `ENAMETOOLONG`, or in glibc 2.36 with
/// `EINVAL` if it is much longer.
///
/// - call: `shm_open`, error
/// - source: glibc, posix/shm-directory.c
/// - level: observed (256 and 300 bytes after the slash, in glibc 2.36, 2.41 and 2.43)
/// - manual says: shm_open(3): a name may have up to `PATH_MAX` bytes.
#[test]
fn shm_open_of_a_name_of_more_than_255_bytes_fails_with_enametoolong_or_in_glibc_2_36_with_einval_if_it_is_much_longer()
 {
    let scratch = scratch();
    let name = |length: usize| format!("{:x<length$}", scratch.object("long"), length = length + 1);
    assert!(open_object(&name(255), CREATE, OWNER).is_ok());
    assert_eq!(errno(open_object(&name(256), CREATE, OWNER)), Errno::ENAMETOOLONG);
    let much_longer = errno(open_object(&name(300), CREATE, OWNER));
    match glibc_version() {
        (2, 36) => assert_eq!(much_longer, Errno::EINVAL, "glibc's own check"),
        version if version >= (2, 41) => assert_eq!(much_longer, Errno::ENAMETOOLONG),
        _ => assert!([Errno::EINVAL, Errno::ENAMETOOLONG].contains(&much_longer)),
    }
}

/// `shm_open` fails with `EACCES` if the object's mode forbids the access.
///
/// - call: `shm_open`, error
/// - source: shm_open(3), ERRORS
/// - level: POSIX
#[test]
fn shm_open_fails_with_eacces_if_the_objects_mode_forbids_the_access() {
    let scratch = scratch();
    let name = scratch.object("forbidden");
    open_object(&name, CREATE, Mode::empty()).unwrap();
    let mut scenario = scenario("object-of-another", &scratch).as_ordinary_user().start();
    scenario.tell(&name);
    let ended = scenario.end();
    assert_eq!(ended.value("open"), "EACCES", "mode 0000");
    assert_eq!(ended.value("truncate"), "EACCES");
}

/// `shm_unlink` of another user's object fails with `EACCES`.
///
/// - call: `shm_unlink`, error
/// - source: shm_open(3), ERRORS
/// - level: POSIX
#[test]
#[ignore = "needs root: the object must belong to another user than the one who removes it"]
fn shm_unlink_of_another_users_object_fails_with_eacces() {
    let scratch = scratch();
    let (_, name, path) = object(&scratch, "anothers");
    let sticky = fs::metadata("/dev/shm").unwrap().permissions().mode() & 0o1000;
    assert_eq!(sticky, 0o1000, "/dev/shm has the sticky bit");
    let mut scenario = scenario("object-of-another", &scratch).as_ordinary_user().start();
    scenario.tell(&name);
    assert_eq!(scenario.end().value("unlink"), "EACCES");
    assert!(path.exists());
}

/// `shm_open` of a symbolic link fails with `ELOOP`.
///
/// - call: `shm_open`, error
/// - source: glibc, rt/shm_open.c (O_NOFOLLOW)
/// - level: observed (glibc)
#[test]
fn shm_open_of_a_symbolic_link_fails_with_eloop() {
    let scratch = scratch();
    let (_, _, path) = object(&scratch, "target");
    let link = scratch.object("link");
    symlink(&path, Path::new("/dev/shm").join(&link[1..])).unwrap();
    assert_eq!(errno(open_object(&link, OFlag::O_RDWR, Mode::empty())), Errno::ELOOP);
}
