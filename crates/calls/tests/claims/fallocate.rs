//! `fallocate`.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

use common::page_size;
use course::{file_system, scratch};
use lesson_1_mapping_a_file::sys::MmapCall;
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate, posix_fallocate};
use nix::sys::signal::Signal;

use crate::files::{by_path_only, closed, new_file, pipe, reopened, socket};
use crate::scenario;

const NONE: FallocateFlags = FallocateFlags::empty();
const KEEP_SIZE: FallocateFlags = FallocateFlags::FALLOC_FL_KEEP_SIZE;
const PUNCH_HOLE: FallocateFlags = FallocateFlags::FALLOC_FL_PUNCH_HOLE;

fn page() -> libc::off_t {
    page_size() as libc::off_t
}

/// `fallocate` past the end of a file makes the file longer, adds zeros and keeps the bytes that
/// were there.
///
/// - call: `fallocate`, success
/// - source: fallocate(2), Allocating disk space
/// - level: Linux
#[test]
fn fallocate_past_the_end_of_a_file_makes_the_file_longer_adds_zeros_and_keeps_the_bytes_that_were_there()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 0);
    file.write_all_at(b"kept", 0).unwrap();
    fallocate(&file, NONE, 0, 3 * page()).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 3 * page_size() as u64);
    let mut bytes = vec![1; 3 * page_size()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert!(bytes.starts_with(b"kept"));
    assert!(bytes[4..].iter().all(|byte| *byte == 0));
    assert!(file.metadata().unwrap().blocks() * 512 >= 3 * page_size() as u64, "all reserved");
}

/// `fallocate` with `FALLOC_FL_KEEP_SIZE` reserves blocks past the end of a file and leaves its
/// size.
///
/// - call: `fallocate`, success
/// - source: fallocate(2), Allocating disk space
/// - level: Linux
#[test]
fn fallocate_with_falloc_fl_keep_size_reserves_blocks_past_the_end_of_a_file_and_leaves_its_size() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 0);
    let before = file.metadata().unwrap().blocks();
    fallocate(&file, KEEP_SIZE, 0, 16 * page()).unwrap();
    let after = file.metadata().unwrap();
    assert_eq!(after.len(), 0);
    assert!(after.blocks() - before >= 16 * page_size() as u64 / 512, "{before} {after:?}");
}

/// `FALLOC_FL_PUNCH_HOLE` makes the bytes of its range zeros, also in a shared mapping, and frees
/// blocks.
///
/// - call: `fallocate`, success
/// - source: fallocate(2), Deallocating file space
/// - level: Linux
#[test]
fn falloc_fl_punch_hole_makes_the_bytes_of_its_range_zeros_also_in_a_shared_mapping_and_frees_blocks()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 0);
    file.write_all_at(&vec![7; 64 * page_size()], 0).unwrap();
    file.sync_all().unwrap(); // Now its blocks are counted, on btrfs too.
    let area = MmapCall::shared(&file, 64 * page_size()).make().unwrap();
    assert_eq!(area.load(5), 7);
    let before = file.metadata().unwrap().blocks();
    fallocate(&file, PUNCH_HOLE | KEEP_SIZE, 5, 32 * page()).unwrap();
    file.sync_all().unwrap();
    let bytes = [4, 5, 32 * page_size() + 4, 32 * page_size() + 5];
    assert_eq!(bytes.map(|offset| area.load(offset)), [7, 0, 0, 7], "to the byte");
    let after = file.metadata().unwrap();
    assert_eq!(after.len(), 64 * page_size() as u64);
    assert!(after.blocks() < before, "{before} {after:?}");
}

/// `FALLOC_FL_PUNCH_HOLE` without `FALLOC_FL_KEEP_SIZE` fails with `EOPNOTSUPP`.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), Deallocating file space
/// - level: Linux
#[test]
fn falloc_fl_punch_hole_without_falloc_fl_keep_size_fails_with_eopnotsupp() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    file.write_all_at(&[7], 0).unwrap();
    assert_eq!(fallocate(&file, PUNCH_HOLE, 0, page()), Err(Errno::EOPNOTSUPP));
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [7]);
}

/// `fallocate` with an unknown bit in its mode fails with `EOPNOTSUPP`.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), ERRORS
/// - level: Linux
#[test]
fn fallocate_with_an_unknown_bit_in_its_mode_fails_with_eopnotsupp() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let unknown = FallocateFlags::from_bits_retain(0x4000_0000);
    assert_eq!(fallocate(&file, unknown, 0, page()), Err(Errno::EOPNOTSUPP));
    assert_eq!(fallocate(&file, NONE, 0, page()), Ok(()), "without the bit");
}

/// `fallocate` with a negative offset or a length of 0 or less fails with `EINVAL`.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), ERRORS
/// - level: Linux
#[test]
fn fallocate_with_a_negative_offset_or_a_length_of_0_or_less_fails_with_einval() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    for (offset, length) in [(-1, 1), (0, 0), (0, -1), (1, -1)] {
        assert_eq!(fallocate(&file, NONE, offset, length), Err(Errno::EINVAL), "{offset} {length}");
    }
    assert_eq!(file.metadata().unwrap().len(), page_size() as u64);
    assert_eq!(fallocate(&file, NONE, 0, 1), Ok(()));
}

/// `fallocate` of a closed, an `O_PATH` or a read-only descriptor fails with `EBADF`.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), ERRORS
/// - level: Linux
#[test]
fn fallocate_of_a_closed_an_o_path_or_a_read_only_descriptor_fails_with_ebadf() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let reading = reopened(&file, File::options().read(true)).unwrap();
    let by_path = by_path_only(&scratch.path().join("file"));
    assert_eq!(fallocate(closed(), NONE, 0, 1), Err(Errno::EBADF));
    assert_eq!(fallocate(&by_path, NONE, 0, 1), Err(Errno::EBADF));
    assert_eq!(fallocate(&reading, NONE, 0, 1), Err(Errno::EBADF));
}

/// `fallocate` of a pipe fails with `ESPIPE`, and of a socket or a character device with `ENODEV`.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), ERRORS
/// - level: Linux
#[test]
fn fallocate_of_a_pipe_fails_with_espipe_and_of_a_socket_or_a_character_device_with_enodev() {
    let (_from, to) = pipe();
    let device = File::options().write(true).open("/dev/zero").unwrap();
    assert_eq!(fallocate(&to, NONE, 0, 1), Err(Errno::ESPIPE));
    assert_eq!(fallocate(socket(), NONE, 0, 1), Err(Errno::ENODEV));
    assert_eq!(fallocate(&device, NONE, 0, 1), Err(Errno::ENODEV));
}

/// `fallocate` of a range that ends past the largest offset fails with `EFBIG`.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), ERRORS
/// - level: Linux
#[test]
fn fallocate_of_a_range_that_ends_past_the_largest_offset_fails_with_efbig() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    assert_eq!(fallocate(&file, NONE, libc::off_t::MAX, 1), Err(Errno::EFBIG));
    assert_eq!(fallocate(&file, NONE, 1, libc::off_t::MAX), Err(Errno::EFBIG));
    assert_eq!(file.metadata().unwrap().len(), page_size() as u64);
    assert_eq!(fallocate(&file, NONE, 1, 1), Ok(()), "a range inside the file");
}

/// `fallocate` past `RLIMIT_FSIZE` is `SIGXFSZ`, and fails with `EFBIG` if the process ignores that
/// signal.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), ERRORS; getrlimit(2), DESCRIPTION (`RLIMIT_FSIZE`)
/// - level: Linux
#[test]
fn fallocate_past_rlimit_fsize_is_sigxfsz_and_fails_with_efbig_if_the_process_ignores_that_signal()
{
    let scratch = scratch();
    let ended = scenario("fallocate-past-the-limit", &scratch).run();
    assert_eq!(ended.value("to-the-limit"), "ok");
    assert_eq!(ended.signal, Some(Signal::SIGXFSZ), "{ended:?}");
    let ended = scenario("fallocate-past-the-limit-and-ignore", &scratch).run();
    assert_eq!(ended.value("to-the-limit"), "ok");
    assert_eq!(ended.value("past-the-limit"), "EFBIG");
    assert_eq!(ended.value("size"), (1 << 20).to_string());
}

/// `posix_fallocate` of a closed or read-only descriptor fails with `EBADF`, of a pipe with
/// `ESPIPE`, and of a length of 0 with `EINVAL`.
///
/// - call: `posix_fallocate`, error
/// - source: posix_fallocate(3), ERRORS; POSIX, posix_fallocate(), ERRORS
/// - level: POSIX
#[test]
fn posix_fallocate_of_a_closed_or_read_only_descriptor_fails_with_ebadf_of_a_pipe_with_espipe_and_of_a_length_of_0_with_einval()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let reading = reopened(&file, File::options().read(true)).unwrap();
    assert_eq!(posix_fallocate(closed(), 0, 1), Err(Errno::EBADF));
    assert_eq!(posix_fallocate(&reading, 0, 1), Err(Errno::EBADF));
    assert_eq!(posix_fallocate(&pipe().1, 0, 1), Err(Errno::ESPIPE));
    assert_eq!(posix_fallocate(&file, 0, 0), Err(Errno::EINVAL));
    assert_eq!(posix_fallocate(&file, 0, 2 * page()), Ok(()));
    assert_eq!(file.metadata().unwrap().len(), 2 * page_size() as u64);
}

/// `FALLOC_FL_ZERO_RANGE` makes the bytes of its range zeros and keeps their blocks, but fails with
/// `EOPNOTSUPP` on tmpfs.
///
/// - call: `fallocate`, success
/// - source: fallocate(2), Zeroing file space
/// - level: Linux (on ext4, xfs and btrfs)
/// - holds: not on overlayfs
#[test]
fn falloc_fl_zero_range_makes_the_bytes_of_its_range_zeros_and_keeps_their_blocks_but_fails_with_eopnotsupp_on_tmpfs()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 0);
    file.write_all_at(&vec![7; 4 * page_size()], 0).unwrap();
    file.sync_all().unwrap();
    let before = file.metadata().unwrap().blocks();
    let zeroed = fallocate(&file, FallocateFlags::FALLOC_FL_ZERO_RANGE, 1, 2 * page());
    let mut bytes = vec![1; 4 * page_size()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    match (file_system(scratch.path()), zeroed) {
        ("tmpfs", zeroed) => assert_eq!(zeroed, Err(Errno::EOPNOTSUPP)),
        ("ext4" | "xfs" | "btrfs", zeroed) => assert_eq!(zeroed, Ok(())),
        (_, zeroed) => assert!(matches!(zeroed, Ok(()) | Err(Errno::EOPNOTSUPP)), "{zeroed:?}"),
    }
    assert_eq!(zeros, if zeroed.is_ok() { 2 * page_size() } else { 0 });
    assert_eq!((bytes[0], bytes[2 * page_size() + 1]), (7, 7));
    file.sync_all().unwrap();
    assert!(file.metadata().unwrap().blocks() >= before);
}
