//! A file ends at a byte and a mapping at a page: what is between the two ends.

use std::fs;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use common::page_size;
use course::{file_system, kernel_at_least, scratch};
use lesson_1_mapping_a_file::sys::{Area, MmapCall};
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::signal::Signal;

use crate::{evict, file_of, scenario, start_of};

/// A mapping of one byte is one whole page and no more.
///
/// - call: past the end of the file, edge
/// - source: mmap(2), NOTES
/// - level: POSIX (no more: observed)
#[test]
fn a_mapping_of_one_byte_is_one_whole_page_and_no_more() {
    let ended = scenario("load-past-a-mapping", &scratch()).run();
    assert_eq!(ended.value("last-of-the-page"), "0");
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");
}

/// The rest of the file's last page is zero if no process stored there.
///
/// - call: past the end of the file, edge
/// - source: mmap(2), NOTES; mmap(2), BUGS
/// - level: POSIX (which promises zeros even after a store)
#[test]
fn the_rest_of_the_files_last_page_is_zero_if_no_process_stored_there() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", &vec![b'x'; page_size() + 100]);
    let area = MmapCall::shared(&file, page_size() + 100).make().unwrap();
    assert_eq!(area.load(page_size() + 99), b'x');
    assert!((page_size() + 100..2 * page_size()).all(|offset| area.load(offset) == 0));
    drop(area);

    // The kernel may write the page back at any moment, which zeroes the tail: try five times.
    let seen = (0..5).any(|_| {
        let area = MmapCall::shared(&file, page_size() + 100).make().unwrap();
        area.store(page_size() + 100, b'!');
        drop(area);
        let later = MmapCall::shared(&file, page_size() + 100).make().unwrap();
        later.load(page_size() + 100) == b'!'
    });
    assert!(seen, "no mapping is left, and the next one shows the byte");
}

/// A store past the end never reaches a file that does not grow.
///
/// - call: past the end of the file, edge
/// - source: mmap(2), NOTES
/// - level: POSIX
/// - holds: everywhere
#[test]
fn a_store_past_the_end_never_reaches_a_file_that_does_not_grow() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"hello");
    let area = MmapCall::shared(&file, 5).make().unwrap();
    assert!(visible_past_the_end(&area, &area), "memory has it");
    assert_eq!(file.metadata().unwrap().len(), 5);
    assert_eq!(file.read_at(&mut [0; 10], 0).unwrap(), 5, "the file has its old end");
    drop(area);
    file.sync_all().unwrap();
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"hello");
    if !matches!(file_system(scratch.path()), "tmpfs" | "ramfs") {
        // Now the page comes from the disk, with the bytes that were written after the end.
        let from_disk = MmapCall::shared(&file, 5).make().unwrap();
        if evict(&file, from_disk.address()) {
            assert_eq!(start_of(&from_disk, 6), b"hello\0", "the disk never got the byte");
        }
    }
}

/// A store past the end is visible in every mapping of the page, and may be in a later one.
///
/// - call: past the end of the file, edge
/// - source: mmap(2), BUGS
/// - level: Linux (btrfs: until the first store to the page through another mapping: observed)
/// - holds: not on btrfs
/// - tutorials say: Bytes past the end of the file are always zero and never reach the file.
#[test]
fn a_store_past_the_end_is_visible_in_every_mapping_of_the_page_and_may_be_in_a_later_one() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"hello");
    let one = MmapCall::shared(&file, 5).make().unwrap();
    let other = MmapCall::shared(&file, 5).make().unwrap();
    assert!(visible_past_the_end(&one, &other));
    drop(other);
    // The kernel may write the page back at any moment, which zeroes the tail: try five times.
    let later = || MmapCall::shared(&file, 5).make().unwrap();
    let seen = (0..5).any(|_| {
        one.store(5, b'!');
        start_of(&later(), 6) == b"hello!"
    });
    assert!(seen, "the tail of a new mapping is not zero");
}

/// On a disk file system, writing a page to the disk sets its tail to zero.
///
/// - call: file systems, edge
/// - source: fs/ext4/page-io.c; fs/iomap/buffered-io.c; fs/btrfs/extent_io.c
/// - level: observed (on ext4, xfs and btrfs, without compression; tmpfs keeps the byte)
/// - holds: on ext4, xfs, btrfs
#[test]
fn on_a_disk_file_system_writing_a_page_to_the_disk_sets_its_tail_to_zero() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"hello");
    let area = MmapCall::shared(&file, 5).make().unwrap();
    area.store(5, b'!');
    file.sync_all().unwrap();
    let tail = area.load(5);
    match file_system(scratch.path()) {
        "tmpfs" | "ramfs" => assert_eq!(tail, b'!'),
        // Overlayfs behaves like the file system that its files are written to.
        "overlayfs" => assert!([0, b'!'].contains(&tail)),
        _ => assert_eq!(tail, 0),
    }
}

/// Growing a file with `ftruncate`, `write` or `fallocate` shows the bytes stored past its end on
/// tmpfs before Linux 6.19, and zeros on ext4, xfs and btrfs since Linux 6.18.
///
/// - call: `ftruncate`, edge
/// - source: mm/shmem.c; fs/ext4/inode.c
/// - level: observed (ext4, xfs and btrfs before Linux 6.18 and tmpfs since Linux 6.19: the one or
///   the other; on overlayfs as on the file system below it)
/// - holds: before 6.19 on tmpfs; since 6.18 on ext4, xfs, btrfs
/// - manual says: mmap(2): bytes stored past the end are never written to the file.
/// - tutorials say: Bytes past the end of the file are always zero and never reach the file.
#[test]
fn growing_a_file_with_ftruncate_write_or_fallocate_shows_the_bytes_stored_past_its_end_on_tmpfs_before_linux_6_19_and_zeros_on_ext4_xfs_and_btrfs_since_linux_6_18()
 {
    let scratch = scratch();
    let ways: [Way; 4] = [
        ("ftruncate", |file| file.set_len(10)),
        ("a write to the page", |file| file.write_all_at(b"\0", 9)),
        ("a write to a later page", |file| file.write_all_at(b"\0", 2 * page_size() as u64)),
        ("fallocate", |file| Ok(fallocate(file, FallocateFlags::empty(), 0, 10)?)),
    ];
    let (zeros, leaked) = (b"hello\0\0\0\0\0", b"hello!\0\0\0\0");
    for (way, grow) in ways {
        let file = file_of(&scratch, "file", b"hello");
        let area = MmapCall::shared(&file, 5).make().unwrap();
        area.store(5, b'!');
        grow(&file).unwrap();
        let mut read = [0; 10];
        file.read_exact_at(&mut read, 0).unwrap();
        match file_system(scratch.path()) {
            "tmpfs" if !kernel_at_least(6, 19) => assert_eq!(&read, leaked, "{way}"),
            "ext4" | "xfs" | "btrfs" if kernel_at_least(6, 18) => assert_eq!(&read, zeros, "{way}"),
            // Others were not tried. Overlayfs behaves like the file system that its files are
            // written to.
            _ => assert!(&read == zeros || &read == leaked, "{way}: {read:?}"),
        }
    }
}

/// On ext4, bytes stored past the end may appear in the file if an `O_DIRECT` write to a later page
/// makes it longer.
///
/// - call: file systems, edge
/// - source: fs/ext4/file.c
/// - level: observed (only on Linux 6.18, on ext4 and tmpfs; xfs and btrfs show zeros)
/// - holds: in 6.18 on ext4, tmpfs
#[test]
fn on_ext4_bytes_stored_past_the_end_may_appear_in_the_file_if_an_o_direct_write_to_a_later_page_makes_it_longer()
 {
    let scratch = scratch();
    let page = page_size() as u64;
    let Some(read) = after_direct_growth(&scratch, page, page_size()) else {
        println!("skipped: this file system has no O_DIRECT");
        return;
    };
    let (zeros, leaked) = (b"hello\0\0\0\0\0", b"hello!\0\0\0\0");
    match file_system(scratch.path()) {
        "ext4" | "tmpfs" if kernel_at_least(6, 18) && !kernel_at_least(6, 19) => {
            assert_eq!(&read, leaked);
        }
        "xfs" | "btrfs" if kernel_at_least(6, 18) => assert_eq!(&read, zeros),
        // Overlayfs behaves like the file system that its files are written to.
        _ => assert!(&read == zeros || &read == leaked, "{read:?}"),
    }
    // A write that begins in the tail's own page flushes that page first.
    let (at, length) = (512, page_size() - 512);
    let on_a_disk = matches!(file_system(scratch.path()), "ext4" | "xfs" | "btrfs");
    if let Some(read) = after_direct_growth(&scratch, at, length)
        && on_a_disk
        && kernel_at_least(6, 18)
    {
        assert_eq!(&read, zeros, "after a write to the tail's own page");
    }
}

/// `mmap` with a length above 0 of an empty file, or at an offset past the end of a file, succeeds,
/// and an access is `SIGBUS`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (SIGBUS)
/// - level: POSIX (that `mmap` succeeds: observed)
#[test]
fn mmap_with_a_length_above_0_of_an_empty_file_or_at_an_offset_past_the_end_of_a_file_succeeds_and_an_access_is_sigbus()
 {
    for name in ["load-of-an-empty-file", "load-from-an-offset-past-the-end"] {
        let ended = scenario(name, &scratch()).run();
        assert_eq!(ended.value("mapped"), "yes");
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    }
}

/// A way to make a file longer, and its name.
type Way = (&'static str, fn(&fs::File) -> std::io::Result<()>);

/// Stores past the end of a file of 5 bytes, then makes the file longer by an `O_DIRECT` write of
/// so many bytes at this offset. Returns the first bytes. If the kernel writes the page back in between, the
/// stray byte is lost. That does not happen five times in a row, so one stray byte is enough.
fn after_direct_growth(scratch: &common::Scratch, at: u64, length: usize) -> Option<[u8; 10]> {
    let attempt = |_| {
        let file = file_of(scratch, "direct", b"hello");
        file.sync_all().unwrap();
        let area = MmapCall::shared(&file, 5).make().unwrap();
        area.store(5, b'!');
        let mut options = fs::File::options();
        let direct = options.write(true).custom_flags(libc::O_DIRECT);
        let direct = direct.open(scratch.path().join("direct")).ok()?;
        // `O_DIRECT` needs an aligned buffer, such as a page of an area.
        let page = MmapCall::anonymous(page_size()).make().unwrap();
        page.store(0, b'D');
        (&direct).seek(SeekFrom::Start(at)).unwrap();
        // A disk with sectors of 4096 bytes refuses a write at byte 512.
        let written = page.write_to(&direct, 0, length).ok()?;
        assert_eq!(written, length);
        let mut read = [0; 10];
        file.read_exact_at(&mut read, 0).unwrap();
        Some(read)
    };
    (0..5).map(attempt).max().flatten()
}

/// Whether a store past the end in one mapping is visible in the other. The kernel may write the
/// page back at any moment, which zeroes the tail, but not five times in a row.
fn visible_past_the_end(one: &Area, other: &Area) -> bool {
    (0..5).any(|_| {
        one.store(5, b'!');
        start_of(other, 6) == b"hello!"
    })
}
