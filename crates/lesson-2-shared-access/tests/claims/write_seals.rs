//! The seals against writing, and the mappings that they forbid or that prevent them.
//!
//! # Safety
//! One test has a slice over a private mapping. It looks at no byte of the slice, and no process
//! shortens that file or stores to it.
#![expect(unsafe_code, reason = "memmap2 maps private memory only as a slice")]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::{errno, kernel_at_least};
use lesson_2_shared_access::Bytes;
use lesson_2_shared_access::sealed::seal;
use nix::errno::Errno;
use nix::fcntl::SealFlag;

use crate::{ask, second};

use crate::seals::{one_page, reopened};

/// `write` to a file sealed against writing fails with `EPERM`, and `ftruncate` still changes its
/// size.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (F_SEAL_WRITE)
/// - level: Linux
#[test]
fn write_to_a_file_sealed_against_writing_fails_with_eperm_and_ftruncate_still_changes_its_size() {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(errno(file.write_at(&[1], 0)), Errno::EPERM);
    file.set_len(2 * page_size() as u64).unwrap();
    file.set_len(1).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 1, "so a load could be SIGBUS: seal both");
}

/// A file sealed against writing cannot be mapped shared and writable (`EPERM`), and through a
/// read-only descriptor it can be mapped for loads.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (F_SEAL_WRITE)
/// - level: Linux
#[test]
fn a_file_sealed_against_writing_cannot_be_mapped_shared_and_writable_eperm_and_through_a_read_only_descriptor_it_can_be_mapped_for_loads()
 {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(errno(Bytes::of(&file, page_size())), Errno::EPERM);
    let reading = reopened(&file, File::options().read(true)).unwrap();
    assert_eq!(Bytes::read_only(&reading, page_size()).unwrap().load(0), 0, "for loading it can");
}

/// A sealed file can be mapped read-only through a writable descriptor.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: mm/memfd.c
/// - level: observed (since Linux 6.7; some older kernels allow it too, such as 6.1.176 of Debian;
///   the others, and the first ones of 6.12, fail with `EPERM`)
#[test]
fn a_sealed_file_can_be_mapped_read_only_through_a_writable_descriptor() {
    let file = one_page();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    let mapped = Bytes::read_only(&file, page_size());
    match mapped {
        // Some older kernels have the change too (6.1.176 of Debian 12, for example). The first ones of
        // 6.12 lost it, by the history of the sources.
        Err(error)
            if !kernel_at_least(6, 7) || !kernel_at_least(6, 13) && kernel_at_least(6, 12) =>
        {
            assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        }
        mapped => assert_eq!(mapped.unwrap().load(0), 0),
    }
}

/// Sealing against writing fails with `EBUSY` while a process maps the file shared and writable.
///
/// - call: `fcntl(F_ADD_SEALS)`, error
/// - source: fcntl(2), File Sealing (F_SEAL_WRITE)
/// - level: Linux
#[test]
fn sealing_against_writing_fails_with_ebusy_while_a_process_maps_the_file_shared_and_writable() {
    let file = one_page();
    // SAFETY: no process shortens this test's own file or stores to it.
    let private = unsafe { memmap2::MmapOptions::new().map_copy(&file) }.unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let mut other = second(path.as_ref());
    assert_eq!(errno(seal(&file, SealFlag::F_SEAL_WRITE)), Errno::EBUSY, "in another process");
    seal(&file, SealFlag::F_SEAL_SHRINK).unwrap();
    assert_eq!(ask(&mut other, "unmap"), "done");
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(private.len(), page_size(), "a private writable mapping does not prevent it");
}

/// A shared read-only mapping through a writable descriptor prevents the seal against writing.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: mm/memfd.c
/// - level: observed
/// - manual says: fcntl(2): only a writable shared mapping prevents the seal against writing.
#[test]
fn a_shared_read_only_mapping_through_a_writable_descriptor_prevents_the_seal_against_writing() {
    let file = one_page();
    let bytes = Bytes::read_only(&file, page_size()).unwrap();
    let sealed = errno(seal(&file, SealFlag::F_SEAL_WRITE));
    assert_eq!(sealed, Errno::EBUSY, "mprotect could let it store");
    assert_eq!(bytes.load(0), 0);
    let file = one_page();
    let reading = reopened(&file, File::options().read(true)).unwrap();
    let bytes = Bytes::read_only(&reading, page_size()).unwrap();
    seal(&file, SealFlag::F_SEAL_WRITE).unwrap();
    assert_eq!(bytes.load(0), 0, "through a descriptor for reading it is not");
}

/// A seal against future writing still lets an old mapping store.
///
/// - call: `fcntl(F_ADD_SEALS)`, edge
/// - source: fcntl(2), File Sealing (F_SEAL_FUTURE_WRITE)
/// - level: Linux
#[test]
fn a_seal_against_future_writing_still_lets_an_old_mapping_store() {
    let file = one_page();
    let old = Bytes::of(&file, page_size()).unwrap();
    seal(&file, SealFlag::F_SEAL_FUTURE_WRITE).unwrap();
    old.store(0, 42);
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [42], "the old mapping");
    assert_eq!(errno(Bytes::of(&file, page_size())), Errno::EPERM, "a new one");
    assert_eq!(errno(file.write_at(&[1], 0)), Errno::EPERM, "write");
}
