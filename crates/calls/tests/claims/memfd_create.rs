//! `memfd_create`.

use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};

use calls::sys::memfd_create::memfd_create_null;
use course::{errno, scratch};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::scenario;

fn memfd(name: &str, flags: MFdFlags) -> File {
    OwnedFd::into(memfd_create(name, flags).unwrap())
}

/// `memfd_create` with a null name fails with `EFAULT`.
///
/// - call: `memfd_create`, error
/// - source: memfd_create(2), ERRORS
/// - level: Linux
#[test]
fn memfd_create_with_a_null_name_fails_with_efault() {
    assert_eq!(errno(memfd_create_null()), Errno::EFAULT);
}

/// The name of a memfd may be empty.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), DESCRIPTION; mm/memfd.c, memfd_create
/// - level: observed
#[test]
fn the_name_of_a_memfd_may_be_empty() {
    let file = memfd("", MFdFlags::MFD_CLOEXEC);
    let link = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
    assert_eq!(link.to_str(), Some("/memfd: (deleted)"));
}

/// `MFD_CLOEXEC` sets close-on-exec, and without it the descriptor of a memfd survives `exec`.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), DESCRIPTION
/// - level: Linux
#[test]
fn mfd_cloexec_sets_close_on_exec_and_without_it_the_descriptor_of_a_memfd_survives_exec() {
    let flags = |file: &File| fcntl(file, FcntlArg::F_GETFD).map(FdFlag::from_bits_retain);
    let closed = memfd("closed", MFdFlags::MFD_CLOEXEC);
    assert_eq!(flags(&closed), Ok(FdFlag::FD_CLOEXEC));
    let kept = memfd("kept", MFdFlags::empty());
    assert_eq!(flags(&kept), Ok(FdFlag::empty()));
    kept.write_all_at(b"content", 0).unwrap();
    let path = format!("/proc/self/fd/{}", kept.as_raw_fd());
    let read = course::Program::new("cat", [path]).run();
    assert_eq!(read.stdout, "content\n", "the harness ends each line");
    let path = format!("/proc/self/fd/{}", closed.as_raw_fd());
    assert_ne!(course::Program::new("test", ["-e", &path]).run().code, Some(0));
}

/// A memfd is open for reading and writing, belongs to its maker and has mode 0777 whatever the
/// umask is.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), DESCRIPTION; mm/shmem.c, __shmem_file_setup
/// - level: Linux (that it belongs to its maker, and the mode: observed)
#[test]
fn a_memfd_is_open_for_reading_and_writing_belongs_to_its_maker_and_has_mode_0777_whatever_the_umask_is()
 {
    let file = memfd("file", MFdFlags::MFD_CLOEXEC);
    file.write_all_at(b"w", 0).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(&byte, b"w");
    let metadata = file.metadata().unwrap();
    let setting = fs::read_to_string("/proc/sys/vm/memfd_noexec").unwrap_or("0".into());
    let mode = if setting.trim() == "0" { 0o777 } else { 0o666 }; // Since Linux 6.3, root may forbid more.
    assert_eq!(metadata.mode() & 0o7777, mode);
    assert_eq!(metadata.uid(), nix::unistd::geteuid().as_raw());
    assert_eq!(metadata.gid(), nix::unistd::getegid().as_raw());
}

/// `MFD_ALLOW_SEALING` may be combined with `MFD_HUGETLB`.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), DESCRIPTION (`MFD_HUGETLB`)
/// - level: Linux (since Linux 4.16, with huge pages in the kernel)
/// - manual says: memfd_create(2): under ERRORS, that both together fail with `EINVAL`; under
///   DESCRIPTION, that Linux 4.16 allows both.
#[test]
fn mfd_allow_sealing_may_be_combined_with_mfd_hugetlb() {
    let both = MFdFlags::MFD_HUGETLB | MFdFlags::MFD_ALLOW_SEALING;
    let alone = memfd_create("alone", MFdFlags::MFD_HUGETLB).map(drop);
    if alone.is_err() {
        course::left_out(&format!("this kernel makes no memfd of huge pages: {alone:?}"));
        return;
    }
    let file: File = OwnedFd::into(memfd_create("both", both).unwrap());
    assert_eq!(fcntl(&file, FcntlArg::F_GET_SEALS), Ok(0), "and it can be sealed");
}

/// A duplicate of a descriptor of a memfd has the same content, file offset and seals.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), DESCRIPTION; dup(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_duplicate_of_a_descriptor_of_a_memfd_has_the_same_content_file_offset_and_seals() {
    use std::io::{Seek, Write};
    let mut file = memfd("file", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING);
    let mut duplicate = file.try_clone().unwrap();
    file.write_all(b"abc").unwrap();
    assert_eq!(duplicate.stream_position().unwrap(), 3);
    let mut bytes = [0; 3];
    duplicate.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"abc");
    fcntl(&duplicate, FcntlArg::F_ADD_SEALS(nix::fcntl::SealFlag::F_SEAL_GROW)).unwrap();
    assert_eq!(fcntl(&file, FcntlArg::F_GET_SEALS), Ok(libc::F_SEAL_GROW));
    assert_eq!(errno(file.set_len(4)), Errno::EPERM);
}

/// A process that gets the descriptor of a memfd in a message of a Unix socket writes to the same
/// memory.
///
/// - call: `memfd_create`, success
/// - source: memfd_create(2), NOTES; unix(7), Ancillary messages (`SCM_RIGHTS`)
/// - level: Linux
#[test]
fn a_process_that_gets_the_descriptor_of_a_memfd_in_a_message_of_a_unix_socket_writes_to_the_same_memory()
 {
    let ended = scenario("memfd-in-a-message", &scratch()).run();
    assert_eq!(ended.value("child"), "0", "{ended:?}");
    assert_eq!(ended.value("content"), "after!");
}
