//! `fcntl(F_ADD_SEALS)` and `fcntl(F_GET_SEALS)`.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use calls::sys::second_mapping::store_through_a_second_mapping;
use common::page_size;
use course::{errno, file_system, kernel_at_least, scratch};
use lesson_1_mapping_a_file::sys::{Area, MmapCall};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, FcntlArg, SealFlag, fallocate, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use crate::files::{new_file, pipe, reopened};

/// A memfd of one page that can be sealed.
fn one_page() -> File {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file: File = OwnedFd::into(memfd_create("page", flags).unwrap());
    file.set_len(page_size() as u64).unwrap();
    file
}

fn seal(file: &File, seals: SealFlag) -> nix::Result<()> {
    fcntl(file, FcntlArg::F_ADD_SEALS(seals)).map(drop)
}

fn seals(file: &File) -> nix::Result<SealFlag> {
    fcntl(file, FcntlArg::F_GET_SEALS).map(SealFlag::from_bits_retain)
}

fn length(file: &File) -> u64 {
    file.metadata().unwrap().len()
}

fn map(file: &File, prot: libc::c_int) -> std::io::Result<Area> {
    MmapCall { prot, ..MmapCall::shared(file, page_size()) }.make()
}

/// Adding a seal that the file has already succeeds and changes nothing.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing
/// - level: Linux
#[test]
fn adding_a_seal_that_the_file_has_already_succeeds_and_changes_nothing() {
    let file = one_page();
    for seal_again in [SealFlag::F_SEAL_SHRINK, SealFlag::F_SEAL_WRITE, SealFlag::F_SEAL_GROW] {
        seal(&file, seal_again).unwrap();
        let before = seals(&file);
        assert_eq!(seal(&file, seal_again), Ok(()));
        assert_eq!(seals(&file), before);
    }
}

/// If `F_ADD_SEALS` fails with `EBUSY` for `F_SEAL_WRITE`, it adds none of the other seals of the
/// call.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing; mm/memfd.c, memfd_add_seals
/// - level: observed
#[test]
fn if_f_add_seals_fails_with_ebusy_for_f_seal_write_it_adds_none_of_the_other_seals_of_the_call() {
    let file = one_page();
    let area = map(&file, libc::PROT_READ | libc::PROT_WRITE).unwrap();
    let both = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK;
    assert_eq!(seal(&file, both), Err(Errno::EBUSY));
    assert_eq!(seals(&file), Ok(SealFlag::empty()));
    drop(area);
    seal(&file, both).unwrap();
    assert_eq!(seals(&file), Ok(both));
}

/// `F_GET_SEALS` gives `F_SEAL_SEAL` for a file on tmpfs and for a shared memory object.
///
/// - call: `fcntl(F_GET_SEALS)`, edge
/// - source: fcntl(2), File Sealing; mm/shmem.c, __shmem_get_inode
/// - level: observed
/// - manual says: only a memfd has seals, and on other files the call fails with `EINVAL`
#[test]
fn f_get_seals_gives_f_seal_seal_for_a_file_on_tmpfs_and_for_a_shared_memory_object() {
    let scratch = scratch();
    let name = scratch.object("object");
    let flags = nix::fcntl::OFlag::O_RDWR | nix::fcntl::OFlag::O_CREAT | nix::fcntl::OFlag::O_EXCL;
    let object: File = shm_open(name.as_str(), flags, Mode::S_IRUSR).unwrap().into();
    shm_unlink(name.as_str()).unwrap();
    assert_eq!(seals(&object), Ok(SealFlag::F_SEAL_SEAL));
    let path = format!("/dev/shm{}", scratch.object("file"));
    let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
    assert_eq!(seals(&file), Ok(SealFlag::F_SEAL_SEAL));
}

/// `F_GET_SEALS` of a pipe or of a file on a disk fails with `EINVAL`.
///
/// - call: `fcntl(F_GET_SEALS)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux
#[test]
fn f_get_seals_of_a_pipe_or_of_a_file_on_a_disk_fails_with_einval() {
    let scratch = scratch();
    let (from, to) = pipe();
    assert_eq!(seals(&from), Err(Errno::EINVAL));
    assert_eq!(seals(&to), Err(Errno::EINVAL));
    if !matches!(file_system(scratch.path()), "tmpfs" | "ramfs") {
        assert_eq!(seals(&new_file(&scratch, "file", 1)), Err(Errno::EINVAL));
    }
}

/// `write` at or past the end of a file sealed against writing fails with `EPERM`, and `O_TRUNC`
/// can still empty the file.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
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
/// - call: `fcntl(F_ADD_SEALS)`, success
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
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing (`F_SEAL_WRITE`); mprotect(2), ERRORS
/// - level: Linux
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
/// - call: `fcntl(F_ADD_SEALS)`, success
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
/// - call: `fcntl(F_ADD_SEALS)`, success
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
