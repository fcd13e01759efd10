//! Where `mmap(2)` and the system disagree.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use common::page_size;
use course::{file_system, scratch};
use lesson_1_mapping_a_file::sys::Call;
use nix::fcntl::{Flock, FlockArg};

use crate::{answer, pages_of, permissions};

#[test]
fn a_pipe_a_socket_and_a_device_answer_enodev_where_the_page_says_eacces() {
    let (read_end, _write_end) = std::io::pipe().unwrap();
    let (socket, _peer) = UnixStream::pair().unwrap();
    let null = File::open("/dev/null").unwrap();
    for fd in [read_end.as_raw_fd(), socket.as_raw_fd(), null.as_raw_fd()] {
        let call = Call { fd, flags: libc::MAP_PRIVATE, ..Call::anonymous(page_size()) };
        assert_eq!(answer(call), "ENODEV", "{fd}");
    }
}

#[test]
fn the_rights_are_asked_for_before_the_kind_of_file() {
    let (_read_end, write_end) = std::io::pipe().unwrap();
    let scratch = scratch();
    let directory = File::open(scratch.path()).unwrap();
    assert_eq!(answer(Call::shared(&write_end, 1)), "EACCES", "not open for reading");
    assert_eq!(answer(Call::shared(&directory, 1)), "EACCES", "not open for writing");
    assert_eq!(answer(Call { prot: libc::PROT_READ, ..Call::shared(&directory, 1) }), "ENODEV");
}

#[test]
fn eio_many_files_of_proc_which_no_page_says() {
    for path in ["/proc/version", "/proc/meminfo", "/proc/cpuinfo"] {
        let file = File::open(path).unwrap();
        let call = Call { prot: libc::PROT_READ, ..Call::shared(&file, 1) };
        assert_eq!(answer(call), "EIO", "{path}");
    }
    let file = File::open("/proc/self/maps").unwrap();
    assert_eq!(answer(Call { prot: libc::PROT_READ, ..Call::shared(&file, 1) }), "ENODEV");
}

#[test]
fn enomem_a_length_beyond_all_addresses_where_the_page_says_einval() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    for length in [usize::MAX, usize::MAX / 2, 1 << 60] {
        assert_eq!(answer(Call::shared(&file, length)), "ENOMEM", "{length}");
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn eoverflow_a_range_past_the_largest_file_in_a_64_bit_process_too() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    let last_page = i64::MAX - (page_size() as i64 - 1);
    let call = Call { offset: last_page, ..Call::shared(&file, page_size()) };
    assert_eq!(answer(call), "EOVERFLOW");
    let offset = last_page - page_size() as i64;
    assert_eq!(answer(Call { offset, ..call }), "success", "one page earlier all is well");
}

#[test]
fn map_shared_plus_map_private_is_no_error_but_map_shared_validate() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    let both = libc::MAP_SHARED | libc::MAP_PRIVATE;
    assert_eq!(both, libc::MAP_SHARED_VALIDATE);
    let area = Call { flags: both, ..Call::shared(&file, 1) }.make().unwrap();
    assert_eq!(permissions(&area), "rw-s");
    area.store(0, b'S');
    assert_eq!(std::fs::read(scratch.path().join("pages")).unwrap()[0], b'S', "shared it is");
}

#[test]
fn einval_map_shared_validate_of_memory_without_a_file() {
    let flags = libc::MAP_SHARED_VALIDATE | libc::MAP_ANONYMOUS;
    assert_eq!(answer(Call { flags, ..Call::anonymous(1) }), "EINVAL");
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    assert_eq!(answer(Call { flags, ..Call::anonymous(1) }), "success");
}

#[test]
fn einval_a_file_that_is_to_grow_downwards_or_to_have_huge_pages() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    for flag in [libc::MAP_GROWSDOWN, libc::MAP_HUGETLB] {
        let flags = libc::MAP_SHARED | flag;
        assert_eq!(answer(Call { flags, ..Call::shared(&file, 1) }), "EINVAL", "{flag:#x}");
    }
}

#[test]
fn map_sync_is_refused_even_without_validation_by_file_systems_that_know_it() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    let call = Call { flags: libc::MAP_SHARED | libc::MAP_SYNC, ..Call::shared(&file, 1) };
    match file_system(scratch.path()) {
        "ext4" | "xfs" => assert_eq!(answer(call), "EOPNOTSUPP"),
        "tmpfs" | "btrfs" => assert_eq!(answer(call), "success"),
        // Overlayfs does as the file system below; others were not looked at.
        _ => assert!(["EOPNOTSUPP", "success"].contains(&&*answer(call))),
    }
}

#[test]
fn a_file_locked_by_another_descriptor_can_be_mapped() {
    let scratch = scratch();
    let locked = Flock::lock(pages_of(&scratch, 1), FlockArg::LockExclusive).unwrap();
    let other = File::options().read(true).write(true).open(scratch.path().join("pages")).unwrap();
    assert_eq!(answer(Call::shared(&other, 1)), "success", "no EAGAIN: locks are advisory");
    drop(locked);
}

#[test]
fn etxtbsy_never_comes_because_map_denywrite_is_ignored() {
    let scratch = scratch();
    let open_for_writing = pages_of(&scratch, 1);
    let flags = libc::MAP_PRIVATE | libc::MAP_DENYWRITE;
    assert_eq!(answer(Call { flags, ..Call::shared(&open_for_writing, 1) }), "success");
}
