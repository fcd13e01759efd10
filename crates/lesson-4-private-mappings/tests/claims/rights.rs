//! Permission to read a file is enough to store to a private mapping of it.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::errno;
use lesson_4_private_mappings::{PrivateMapping, sys::RawMapping};
use memmap2::{MmapOptions, MmapRaw};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::{Lettered, READ, READ_WRITE};

/// A file opened for reading only can be stored to in a private mapping.
///
/// - call: `mmap`, success
/// - source: mmap(2), ERRORS
/// - level: POSIX
#[test]
fn a_file_opened_for_reading_only_can_be_stored_to_in_a_private_mapping() {
    let letters = Lettered::new(1);
    let read_only = File::open(&letters.path).unwrap();
    let shared = MmapRaw::map_raw(&read_only);
    assert_eq!(errno(shared), Errno::EACCES, "a shared writable mapping is refused");
    let mapping = PrivateMapping::of(&read_only, page_size()).unwrap();
    mapping.store(0, b"A");
    assert_eq!((mapping.text(0, 1), letters.text(0, 1)), ("A".into(), "a".into()));
}

/// `mprotect` can make a private mapping of a read-only descriptor writable.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), ERRORS
/// - level: POSIX
#[test]
fn mprotect_can_make_a_private_mapping_of_a_read_only_descriptor_writable() {
    let letters = Lettered::new(1);
    let read_only = File::open(&letters.path).unwrap();
    let map = |flags| RawMapping::map(page_size(), READ, flags, read_only.as_raw_fd()).unwrap();
    let (private, shared) = (map(libc::MAP_PRIVATE), map(libc::MAP_SHARED));
    assert_eq!(errno(shared.protect(READ_WRITE)), Errno::EACCES);
    private.protect(READ_WRITE).unwrap();
    private.store(0, b'A');
    assert_eq!((private.load(0), letters.text(0, 1)), (b'A', "a".into()));
}

/// A file sealed against writing can be edited in a private mapping.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing
/// - level: Linux
#[test]
fn a_file_sealed_against_writing_can_be_edited_in_a_private_mapping() {
    let name = CString::new("sealed").unwrap();
    let memory = memfd_create(name.as_c_str(), MFdFlags::MFD_ALLOW_SEALING).unwrap();
    let memory = File::from(memory);
    memory.write_all_at(&vec![b'a'; page_size()], 0).unwrap();
    fcntl(&memory, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE)).unwrap();
    let shared = MmapOptions::new().map_raw(&memory);
    assert_eq!(errno(shared), Errno::EPERM, "a shared writable mapping is refused");
    let mapping = PrivateMapping::of(&memory, page_size()).unwrap();
    mapping.store(0, b"A");
    let mut byte = [0];
    memory.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!((mapping.text(0, 1), byte), ("A".into(), [b'a']));
}

/// A writable private mapping does not prevent sealing the file.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing
/// - level: Linux
#[test]
fn a_writable_private_mapping_does_not_prevent_sealing_the_file() {
    let name = CString::new("sealed").unwrap();
    let memory = memfd_create(name.as_c_str(), MFdFlags::MFD_ALLOW_SEALING).unwrap();
    let memory = File::from(memory);
    memory.set_len(page_size() as u64).unwrap();
    let mapping = PrivateMapping::of(&memory, page_size()).unwrap();
    let seal = || fcntl(&memory, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE)).err();
    let shared = MmapOptions::new().map_raw(&memory).unwrap();
    assert_eq!(seal(), Some(Errno::EBUSY), "a shared one does");
    drop(shared);
    assert_eq!(seal(), None);
    mapping.store(0, b"A");
    assert_eq!(mapping.text(0, 1), "A");
}
