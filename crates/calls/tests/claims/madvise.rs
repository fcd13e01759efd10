//! `madvise`.

use course::{kernel_at_least, scratch};

use crate::scenario;

/// `madvise` with a null address and length 0 succeeds if the kernel knows the advice, and
/// otherwise fails with `EINVAL`.
///
/// - call: `madvise`, success
/// - source: madvise(2), NOTES
/// - level: Linux
/// - holds: everywhere
#[test]
fn madvise_with_a_null_address_and_length_0_succeeds_if_the_kernel_knows_the_advice_and_otherwise_fails_with_einval()
 {
    let ended = scenario("madvise-known", &scratch()).run();
    let known = |advice| ended.value(advice).split_once(' ').unwrap().0;
    for advice in ["normal", "dontneed", "free", "remove", "wipeonfork", "cold", "pageout"] {
        assert_eq!(known(advice), "success", "{advice}");
    }
    assert_eq!(known("unknown"), "EINVAL");
    let populate = if kernel_at_least(5, 14) { "success" } else { "EINVAL" };
    assert_eq!(ended.value("populate"), populate, "MADV_POPULATE_READ");
    let guard = if kernel_at_least(6, 13) { "success" } else { "EINVAL" };
    assert_eq!(ended.value("guard"), guard, "MADV_GUARD_INSTALL");
}

/// `madvise` of private memory without a file accepts every advice that needs neither a file nor a
/// build option of the kernel.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION
/// - level: Linux
#[test]
fn madvise_of_private_memory_without_a_file_accepts_every_advice_that_needs_neither_a_file_nor_a_build_option_of_the_kernel()
 {
    let ended = scenario("madvise-known", &scratch()).run();
    for advice in [
        "normal",
        "random",
        "sequential",
        "willneed",
        "dontneed",
        "free",
        "cold",
        "pageout",
        "dontfork",
        "dofork",
        "wipeonfork",
        "keeponfork",
        "dontdump",
        "dodump",
    ] {
        assert_eq!(ended.value(advice), "success success", "{advice}");
    }
    assert_eq!(ended.value("unknown"), "EINVAL EINVAL");
}

/// `MADV_FREE` and `MADV_WIPEONFORK` on shared memory without a file fail with `EINVAL`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_free_and_madv_wipeonfork_on_shared_memory_without_a_file_fail_with_einval() {
    let ended = scenario("madvise-shared-memory", &scratch()).run();
    for advice in ["free", "wipeonfork"] {
        assert_eq!(ended.value(advice), "EINVAL success", "{advice}: shared, and private");
    }
}

/// After `MADV_DONTNEED`, private memory without a file is zeros, and takes no memory.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_DONTNEED)
/// - level: Linux
#[test]
fn after_madv_dontneed_private_memory_without_a_file_is_zeros_and_takes_no_memory() {
    let ended = scenario("madvise-dontneed", &scratch()).run();
    assert_eq!((ended.value("in-memory"), ended.value("in-memory-after")), ("2", "1"));
    assert_eq!(ended.value("page"), "0 0", "its first and its last byte");
}

/// `MADV_DONTNEED` of one byte discards the whole page of the byte and no other page.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION
/// - level: Linux
#[test]
fn madv_dontneed_of_one_byte_discards_the_whole_page_of_the_byte_and_no_other_page() {
    let ended = scenario("madvise-dontneed", &scratch()).run();
    assert_eq!((ended.value("page"), ended.value("next-page")), ("0 0", "7"));
}

/// `MADV_DONTNEED` in a forked child discards the child's bytes and leaves its parent's.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION (MADV_DONTNEED); fork(2), DESCRIPTION
/// - level: Linux
#[test]
fn madv_dontneed_in_a_forked_child_discards_the_childs_bytes_and_leaves_its_parents() {
    let ended = scenario("madvise-dontneed-in-a-child", &scratch()).run();
    assert_eq!((ended.value("child"), ended.value("parent")), ("0", "7"));
}

/// `MADV_DONTNEED` of shared memory without a file empties the page table, and the bytes stay.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION (MADV_DONTNEED)
/// - level: Linux
#[test]
fn madv_dontneed_of_shared_memory_without_a_file_empties_the_page_table_and_the_bytes_stay() {
    let ended = scenario("madvise-dontneed-shared", &scratch()).run();
    assert_eq!((ended.value("in-memory"), ended.value("loaded")), ("0", "7"));
}

/// `MADV_DONTNEED` also discards pages with `PROT_NONE`.
///
/// - call: `madvise`, edge
/// - source: mm/madvise.c, madvise_dontneed_single_vma
/// - level: observed
#[test]
fn madv_dontneed_also_discards_pages_with_prot_none() {
    let ended = scenario("madvise-dontneed-without-permission", &scratch()).run();
    assert_eq!(ended.value("answer"), "success");
    assert_eq!(ended.value("loaded"), "0 8", "the second page was not discarded");
}

/// After `MADV_REMOVE` in a forked child, the shared memory is zeros for its parent too.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_REMOVE)
/// - level: Linux
#[test]
fn after_madv_remove_in_a_forked_child_the_shared_memory_is_zeros_for_its_parent_too() {
    let ended = scenario("madvise-remove-shared", &scratch()).run();
    assert_eq!(ended.value("loaded"), "0 8", "the second page was not removed");
}

/// `MADV_REMOVE` of private memory without a file fails with `EINVAL` and removes nothing.
///
/// - call: `madvise`, error
/// - source: mm/madvise.c, madvise_remove
/// - level: observed
/// - manual says: madvise(2): `EACCES` if the range is not a shared writable mapping.
#[test]
fn madv_remove_of_private_memory_without_a_file_fails_with_einval_and_removes_nothing() {
    let ended = scenario("madvise-remove-private", &scratch()).run();
    assert_eq!((ended.value("answer"), ended.value("loaded")), ("EINVAL", "7"));
}

/// `MADV_KEEPONFORK` undoes `MADV_WIPEONFORK`.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION
/// - level: Linux
#[test]
fn madv_keeponfork_undoes_madv_wipeonfork() {
    let ended = scenario("madvise-keeponfork", &scratch()).run();
    assert_eq!(ended.value("child"), "7 0", "undone for the first of two pages");
}

/// `MADV_DOFORK` undoes `MADV_DONTFORK`.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION
/// - level: Linux
#[test]
fn madv_dofork_undoes_madv_dontfork() {
    let ended = scenario("madvise-dofork", &scratch()).run();
    assert_eq!(ended.value("first"), "no signal");
    assert_eq!(ended.value("second"), "SIGSEGV SEGV_MAPERR at the byte");
}

/// If the middle of a private mapping has `MADV_DONTFORK`, a forked child has the two ends and a
/// gap between them.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION (MADV_DONTFORK)
/// - level: Linux
#[test]
fn if_the_middle_of_a_private_mapping_has_madv_dontfork_a_forked_child_has_the_two_ends_and_a_gap_between_them()
 {
    let ended = scenario("madvise-dontfork-middle", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("no signal", "no signal"));
    assert_eq!(ended.value("middle"), "SIGSEGV SEGV_MAPERR at the byte");
    assert_eq!(ended.value("parent"), "7");
}

/// `VmFlags` in smaps shows advice: `rr` random, `sr` sequential, `dc` not for a child, `wf`
/// zeros for a child, `dd` not in a core file.
///
/// - call: `/proc/PID/smaps`, success
/// - source: Documentation/filesystems/proc.rst, VmFlags; madvise(2), DESCRIPTION
/// - level: Linux
#[test]
fn vmflags_in_smaps_shows_advice_rr_random_sr_sequential_dc_not_for_a_child_wf_zeros_for_a_child_dd_not_in_a_core_file()
 {
    let ended = scenario("madvise-flags", &scratch()).run();
    for advice in ["random", "sequential", "dontfork", "wipeonfork", "dontdump"] {
        assert_eq!(ended.value(advice), "false true false", "{advice}: before, during, undone");
    }
}

/// Advice that the kernel keeps, such as `MADV_RANDOM`, makes three mappings of a mapping if it
/// is for the middle.
///
/// - call: `madvise`, edge
/// - source: mm/madvise.c, madvise_update_vma
/// - level: observed
#[test]
fn advice_that_the_kernel_keeps_such_as_madv_random_makes_three_mappings_of_a_mapping_if_it_is_for_the_middle()
 {
    let ended = scenario("madvise-middle", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("3 3 3", "1 1 1"));
}

/// Since Linux 6.13, an access to a page with `MADV_GUARD_INSTALL` is `SIGSEGV` with the code
/// `SEGV_MAPERR`, and a system call gets `EFAULT`.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_GUARD_INSTALL)
/// - level: Linux (before Linux 6.13 `EINVAL`)
#[test]
fn since_linux_6_13_an_access_to_a_page_with_madv_guard_install_is_sigsegv_with_the_code_segv_maperr_and_a_system_call_gets_efault()
 {
    let Some(ended) = with_guard("madvise-guard") else { return };
    for access in ["load", "store"] {
        assert_eq!(ended.value(access), "SIGSEGV SEGV_MAPERR at the byte", "{access}");
    }
    assert_eq!((ended.value("write-from"), ended.value("neighbours")), ("EFAULT", "7 7"));
}

/// `MADV_GUARD_INSTALL` in the middle of a mapping makes no further mapping.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION (MADV_GUARD_INSTALL)
/// - level: Linux (since Linux 6.13)
#[test]
fn madv_guard_install_in_the_middle_of_a_mapping_makes_no_further_mapping() {
    let Some(ended) = with_guard("madvise-guard") else { return };
    assert_eq!(ended.value("load"), "SIGSEGV SEGV_MAPERR at the byte", "the guard is there");
    assert_eq!(ended.value("mapping-in-pages"), "3");
}

/// After `MADV_GUARD_REMOVE`, the page of private memory without a file is zeros and can be used.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_GUARD_REMOVE)
/// - level: Linux (since Linux 6.13)
#[test]
fn after_madv_guard_remove_the_page_of_private_memory_without_a_file_is_zeros_and_can_be_used() {
    let Some(ended) = with_guard("madvise-guard") else { return };
    assert_eq!((ended.value("remove"), ended.value("after-removal")), ("success", "no signal"));
    assert_eq!(ended.value("loaded"), "7 0 7", "its neighbours have kept their bytes");
}

/// Since Linux 6.15, `MADV_GUARD_INSTALL` works on a shared mapping of a file, and after
/// `MADV_GUARD_REMOVE` the file's bytes are back.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_GUARD_INSTALL, MADV_GUARD_REMOVE)
/// - level: Linux (before Linux 6.15 `EINVAL`)
#[test]
fn since_linux_6_15_madv_guard_install_works_on_a_shared_mapping_of_a_file_and_after_madv_guard_remove_the_files_bytes_are_back()
 {
    let ended = scenario("madvise-guard-on-a-file", &scratch()).run();
    if !kernel_at_least(6, 15) {
        return assert_eq!(ended.value("install"), "EINVAL");
    }
    assert_eq!(ended.value("load"), "SIGSEGV SEGV_MAPERR at the byte");
    assert_eq!(ended.value("after-removal"), "7");
}

/// `MADV_DONTNEED`, `MADV_FREE`, `mprotect` and `mremap` leave a guard in place.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION (MADV_GUARD_INSTALL)
/// - level: Linux (since Linux 6.13)
#[test]
fn madv_dontneed_madv_free_mprotect_and_mremap_leave_a_guard_in_place() {
    let Some(ended) = with_guard("madvise-guard-stays") else { return };
    for call in ["dontneed", "free", "mprotect", "mremap"] {
        assert_eq!(ended.value(call), "SIGSEGV SEGV_MAPERR at the byte", "{call}");
    }
    assert_eq!(ended.value("mremap-neighbour"), "no signal");
}

/// `mlock` of a page with `MADV_GUARD_INSTALL` fails with `ENOMEM`, `MADV_POPULATE_READ` of it with
/// `EFAULT`, and `MADV_GUARD_INSTALL` of a locked page with `EINVAL`.
///
/// - call: `madvise`, error
/// - source: madvise(2), DESCRIPTION (MADV_GUARD_INSTALL)
/// - level: Linux (since Linux 6.13)
#[test]
fn mlock_of_a_page_with_madv_guard_install_fails_with_enomem_madv_populate_read_of_it_with_efault_and_madv_guard_install_of_a_locked_page_with_einval()
 {
    let Some(ended) = with_guard("madvise-guard-refusals") else { return };
    assert_eq!((ended.value("mlock"), ended.value("populate")), ("ENOMEM", "EFAULT"));
    assert_eq!(ended.value("install-on-locked"), "EINVAL");
}

/// Since Linux 6.15, bit 58 of an entry of `/proc/PID/pagemap` marks a guard.
///
/// - call: `/proc/PID/pagemap`, success
/// - source: Documentation/admin-guide/mm/pagemap.rst
/// - level: Linux
/// - manual says: proc(5): the bits 58 to 60 are always 0.
#[test]
fn since_linux_6_15_bit_58_of_an_entry_of_proc_pid_pagemap_marks_a_guard() {
    let Some(ended) = with_guard("madvise-guard") else { return };
    if kernel_at_least(6, 15) {
        assert_eq!(ended.value("bit-58"), "0 1", "the page before it, and the guard");
    }
}

/// A scenario with a guard, unless this kernel has no guards. Then it must refuse to make one.
fn with_guard(name: &str) -> Option<course::Ended> {
    let ended = scenario(name, &scratch()).run();
    let expected = if kernel_at_least(6, 13) { "success" } else { "EINVAL" };
    assert_eq!(ended.value("install"), expected);
    (expected == "success").then_some(ended)
}
