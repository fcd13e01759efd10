//! The end of a mapping, and `mremap`.

use std::fs;

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::{MmapCall, unmap_nonsense};
use nix::sys::signal::Signal;

use crate::{file_of, scenario};

/// `munmap` removes every page that its range touches.
///
/// - call: `munmap`, success
/// - source: mmap(2), DESCRIPTION (munmap)
/// - level: POSIX
#[test]
fn munmap_removes_every_page_that_its_range_touches() {
    // Three mappings; the middle one has other permissions.
    let ended = scenario("munmap-ranges", &scratch()).run();
    assert_eq!(ended.value("before"), "mapped mapped mapped");
    assert_eq!(ended.value("one-byte"), "mapped gap mapped");
    assert_eq!(ended.value("page-and-byte"), "gap gap mapped");
}

/// `munmap` in the middle of a mapping leaves two mappings.
///
/// - call: `munmap`, success
/// - source: mmap(2), ERRORS (ENOMEM)
/// - level: Linux
#[test]
fn munmap_in_the_middle_of_a_mapping_leaves_two_mappings() {
    let ended = scenario("munmap-ranges", &scratch()).run();
    assert_eq!((ended.value("pieces-before"), ended.value("pieces-after")), ("1", "2"));
}

/// `munmap` of addresses that are not mapped succeeds.
///
/// - call: `munmap`, success
/// - source: mmap(2), DESCRIPTION (munmap)
/// - level: POSIX
#[test]
fn munmap_of_addresses_that_are_not_mapped_succeeds() {
    assert_eq!(scenario("munmap-twice", &scratch()).run().value("twice"), "success");
}

/// After `munmap` of one page, an access to that page is `SIGSEGV`, and the page beside it can be
/// used.
///
/// - call: `munmap`, edge
/// - source: mmap(2), DESCRIPTION (munmap)
/// - level: POSIX
#[test]
fn after_munmap_of_one_page_an_access_to_that_page_is_sigsegv_and_the_page_beside_it_can_be_used() {
    for name in ["load-after-munmap", "store-after-munmap"] {
        let ended = scenario(name, &scratch()).run();
        assert_eq!((ended.value("before"), ended.value("first-page")), ("0", "0"), "{name}");
        assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{name}: {ended:?}");
        assert!(!ended.stdout.contains("second-page"), "{ended:?}");
    }
}

/// `munmap` at an address inside a page, of 0 bytes or of a length beyond the address space fails
/// with `EINVAL`.
///
/// - call: `munmap`, error
/// - source: mmap(2), ERRORS; mm/vma.c (the length)
/// - level: POSIX (an address inside a page: POSIX allows the error)
#[test]
fn munmap_at_an_address_inside_a_page_of_0_bytes_or_of_a_length_beyond_the_address_space_fails_with_einval()
 {
    let area = MmapCall::anonymous(2 * page_size()).make().unwrap();
    assert_eq!(outcome(area.unmap(1, page_size())), "EINVAL");
    assert_eq!(outcome(unmap_nonsense(area.address(), 0)), "EINVAL");
    area.store(page_size(), 1); // Still there.
    assert_eq!(outcome(unmap_nonsense(usize::MAX / 2 + 1, page_size())), "EINVAL");
    assert_eq!(outcome(unmap_nonsense(usize::MAX / 2 + 1, usize::MAX)), "EINVAL");
}

/// `munmap` fails with `ENOMEM` if splitting a mapping would exceed the limit of mappings.
///
/// - call: `munmap`, error
/// - source: mmap(2), ERRORS (ENOMEM)
/// - level: Linux
#[test]
fn munmap_fails_with_enomem_if_splitting_a_mapping_would_exceed_the_limit_of_mappings() {
    let ended = scenario("too-many-pieces", &scratch()).run();
    assert_eq!(ended.value("refused-with"), "ENOMEM");
    assert_eq!(ended.value("last-page"), "success", "unmapping the last page splits nothing");
    let number = |name| ended.value(name).parse::<usize>().unwrap();
    // Every second page was unmapped, and each gap adds one mapping.
    let (allowed, made) = (number("allowed"), number("refused-at-page") / 2);
    assert!(made <= allowed && made + 200 > allowed, "{made} of {allowed}, besides the program's");
}

/// `mremap` that may move makes a mapping longer, and if it moves, nothing is mapped at the old
/// address.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn mremap_that_may_move_makes_a_mapping_longer_and_if_it_moves_nothing_is_mapped_at_the_old_address()
 {
    let ended = scenario("enlarge", &scratch()).run();
    assert_eq!(ended.value("in-place"), "ENOMEM", "the next addresses are taken");
    assert_eq!((ended.value("may-move"), ended.value("moved")), ("success", "true"));
    assert_eq!(ended.value("old-address"), "unmapped");
    assert_eq!(ended.value("loaded"), "12");
}

/// A process that ends or is killed without `munmap` loses nothing that it stored.
///
/// - call: `munmap`, edge
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: Linux
/// - tutorials say: A process that is killed before it calls `msync` loses its stores.
#[test]
fn a_process_that_ends_or_is_killed_without_munmap_loses_nothing_that_it_stored() {
    let scratch = scratch();
    drop(file_of(&scratch, "file", b"before"));
    let program = env!("CARGO_BIN_EXE_lesson-1-mapping-a-file");
    course::Program::new(program, ["leave", "file"]).in_directory(scratch.path()).succeed();
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"leftre");

    let mut storing = scenario("store-and-wait", &scratch).start();
    assert_eq!(storing.hear(), "stored yes");
    assert_eq!(storing.kill().signal, Some(Signal::SIGKILL));
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"stored");
}
