//! `munmap`.

use course::scratch;

use crate::scenario;

/// An access to an unmapped page is `SIGSEGV` with the code `SEGV_MAPERR` and the byte's address.
///
/// - call: `munmap`, success
/// - source: mmap(2), DESCRIPTION (munmap); sigaction(2), The siginfo_t argument to a SA_SIGINFO
///   handler
/// - level: POSIX
#[test]
fn an_access_to_an_unmapped_page_is_sigsegv_with_the_code_segv_maperr_and_the_bytes_address() {
    let ended = scenario("munmap-faults", &scratch()).run();
    for access in ["load", "store"] {
        assert_eq!(ended.value(access), "SIGSEGV SEGV_MAPERR at the byte", "{access}");
    }
}

/// `munmap` of a range with a gap succeeds (returns 0) and unmaps the pages on both sides of the
/// gap.
///
/// - call: `munmap`, success
/// - source: mmap(2), DESCRIPTION (munmap)
/// - level: POSIX
#[test]
fn munmap_of_a_range_with_a_gap_succeeds_returns_0_and_unmaps_the_pages_on_both_sides_of_the_gap() {
    let ended = scenario("munmap-across-a-gap", &scratch()).run();
    assert_eq!(ended.value("before"), "[true, false, true, true]");
    assert_eq!(ended.value("munmap"), "success");
    assert_eq!(ended.value("after"), "[false, false, false, true]", "and no other page");
}

/// After one thread has called `munmap`, an access by another thread of the process is `SIGSEGV`.
///
/// - call: `munmap`, edge
/// - source: mmap(2), DESCRIPTION (munmap)
/// - level: POSIX
#[test]
fn after_one_thread_has_called_munmap_an_access_by_another_thread_of_the_process_is_sigsegv() {
    let ended = scenario("munmap-by-a-thread", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("mapped")), ("no signal", "false"));
    assert_eq!(ended.value("after"), "SIGSEGV SEGV_MAPERR at the byte");
}
