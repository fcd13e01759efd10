//! Calls of `mmap`, `madvise`, `mincore` and `pread` that fail, each with its errno. An ordinary user
//! can meet all of them.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{errno, kernel_at_least, scratch};
use lesson_6_mmap_instead_of_read::Region;
use nix::errno::Errno;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

use crate::{file, populates, scenario};

fn mmap(file: &impl std::os::fd::AsFd, length: usize) -> std::io::Result<Region> {
    Region::of(file, length, libc::PROT_READ, libc::MAP_SHARED)
}

/// A shared, writable mapping of a file of two pages.
fn two_pages(scratch: &common::Scratch) -> Region {
    let (file, _) = file(scratch, 2);
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    Region::of(&file, 2 * page_size(), protection, libc::MAP_SHARED).expect("mmap")
}

fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe().expect("pipe")
}

/// `mmap` of an empty file with its length, 0, fails with `EINVAL`, where `read` returns 0.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: POSIX
#[test]
fn mmap_of_an_empty_file_with_its_length_0_fails_with_einval_where_read_returns_0() {
    let scratch = scratch();
    let path = scratch.path().join("empty");
    let mut file =
        File::options().read(true).write(true).create_new(true).open(path).expect("open");
    assert_eq!(errno(mmap(&file, 0)), Errno::EINVAL);
    assert_eq!(file.read(&mut [0]).expect("read"), 0, "`read` returns 0 for the end");
}

/// A directory can be neither mapped nor read: `mmap` fails with `ENODEV` and `read` with `EISDIR`.
///
/// - call: `mmap`, error
/// - source: mm/mmap.c, do_mmap
/// - level: observed
/// - manual says: mmap(2): a file that is not regular fails with `EACCES`.
#[test]
fn a_directory_can_be_neither_mapped_nor_read_mmap_fails_with_enodev_and_read_with_eisdir() {
    let scratch = scratch();
    let mut directory = File::open(scratch.path()).expect("open");
    assert_eq!(errno(mmap(&directory, page_size())), Errno::ENODEV);
    assert_eq!(errno(directory.read(&mut [0])), Errno::EISDIR, "read fails too");
}

/// Mapping the read end of a pipe fails with `ENODEV`, and the write end with `EACCES`.
///
/// - call: `mmap`, error
/// - source: mm/mmap.c, do_mmap
/// - level: observed
/// - manual says: mmap(2): a file that is not regular fails with `EACCES`.
#[test]
fn mapping_the_read_end_of_a_pipe_fails_with_enodev_and_the_write_end_with_eacces() {
    let (read_end, write_end) = pipe();
    assert_eq!(errno(mmap(&read_end, page_size())), Errno::ENODEV);
    assert_eq!(errno(mmap(&write_end, page_size())), Errno::EACCES, "not open for reading");
}

/// Mapping `/proc/version` or `/proc/self/maps`, which report length 0, fails with `EIO` or
/// `ENODEV`.
///
/// - call: `mmap`, error
/// - source: fs/proc/inode.c (EIO or ENODEV)
/// - level: observed
#[test]
fn mapping_proc_version_or_proc_self_maps_which_report_length_0_fails_with_eio_or_enodev() {
    for path in ["/proc/self/maps", "/proc/version"] {
        let mut file = File::open(path).expect("open");
        assert_eq!(file.metadata().expect("stat").len(), 0, "{path}");
        let answer = errno(mmap(&file, page_size()));
        assert!([Errno::EIO, Errno::ENODEV].contains(&answer), "{path}: {answer}");
        assert!(file.read(&mut [0; 64]).expect("read") > 0, "{path} has bytes all the same");
    }
}

/// Mapping `/sys/devices/system/cpu/online`, which reports a length of one page and has fewer
/// bytes, fails with `ENODEV`.
///
/// - call: `mmap`, error
/// - source: fs/sysfs/file.c (ENODEV)
/// - level: observed
#[test]
fn mapping_sys_devices_system_cpu_online_which_reports_a_length_of_one_page_and_has_fewer_bytes_fails_with_enodev()
 {
    let mut file = File::open("/sys/devices/system/cpu/online").expect("open");
    let claimed = file.metadata().expect("stat").len();
    assert_eq!(claimed, page_size() as u64);
    assert_eq!(errno(mmap(&file, page_size())), Errno::ENODEV);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).expect("read");
    assert!((bytes.len() as u64) < claimed, "it has {} bytes", bytes.len());
}

/// Mapping more than the limit of the address space fails with `ENOMEM`.
///
/// - call: `mmap`, error
/// - source: getrlimit(2), DESCRIPTION (RLIMIT_AS)
/// - level: POSIX
#[test]
fn mapping_more_than_the_limit_of_the_address_space_fails_with_enomem() {
    let ended = scenario("no-room-to-map", &scratch()).run();
    assert_eq!(ended.value("errno"), "ENOMEM", "{ended:?}");
    assert_eq!(ended.value("bytes-read"), (300 << 20).to_string(), "read needs no room: {ended:?}");
}

/// `pread` on a pipe fails with `ESPIPE`.
///
/// - call: `pread`, error
/// - source: pread(2), ERRORS
/// - level: POSIX
#[test]
fn pread_on_a_pipe_fails_with_espipe() {
    let (read_end, _write_end) = pipe();
    assert_eq!(errno(File::from(read_end).read_at(&mut [0], 0)), Errno::ESPIPE);
}

/// `posix_fadvise` on a pipe fails with `ESPIPE`.
///
/// - call: `posix_fadvise`, error
/// - source: posix_fadvise(2), ERRORS
/// - level: POSIX
#[test]
fn posix_fadvise_on_a_pipe_fails_with_espipe() {
    let (read_end, _write_end) = pipe();
    let answer = posix_fadvise(&read_end, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    assert_eq!(answer, Err(Errno::ESPIPE));
}

/// `madvise` at an address inside a page fails with `EINVAL`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madvise_at_an_address_inside_a_page_fails_with_einval() {
    let region = two_pages(&scratch());
    assert_eq!(errno(region.advise(1, page_size(), libc::MADV_NORMAL)), Errno::EINVAL);
    region.advise(0, 1, libc::MADV_NORMAL).expect("a length may be any");
}

/// `madvise` of a negative length fails with `EINVAL`, and of length 0 succeeds.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madvise_of_a_negative_length_fails_with_einval_and_of_length_0_succeeds() {
    let region = two_pages(&scratch());
    let negative = 0_usize.wrapping_sub(page_size());
    assert_eq!(errno(region.advise(0, negative, libc::MADV_NORMAL)), Errno::EINVAL);
    region.advise(0, 0, libc::MADV_NORMAL).expect("nothing to advise on");
}

/// `madvise` with an unknown advice fails with `EINVAL`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madvise_with_an_unknown_advice_fails_with_einval() {
    let region = two_pages(&scratch());
    assert_eq!(errno(region.advise(0, page_size(), 12345)), Errno::EINVAL);
    region.advise(0, page_size(), libc::MADV_NORMAL).expect("a known one");
}

/// `MADV_REMOVE` on a private mapping fails with `EACCES`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_remove_on_a_private_mapping_fails_with_eacces() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 1);
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let region = Region::of(&file, page_size(), protection, libc::MAP_PRIVATE).expect("mmap");
    assert_eq!(errno(region.advise(0, page_size(), libc::MADV_REMOVE)), Errno::EACCES);
}

/// `MADV_REMOVE` fails with `EACCES` if the file was opened for reading only.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_remove_fails_with_eacces_if_the_file_was_opened_for_reading_only() {
    let scratch = scratch();
    let (_, path) = file(&scratch, 1);
    let region = mmap(&File::open(path).expect("open"), page_size()).expect("mmap");
    assert_eq!(errno(region.advise(0, page_size(), libc::MADV_REMOVE)), Errno::EACCES);
}

/// `MADV_FREE` and `MADV_WIPEONFORK` on a shared mapping of a file fail with `EINVAL`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_free_and_madv_wipeonfork_on_a_shared_mapping_of_a_file_fail_with_einval() {
    let region = two_pages(&scratch());
    for advice in [libc::MADV_FREE, libc::MADV_WIPEONFORK] {
        assert_eq!(errno(region.advise(0, page_size(), advice)), Errno::EINVAL, "advice {advice}");
    }
    region.advise(0, page_size(), libc::MADV_NORMAL).expect("the range is right");
}

/// `MADV_DONTNEED`, `MADV_REMOVE`, `MADV_COLD` and `MADV_PAGEOUT` fail with `EINVAL` on locked
/// pages.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
/// - holds: everywhere
#[test]
fn madv_dontneed_madv_remove_madv_cold_and_madv_pageout_fail_with_einval_on_locked_pages() {
    let region = two_pages(&scratch());
    let advices = [libc::MADV_DONTNEED, libc::MADV_REMOVE, libc::MADV_COLD, libc::MADV_PAGEOUT];
    let advise = |advice| region.advise(page_size(), page_size(), advice);
    advices.iter().for_each(|advice| advise(*advice).expect("not locked yet"));
    region.lock().expect("mlock");
    for advice in advices {
        assert_eq!(errno(advise(advice)), Errno::EINVAL, "advice {advice}");
    }
    let for_locked_pages = advise(libc::MADV_DONTNEED_LOCKED);
    assert_eq!(for_locked_pages.is_ok(), kernel_at_least(5, 18), "the advice made for them");
}

/// `MADV_POPULATE_READ` of a page that a truncation has cut off fails with `EFAULT`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux (since Linux 5.14; before, `EINVAL`)
#[test]
fn madv_populate_read_of_a_page_that_a_truncation_has_cut_off_fails_with_efault() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 2);
    let region = mmap(&file, 2 * page_size()).expect("mmap");
    let both = || region.advise(0, 2 * page_size(), libc::MADV_POPULATE_READ);
    if !populates(both()) {
        return;
    }
    file.set_len(page_size() as u64).expect("ftruncate");
    assert_eq!(errno(both()), Errno::EFAULT, "a load would be SIGBUS");
}

/// `mincore` at an address inside a page fails with `EINVAL`.
///
/// - call: `mincore`, error
/// - source: mincore(2), ERRORS
/// - level: Linux
#[test]
fn mincore_at_an_address_inside_a_page_fails_with_einval() {
    let region = two_pages(&scratch());
    assert_eq!(errno(region.resident(1, page_size(), Some(&mut [0; 2]))), Errno::EINVAL);
    region.resident(0, page_size(), Some(&mut [0; 2])).expect("at the start of the page");
}

/// `mincore` across a gap fails with `ENOMEM`.
///
/// - call: `mincore`, error
/// - source: mincore(2), ERRORS
/// - level: Linux
#[test]
fn mincore_across_a_gap_fails_with_enomem() {
    let ended = scenario("mincore-across-a-gap", &scratch()).run();
    assert_eq!(ended.value("errno-whole"), "ok", "{ended:?}");
    assert_eq!(ended.value("errno-gap"), "ENOMEM", "{ended:?}");
}

/// `mincore` of more than the address space fails with `ENOMEM`.
///
/// - call: `mincore`, error
/// - source: mincore(2), ERRORS
/// - level: Linux
#[test]
fn mincore_of_more_than_the_address_space_fails_with_enomem() {
    let region = two_pages(&scratch());
    let negative = 0_usize.wrapping_sub(page_size());
    assert_eq!(errno(region.resident(0, negative, Some(&mut [0; 2]))), Errno::ENOMEM);
    region.resident(0, page_size(), Some(&mut [0; 2])).expect("of one page");
}

/// `mincore` into a vector that is not mapped fails with `EFAULT`.
///
/// - call: `mincore`, error
/// - source: mincore(2), ERRORS
/// - level: Linux
#[test]
fn mincore_into_a_vector_that_is_not_mapped_fails_with_efault() {
    let region = two_pages(&scratch());
    assert_eq!(errno(region.resident(0, page_size(), None)), Errno::EFAULT);
}
