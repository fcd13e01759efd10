//! `shm_open` and `shm_unlink`.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};

use common::{Scratch, page_size};
use course::{Ended, errno, glibc_version, scratch};
use lesson_1_mapping_a_file::sys::MmapCall;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use crate::scenario;

const CREATE: OFlag = OFlag::O_RDWR.union(OFlag::O_CREAT).union(OFlag::O_EXCL);
const OWNER: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

fn open(name: &str, flags: OFlag) -> nix::Result<File> {
    shm_open(name, flags, OWNER).map(File::from)
}

/// Runs a scenario, which gets the name of an object that does not exist yet.
fn with_a_name(name: &str, scratch: &Scratch) -> Ended {
    let mut running = scenario(name, scratch).start();
    running.tell(&scratch.object("object"));
    running.end()
}

/// `shm_open` returns the lowest number that is no open descriptor.
///
/// - call: `shm_open`, success
/// - source: shm_open(3), DESCRIPTION; POSIX, shm_open(), DESCRIPTION
/// - level: POSIX
#[test]
fn shm_open_returns_the_lowest_number_that_is_no_open_descriptor() {
    let ended = with_a_name("lowest-descriptor", &scratch());
    assert_eq!(ended.value("given"), ended.value("free"), "{ended:?}");
}

/// A new shared memory object belongs to the effective group of the process.
///
/// - call: `shm_open`, success
/// - source: shm_open(3), DESCRIPTION
/// - level: Linux (POSIX leaves the group to the system)
#[test]
fn a_new_shared_memory_object_belongs_to_the_effective_group_of_the_process() {
    let ended = with_a_name("effective-group", &scratch());
    assert_eq!(ended.value("object"), ended.value("effective"), "{ended:?}");
    if course::is_root() {
        assert_ne!(ended.value("object"), ended.value("real"), "root has changed it");
    }
}

/// Of several processes that call `shm_open` with `O_CREAT` and `O_EXCL` at once, exactly one makes
/// the object.
///
/// - call: `shm_open`, success
/// - source: shm_open(3), DESCRIPTION (`O_EXCL`); POSIX, shm_open(), DESCRIPTION
/// - level: POSIX
#[test]
fn of_several_processes_that_call_shm_open_with_o_creat_and_o_excl_at_once_exactly_one_makes_the_object()
 {
    let ended = with_a_name("one-makes-the-object", &scratch());
    assert_eq!(ended.value("objects"), "100");
    assert_eq!(ended.value("made"), "100", "not one by none, and not one by two");
}

/// `shm_open` with `O_TRUNC` empties the object and keeps its mode and its owner.
///
/// - call: `shm_open`, success
/// - source: shm_open(3), DESCRIPTION (`O_TRUNC`); POSIX, shm_open(), DESCRIPTION
/// - level: POSIX
#[test]
fn shm_open_with_o_trunc_empties_the_object_and_keeps_its_mode_and_its_owner() {
    let scratch = scratch();
    let name = scratch.object("object");
    let object = open(&name, CREATE).unwrap();
    object.set_len(page_size() as u64).unwrap();
    object.set_permissions(Permissions::from_mode(0o640)).unwrap();
    let before = object.metadata().unwrap();
    let all = Mode::S_IRWXU | Mode::S_IRWXG;
    let again = shm_open(name.as_str(), OFlag::O_RDWR | OFlag::O_TRUNC | OFlag::O_CREAT, all);
    let after = File::from(again.unwrap()).metadata().unwrap();
    assert_eq!(object.metadata().unwrap().len(), 0);
    assert_eq!((after.ino(), after.len()), (before.ino(), 0), "the same object, without bytes");
    let owner = |of: &fs::Metadata| (of.mode(), of.uid(), of.gid());
    assert_eq!(owner(&after), owner(&before));
}

/// An object opened with `O_WRONLY` can be written to, and mapping it fails with `EACCES`.
///
/// - call: `shm_open`, edge
/// - source: mmap(2), ERRORS; shm_open(3), DESCRIPTION
/// - level: Linux
/// - manual says: shm_open(3): exactly one of `O_RDONLY` and `O_RDWR` is given.
#[test]
fn an_object_opened_with_o_wronly_can_be_written_to_and_mapping_it_fails_with_eacces() {
    let scratch = scratch();
    let name = scratch.object("object");
    let object = open(&name, CREATE).unwrap();
    let writing = open(&name, OFlag::O_WRONLY).unwrap();
    writing.write_all_at(&[7], page_size() as u64 - 1).unwrap();
    assert_eq!(object.metadata().unwrap().len(), page_size() as u64);
    for prot in [libc::PROT_READ, libc::PROT_WRITE] {
        let call = MmapCall { prot, ..MmapCall::shared(&writing, page_size()) };
        assert_eq!(errno(call.make()), Errno::EACCES, "{prot}");
        MmapCall { prot, ..MmapCall::shared(&object, page_size()) }.make().unwrap();
    }
}

/// An object opened with `O_RDONLY` can be mapped private and writable, and stores do not reach the
/// object.
///
/// - call: `shm_open`, success
/// - source: mmap(2), DESCRIPTION (`MAP_PRIVATE`)
/// - level: POSIX
#[test]
fn an_object_opened_with_o_rdonly_can_be_mapped_private_and_writable_and_stores_do_not_reach_the_object()
 {
    let scratch = scratch();
    let name = scratch.object("object");
    let object = open(&name, CREATE).unwrap();
    object.set_len(page_size() as u64).unwrap();
    let reading = open(&name, OFlag::O_RDONLY).unwrap();
    let shared = MmapCall::shared(&reading, page_size());
    assert_eq!(errno(shared.make()), Errno::EACCES);
    let area = MmapCall { flags: libc::MAP_PRIVATE, ..shared }.make().unwrap();
    area.store(0, 7);
    let mut byte = [1];
    object.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!((area.load(0), byte), (7, [0]));
}

/// In glibc, the name of a shared memory object needs no slash, and several leading slashes count
/// as one.
///
/// - call: `shm_open`, edge
/// - source: shm_open(3), DESCRIPTION; glibc, posix/shm-directory.c, __shm_get_name
/// - level: observed (glibc)
/// - manual says: shm_open(3): a name begins with a slash and contains no other slash.
#[test]
fn in_glibc_the_name_of_a_shared_memory_object_needs_no_slash_and_several_leading_slashes_count_as_one()
 {
    let scratch = scratch();
    let name = scratch.object("object");
    let object = open(&name, CREATE).unwrap();
    let inode = |name: &str| open(name, OFlag::O_RDWR).unwrap().metadata().unwrap().ino();
    for other in [name[1..].to_owned(), format!("/{name}"), format!("//{name}")] {
        assert_eq!(inode(&other), object.metadata().unwrap().ino(), "{other}");
    }
    shm_unlink(&name[1..]).unwrap();
    assert_eq!(open(&name, OFlag::O_RDWR).err(), Some(Errno::ENOENT));
}

/// `shm_unlink` of a name of more than 255 bytes fails with `ENAMETOOLONG`, or with `ENOENT` in
/// glibc 2.43.
///
/// - call: `shm_unlink`, error
/// - source: shm_open(3), ERRORS; POSIX, shm_unlink(), ERRORS
/// - level: POSIX (`ENAMETOOLONG`); observed (glibc 2.36 and 2.41 give `ENOENT` too if the name is
///   much longer)
/// - manual says: shm_open(3): the call fails with `ENAMETOOLONG`.
#[test]
fn shm_unlink_of_a_name_of_more_than_255_bytes_fails_with_enametoolong_or_with_enoent_in_glibc_2_43()
 {
    let name = |length: usize| format!("/{}", "n".repeat(length));
    assert_eq!(shm_unlink(name(255).as_str()), Err(Errno::ENOENT), "it fits");
    let longer = shm_unlink(name(256).as_str());
    match glibc_version() {
        version if version <= (2, 41) => assert_eq!(longer, Err(Errno::ENAMETOOLONG)),
        version if version >= (2, 43) => assert_eq!(longer, Err(Errno::ENOENT)),
        _ => assert!([Err(Errno::ENAMETOOLONG), Err(Errno::ENOENT)].contains(&longer)),
    }
    assert_eq!(shm_unlink(name(300).as_str()), Err(Errno::ENOENT), "glibc's own check");
}

/// `shm_unlink` of a name with a slash in its middle fails with `ENOENT`, and `shm_open` with
/// `EINVAL`.
///
/// - call: `shm_unlink`, error
/// - source: shm_open(3), ERRORS; glibc, rt/shm_unlink.c
/// - level: observed (glibc)
/// - manual says: shm_open(3): the call fails with `EINVAL`, and so does the other.
#[test]
fn shm_unlink_of_a_name_with_a_slash_in_its_middle_fails_with_enoent_and_shm_open_with_einval() {
    let scratch = scratch();
    let name = format!("{}/below", scratch.object("object"));
    assert_eq!(open(&name, CREATE).err(), Some(Errno::EINVAL));
    assert_eq!(shm_unlink(name.as_str()), Err(Errno::ENOENT));
}
