//! What happens to a mapping when its file becomes shorter or longer, or cannot be read.

use std::fs::File;
use std::os::unix::fs::{FileExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use common::page_size;
use course::{file_system, kernel_at_least, scratch, unless_mounts_are_refused};
use lesson_1_mapping_a_file::Mapping;
use lesson_1_mapping_a_file::sys::{Area, MmapCall};
use nix::sys::signal::Signal;

use crate::{file_of, scenario};

/// A page past the end of the file is `SIGBUS` to a load and to a store, and the page that the file
/// has can be used.
///
/// - call: past the end of the file, error
/// - source: mmap(2), ERRORS (SIGBUS)
/// - level: POSIX (a tmpfs with huge pages: not always)
/// - holds: everywhere
#[test]
fn a_page_past_the_end_of_the_file_is_sigbus_to_a_load_and_to_a_store_and_the_page_that_the_file_has_can_be_used()
 {
    for name in ["load-past-the-end", "store-past-the-end"] {
        let ended = scenario(name, &scratch()).run();
        assert_eq!(ended.value("first-page"), "[0]", "the page that the file still has");
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{name}: {ended:?}");
        assert!(!ended.stdout.contains("second-page"), "{ended:?}");
    }
}

/// On a tmpfs with huge pages, an access past the end of the file may not be `SIGBUS`.
///
/// - call: past the end of the file, edge
/// - source: mm/memory.c, do_set_pmd; tmpfs(5), huge; madvise(2), DESCRIPTION (MADV_COLLAPSE)
/// - level: observed
/// - holds: everywhere
#[test]
fn on_a_tmpfs_with_huge_pages_an_access_past_the_end_of_the_file_may_not_be_sigbus() {
    let ended = scenario("load-past-the-end-of-a-collapsed-memfd", &scratch()).run();
    match ended.value("collapse") {
        "success" => assert_eq!((ended.signal, ended.value("loaded")), (None, "0"), "{ended:?}"),
        _ => assert_eq!(ended.signal, Some(Signal::SIGBUS), "no huge page: {ended:?}"),
    }

    // Now with `huge=always`.
    let ended = scenario("store-past-the-end-in-a-huge-page", &scratch()).run();
    let Some(ended) = unless_mounts_are_refused(ended) else { return };
    if ended.value("huge-page") == "false" {
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "no huge page was free: {ended:?}");
        return;
    }
    assert_eq!((ended.signal, ended.value("stored")), (None, "yes"), "{ended:?}");
    assert_eq!(ended.value("in-the-longer-file"), "7");
}

/// Past the end of the file, `SIGBUS` kills a process even if it ignores or blocks the signal.
///
/// - call: SIGBUS and SIGSEGV, edge
/// - source: kernel/signal.c
/// - level: observed
#[test]
fn past_the_end_of_the_file_sigbus_kills_a_process_even_if_it_ignores_or_blocks_the_signal() {
    for name in ["load-past-the-end-ignoring", "load-past-the-end-blocking"] {
        let ended = scenario(name, &scratch()).run();
        assert_eq!(ended.value("first-page"), "[0]");
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{name}: {ended:?}");
    }
}

/// A `write` or a `read` whose buffer begins past the end of its file fails with `EFAULT` and
/// leaves the file offset.
///
/// - call: `write`, error
/// - source: write(2), ERRORS
/// - level: observed
/// - tutorials say: When the file is truncated, its mappings end or fail at once.
#[test]
fn a_write_or_a_read_whose_buffer_begins_past_the_end_of_its_file_fails_with_efault_and_leaves_the_file_offset()
 {
    let scratch = scratch();
    let (file, area) = shrunk(&scratch);
    let out = file_of(&scratch, "out", b"");
    let refused = area.write_to(&out, page_size(), 1).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EFAULT));
    assert_eq!(out.metadata().unwrap().len(), 0, "no byte was written");
    assert_eq!(area.write_to(&out, 0, page_size()).unwrap(), page_size(), "the page that is left");
    let long = file_of(&scratch, "long", b"l");
    let refused = area.read_from(&long, page_size(), 1).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EFAULT), "read");
    assert_eq!(area.read_from(&long, 0, 1).unwrap(), 1, "a refused read leaves the file offset");
    drop(file);
}

/// A buffer that runs past the end of its file gives `write` and `read` a short count, but a Unix
/// socket takes none of its bytes and fails with `EFAULT`.
///
/// - call: `write`, edge
/// - source: write(2), RETURN VALUE
/// - level: observed (btrfs does so in 6.18 only: in 6.1, 6.12 and 7.2, its `write` fails with
///   `EFAULT`)
/// - holds: not on btrfs; in 6.18 on btrfs
#[test]
fn a_buffer_that_runs_past_the_end_of_its_file_gives_write_and_read_a_short_count_but_a_unix_socket_takes_none_of_its_bytes_and_fails_with_efault()
 {
    let scratch = scratch();
    let (file, area) = shrunk(&scratch);
    let page = page_size();
    let out = file_of(&scratch, "out", b"");
    match (file_system(scratch.path()), area.write_to(&out, 0, 2 * page)) {
        // btrfs copies piece by piece, and fails if it cannot load a whole piece. The size of a piece
        // changed twice.
        ("btrfs", Err(refused)) if !kernel_at_least(6, 18) || kernel_at_least(6, 19) => {
            assert_eq!(refused.raw_os_error(), Some(libc::EFAULT));
            assert_eq!(out.metadata().unwrap().len(), 0, "no byte was written");
        }
        (_, written) => assert_eq!(written.unwrap(), page, "write to a file"),
    }
    let (read_end, write_end) = std::io::pipe().unwrap();
    assert_eq!(area.write_to(&write_end, 0, 2 * page).unwrap(), page, "write to a pipe");
    drop(read_end);
    let long = file_of(&scratch, "long", &vec![b'l'; 2 * page]);
    assert_eq!(area.read_from(&long, 0, 2 * page).unwrap(), page, "read");
    assert_eq!(area.load(page - 1), b'l');

    let (socket, _other) = UnixStream::pair().unwrap();
    let refused = area.write_to(&socket, 0, 2 * page).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EFAULT), "a socket transfers none of them");

    let null = File::options().write(true).open("/dev/null").unwrap();
    assert_eq!(area.write_to(&null, page, page).unwrap(), page, "/dev/null loads nothing");
    drop(file);
}

/// A read error of the disk is `SIGBUS` to a load and `EIO` to `read`.
///
/// - call: SIGBUS and SIGSEGV, error
/// - source: mm/filemap.c
/// - level: observed (before Linux 6.12, a loop device on tmpfs gives zeros instead of an error)
/// - holds: not on tmpfs; since 6.12 on tmpfs
#[test]
#[ignore = "needs root: losetup"]
fn a_read_error_of_the_disk_is_sigbus_to_a_load_and_eio_to_read() {
    let scratch = scratch();
    let device = BadDisk::new(scratch.path());
    symlink(&device.0, scratch.path().join("device")).unwrap();
    let ended = scenario("load-of-a-bad-disk", &scratch).run();
    if file_system(scratch.path()) == "tmpfs" && !kernel_at_least(6, 12) {
        // There a loop device reads zeros where its file has ended, so this disk is not bad.
        return assert_eq!((ended.value("read"), ended.value("loaded")), ("success", "0"));
    }
    assert_eq!((ended.value("mapped"), ended.value("read")), ("yes", "EIO"));
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    // Before Linux 6.9, MADV_POPULATE_READ tries for ever to read the page.
    if kernel_at_least(6, 9) {
        let ended = scenario("populate-of-a-bad-disk", &scratch).run();
        assert_eq!(ended.value("populate"), "EFAULT", "{ended:?}");
    }
}

/// After a file was cut and has grown again, a store to the page that was lost reaches the file.
///
/// - call: `ftruncate`, success
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn after_a_file_was_cut_and_has_grown_again_a_store_to_the_page_that_was_lost_reaches_the_file() {
    let scratch = scratch();
    let (file, area) = shrunk(&scratch);
    file.set_len(2 * page_size() as u64).unwrap();
    area.store(page_size(), b'g');
    let mut read = [0];
    file.read_exact_at(&mut read, page_size() as u64).unwrap();
    assert_eq!(&read, b"g");
}

/// If a file shrinks and grows again, the lost bytes are zeros in its shared mappings, too.
///
/// - call: `ftruncate`, success
/// - source: POSIX, ftruncate(), DESCRIPTION
/// - level: POSIX (whole pages; the rest: observed)
#[test]
fn if_a_file_shrinks_and_grows_again_the_lost_bytes_are_zeros_in_its_shared_mappings_too() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", &vec![b'x'; 2 * page_size()]);
    let mapping = Mapping::of(&file, 2 * page_size()).unwrap();
    assert_eq!(mapping.load(page_size(), 1), b"x");
    file.set_len(10).unwrap();
    assert_eq!(mapping.load(0, 12), b"xxxxxxxxxx\0\0", "the rest of the last page is zero");
    file.set_len(2 * page_size() as u64).unwrap();
    assert_eq!(mapping.load(page_size(), 1), b"\0", "growing does not bring it back");
}

/// A loop device whose file has lost its bytes, so that it cannot be read. Dropping it detaches it.
struct BadDisk(String);

impl BadDisk {
    fn new(directory: &Path) -> Self {
        let image = directory.join("image");
        File::create_new(&image).unwrap().set_len(1 << 20).unwrap();
        // On older kernels, such as 6.1, only a loop device that bypasses the page cache reports the
        // error; not every file system can do that.
        let attach = |more: &[&str]| {
            let mut losetup = Command::new("losetup");
            losetup.args(["--find", "--show"]).args(more).arg(&image).output().unwrap()
        };
        let mut attached = attach(&["--direct-io=on"]);
        if !attached.status.success() {
            attached = attach(&[]);
        }
        assert!(attached.status.success(), "losetup: {attached:?}");
        let device = Self(String::from_utf8(attached.stdout).unwrap().trim().to_owned());
        File::options().write(true).open(image).unwrap().set_len(0).unwrap();
        device
    }
}

impl Drop for BadDisk {
    fn drop(&mut self) {
        let _ = Command::new("losetup").args(["--detach", &self.0]).status(); // The test has its result.
    }
}

/// A file of one page, which had two pages when it was mapped.
fn shrunk(scratch: &common::Scratch) -> (File, Area) {
    let file = file_of(scratch, "shrunk", &vec![b'x'; 2 * page_size()]);
    let area = MmapCall::shared(&file, 2 * page_size()).make().unwrap();
    file.set_len(page_size() as u64).unwrap();
    (file, area)
}
