//! Many files, sparse files, direct reads, mappings as buffers, and a range that ends inside a page.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};

use common::page_size;
use course::{errno, file_system, scratch};
use lesson_6_mmap_instead_of_read::cost::{cached, make_cold};
use lesson_6_mmap_instead_of_read::job::PIECE;
use lesson_6_mmap_instead_of_read::{Region, View};
use memmap2::MmapOptions;
use nix::errno::Errno;

use crate::{file, scenario};

/// A hole is zeros in a mapping and takes no disk space, but on tmpfs each load of a hole takes a
/// page.
///
/// - call: file systems, success
/// - source: lseek(2), DESCRIPTION (SEEK_HOLE)
/// - level: observed
/// - holds: everywhere
#[test]
fn a_hole_is_zeros_in_a_mapping_and_takes_no_disk_space_but_on_tmpfs_each_load_of_a_hole_takes_a_page()
 {
    let scratch = scratch();
    let path = scratch.path().join("sparse");
    let file = File::options().read(true).write(true).create_new(true).open(&path).expect("open");
    file.set_len(1 << 40).expect("ftruncate");
    let view = View::of(&file, 1 << 40).expect("a terabyte is mapped at once");
    for offset in [0, 1 << 39, (1 << 40) - 1] {
        let mut byte = [1];
        view.copy_to(offset, &mut byte);
        assert_eq!(byte, [0], "at {offset}");
    }
    let bytes = file.metadata().expect("stat").blocks() * 512;
    match file_system(&path) {
        "tmpfs" => assert!(bytes >= 3 * page_size() as u64, "a page for each load: {bytes}"),
        _ => assert_eq!(bytes, 0, "none on the disk"),
    }
}

/// `O_DIRECT` reads a file and leaves no page in the page cache.
///
/// - call: `open(O_DIRECT)`, success
/// - source: open(2), DESCRIPTION (O_DIRECT)
/// - level: observed (not on tmpfs; on btrfs without compression and into touched buffers; on ext4
///   without `data=journal`)
/// - holds: not on tmpfs
#[test]
fn o_direct_reads_a_file_and_leaves_no_page_in_the_page_cache() {
    let scratch = scratch();
    let (file, path) = file(&scratch, 64);
    let length = 64 * page_size();
    make_cold(&file, &path).expect("make cold");
    let in_memory = file_system(&path) == "tmpfs";
    let direct = File::options().read(true).custom_flags(libc::O_DIRECT).open(&path);
    let direct = match direct {
        Ok(direct) => direct,
        Err(error) => return assert!(in_memory, "{error}"), // tmpfs, before Linux 6.6.
    };
    let mut buffer = MmapOptions::new().len(length).map_anon().expect("mmap"); // It is aligned.
    buffer.fill(1); // If its pages were missing, btrfs would read through the page cache.
    direct.read_exact_at(&mut buffer, 0).expect("pread");
    let view = View::of(&file, length).expect("mmap");
    let cached = || cached(view.address(), length).expect("mincore");
    assert_eq!(cached(), if in_memory { 64 } else { 0 }, "after a direct read");
    assert!(buffer[..] == fs::read(&path).expect("read"), "the file's bytes");
    assert_eq!(cached(), 64, "after an ordinary read");
}

/// `O_DIRECT` with an unaligned buffer, offset or length fails with `EINVAL`, but btrfs reads
/// through the page cache.
///
/// - call: `open(O_DIRECT)`, error
/// - source: open(2), NOTES (O_DIRECT)
/// - level: observed (not on tmpfs, which reads through the page cache, too; on ext4 without
///   `data=journal`)
/// - holds: not on tmpfs
#[test]
fn o_direct_with_an_unaligned_buffer_offset_or_length_fails_with_einval_but_btrfs_reads_through_the_page_cache()
 {
    let scratch = scratch();
    let (file, path) = file(&scratch, 64);
    let length = 64 * page_size();
    let file_system = file_system(&path);
    let direct = File::options().read(true).custom_flags(libc::O_DIRECT).open(&path);
    let direct = match direct {
        Ok(direct) => direct,
        Err(error) => return assert!(file_system == "tmpfs", "{error}"), // tmpfs, before Linux 6.6.
    };
    let mut buffer = MmapOptions::new().len(length + 1).map_anon().expect("mmap");
    buffer.fill(1); // As in the test above.
    let requests = [
        ("an aligned request", 0..length, 0),
        ("an unaligned buffer", 1..length + 1, 0),
        ("an unaligned offset", 0..length - page_size(), 1),
        ("an unaligned length", 0..length - 1, 0),
    ];
    for (number, (name, range, offset)) in requests.into_iter().enumerate() {
        make_cold(&file, &path).expect("make cold");
        let answer = direct.read_exact_at(&mut buffer[range], offset);
        let view = View::of(&file, length).expect("mmap");
        let cached = cached(view.address(), length).expect("mincore");
        match (file_system, number) {
            ("tmpfs", _) => assert_eq!((answer.ok(), cached), (Some(()), 64), "{name}: in memory"),
            (_, 0) => assert_eq!((answer.ok(), cached), (Some(()), 0), "{name}: no cache"),
            ("btrfs", _) => assert_eq!((answer.ok(), cached), (Some(()), 64), "{name}: the cache"),
            _ => assert_eq!((errno(answer), cached), (Errno::EINVAL, 0), "{name}: refused"),
        }
    }
}

/// More files can be mapped than descriptors can be open.
///
/// - call: limits, success
/// - source: mmap(2), DESCRIPTION; getrlimit(2), DESCRIPTION
/// - level: POSIX
#[test]
fn more_files_can_be_mapped_than_descriptors_can_be_open() {
    let ended = scenario("more-mappings-than-descriptors", &scratch()).run();
    assert_eq!(ended.value("bytes"), (100 * PIECE).to_string(), "{ended:?}");
    assert_eq!(ended.value("with-descriptors"), libc::EMFILE.to_string(), "{ended:?}");
}

/// A mapping can be the buffer of a `write`.
///
/// - call: `write`, success
/// - source: write(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_mapping_can_be_the_buffer_of_a_write() {
    let scratch = scratch();
    let (file, path) = file(&scratch, 16);
    let length = 16 * page_size();
    let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
    let copy = scratch.path().join("copy");
    let written = region.write_to(File::create_new(&copy).expect("open"), 0, length);
    assert_eq!(written.expect("write"), length, "in one call");
    assert!(fs::read(copy).expect("read") == fs::read(path).expect("read"), "the same bytes");
}

/// `mincore` counts a page that the range only begins.
///
/// - call: `mincore`, success
/// - source: mincore(2), DESCRIPTION
/// - level: Linux
#[test]
fn mincore_counts_a_page_that_the_range_only_begins() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 2);
    let region = Region::of(&file, page_size() + 1, libc::PROT_READ, libc::MAP_SHARED);
    let mut vector = [8, 8, 8];
    let region = region.expect("mmap");
    region.resident(0, page_size() + 1, Some(&mut vector)).expect("mincore");
    assert_eq!(vector.map(|byte| byte & 9), [1, 1, 8], "two entries written, the third left");
}
