//! The errors that msync's arguments cause, and what has happened by then.

use common::page_size;
use course::{Ended, errno, scratch, undisturbed};
use lesson_3_msync::{Instruments, MappedFile, msync};
use nix::errno::Errno;
use nix::unistd::{SysconfVar, sysconf};

use crate::{scenario, second};

/// A mapped page, and where it is.
fn page() -> (common::Scratch, MappedFile, usize) {
    let scratch = scratch();
    let sample = MappedFile::new(&scratch.path().join("file"), 1).unwrap();
    let start = sample.memory.address();
    (scratch, sample, start)
}

/// Runs a scenario that counts what is left dirty, until its control was left alone.
fn undisturbed_scenario(name: &str) -> (Ended, Instruments) {
    undisturbed(|| {
        let scratch = scratch();
        let ended = scenario(name, &scratch).run();
        let instruments = Instruments::beside(scratch.path()).unwrap();
        (ended.value("stored") == "8" && ended.value("control") == "8")
            .then_some((ended, instruments))
    })
}

/// `msync` of an address inside a page fails with `EINVAL`, even with length 0.
///
/// - call: `msync`, error
/// - source: msync(2), ERRORS (EINVAL)
/// - level: Linux
#[test]
fn msync_of_an_address_inside_a_page_fails_with_einval_even_with_length_0() {
    let (_scratch, _specimen, start) = page();
    assert_eq!(errno(msync(start + 1, 1, libc::MS_SYNC)), Errno::EINVAL);
    assert_eq!(errno(msync(start + 1, 0, libc::MS_SYNC)), Errno::EINVAL);
    msync(start, 1, libc::MS_SYNC).unwrap();
}

/// `msync` with an unknown flag fails with `EINVAL`.
///
/// - call: `msync`, error
/// - source: msync(2), ERRORS (EINVAL)
/// - level: POSIX
#[test]
fn msync_with_an_unknown_flag_fails_with_einval() {
    let (_scratch, _specimen, start) = page();
    for unknown in [8, 0x100, -1, libc::MS_SYNC | 8] {
        assert_eq!(errno(msync(start, 1, unknown)), Errno::EINVAL, "{unknown:#x}");
    }
    msync(start, 1, libc::MS_SYNC).expect("a known one");
}

/// `MS_SYNC` together with `MS_ASYNC` fails with `EINVAL`.
///
/// - call: `msync`, error
/// - source: msync(2), ERRORS (EINVAL)
/// - level: POSIX
#[test]
fn ms_sync_together_with_ms_async_fails_with_einval() {
    let (_scratch, _specimen, start) = page();
    assert_eq!(errno(msync(start, 1, libc::MS_SYNC | libc::MS_ASYNC)), Errno::EINVAL);
    for alone in [libc::MS_SYNC, libc::MS_ASYNC] {
        msync(start, 1, alone).expect("each alone");
    }
}

/// `msync` of a range that is not mapped, wraps around or belongs to the kernel fails with
/// `ENOMEM`.
///
/// - call: `msync`, error
/// - source: msync(2), ERRORS (ENOMEM)
/// - level: POSIX
#[test]
fn msync_of_a_range_that_is_not_mapped_wraps_around_or_belongs_to_the_kernel_fails_with_enomem() {
    let (_scratch, _specimen, start) = page();
    let below_all = page_size(); // Nothing is mapped there.
    let (last_page, longest) = (usize::MAX - page_size() + 1, usize::MAX - page_size() + 1);
    for (address, length) in [(below_all, 1), (last_page - page_size(), 1), (start, longest)] {
        for flags in [libc::MS_SYNC, libc::MS_ASYNC, libc::MS_INVALIDATE, 0] {
            assert_eq!(errno(msync(address, length, flags)), Errno::ENOMEM, "{address:#x}");
        }
    }
}

/// `msync` with a length that is 0, or rounds up to 0, succeeds at any page and writes nothing.
///
/// - call: `msync`, edge
/// - source: mm/msync.c
/// - level: observed
#[test]
fn msync_with_a_length_that_is_0_or_rounds_up_to_0_succeeds_at_any_page_and_writes_nothing() {
    undisturbed(|| {
        let pair = crate::Pair::stored();
        let nothing_mapped = page_size(); // Nothing is mapped there.
        for address in [pair.sample.memory.address(), nothing_mapped] {
            msync(address, 0, libc::MS_SYNC).unwrap();
            msync(address, usize::MAX, libc::MS_SYNC).unwrap();
        }
        pair.left(8)
    });
}

/// With a gap in the range, `MS_SYNC` writes both sides and fails with `ENOMEM`.
///
/// - call: `msync`, error
/// - source: msync(2), ERRORS (ENOMEM); mm/msync.c
/// - level: observed
/// - manual says: msync(2): `ENOMEM` for a gap. It does not say that both sides are written.
#[test]
fn with_a_gap_in_the_range_ms_sync_writes_both_sides_and_fails_with_enomem() {
    let (ended, instruments) = undisturbed_scenario("gap");
    assert_eq!((ended.value("MS_ASYNC"), ended.value("after-MS_ASYNC")), ("ENOMEM", "8"));
    assert_eq!(ended.value("MS_SYNC"), "ENOMEM");
    let (_, left) = instruments.expected(instruments.left_by_a_part(2), 8); // The two pages in the gap.
    assert_eq!(ended.value("after-MS_SYNC"), left.to_string());
}

/// `MS_INVALIDATE` over pages that `mlock` has locked fails with `EBUSY`, with `MS_SYNC` or
/// `MS_ASYNC` too.
///
/// - call: `msync`, error
/// - source: msync(2), ERRORS (EBUSY)
/// - level: POSIX
#[test]
fn ms_invalidate_over_pages_that_mlock_has_locked_fails_with_ebusy_with_ms_sync_or_ms_async_too() {
    let ended = scenario("locked", &scratch()).run();
    for call in ["alone", "with-MS_ASYNC", "with-MS_SYNC"] {
        assert_eq!(ended.value(call), "EBUSY", "{call}");
    }
    assert_eq!(ended.value("MS_SYNC"), "0", "without MS_INVALIDATE");
    assert_eq!(ended.value("before-the-lock"), "0", "of the pages before it");
}

/// If `MS_SYNC` with `MS_INVALIDATE` fails with `EBUSY`, it has written the pages before the locked
/// page.
///
/// - call: `msync`, error
/// - source: mm/msync.c
/// - level: observed
#[test]
fn if_ms_sync_with_ms_invalidate_fails_with_ebusy_it_has_written_the_pages_before_the_locked_page()
{
    let (ended, instruments) = undisturbed_scenario("locked");
    assert_eq!(ended.value("with-MS_SYNC"), "EBUSY");
    let (_, left) = instruments.expected(instruments.left_by_a_part(5), 8); // Page 3, and those after it.
    assert_eq!(ended.value("left"), left.to_string());
}

/// `MS_INVALIDATE` fails with `EBUSY` only for locks of the same mapping.
///
/// - call: `msync`, edge
/// - source: mm/msync.c
/// - level: observed
#[test]
fn ms_invalidate_fails_with_ebusy_only_for_locks_of_the_same_mapping() {
    let ended = scenario("locked", &scratch()).run();
    assert_eq!(ended.value("through-another-mapping"), "0");
    assert_eq!(ended.value("alone"), "EBUSY", "through the mapping that is locked");

    let (_scratch, sample, _) = page();
    let mut locker = second("locker", &sample.path).start();
    assert_eq!(locker.hear(), "locked");
    sample.msync(libc::MS_SYNC | libc::MS_INVALIDATE).unwrap();
}

/// `sysconf` reports that `MS_SYNC` is supported.
///
/// - call: `sysconf`, success
/// - source: msync(2), STANDARDS
/// - level: Linux (optional in POSIX)
#[test]
fn sysconf_reports_that_ms_sync_is_supported() {
    assert!(sysconf(SysconfVar::_POSIX_SYNCHRONIZED_IO).unwrap() > Some(0));
    assert!(sysconf(SysconfVar::_POSIX_MAPPED_FILES).unwrap() > Some(0));
}
