//! `sync_file_range`.

use std::fs::File;
use std::os::unix::fs::FileExt;

use calls::sys::sync_file_range::sync_file_range;
use common::page_size;
use course::{dirty_pages, errno, file_system, scratch, undisturbed};
use libc::{
    SYNC_FILE_RANGE_WAIT_AFTER as WAIT_AFTER, SYNC_FILE_RANGE_WAIT_BEFORE as WAIT_BEFORE,
    SYNC_FILE_RANGE_WRITE as WRITE,
};
use nix::errno::Errno;

use crate::files::{by_path_only, closed, new_file, pipe, socket};

const ALL: libc::c_uint = WAIT_BEFORE | WRITE | WAIT_AFTER;

/// `sync_file_range` with a negative offset, a negative length, an end past the largest offset or
/// an unknown flag fails with `EINVAL`.
///
/// - call: `sync_file_range`, error
/// - source: sync_file_range(2), ERRORS
/// - level: Linux
#[test]
fn sync_file_range_with_a_negative_offset_a_negative_length_an_end_past_the_largest_offset_or_an_unknown_flag_fails_with_einval()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    for (offset, length, flags) in
        [(-1, 1, ALL), (0, -1, ALL), (1, libc::off_t::MAX, ALL), (0, 1, 8), (0, 1, ALL | 8)]
    {
        let result = sync_file_range(&file, offset, length, flags);
        assert_eq!(errno(result), Errno::EINVAL, "{offset} {length} {flags}");
    }
    sync_file_range(&file, 0, libc::off_t::MAX, ALL).unwrap();
}

/// `sync_file_range` of a pipe, a socket or a character device fails with `ESPIPE`.
///
/// - call: `sync_file_range`, error
/// - source: sync_file_range(2), ERRORS
/// - level: Linux
#[test]
fn sync_file_range_of_a_pipe_a_socket_or_a_character_device_fails_with_espipe() {
    let (from, to) = pipe();
    let device = File::options().read(true).write(true).open("/dev/zero").unwrap();
    for file in [from, to, socket(), device] {
        assert_eq!(errno(sync_file_range(&file, 0, 0, ALL)), Errno::ESPIPE, "{file:?}");
    }
}

/// `sync_file_range` of a closed or an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `sync_file_range`, error
/// - source: sync_file_range(2), ERRORS
/// - level: Linux
#[test]
fn sync_file_range_of_a_closed_or_an_o_path_descriptor_fails_with_ebadf() {
    let scratch = scratch();
    let _file = new_file(&scratch, "file", 1);
    let by_path = by_path_only(&scratch.path().join("file"));
    assert_eq!(errno(sync_file_range(&by_path, 0, 0, ALL)), Errno::EBADF);
    assert_eq!(errno(sync_file_range(closed(), 0, 0, ALL)), Errno::EBADF);
}

/// `sync_file_range` writes the dirty pages of its range and leaves the other pages dirty.
///
/// - call: `sync_file_range`, success
/// - source: sync_file_range(2), DESCRIPTION
/// - level: Linux (on ext4, xfs and btrfs; on overlayfs it writes nothing, and tmpfs has no disk)
/// - holds: on ext4, xfs, btrfs
#[test]
fn sync_file_range_writes_the_dirty_pages_of_its_range_and_leaves_the_other_pages_dirty() {
    const FAR: usize = 300; // So far apart that both are in no folio together.
    undisturbed(|| {
        let scratch = scratch();
        let (file, control) =
            (new_file(&scratch, "file", FAR + 1), new_file(&scratch, "control", 1));
        file.sync_all().unwrap();
        control.write_all_at(&[1], 0).unwrap();
        for page in [0, FAR] {
            file.write_all_at(&[1], (page * page_size()) as u64).unwrap();
        }
        let before = dirty_pages(&file);
        sync_file_range(&file, 0, page_size() as libc::off_t, 0).unwrap(); // No flag: nothing to do.
        let with_no_flag = dirty_pages(&file);
        sync_file_range(&file, 0, page_size() as libc::off_t, ALL).unwrap();
        let after = dirty_pages(&file);
        if matches!(file_system(scratch.path()), "tmpfs" | "ramfs" | "overlayfs") {
            return Some(()); // There, the kernel counts no dirty page.
        }
        (dirty_pages(&control) == 1).then_some(())?;
        assert_eq!((before, with_no_flag, after), (2, 2, 1));
        sync_file_range(&file, 0, 0, ALL).unwrap(); // Length 0: up to the end.
        assert_eq!(dirty_pages(&file), 0);
        Some(())
    });
}
