//! The seals of the size: `F_SEAL_SHRINK` and `F_SEAL_GROW`.

use std::os::unix::fs::FileExt;

use common::page_size;
use course::errno;
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, SealFlag, fallocate};

use crate::seals::{length, map, one_page, seal};

/// A file sealed against shrinking can be written, also past its end, and stored to through a
/// mapping.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing (`F_SEAL_SHRINK`)
/// - level: Linux
#[test]
fn a_file_sealed_against_shrinking_can_be_written_also_past_its_end_and_stored_to_through_a_mapping()
 {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_SHRINK).unwrap();
    file.write_all_at(&[1], 0).unwrap();
    file.write_all_at(&[2], page_size() as u64).unwrap();
    assert_eq!(length(&file), page_size() as u64 + 1, "it grew");
    let area = map(&file, libc::PROT_READ | libc::PROT_WRITE).unwrap();
    assert_eq!(area.load(0), 1);
    area.store(0, 3);
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [3]);
}

/// After a file sealed against growing has shrunk, growing it again fails with `EPERM`.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (`F_SEAL_GROW`)
/// - level: Linux
#[test]
fn after_a_file_sealed_against_growing_has_shrunk_growing_it_again_fails_with_eperm() {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_GROW).unwrap();
    file.set_len(1).unwrap();
    assert_eq!(errno(file.set_len(page_size() as u64)), Errno::EPERM);
    assert_eq!(errno(file.set_len(2)), Errno::EPERM);
    assert_eq!(length(&file), 1);
}

/// `fallocate` past the end of a file sealed against growing fails with `EPERM`, also with
/// `FALLOC_FL_KEEP_SIZE`.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (`F_SEAL_GROW`); mm/shmem.c, shmem_fallocate
/// - level: Linux (with `FALLOC_FL_KEEP_SIZE`: observed)
#[test]
fn fallocate_past_the_end_of_a_file_sealed_against_growing_fails_with_eperm_also_with_falloc_fl_keep_size()
 {
    let file = one_page();
    let page = page_size() as libc::off_t;
    seal(&file, SealFlag::F_SEAL_GROW).unwrap();
    for mode in [FallocateFlags::empty(), FallocateFlags::FALLOC_FL_KEEP_SIZE] {
        assert_eq!(fallocate(&file, mode, 0, page), Ok(()), "inside: {mode:?}");
        assert_eq!(fallocate(&file, mode, 0, page + 1), Err(Errno::EPERM), "{mode:?}");
        assert_eq!(fallocate(&file, mode, page, 1), Err(Errno::EPERM), "{mode:?}");
    }
    assert_eq!(length(&file), page_size() as u64);
}

/// A `write` across the end of a file sealed against growing is short or fails with `EPERM`, and
/// the file does not grow.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing (`F_SEAL_GROW`); mm/shmem.c, shmem_write_begin
/// - level: observed (which of the two depends on the kernel)
#[test]
fn a_write_across_the_end_of_a_file_sealed_against_growing_is_short_or_fails_with_eperm_and_the_file_does_not_grow()
 {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_GROW).unwrap();
    let last = page_size() as u64 - 1;
    match file.write_at(&[1, 2], last) {
        Ok(count) => assert_eq!(count, 1),
        Err(error) => assert_eq!(error.raw_os_error(), Some(libc::EPERM)),
    }
    assert_eq!(length(&file), page_size() as u64);
    file.set_len(2).unwrap();
    assert_eq!(errno(file.write_at(&[1, 2], 1)), Errno::EPERM, "an end inside a page");
    assert_eq!(length(&file), 2);
}

/// `F_SEAL_SHRINK` and `F_SEAL_GROW` together fix the size of a file, and its bytes can still
/// change.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing
/// - level: Linux
#[test]
fn f_seal_shrink_and_f_seal_grow_together_fix_the_size_of_a_file_and_its_bytes_can_still_change() {
    let file = one_page();
    let page = page_size() as u64;
    seal(&file, SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW).unwrap();
    for other in [0, page - 1, page + 1] {
        assert_eq!(errno(file.set_len(other)), Errno::EPERM, "{other}");
    }
    file.set_len(page).unwrap();
    file.write_all_at(&[5], page - 1).unwrap();
    assert_eq!(map(&file, libc::PROT_READ).unwrap().load(page_size() - 1), 5);
    assert_eq!(length(&file), page);
}
