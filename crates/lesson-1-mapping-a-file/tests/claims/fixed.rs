//! Addresses that are mandatory: `MAP_FIXED` and `MAP_FIXED_NOREPLACE`.

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::{Area, MmapCall};

use crate::{errno_of, file_of, pages_of, scenario};

/// `MAP_FIXED` replaces what is at the address and reports success.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn map_fixed_replaces_what_is_at_the_address_and_reports_success() {
    let scratch = scratch();
    let file = file_of(&scratch, "file", &vec![b'F'; page_size()]);
    let memory = three_pages();
    memory.replace(1, MmapCall::shared(&file, page_size())).expect("no error, no warning");
    assert_eq!(letters(&memory), "MFM", "only the second page is replaced");
    memory.store(page_size(), b'S');
    assert_eq!(std::fs::read(scratch.path().join("file")).unwrap()[0], b'S', "it is the file");
}

/// `MAP_FIXED_NOREPLACE` takes a free address and fails with `EEXIST` for a taken one.
///
/// - call: `mmap`, error
/// - source: mmap(2), DESCRIPTION; mmap(2), ERRORS
/// - level: Linux
#[test]
fn map_fixed_noreplace_takes_a_free_address_and_fails_with_eexist_for_a_taken_one() {
    let scratch = scratch();
    let file = pages_of(&scratch, 3);
    let memory = three_pages();
    let flags = libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE;
    let call = MmapCall { flags, ..MmapCall::shared(&file, page_size()) };
    assert_eq!(errno_of(MmapCall { addr: memory.address() + page_size(), ..call }), "EEXIST");
    let overlapping = MmapCall { addr: memory.address(), length: 3 * page_size(), ..call };
    assert_eq!(errno_of(overlapping), "EEXIST");
    assert_eq!(letters(&memory), "MMM");

    let ended = scenario("noreplace-in-a-gap", &scratch).run();
    assert_eq!(ended.value("shared"), "success at the address");
}

/// `MAP_SHARED_VALIDATE` with `MAP_FIXED_NOREPLACE` fails with `EOPNOTSUPP`.
///
/// - call: `mmap`, error
/// - source: include/linux/mman.h
/// - level: observed
/// - manual says: mmap(2): both flags are described, and no reason not to combine them.
#[test]
fn map_shared_validate_with_map_fixed_noreplace_fails_with_eopnotsupp() {
    let ended = scenario("noreplace-in-a-gap", &scratch()).run();
    assert_eq!(ended.value("shared-validate"), "EOPNOTSUPP");
    assert_eq!(ended.value("shared"), "success at the address", "the same with MAP_SHARED");
}

/// A failed `MAP_FIXED` may already have unmapped the old pages.
///
/// - call: `mmap`, edge
/// - source: mm/vma.c
/// - level: observed
/// - manual says: mmap(2): if the address cannot be used, the call fails. It does not say that the
///   old pages may be lost.
#[test]
fn a_failed_map_fixed_may_already_have_unmapped_the_old_pages() {
    let scratch = scratch();
    drop(pages_of(&scratch, 1));
    let write_only = File::options().write(true).open(scratch.path().join("pages")).unwrap();
    let memory = three_pages();
    assert_eq!(outcome(memory.replace(1, MmapCall::shared(&write_only, page_size()))), "EACCES");
    // The area no longer owns the page, so read the byte through the kernel.
    let mut byte = [0];
    let own_memory = File::open("/proc/self/mem").unwrap();
    own_memory.read_exact_at(&mut byte, (memory.address() + page_size()) as u64).unwrap();
    assert_eq!(&byte, b"M");

    let ended = scenario("fixed-refused-late", &scratch).run();
    assert_eq!(ended.value("refused"), "EIO");
    assert_eq!(
        ended.value("left"),
        "mapped gap mapped",
        "the old page is gone although the call failed"
    );
}

/// Three pages, each with an M as its first byte.
fn three_pages() -> Area {
    let memory = MmapCall::anonymous(3 * page_size()).make().unwrap();
    (0..3).for_each(|page| memory.store(page * page_size(), b'M'));
    memory
}

fn letters(memory: &Area) -> String {
    (0..3).map(|page| char::from(memory.load(page * page_size()))).collect()
}
