//! Five ways to read a message from shared memory: three wrong, two right.
//!
//! # Safety
//! The one unsafe function called here, `volatile::lengths`, requires that no process stores to the
//! first byte during its two loads. The second process stores only between the loads, when it is
//! told to, and it has stored when it answers.
#![expect(unsafe_code, reason = "the volatile rung's contract is the caller's to keep")]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::scratch;
use lesson_2_shared_access::sealed::{memory_file, seal, slice_of};
use lesson_2_shared_access::slice::{CAPACITY, message};
use lesson_2_shared_access::twice::Lengths;
use lesson_2_shared_access::{Bytes, copy, diskless, twice, volatile};
use memmap2::{Mmap, MmapOptions};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, OFlag, SealFlag, fallocate};
use nix::sys::stat::Mode;

use crate::{ask, new_file, second};

/// A memfd with the message "warm".
fn warm() -> File {
    let file = memory_file("warm").unwrap();
    file.set_len(CAPACITY as u64).unwrap();
    file.write_all_at(b"\x04warm", 0).unwrap();
    file
}

/// Two searches of the same bytes may find a text, and then none.
///
/// - call: plain loads and stores, edge
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: POSIX
#[test]
fn two_searches_of_the_same_bytes_may_find_a_text_and_then_none() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, CAPACITY).unwrap();
    file.write_all_at(b"\x04warm", 0).unwrap();
    let mut other = second(&scratch.path().join("file"));
    let before = bytes.copy();
    assert_eq!(message(&before), Some("warm"));
    assert_eq!(ask(&mut other, "store 1 255"), "done");
    assert_eq!(message(&bytes.copy()), None, "the memory has changed");
    assert_eq!(message(&before), Some("warm"), "the copy has not");
}

/// Two atomic loads of one length may return two different lengths.
///
/// - call: atomics, edge
/// - source: lesson 2, src/twice.rs
/// - level: observed
#[test]
fn two_atomic_loads_of_one_length_may_return_two_different_lengths() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, CAPACITY).unwrap();
    file.write_all_at(b"\x04warm", 0).unwrap();
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(twice::lengths(&bytes, || ()), Lengths { checked: 4, used: Some(4) });
    let lengths = twice::lengths(&bytes, || assert_eq!(ask(&mut other, "store 0 200"), "done"));
    assert_eq!(lengths, Lengths { checked: 4, used: Some(200) });
    assert_eq!(twice::lengths(&bytes, || ()), Lengths { checked: 200, used: None }, "refused");
}

/// Two volatile loads of one length may return two different lengths.
///
/// - call: plain loads and stores, edge
/// - source: lesson 2, src/volatile.rs
/// - level: observed
#[test]
fn two_volatile_loads_of_one_length_may_return_two_different_lengths() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, CAPACITY).unwrap();
    file.write_all_at(b"\x04warm", 0).unwrap();
    let mut other = second(&scratch.path().join("file"));
    // SAFETY: nobody stores to the first byte now.
    let undisturbed = unsafe { volatile::lengths(&bytes, || ()) };
    assert_eq!(undisturbed, Lengths { checked: 4, used: Some(4) });
    let hand_over = || assert_eq!(ask(&mut other, "store 0 200"), "done");
    // SAFETY: the other process stores only when asked, and has stored when it answers.
    let lengths = unsafe { volatile::lengths(&bytes, hand_over) };
    assert_eq!(lengths, Lengths { checked: 4, used: Some(200) });
}

/// A reader that copies first uses the length that it checked.
///
/// - call: plain loads and stores, success
/// - source: lesson 2, src/copy.rs
/// - level: observed
#[test]
fn a_reader_that_copies_first_uses_the_length_that_it_checked() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, CAPACITY).unwrap();
    file.write_all_at(b"\x04warm", 0).unwrap();
    let mut other = second(&scratch.path().join("file"));
    let mut checked = None;
    let text = copy::text(&bytes, |length| {
        checked = Some(length);
        assert_eq!(ask(&mut other, "store 0 200"), "done");
    });
    assert_eq!(checked, Some(4));
    assert_eq!(text.as_deref(), Some("warm"), "the length that was checked");
    assert_eq!(copy::text(&bytes, |_| ()), None, "the next message does not fit");
    assert_eq!(ask(&mut other, "store 0 4"), "done");
    assert_eq!(ask(&mut other, "store 1 255"), "done");
    assert_eq!(copy::text(&bytes, |_| ()), None, "255 is in no text");
}

/// `map_if_safe` accepts a memfd only if it is sealed against shrinking and writing.
///
/// - call: the crate memmap2, success
/// - source: memmap2 0.9.12, src/unix.rs
/// - level: observed
#[test]
fn map_if_safe_accepts_a_memfd_only_if_it_is_sealed_against_shrinking_and_writing() {
    let accepted = |seals: SealFlag| {
        let file = warm();
        seal(&file, seals).unwrap();
        slice_of(&file).map(|slice| message(&slice).map(String::from))
    };
    let (shrink, write) = (SealFlag::F_SEAL_SHRINK, SealFlag::F_SEAL_WRITE);
    assert_eq!(accepted(shrink | write).unwrap().as_deref(), Some("warm"));
    let future = SealFlag::F_SEAL_FUTURE_WRITE;
    for less in [SealFlag::empty(), shrink, write, shrink | SealFlag::F_SEAL_GROW, shrink | future]
    {
        let refusal = accepted(less).unwrap_err().to_string();
        assert!(refusal.contains("missing seals"), "{less:?}: {refusal}");
    }
}

/// `map_if_safe` refuses ordinary files, shared memory objects, and bytes past the end.
///
/// - call: the crate memmap2, edge
/// - source: memmap2 0.9.12, src/unix.rs
/// - level: observed
/// - holds: everywhere
#[test]
fn map_if_safe_refuses_ordinary_files_shared_memory_objects_and_bytes_past_the_end() {
    let scratch = scratch();
    let refusal = |file: &File| Mmap::map_if_safe(file).expect_err("a refusal").to_string();
    let regular = refusal(&new_file(&scratch, "file", 1));
    // Every file on tmpfs has one seal: the one against sealing.
    let on_tmpfs = course::file_system(scratch.path()) == "tmpfs";
    let why = if on_tmpfs { "missing seals" } else { "not a memfd and it has no fs-verity" };
    assert!(regular.contains(why), "{regular}");

    let name = scratch.object("object");
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let object = diskless::open_object(&name, flags, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    diskless::remove_object(&name).unwrap();
    object.set_len(page_size() as u64).unwrap();
    assert!(refusal(&object).contains("missing seals"), "{}", refusal(&object));

    let sealed = warm();
    seal(&sealed, SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_WRITE).unwrap();
    let longer = MmapOptions::new().len(CAPACITY + 1).map_if_safe(&sealed);
    assert!(longer.expect_err("a refusal").to_string().contains("exceeds the size"));
}

/// No process can change the bytes of a memfd that is sealed against shrinking and writing.
///
/// - call: `fcntl(F_ADD_SEALS)`, success
/// - source: fcntl(2), File Sealing
/// - level: Linux
#[test]
fn no_process_can_change_the_bytes_of_a_memfd_that_is_sealed_against_shrinking_and_writing() {
    let file = warm();
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let mut other = second(path.as_ref());
    assert_eq!(ask(&mut other, "store 1 87"), "done", "before: W");
    assert_eq!(ask(&mut other, "unmap"), "done");
    seal(&file, SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_WRITE).unwrap();
    let slice = slice_of(&file).unwrap();
    for order in ["write 1 255", "map", "truncate 0"] {
        assert_eq!(ask(&mut other, order), "EPERM", "{order}");
    }
    let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    assert_eq!(fallocate(&file, hole, 0, CAPACITY as libc::off_t), Err(Errno::EPERM), "a hole");
    // As a debugger writes to memory that its program may only load from.
    let memory = File::options().write(true).open("/proc/self/mem").unwrap();
    let refused = memory.write_at(&[255], slice.as_ptr().addr() as u64 + 1).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EIO), "through /proc/self/mem");
    assert_eq!(message(&slice), Some("Warm"));
}
