//! The six arguments of `mmap`, and `mprotect`.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;
use lesson_1_mapping_a_file::{Mapping, offset};
use nix::sys::signal::Signal;

use crate::{file_of, pages_of, permissions, scenario, start_of};

/// With a null address the kernel chooses a page, and never page zero.
///
/// - call: `mmap`, success
/// - source: mmap(2), NOTES
/// - level: POSIX
#[test]
fn with_a_null_address_the_kernel_chooses_a_page_and_never_page_zero() {
    let scratch = scratch();
    let mapping = Mapping::of(&pages_of(&scratch, 1), 1).unwrap();
    assert_ne!(mapping.address(), 0);
    assert_eq!(mapping.address() % page_size(), 0);
}

/// `mmap` with a hint normally maps at the hint's page if the page is free.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: Linux (that the address is rounded down: observed)
#[test]
fn mmap_with_a_hint_normally_maps_at_the_hints_page_if_the_page_is_free() {
    let ended = scenario("hint-in-a-gap", &scratch()).run();
    assert_eq!(ended.value("asked-for"), "page + 123");
    assert_eq!(ended.value("got"), "page + 0");
}

/// If `mmap` gets a hint that is already mapped, it maps elsewhere and keeps the earlier mapping.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: Linux
#[test]
fn if_mmap_gets_a_hint_that_is_already_mapped_it_maps_elsewhere_and_keeps_the_earlier_mapping() {
    let scratch = scratch();
    let file = file_of(&scratch, "new", b"new");
    let old = MmapCall::anonymous(page_size()).make().unwrap();
    old.store(0, b'o');
    let new = MmapCall { addr: old.address(), ..MmapCall::shared(&file, 3) }.make().unwrap();
    assert_ne!(new.address(), old.address());
    assert_eq!((old.load(0), start_of(&new, 3)), (b'o', b"new".to_vec()));
}

/// The offset must be a multiple of the page size; to map from another byte, round it down and add
/// the rest to the address.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION; mmap(2), EXAMPLES
/// - level: Linux (POSIX allows the error)
#[test]
fn the_offset_must_be_a_multiple_of_the_page_size_to_map_from_another_byte_round_it_down_and_add_the_rest_to_the_address()
 {
    let scratch = scratch();
    let file = pages_of(&scratch, 3);
    let page = page_size();
    for at in [0, 1, page - 3, page - 1, page, page + 1, 2 * page + 17] {
        let (mapping, skipped) = offset::around(&file, at as u64, 6).unwrap();
        assert_eq!((at - skipped) % page, 0);
        mapping.store(skipped, b"needle");
        let mut read = vec![0; 3 * page_size()];
        file.read_exact_at(&mut read, 0).unwrap();
        let mut expected = vec![b'.'; 3 * page_size()];
        expected[at..][..6].copy_from_slice(b"needle");
        assert!(read == expected, "at {at}");
        mapping.store(skipped, b"......");
        let offset = libc::off_t::try_from(at).unwrap();
        let unaligned = crate::errno_of(MmapCall { offset, ..MmapCall::shared(&file, 6) });
        assert_eq!(unaligned, if at % page == 0 { "success" } else { "EINVAL" }, "at {at}");
    }
}

/// Mapping, loading and storing never move the file offset.
///
/// - call: `mmap`, success
/// - source: mm/mmap.c
/// - level: observed
#[test]
fn mapping_loading_and_storing_never_move_the_file_offset() {
    let scratch = scratch();
    let mut file = pages_of(&scratch, 2);
    file.seek(SeekFrom::Start(7)).unwrap();
    let mapping = Mapping::of(&file, 2 * page_size()).unwrap();
    mapping.store(page_size(), &mapping.load(0, 10));
    assert_eq!(file.stream_position().unwrap(), 7);
}

/// A later `chmod` changes nothing for a mapping or an open descriptor.
///
/// - call: `mmap`, edge
/// - source: mmap(2), ERRORS (EACCES)
/// - level: POSIX
#[test]
fn a_later_chmod_changes_nothing_for_a_mapping_or_an_open_descriptor() {
    let scratch = scratch();
    // Root may open every file, so an ordinary user makes the file and maps it.
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let ended = scenario("map-after-chmod", &scratch).as_ordinary_user().run();
    assert_eq!(ended.value("new-open"), "EACCES", "the permissions are gone");
    assert_eq!(ended.value("new-mmap"), "success", "the descriptor is open for both");
    assert_eq!(ended.value("loaded"), "stored");
    assert_eq!(ended.value("read"), "stored");
}

/// On x86 a mapping with only `PROT_WRITE` can be loaded from.
///
/// - call: `mmap`, edge
/// - source: mmap(2), NOTES
/// - level: Linux
/// - tutorials say: `PROT_WRITE` alone is enough for a mapping, on every machine.
/// - article says: A mapping with only `PROT_WRITE` is enough for `sprintf`.
#[test]
fn on_x86_a_mapping_with_only_prot_write_can_be_loaded_from() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", b"file");
    let area = MmapCall { prot: libc::PROT_WRITE, ..MmapCall::shared(&file, 4) }.make().unwrap();
    assert_eq!(permissions(&area), "-w-s", "the kernel's list has no permission to load");
    if cfg!(any(target_arch = "x86_64", target_arch = "x86")) {
        assert_eq!(start_of(&area, 4), b"file", "a load works, because the processor allows it");
    }
}

/// A load with `PROT_NONE` or a store without `PROT_WRITE` is `SIGSEGV`.
///
/// - call: SIGBUS and SIGSEGV, error
/// - source: mmap(2), ERRORS (SIGSEGV)
/// - level: POSIX
#[test]
fn a_load_with_prot_none_or_a_store_without_prot_write_is_sigsegv() {
    let scratch = scratch();
    let ended = scenario("load-without-rights", &scratch).run();
    assert_eq!(ended.value("mapped"), "yes");
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");

    let ended = scenario("store-without-rights", &scratch).run();
    assert_eq!(ended.value("loaded"), "0");
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");
    let file = fs::read(scratch.path().join("read-only")).unwrap();
    assert!(file.iter().all(|byte| *byte == 0), "the file is unchanged");
}

/// A page without `PROT_EXEC` can be loaded from but not executed (`SIGSEGV`).
///
/// - call: `mmap`, edge
/// - source: mmap(2), NOTES (depends on the architecture)
/// - level: observed
#[test]
fn a_page_without_prot_exec_can_be_loaded_from_but_not_executed_sigsegv() {
    let ended = scenario("run-instructions", &scratch()).run();
    assert_eq!((ended.value("with-exec"), ended.value("loaded")), ("returned", "true"));
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");
    assert!(!ended.stdout.contains("without-exec"), "{ended:?}");
}

/// `mprotect` removes and restores the permissions of whole pages.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), DESCRIPTION
/// - level: POSIX
#[test]
fn mprotect_removes_and_restores_the_permissions_of_whole_pages() {
    let ended = scenario("load-after-mprotect", &scratch()).run();
    assert_eq!((ended.value("given-back"), ended.value("second-page")), ("1", "0"));
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");
    assert!(!ended.stdout.contains("first-page"), "{ended:?}");
    let area = MmapCall::anonymous(2 * page_size()).make().unwrap();
    assert_eq!(outcome(area.protect(1, page_size(), libc::PROT_READ)), "EINVAL", "unaligned");
}

/// `mprotect` that adds `PROT_WRITE` to a mapping of a read-only descriptor fails with `EACCES` if
/// it is shared, and succeeds if it is private.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS (EACCES)
/// - level: POSIX
#[test]
fn mprotect_that_adds_prot_write_to_a_mapping_of_a_read_only_descriptor_fails_with_eacces_if_it_is_shared_and_succeeds_if_it_is_private()
 {
    let scratch = scratch();
    drop(pages_of(&scratch, 1));
    let read_only = File::open(scratch.path().join("pages")).unwrap();
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&read_only, page_size()) };
    let both = libc::PROT_READ | libc::PROT_WRITE;
    let shared = call.make().unwrap();
    assert_eq!(outcome(shared.protect(0, page_size(), both)), "EACCES");
    let private = MmapCall { flags: libc::MAP_PRIVATE, ..call }.make().unwrap();
    assert_eq!(outcome(private.protect(0, page_size(), both)), "success", "a private mapping");
}

/// Memory without a file begins as zeros and ignores the descriptor.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_ANONYMOUS)
/// - level: Linux
#[test]
fn memory_without_a_file_begins_as_zeros_and_ignores_the_descriptor() {
    let call = MmapCall::anonymous(page_size());
    assert_eq!(call.fd, -1);
    for fd in [-1, i32::MAX] {
        let area = MmapCall { fd, ..call }.make().unwrap();
        assert!((0..page_size()).all(|offset| area.load(offset) == 0), "{fd}");
    }
}

/// Seeking to 257 and writing one byte makes a file of 258 bytes.
///
/// - call: `lseek`, success
/// - source: lseek(2), DESCRIPTION
/// - level: POSIX
/// - tutorials say: To make a file of 257 bytes, seek to byte 257 and write one byte.
/// - article says: `lseek` to `0x100 + 1` and one written byte make a file of 256 bytes.
#[test]
fn seeking_to_257_and_writing_one_byte_makes_a_file_of_258_bytes() {
    let scratch = scratch();
    let mut file = file_of(&scratch, "sought", b"");
    file.seek(SeekFrom::Start(0x100 + 1)).unwrap();
    file.write_all(&[0]).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 258);
}
