//! A private store: this mapping has it, and nobody else.

use std::ffi::CString;
use std::fs::{File, FileTimes};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::time::{Duration, UNIX_EPOCH};

use common::page_size;
use course::{Program, file_system, undisturbed};
use lesson_4_private_mappings::{PrivateView, sys::Bare};
use memmap2::{MmapOptions, MmapRaw};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::{Lettered, READ, READ_WRITE, dirty_pages, errno};

#[test]
fn a_private_store_never_reaches_the_file() {
    let letters = Lettered::new(2);
    let view = letters.view(2);
    view.store(0, b"HELLO");
    view.store(2 * page_size() - 5, b"WORLD");
    assert_eq!(view.text(0, 6), "HELLOa");
    assert_eq!(letters.text(0, 6), "aaaaaa");
    assert_eq!(letters.text(2 * page_size() - 5, 5), "bbbbb");
}

#[test]
fn a_private_store_leaves_the_times_of_the_file_alone() {
    let letters = Lettered::new(1);
    let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let times = FileTimes::new().set_modified(long_ago);
    letters.file.set_times(times).unwrap();
    let view = letters.view(1);
    view.store(0, b"A");
    let modified = || letters.file.metadata().unwrap().modified().unwrap();
    assert_eq!(modified(), long_ago);
    // The same store through a shared mapping changes it: the clock would have told.
    letters.bare(1, READ_WRITE, libc::MAP_SHARED).unwrap().store(0, b'S');
    assert!(modified() > long_ago);
}

#[test]
fn a_private_store_leaves_nothing_to_be_written_to_the_disk() {
    undisturbed(|| {
        let letters = Lettered::new(1);
        letters.file.sync_all().unwrap();
        letters.view(1).store(0, b"A");
        assert_eq!(dirty_pages(&letters.file), 0, "after a private store");
        let shared = letters.bare(1, READ_WRITE, libc::MAP_SHARED).unwrap();
        shared.store(0, b'S');
        let control = dirty_pages(&letters.file);
        match file_system(&letters.path) {
            "tmpfs" | "overlayfs" => {
                assert_eq!(control, 0, "here cachestat sees no store at all");
                Some(())
            }
            _ => (control >= 1).then_some(()),
        }
    });
}

#[test]
fn a_private_store_is_seen_by_no_other_mapping() {
    let letters = Lettered::new(1);
    let (view, other) = (letters.view(1), letters.view(1));
    let shared = letters.bare(1, READ_WRITE, libc::MAP_SHARED).unwrap();
    other.load(0); // Its page is in the page table already.
    view.store(0, b"A");
    assert_eq!(view.text(0, 1), "A");
    assert_eq!(other.text(0, 1), "a", "another private mapping, in this very process");
    assert_eq!(shared.load(0), b'a', "a shared mapping");
    assert_eq!(letters.view(1).text(0, 1), "a", "a mapping made afterwards");
}

#[test]
fn a_private_store_is_not_seen_by_another_process() {
    let letters = Lettered::new(1);
    let view = letters.view(1);
    view.store(0, b"HELLO");
    let program = env!("CARGO_BIN_EXE_lesson-4-private-mappings");
    let arguments = ["neighbour".as_ref(), letters.path.as_os_str()];
    let mut other = Program::new(program, arguments).start();
    other.tell("see 0 5");
    assert_eq!(other.hear(), "aaaaa");
    other.tell("write 0 12345");
    assert_eq!(other.hear(), "done");
    assert_eq!(view.text(0, 5), "HELLO", "nor does its write reach the copied page");
    assert_eq!(other.end().code, Some(0));
}

#[test]
fn msync_of_a_private_mapping_succeeds_and_writes_nothing() {
    let letters = Lettered::new(1);
    let view = letters.view(1);
    view.store(0, b"A");
    view.flush().unwrap();
    assert_eq!(letters.text(0, 1), "a");
    assert_eq!(view.text(0, 1), "A");
}

#[test]
fn unmapping_a_private_mapping_loses_its_stores() {
    let letters = Lettered::new(1);
    let view = letters.view(1);
    view.store(0, b"A");
    assert_eq!(view.text(0, 1), "A");
    drop(view);
    assert_eq!(letters.view(1).text(0, 1), "a");
    assert_eq!(letters.text(0, 1), "a");
}

#[test]
fn a_private_page_is_saved_only_by_a_write_of_ones_own() {
    let letters = Lettered::new(1);
    let view = letters.view(1);
    view.store(0, b"A");
    assert_eq!(letters.text(0, 2), "aa");
    letters.write(0, &view.text(0, page_size()));
    assert_eq!(letters.text(0, 2), "Aa");
}

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
