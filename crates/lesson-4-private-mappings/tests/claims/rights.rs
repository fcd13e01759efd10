//! Who may store privately: whoever may read.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use common::page_size;
use lesson_4_private_mappings::{PrivateView, sys::Bare};
use memmap2::{MmapOptions, MmapRaw};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::{Lettered, READ, READ_WRITE, errno};

#[test]
fn a_descriptor_open_for_reading_only_is_enough_to_store_privately() {
    let letters = Lettered::new(1);
    let read_only = File::open(&letters.path).unwrap();
    let shared = MmapRaw::map_raw(&read_only);
    assert_eq!(errno(shared), Some(libc::EACCES), "a shared writable mapping is refused");
    let view = PrivateView::of(&read_only, page_size()).unwrap();
    view.store(0, b"A");
    assert_eq!((view.text(0, 1), letters.text(0, 1)), ("A".into(), "a".into()));
}

#[test]
fn a_private_mapping_of_a_read_only_descriptor_may_become_writable() {
    let letters = Lettered::new(1);
    let read_only = File::open(&letters.path).unwrap();
    let map = |flags| Bare::map(page_size(), READ, flags, read_only.as_raw_fd()).unwrap();
    let (private, shared) = (map(libc::MAP_PRIVATE), map(libc::MAP_SHARED));
    assert_eq!(errno(shared.protect(READ_WRITE)), Some(libc::EACCES));
    private.protect(READ_WRITE).unwrap();
    private.store(0, b'A');
    assert_eq!((private.load(0), letters.text(0, 1)), (b'A', "a".into()));
}

#[test]
fn a_file_sealed_against_writing_can_be_edited_privately() {
    let name = CString::new("sealed").unwrap();
    let memory = memfd_create(name.as_c_str(), MFdFlags::MFD_ALLOW_SEALING).unwrap();
    let memory = File::from(memory);
    memory.write_all_at(&vec![b'a'; page_size()], 0).unwrap();
    fcntl(&memory, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE)).unwrap();
    let shared = MmapOptions::new().map_raw(&memory);
    assert_eq!(errno(shared), Some(libc::EPERM), "a shared writable mapping is refused");
    let view = PrivateView::of(&memory, page_size()).unwrap();
    view.store(0, b"A");
    let mut byte = [0];
    memory.read_exact_at(&mut byte, 0).unwrap();
    assert_eq!((view.text(0, 1), byte), ("A".into(), [b'a']));
}
