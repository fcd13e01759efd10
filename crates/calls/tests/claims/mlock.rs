//! `mlock`, `mlock2`, `munlock`, `mlockall` and `munlockall`.

use course::{is_root, left_out, scratch};

use crate::scenario;

/// `mlock` locks every page that its range touches, and `VmLck` in `/proc/PID/status` counts
/// them.
///
/// - call: `mlock`, success
/// - source: mlock(2), DESCRIPTION; mlock(2), NOTES (Linux notes)
/// - level: Linux
#[test]
fn mlock_locks_every_page_that_its_range_touches_and_vmlck_in_proc_pid_status_counts_them() {
    let ended = scenario("mlock", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("two-bytes")), ("0 0", "2"));
    assert!(ended.value("third").starts_with("locked=false"), "{ended:?}");
}

/// After `mlock`, every page of the range is in memory, even if no process has touched it.
///
/// - call: `mlock`, success
/// - source: mlock(2), DESCRIPTION
/// - level: POSIX
#[test]
fn after_mlock_every_page_of_the_range_is_in_memory_even_if_no_process_has_touched_it() {
    let ended = scenario("mlock", &scratch()).run();
    assert_eq!(ended.value("before"), "0 0", "locked, and in memory");
    assert_eq!(ended.value("first"), "locked=true in-memory=2 of 2");
    assert_eq!(ended.value("third"), "locked=false in-memory=0 of 1");
}

/// `mlock` at an address inside a page succeeds and locks from the start of the page.
///
/// - call: `mlock`, edge
/// - source: mlock(2), NOTES (Linux notes)
/// - level: Linux (POSIX allows `EINVAL`)
#[test]
fn mlock_at_an_address_inside_a_page_succeeds_and_locks_from_the_start_of_the_page() {
    let ended = scenario("mlock", &scratch()).run();
    assert_eq!(ended.value("two-bytes"), "2", "the last byte of a page and the next byte");
}

/// `mlock` with length 0 at the start of a page succeeds and locks nothing.
///
/// - call: `mlock`, edge
/// - source: mm/mlock.c, apply_vma_lock_flags
/// - level: observed
#[test]
fn mlock_with_length_0_at_the_start_of_a_page_succeeds_and_locks_nothing() {
    let ended = scenario("mlock", &scratch()).run();
    assert_eq!(ended.value("no-bytes"), "success");
    assert_eq!((ended.value("two-bytes"), ended.value("after-no-bytes")), ("2", "2"));
}

/// `mlock` of addresses where nothing is mapped fails with `ENOMEM`.
///
/// - call: `mlock`, error
/// - source: mlock(2), ERRORS
/// - level: POSIX
#[test]
fn mlock_of_addresses_where_nothing_is_mapped_fails_with_enomem() {
    let ended = scenario("mlock-gap", &scratch()).run();
    assert_eq!((ended.value("nothing-mapped"), ended.value("locked")), ("ENOMEM", "0"));
}

/// `mlock` across a gap fails with `ENOMEM`, and the pages before the gap stay locked.
///
/// - call: `mlock`, error
/// - source: mm/mlock.c, apply_vma_lock_flags
/// - level: observed
/// - manual says: mlock(2): after an error no lock has changed.
#[test]
fn mlock_across_a_gap_fails_with_enomem_and_the_pages_before_the_gap_stay_locked() {
    let ended = scenario("mlock-gap", &scratch()).run();
    assert_eq!((ended.value("locked"), ended.value("across")), ("0", "ENOMEM"));
    assert_eq!(ended.value("locked-after-across"), "1");
    assert_eq!(ended.value("before-and-after-the-gap"), "true false");
}

/// `mlock` of memory with `PROT_NONE` fails with `ENOMEM`, and the memory counts as locked.
///
/// - call: `mlock`, error
/// - source: mm/mlock.c, do_mlock
/// - level: observed
/// - manual says: mlock(2): after an error no lock has changed.
#[test]
fn mlock_of_memory_with_prot_none_fails_with_enomem_and_the_memory_counts_as_locked() {
    let ended = scenario("mlock-no-permission", &scratch()).run();
    assert_eq!((ended.value("answer"), ended.value("locked")), ("ENOMEM", "1"));
}

/// `mlock` of pages past the end of the file fails with `ENOMEM`, and the whole range counts as
/// locked.
///
/// - call: `mlock`, error
/// - source: mm/mlock.c, do_mlock
/// - level: observed
/// - manual says: mlock(2): after an error no lock has changed.
#[test]
fn mlock_of_pages_past_the_end_of_the_file_fails_with_enomem_and_the_whole_range_counts_as_locked()
{
    let ended = scenario("mlock-past-the-end", &scratch()).run();
    assert_eq!((ended.value("first-page"), ended.value("both")), ("success", "ENOMEM"));
    assert_eq!(ended.value("locked"), "2");
}

/// `mlock` beyond `RLIMIT_MEMLOCK` fails with `ENOMEM` and locks nothing.
///
/// - call: `mlock`, error
/// - source: mlock(2), ERRORS
/// - level: POSIX
#[test]
fn mlock_beyond_rlimit_memlock_fails_with_enomem_and_locks_nothing() {
    let ended = scenario("mlock-beyond-the-limit", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("two-pages"), ended.value("locked")), ("ENOMEM", "0"));
    assert_eq!((ended.value("one-page"), ended.value("one-more")), ("success", "ENOMEM"));
    assert_eq!(ended.value("map-locked"), "EAGAIN", "`mmap` with MAP_LOCKED has another errno");
}

/// `RLIMIT_MEMLOCK` does not apply to a process with the capability `CAP_IPC_LOCK`.
///
/// - call: `mlock`, success
/// - source: mlock(2), NOTES (Limits and permissions)
/// - level: Linux
#[test]
#[ignore = "needs root: the capability CAP_IPC_LOCK"]
fn rlimit_memlock_does_not_apply_to_a_process_with_the_capability_cap_ipc_lock() {
    let ended = scenario("mlock-beyond-the-limit", &scratch()).run();
    assert_eq!((ended.value("two-pages"), ended.value("locked")), ("success", "2"));
    let ended = scenario("mlock-limit-of-0", &scratch()).run();
    assert_eq!((ended.value("mlock"), ended.value("mlockall-current")), ("success", "success"));
}

/// `RLIMIT_MEMLOCK` counts a page once if `mlock` locks it twice.
///
/// - call: `mlock`, edge
/// - source: mlock(2), BUGS
/// - level: Linux
#[test]
fn rlimit_memlock_counts_a_page_once_if_mlock_locks_it_twice() {
    let ended = scenario("mlock-twice-within-the-limit", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("first"), ended.value("again")), ("success", "success"));
    assert_eq!(ended.value("locked"), "1", "the limit is one page");
}

/// If `RLIMIT_MEMLOCK` is 0, `mlock`, `mlock2` and `mlockall` fail with `EPERM`, while `munlock`
/// and `munlockall` succeed.
///
/// - call: `mlock`, error
/// - source: mlock(2), ERRORS
/// - level: Linux
#[test]
fn if_rlimit_memlock_is_0_mlock_mlock2_and_mlockall_fail_with_eperm_while_munlock_and_munlockall_succeed()
 {
    let ended = scenario("mlock-limit-of-0", &scratch()).as_ordinary_user().run();
    for call in ["mlock", "mlock2", "mlockall-current", "mlockall-future"] {
        assert_eq!(ended.value(call), "EPERM", "{call}");
    }
    assert_eq!((ended.value("munlock"), ended.value("munlockall")), ("success", "success"));
}

/// `munlock` of a range that wraps around the end of all addresses fails with `EINVAL`.
///
/// - call: `munlock`, error
/// - source: mlock(2), ERRORS
/// - level: Linux
#[test]
fn munlock_of_a_range_that_wraps_around_the_end_of_all_addresses_fails_with_einval() {
    let ended = scenario("mlock-too-long", &scratch()).run();
    assert_eq!(ended.value("munlock-wraps"), "EINVAL");
}

/// `mlock` of a range that wraps around the end of all addresses fails with `ENOMEM` for an
/// ordinary user, because the limit is checked first.
///
/// - call: `mlock`, error
/// - source: mm/mlock.c, do_mlock
/// - level: observed (with the capability `CAP_IPC_LOCK`: `EINVAL`)
/// - manual says: mlock(2): the call fails with `EINVAL`.
#[test]
fn mlock_of_a_range_that_wraps_around_the_end_of_all_addresses_fails_with_enomem_for_an_ordinary_user_because_the_limit_is_checked_first()
 {
    let ended = scenario("mlock-too-long", &scratch()).as_ordinary_user().run();
    assert_eq!(ended.value("wraps"), "ENOMEM");
    if is_root() {
        assert_eq!(scenario("mlock-too-long", &scratch()).run().value("wraps"), "EINVAL");
    }
}

/// `mlock` from the start of a page with the length `SIZE_MAX`, which is rounded to 0, succeeds
/// and locks nothing.
///
/// - call: `mlock`, edge
/// - source: mm/mlock.c, do_mlock
/// - level: observed
/// - manual says: mlock(2): `EINVAL` if the address plus the length overflows.
#[test]
fn mlock_from_the_start_of_a_page_with_the_length_size_max_which_is_rounded_to_0_succeeds_and_locks_nothing()
 {
    let ended = scenario("mlock-too-long", &scratch()).run();
    assert_eq!((ended.value("all"), ended.value("locked")), ("success", "0"));
}

/// A forked child does not inherit its parent's memory locks.
///
/// - call: `mlock`, edge
/// - source: mlock(2), NOTES; fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_forked_child_does_not_inherit_its_parents_memory_locks() {
    let ended = scenario("mlock-fork", &scratch()).run();
    assert_eq!((ended.value("child"), ended.value("child-flag")), ("0", "false"));
    assert_eq!((ended.value("parent"), ended.value("parent-flag")), ("1", "true"));
}

/// `exec` removes the memory locks of a process.
///
/// - call: `mlock`, edge
/// - source: mlock(2), NOTES
/// - level: POSIX
#[test]
fn exec_removes_the_memory_locks_of_a_process() {
    let ended = scenario("mlock-exec", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("1", "0"));
}

/// `munmap` removes the lock of the pages, and a new mapping at the address is not locked.
///
/// - call: `mlock`, edge
/// - source: mlock(2), NOTES
/// - level: POSIX
#[test]
fn munmap_removes_the_lock_of_the_pages_and_a_new_mapping_at_the_address_is_not_locked() {
    let ended = scenario("mlock-munmap", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("2", "1"));
    assert_eq!(ended.value("mapped-again"), "1");
}

/// One `munlock` unlocks a page that was locked several times.
///
/// - call: `munlock`, success
/// - source: mlock(2), NOTES
/// - level: POSIX
#[test]
fn one_munlock_unlocks_a_page_that_was_locked_several_times() {
    let ended = scenario("munlock", &scratch()).run();
    assert_eq!((ended.value("locked"), ended.value("answer")), ("2", "success"));
    assert_eq!((ended.value("after"), ended.value("flags")), ("1", "false true"));
}

/// `munlock` of memory that is not locked succeeds.
///
/// - call: `munlock`, success
/// - source: POSIX, mlock(), DESCRIPTION
/// - level: POSIX
#[test]
fn munlock_of_memory_that_is_not_locked_succeeds() {
    assert_eq!(scenario("munlock", &scratch()).run().value("not-locked"), "success");
}

/// `munlock` of addresses where nothing is mapped, or across a gap, fails with `ENOMEM`.
///
/// - call: `munlock`, error
/// - source: mlock(2), ERRORS
/// - level: POSIX
#[test]
fn munlock_of_addresses_where_nothing_is_mapped_or_across_a_gap_fails_with_enomem() {
    let ended = scenario("mlock-gap", &scratch()).run();
    assert_eq!(ended.value("munlock-nothing-mapped"), "ENOMEM");
    assert_eq!(ended.value("munlock"), "ENOMEM");
}

/// `munlock` of the middle of a locked mapping makes three mappings of it.
///
/// - call: `munlock`, edge
/// - source: mlock(2), ERRORS (ENOMEM)
/// - level: Linux
#[test]
fn munlock_of_the_middle_of_a_locked_mapping_makes_three_mappings_of_it() {
    let ended = scenario("munlock-middle", &scratch()).run();
    assert_eq!(ended.value("before"), "true 3");
    assert_eq!(ended.value("after"), "true 1, false 1, true 1");
}

/// `mlock2` with `MLOCK_ONFAULT` counts the whole range as locked but brings no page into memory
/// before an access.
///
/// - call: `mlock2`, success
/// - source: mlock(2), DESCRIPTION
/// - level: Linux
#[test]
fn mlock2_with_mlock_onfault_counts_the_whole_range_as_locked_but_brings_no_page_into_memory_before_an_access()
 {
    let ended = scenario("mlock2-onfault", &scratch()).run();
    assert_eq!((ended.value("locked"), ended.value("in-memory")), ("3", "0"));
    assert_eq!(ended.value("in-memory-after-a-store"), "1");
    assert_eq!(ended.value("sum-locked"), "0", "`Locked` in smaps counts pages in memory only");
    assert_eq!(ended.value("sum-locked-after-a-store"), "1");
}

/// `mlock2` with an unknown flag fails with `EINVAL` and locks nothing.
///
/// - call: `mlock2`, error
/// - source: mlock(2), ERRORS
/// - level: Linux
#[test]
fn mlock2_with_an_unknown_flag_fails_with_einval_and_locks_nothing() {
    let ended = scenario("mlock2-flags", &scratch()).run();
    assert_eq!((ended.value("unknown"), ended.value("locked")), ("EINVAL", "0"));
}

/// `mlock2` without flags works as `mlock`.
///
/// - call: `mlock2`, success
/// - source: mlock(2), DESCRIPTION
/// - level: Linux
#[test]
fn mlock2_without_flags_works_as_mlock() {
    let ended = scenario("mlock2-flags", &scratch()).run();
    assert_eq!((ended.value("none"), ended.value("locked-and-in-memory")), ("success", "1 1"));
}

/// `mlockall` with `MCL_CURRENT` locks everything that is mapped, even the program's code, but no
/// later mapping.
///
/// - call: `mlockall`, success
/// - source: mlock(2), DESCRIPTION
/// - level: POSIX
#[test]
fn mlockall_with_mcl_current_locks_everything_that_is_mapped_even_the_programs_code_but_no_later_mapping()
 {
    let ended = scenario("mlockall-current", &scratch()).run();
    if ended.value("mlockall") == "ENOMEM" && !is_root() {
        return left_out("RLIMIT_MEMLOCK allows less than this process has mapped");
    }
    assert_eq!((ended.value("mlockall"), ended.value("current")), ("success", "true 3"));
    assert_eq!((ended.value("code"), ended.value("later")), ("true", "false"));
    assert_eq!(ended.value("after-munlockall"), "0");
}

/// After `mlockall` with `MCL_FUTURE`, each new mapping is locked and in memory at once, until
/// `munlockall`.
///
/// - call: `mlockall`, success
/// - source: mlock(2), DESCRIPTION
/// - level: POSIX
#[test]
fn after_mlockall_with_mcl_future_each_new_mapping_is_locked_and_in_memory_at_once_until_munlockall()
 {
    let ended = scenario("mlockall-future", &scratch()).run();
    assert_eq!((ended.value("earlier"), ended.value("later")), ("false", "true 1 of 1"));
    assert_eq!(ended.value("mapped-afterwards"), "false");
}

/// `munlockall` unlocks every page of the process.
///
/// - call: `munlockall`, success
/// - source: mlock(2), DESCRIPTION
/// - level: POSIX
#[test]
fn munlockall_unlocks_every_page_of_the_process() {
    let ended = scenario("mlockall-future", &scratch()).run();
    assert_eq!((ended.value("later"), ended.value("after-munlockall")), ("true 1 of 1", "0"));
}

/// After `mlockall` with `MCL_FUTURE` and `MCL_ONFAULT`, a new mapping is locked but not in
/// memory before an access.
///
/// - call: `mlockall`, success
/// - source: mlock(2), DESCRIPTION
/// - level: Linux
#[test]
fn after_mlockall_with_mcl_future_and_mcl_onfault_a_new_mapping_is_locked_but_not_in_memory_before_an_access()
 {
    let ended = scenario("mlockall-future-onfault", &scratch()).run();
    assert_eq!((ended.value("later"), ended.value("after-a-store")), ("true 0", "1"));
}

/// After `mlockall` with `MCL_FUTURE`, `mmap` of more than `RLIMIT_MEMLOCK` allows fails with
/// `EAGAIN`.
///
/// - call: `mlockall`, error
/// - source: mlock(2), DESCRIPTION; mmap(2), ERRORS
/// - level: POSIX
#[test]
fn after_mlockall_with_mcl_future_mmap_of_more_than_rlimit_memlock_allows_fails_with_eagain() {
    let scratch = scratch();
    let limited = scenario("mlockall-future-beyond-the-limit", &scratch);
    let ended = limited.as_ordinary_user().run();
    assert_eq!((ended.value("future"), ended.value("after-munlockall")), ("EAGAIN", "success"));
}

/// A forked child does not inherit `MCL_FUTURE`.
///
/// - call: `mlockall`, edge
/// - source: mlock(2), NOTES
/// - level: POSIX
#[test]
fn a_forked_child_does_not_inherit_mcl_future() {
    let ended = scenario("mlockall-future-fork", &scratch()).run();
    assert_eq!((ended.value("child"), ended.value("parent")), ("false", "true"));
}

/// `mlockall` with `MCL_CURRENT` fails with `ENOMEM` if the process has mapped more than
/// `RLIMIT_MEMLOCK` allows.
///
/// - call: `mlockall`, error
/// - source: mlock(2), ERRORS
/// - level: POSIX
#[test]
fn mlockall_with_mcl_current_fails_with_enomem_if_the_process_has_mapped_more_than_rlimit_memlock_allows()
 {
    let ended = scenario("mlockall-beyond-the-limit", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("current"), ended.value("locked")), ("ENOMEM", "0"));
}

/// `mlockall` without flags, with an unknown flag, or with `MCL_ONFAULT` alone fails with
/// `EINVAL`.
///
/// - call: `mlockall`, error
/// - source: mlock(2), ERRORS
/// - level: Linux (POSIX: without flags or with an unknown one)
#[test]
fn mlockall_without_flags_with_an_unknown_flag_or_with_mcl_onfault_alone_fails_with_einval() {
    let ended = scenario("mlockall-flags", &scratch()).run();
    for flags in ["none", "unknown", "onfault-alone"] {
        assert_eq!(ended.value(flags), "EINVAL", "{flags}");
    }
    assert_eq!(ended.value("valid"), "success", "the control");
}

/// Memory that is mapped with `MAP_LOCKED` counts in `VmLck`, is in memory at once, and can be
/// unlocked by `munlock`.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_LOCKED); mlock(2), NOTES (Linux notes)
/// - level: Linux
#[test]
fn memory_that_is_mapped_with_map_locked_counts_in_vmlck_is_in_memory_at_once_and_can_be_unlocked_by_munlock()
 {
    let ended = scenario("map-locked", &scratch()).run();
    assert_eq!((ended.value("locked"), ended.value("in-memory")), ("2", "2"));
    assert_eq!(ended.value("after-munlock"), "0");
}

/// `mmap` with `MAP_LOCKED` past the end of the file succeeds, although `mlock` of the same pages
/// would fail.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION (MAP_LOCKED)
/// - level: Linux
#[test]
fn mmap_with_map_locked_past_the_end_of_the_file_succeeds_although_mlock_of_the_same_pages_would_fail()
 {
    let ended = scenario("map-locked", &scratch()).run();
    assert_eq!(ended.value("past-the-end"), "success");
    assert_eq!(ended.value("past-the-end-locked"), "2");
    assert_eq!(ended.value("past-the-end-in-memory"), "1", "the file has one page");
    assert_eq!(scenario("mlock-past-the-end", &scratch()).run().value("both"), "ENOMEM");
}

/// `VmLck` counts a page of a file twice if two mappings lock it, while `Locked` in smaps gives
/// each mapping one half of it.
///
/// - call: `/proc/PID/smaps`, edge
/// - source: fs/proc/task_mmu.c, smaps_page_accumulate
/// - level: observed
#[test]
fn vmlck_counts_a_page_of_a_file_twice_if_two_mappings_lock_it_while_locked_in_smaps_gives_each_mapping_one_half_of_it()
 {
    let ended = scenario("mlock-two-mappings", &scratch()).run();
    assert_eq!(ended.value("status"), "4", "two pages, each mapped and locked twice");
    assert_eq!(ended.value("smaps"), "1");
}
