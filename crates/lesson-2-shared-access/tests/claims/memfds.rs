//! Files in memory without a name (memfds).

use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};

use common::page_size;
use course::{errno, kernel_at_least, scratch};
use lesson_2_shared_access::Bytes;
use lesson_2_shared_access::sealed::{memory_file, seal};
use nix::errno::Errno;
use nix::fcntl::SealFlag;
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::{ask, scenario, second};

use crate::seals::{one_page, seals};

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
/// - level: Linux (`MFD_NOEXEC_SEAL`: since Linux 6.3)
/// - holds: since 6.3
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
