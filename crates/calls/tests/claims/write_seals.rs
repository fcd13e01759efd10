//! The seals against writing: `F_SEAL_WRITE` and `F_SEAL_FUTURE_WRITE`.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

use calls::sys::second_mapping::store_through_a_second_mapping;
use common::page_size;
use course::{errno, kernel_at_least, scratch};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, SealFlag, fallocate};

use crate::files::reopened;

use crate::seals::{length, map, one_page, seal};

/// `write` at or past the end of a file sealed against writing fails with `EPERM`, and `O_TRUNC`
/// can still empty the file.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (`F_SEAL_WRITE`)
/// - level: Linux
#[test]
fn write_at_or_past_the_end_of_a_file_sealed_against_writing_fails_with_eperm_and_o_trunc_can_still_empty_the_file()
 {
    let mut file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    let end = file.seek(SeekFrom::End(0)).unwrap();
    assert_eq!(errno(file.write(&[1])), Errno::EPERM);
    assert_eq!(errno(file.write_at(&[1], 2 * end)), Errno::EPERM, "past the end");
    assert_eq!(length(&file), end);
    let emptied = reopened(&file, File::options().write(true).truncate(true)).unwrap();
    assert_eq!(length(&emptied), 0);
}

/// Punching a hole in a file sealed against writing or against future writing fails with `EPERM`.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (`F_SEAL_WRITE`)
/// - level: Linux (`F_SEAL_FUTURE_WRITE`: since Linux 5.1)
#[test]
fn punching_a_hole_in_a_file_sealed_against_writing_or_against_future_writing_fails_with_eperm() {
    let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    let page = page_size() as libc::off_t;
    for sealed in [SealFlag::F_SEAL_WRITE, SealFlag::F_SEAL_FUTURE_WRITE] {
        let file = one_page();
        file.write_all_at(&[7], 0).unwrap();
        seal(&file, sealed).unwrap();
        assert_eq!(fallocate(&file, hole, 0, page), Err(Errno::EPERM), "{sealed:?}");
        let mut byte = [0];
        file.read_exact_at(&mut byte, 0).unwrap();
        assert_eq!(byte, [7]);
    }
    let file = one_page();
    file.write_all_at(&[7], 0).unwrap();
    fallocate(&file, hole, 0, page).unwrap();
    let mut byte = [1];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [0], "without a seal it does");
}

/// `write` of 0 bytes to a file sealed against writing and growing succeeds.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing; mm/filemap.c, generic_write_checks
/// - level: observed
#[test]
fn write_of_0_bytes_to_a_file_sealed_against_writing_and_growing_succeeds() {
    let mut file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW).unwrap();
    assert_eq!(file.write(&[]).unwrap(), 0);
    file.seek(SeekFrom::End(1)).unwrap();
    assert_eq!(file.write(&[]).unwrap(), 0, "past the end, too");
    assert_eq!(errno(file.write(&[1])), Errno::EPERM);
}

/// `mprotect` that would make a shared read-only mapping of a file sealed against writing writable
/// fails with `EACCES`.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (`F_SEAL_WRITE`); mprotect(2), ERRORS
/// - level: Linux
/// - holds: everywhere
#[test]
fn mprotect_that_would_make_a_shared_read_only_mapping_of_a_file_sealed_against_writing_writable_fails_with_eacces()
 {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    let both = libc::PROT_READ | libc::PROT_WRITE;
    let reading = reopened(&file, File::options().read(true)).unwrap();
    let through_reading = map(&reading, libc::PROT_READ).unwrap();
    assert_eq!(errno(through_reading.protect(0, page_size(), both)), Errno::EACCES);
    // Before Linux 6.7, and in the first ones of 6.12, a writable descriptor cannot be mapped at all.
    match map(&file, libc::PROT_READ) {
        Err(error) => {
            assert!(!kernel_at_least(6, 13), "{error}");
            assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        }
        Ok(area) => assert_eq!(errno(area.protect(0, page_size(), both)), Errno::EACCES),
    }
    let free = one_page();
    map(&free, libc::PROT_READ).unwrap().protect(0, page_size(), both).unwrap();
}

/// After `F_SEAL_FUTURE_WRITE`, `mprotect` can still make an older shared read-only mapping
/// writable.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing (`F_SEAL_FUTURE_WRITE`); mm/memfd.c, memfd_add_seals
/// - level: observed
#[test]
fn after_f_seal_future_write_mprotect_can_still_make_an_older_shared_read_only_mapping_writable() {
    let file = one_page();
    let old = map(&file, libc::PROT_READ).unwrap();
    seal(&file, SealFlag::F_SEAL_FUTURE_WRITE).unwrap();
    old.protect(0, page_size(), libc::PROT_READ | libc::PROT_WRITE).unwrap();
    old.store(0, 9);
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [9]);
    let new = map(&file, libc::PROT_READ).unwrap();
    let both = libc::PROT_READ | libc::PROT_WRITE;
    assert_eq!(errno(new.protect(0, page_size(), both)), Errno::EACCES, "a newer one stays");
}

/// After `F_SEAL_FUTURE_WRITE`, a child still stores through a mapping that it inherits by `fork`.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing (`F_SEAL_FUTURE_WRITE`); mm/memfd.c, memfd_add_seals
/// - level: observed
#[test]
fn after_f_seal_future_write_a_child_still_stores_through_a_mapping_that_it_inherits_by_fork() {
    let ended = crate::scenario("sealed-and-inherited", &scratch()).run();
    assert_eq!(ended.value("new-mapping"), "EPERM");
    assert_eq!(ended.value("child"), "0", "{ended:?}");
    assert_eq!(ended.value("byte"), "9");
}

/// After `F_SEAL_FUTURE_WRITE`, `mremap` with an old size of 0 still makes a second writable
/// mapping of an older one.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing (`F_SEAL_FUTURE_WRITE`); mremap(2), DESCRIPTION
/// - level: observed
#[test]
fn after_f_seal_future_write_mremap_with_an_old_size_of_0_still_makes_a_second_writable_mapping_of_an_older_one()
 {
    let file = one_page();
    let old = map(&file, libc::PROT_READ | libc::PROT_WRITE).unwrap();
    seal(&file, SealFlag::F_SEAL_FUTURE_WRITE).unwrap();
    assert_eq!(errno(map(&file, libc::PROT_READ | libc::PROT_WRITE)), Errno::EPERM);
    store_through_a_second_mapping(&old, 9).unwrap();
    assert_eq!(old.load(0), 9);
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [9]);
}
