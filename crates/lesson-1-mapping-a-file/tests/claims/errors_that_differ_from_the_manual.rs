//! Where `mmap(2)` says something else than the kernel does.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::sys::MmapCall;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

use crate::{errno_of, pages_of, permissions};

/// Mapping the read end of a pipe, a Unix socket or `/dev/null` fails with `ENODEV`, and `/dev/zero`
/// can be mapped.
///
/// - call: `mmap`, error
/// - source: POSIX, mmap(), ERRORS; mm/mmap.c, do_mmap
/// - level: POSIX (`/dev/zero`: observed)
/// - manual says: mmap(2): a file that is not regular fails with `EACCES`.
#[test]
fn mapping_the_read_end_of_a_pipe_a_unix_socket_or_dev_null_fails_with_enodev_and_dev_zero_can_be_mapped()
 {
    let (read_end, _write_end) = std::io::pipe().unwrap();
    let (socket, _peer) = UnixStream::pair().unwrap();
    let null = File::open("/dev/null").unwrap();
    for fd in [read_end.as_raw_fd(), socket.as_raw_fd(), null.as_raw_fd()] {
        let call = MmapCall { fd, flags: libc::MAP_PRIVATE, ..MmapCall::anonymous(page_size()) };
        assert_eq!(errno_of(call), "ENODEV", "{fd}: the page says EACCES");
    }
    let zero = File::options().read(true).write(true).open("/dev/zero").unwrap();
    for flags in [libc::MAP_SHARED, libc::MAP_PRIVATE] {
        let area = MmapCall { flags, ..MmapCall::shared(&zero, page_size()) }.make().unwrap();
        assert_eq!(area.load(page_size() - 1), 0, "a device that can be mapped");
    }
}

/// `mmap` of a directory or a pipe fails with `EACCES` if the descriptor's access mode does not
/// allow the mapping.
///
/// - call: `mmap`, edge
/// - source: mm/mmap.c
/// - level: observed
#[test]
fn mmap_of_a_directory_or_a_pipe_fails_with_eacces_if_the_descriptors_access_mode_does_not_allow_the_mapping()
 {
    let (_read_end, write_end) = std::io::pipe().unwrap();
    let scratch = scratch();
    let directory = File::open(scratch.path()).unwrap();
    assert_eq!(errno_of(MmapCall::shared(&write_end, 1)), "EACCES", "not open for reading");
    assert_eq!(errno_of(MmapCall::shared(&directory, 1)), "EACCES", "not open for writing");
    assert_eq!(
        errno_of(MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&directory, 1) }),
        "ENODEV"
    );
}

/// Mapping many files of `/proc` fails with `EIO`.
///
/// - call: `mmap`, error
/// - source: fs/proc/inode.c
/// - level: observed
/// - manual says: mmap(2): `EIO` is not listed.
#[test]
fn mapping_many_files_of_proc_fails_with_eio() {
    for path in ["/proc/version", "/proc/meminfo", "/proc/cpuinfo"] {
        let file = File::open(path).unwrap();
        let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, 1) };
        assert_eq!(errno_of(call), "EIO", "{path}");
    }
    let file = File::open("/proc/self/maps").unwrap();
    assert_eq!(
        errno_of(MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, 1) }),
        "ENODEV"
    );
}

/// If offset plus length is above the largest file offset, `mmap` fails with `EOVERFLOW`.
///
/// - call: `mmap`, error
/// - source: POSIX, mmap(), ERRORS; mm/mmap.c, do_mmap
/// - level: POSIX (in a 64-bit process: observed)
/// - manual says: mmap(2): only 32-bit systems fail with `EOVERFLOW`.
#[cfg(target_pointer_width = "64")]
#[test]
fn if_offset_plus_length_is_above_the_largest_file_offset_mmap_fails_with_eoverflow() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    let last_page = i64::MAX - (page_size() as i64 - 1);
    let call = MmapCall { offset: last_page, ..MmapCall::shared(&file, page_size()) };
    assert_eq!(errno_of(call), "EOVERFLOW");
    let offset = last_page - page_size() as i64;
    assert_eq!(errno_of(MmapCall { offset, ..call }), "success", "one page earlier");
}

/// `MAP_SHARED` plus `MAP_PRIVATE` is `MAP_SHARED_VALIDATE`, and no error.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION (the numbers)
/// - level: Linux
/// - manual says: mmap(2): the flags contain exactly one of the two.
/// - tutorials say: `MAP_SHARED` together with `MAP_PRIVATE` fails.
#[test]
fn map_shared_plus_map_private_is_map_shared_validate_and_no_error() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    let both = libc::MAP_SHARED | libc::MAP_PRIVATE;
    assert_eq!(both, libc::MAP_SHARED_VALIDATE);
    let area = MmapCall { flags: both, ..MmapCall::shared(&file, 1) }.make().unwrap();
    assert_eq!(permissions(&area), "rw-s");
    area.store(0, b'S');
    assert_eq!(fs::read(scratch.path().join("pages")).unwrap()[0], b'S', "the mapping is shared");
}

/// `mmap` of an ordinary file with `MAP_SHARED` and `MAP_GROWSDOWN` or `MAP_HUGETLB` fails with
/// `EINVAL`.
///
/// - call: `mmap`, error
/// - source: mm/mmap.c
/// - level: observed
#[test]
fn mmap_of_an_ordinary_file_with_map_shared_and_map_growsdown_or_map_hugetlb_fails_with_einval() {
    let flags = libc::MAP_SHARED_VALIDATE | libc::MAP_ANONYMOUS;
    assert_eq!(errno_of(MmapCall { flags, ..MmapCall::anonymous(1) }), "EINVAL");
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    assert_eq!(errno_of(MmapCall { flags, ..MmapCall::anonymous(1) }), "success");

    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    for flag in [libc::MAP_GROWSDOWN, libc::MAP_HUGETLB] {
        let flags = libc::MAP_SHARED | flag;
        assert_eq!(
            errno_of(MmapCall { flags, ..MmapCall::shared(&file, 1) }),
            "EINVAL",
            "{flag:#x}"
        );
    }
}

/// A file that is locked with `fcntl` can be mapped.
///
/// - call: `mmap`, edge
/// - source: mm/mmap.c, do_mmap
/// - level: observed (since Linux 5.15 no lock is mandatory)
/// - manual says: mmap(2): a file that is locked fails with `EAGAIN`.
#[test]
fn a_file_that_is_locked_with_fcntl_can_be_mapped() {
    let scratch = scratch();
    let locked = pages_of(&scratch, 1);
    // Before Linux 5.15 this mode made locks mandatory, on a file system mounted with `mand`.
    locked.set_permissions(fs::Permissions::from_mode(0o2660)).unwrap();
    let whole = libc::flock {
        l_type: libc::F_WRLCK.try_into().unwrap(),
        l_whence: libc::SEEK_SET.try_into().unwrap(),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&locked, FcntlArg::F_OFD_SETLK(&whole)).unwrap();
    let other = File::options().read(true).write(true).open(scratch.path().join("pages")).unwrap();
    let refused = fcntl(&other, FcntlArg::F_OFD_SETLK(&whole));
    assert_eq!(refused, Err(Errno::EAGAIN), "the file is locked");
    assert_eq!(errno_of(MmapCall::shared(&other, 1)), "success", "no EAGAIN: locks are advisory");
}

/// `MAP_DENYWRITE` is ignored and never fails with `ETXTBSY`.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION (MAP_DENYWRITE)
/// - level: Linux
/// - manual says: mmap(2), ERRORS: `MAP_DENYWRITE` fails with `ETXTBSY` if the file is open for
///   writing.
#[test]
fn map_denywrite_is_ignored_and_never_fails_with_etxtbsy() {
    let scratch = scratch();
    let open_for_writing = pages_of(&scratch, 1);
    let again = File::open(scratch.path().join("pages")).unwrap();
    for sharing in [libc::MAP_PRIVATE, libc::MAP_SHARED] {
        for (file, prot) in [
            (&open_for_writing, libc::PROT_READ | libc::PROT_WRITE),
            (&open_for_writing, libc::PROT_READ),
            (&again, libc::PROT_READ),
        ] {
            let flags = sharing | libc::MAP_DENYWRITE;
            let call = MmapCall { prot, flags, ..MmapCall::shared(file, 1) };
            let mapped = call.make();
            open_for_writing.set_len(2 * page_size() as u64).unwrap(); // Nobody is denied to write.
            assert_eq!(mapped.map(|area| area.load(0)).ok(), Some(b'.'), "{flags:#x} {prot}");
        }
    }
}

/// Through a writable descriptor, a shared mapping of an append-only file fails with `EACCES`, and
/// a private one succeeds.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (EACCES)
/// - level: observed (on tmpfs since Linux 6.1)
/// - holds: since 6.1 on tmpfs; on ext4, xfs, btrfs, overlayfs
/// - manual says: mmap(2): an append-only file cannot be mapped with `PROT_WRITE`.
#[test]
#[ignore = "needs root: chattr +a"]
fn through_a_writable_descriptor_a_shared_mapping_of_an_append_only_file_fails_with_eacces_and_a_private_one_succeeds()
 {
    let scratch = scratch();
    drop(pages_of(&scratch, 1));
    let path = scratch.path().join("pages");
    let Some(append_only) = AppendOnly::new(&path) else {
        let file_system = course::file_system(scratch.path());
        assert!(
            file_system == "tmpfs" && !course::kernel_at_least(6, 1),
            "chattr on {file_system}"
        );
        return;
    };
    let file = File::options().read(true).append(true).open(&path).unwrap();
    for prot in [libc::PROT_NONE, libc::PROT_READ, libc::PROT_WRITE] {
        assert_eq!(errno_of(MmapCall { prot, ..MmapCall::shared(&file, 1) }), "EACCES", "{prot}");
    }
    let call = MmapCall::shared(&file, 1);
    assert_eq!(errno_of(MmapCall { flags: libc::MAP_PRIVATE, ..call }), "success");
    drop(append_only);
    assert_eq!(errno_of(call), "success", "O_APPEND alone does not matter");
}

/// A file that `chattr` made append-only. Nobody can remove such a file, so dropping this undoes it.
struct AppendOnly<'a>(&'a Path);

impl<'a> AppendOnly<'a> {
    /// `None` if the file system has no such files.
    fn new(path: &'a Path) -> Option<Self> {
        let status = Command::new("chattr").arg("+a").arg(path).status();
        status.unwrap().success().then_some(Self(path))
    }
}

impl Drop for AppendOnly<'_> {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-a").arg(self.0).status(); // The test has its result.
    }
}
