//! `mremap`.

use course::{kernel_at_least, scratch};

use crate::scenario;

/// `mremap` to the same size leaves a mapping where it is.
///
/// - call: `mremap`, edge
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn mremap_to_the_same_size_leaves_a_mapping_where_it_is() {
    let ended = scenario("mremap-same-size", &scratch()).run();
    assert_eq!((ended.value("place"), ended.value("loaded")), ("page 1", "7"));
    assert_eq!(ended.value("mappings"), "---p rw-p ---p");
}

/// `mremap` to a smaller size unmaps the pages at the end and leaves the rest where it is.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn mremap_to_a_smaller_size_unmaps_the_pages_at_the_end_and_leaves_the_rest_where_it_is() {
    let ended = scenario("mremap-shorter", &scratch()).run();
    assert_eq!((ended.value("place"), ended.value("kept")), ("page 1", "7"));
    assert_eq!(ended.value("mappings"), "---p rw-p gap gap ---p");
    assert_eq!(ended.value("load"), "SIGSEGV SEGV_MAPERR at the byte");
}

/// If the old size covers several mappings, `mremap` to a smaller size unmaps whole mappings and
/// succeeds.
///
/// - call: `mremap`, edge
/// - source: mm/mremap.c, shrink_vma
/// - level: observed
/// - manual says: mremap(2): `EFAULT` if the mappings in the range are of different types.
#[test]
fn if_the_old_size_covers_several_mappings_mremap_to_a_smaller_size_unmaps_whole_mappings_and_succeeds()
 {
    let ended = scenario("mremap-shorter-across-mappings", &scratch()).run();
    assert_eq!(ended.value("before"), "---p rw-p r--p rw-p ---p");
    assert_eq!(ended.value("place"), "page 1");
    assert_eq!(ended.value("after"), "---p rw-p gap gap ---p");
}

/// If the addresses after a mapping are free, `mremap` without flags makes the mapping longer
/// where it is.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn if_the_addresses_after_a_mapping_are_free_mremap_without_flags_makes_the_mapping_longer_where_it_is()
 {
    let ended = scenario("mremap-longer-in-place", &scratch()).run();
    assert_eq!(ended.value("before"), "---p rw-p gap gap ---p");
    assert_eq!(ended.value("place"), "page 1");
    assert_eq!(ended.value("after"), "---p rw-p rw-p gap ---p");
    assert_eq!(ended.value("loaded"), "7 0", "the old page and the new one");
}

/// If the addresses after a mapping are taken, `mremap` without `MREMAP_MAYMOVE` to a larger size
/// fails with `ENOMEM` and changes nothing.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn if_the_addresses_after_a_mapping_are_taken_mremap_without_mremap_maymove_to_a_larger_size_fails_with_enomem_and_changes_nothing()
 {
    let ended = scenario("mremap-no-room", &scratch()).run();
    assert_eq!((ended.value("place"), ended.value("loaded")), ("ENOMEM", "7"));
    assert_eq!(ended.value("mappings"), "---p rw-p ---p");
}

/// After `mremap` has moved a mapping, an access to the old address is `SIGSEGV` with the code
/// `SEGV_MAPERR`.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION (MREMAP_MAYMOVE)
/// - level: Linux
#[test]
fn after_mremap_has_moved_a_mapping_an_access_to_the_old_address_is_sigsegv_with_the_code_segv_maperr()
 {
    let ended = scenario("mremap-moves", &scratch()).run();
    assert_eq!((ended.value("place"), ended.value("loaded")), ("elsewhere", "7 0"));
    assert_eq!(ended.value("old-place"), "SIGSEGV SEGV_MAPERR at the byte");
}

/// `mremap` can move some pages of a mapping and leave its other pages.
///
/// - call: `mremap`, success
/// - source: mm/mremap.c, move_vma
/// - level: observed
#[test]
fn mremap_can_move_some_pages_of_a_mapping_and_leave_its_other_pages() {
    let ended = scenario("mremap-moves-a-part", &scratch()).run();
    assert_eq!((ended.value("moved"), ended.value("left")), ("2", "1 3"));
    assert_eq!(ended.value("mappings"), "---p rw-p gap rw-p rw-p");
}

/// `mremap` with `MREMAP_FIXED` unmaps what is at the new address without an error.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION (MREMAP_FIXED)
/// - level: Linux
#[test]
fn mremap_with_mremap_fixed_unmaps_what_is_at_the_new_address_without_an_error() {
    let ended = scenario("mremap-onto-pages", &scratch()).run();
    assert_eq!(ended.value("before"), "---p rw-p rw-p r--p ---p");
    assert_eq!((ended.value("answer"), ended.value("loaded")), ("success", "1"));
    assert_eq!(ended.value("after"), "---p gap rw-p rw-p ---p");
}

/// `mremap` of an address inside a page, or to one, fails with `EINVAL`.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_of_an_address_inside_a_page_or_to_one_fails_with_einval() {
    let ended = scenario("mremap-einval", &scratch()).run();
    assert_eq!(ended.value("inside-a-page"), "EINVAL");
    assert_eq!((ended.value("to-inside-a-page"), ended.value("valid")), ("EINVAL", "success"));
}

/// `mremap` to size 0 fails with `EINVAL` and unmaps nothing.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_to_size_0_fails_with_einval_and_unmaps_nothing() {
    let ended = scenario("mremap-einval", &scratch()).run();
    assert_eq!(ended.value("new-size-0"), "EINVAL");
    assert_eq!(ended.value("mappings"), "---p rw-p rw-p gap ---p");
}

/// `mremap` with an unknown flag fails with `EINVAL`.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_with_an_unknown_flag_fails_with_einval() {
    let ended = scenario("mremap-einval", &scratch()).run();
    assert_eq!((ended.value("unknown-flag"), ended.value("valid")), ("EINVAL", "success"));
}

/// `mremap` with `MREMAP_FIXED` or `MREMAP_DONTUNMAP` but without `MREMAP_MAYMOVE` fails with
/// `EINVAL`.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_with_mremap_fixed_or_mremap_dontunmap_but_without_mremap_maymove_fails_with_einval() {
    let ended = scenario("mremap-einval", &scratch()).run();
    assert_eq!((ended.value("fixed-alone"), ended.value("valid")), ("EINVAL", "success"));
    assert_eq!(ended.value("dontunmap-alone"), "EINVAL");
    let ended = scenario("mremap-dontunmap", &scratch()).run();
    assert_eq!(ended.value("moved"), "7", "with both flags");
}

/// `mremap` to addresses that overlap the old ones fails with `EINVAL` and unmaps nothing.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_to_addresses_that_overlap_the_old_ones_fails_with_einval_and_unmaps_nothing() {
    let ended = scenario("mremap-einval", &scratch()).run();
    assert_eq!((ended.value("overlap"), ended.value("onto-itself")), ("EINVAL", "EINVAL"));
    assert_eq!(ended.value("mappings"), "---p rw-p rw-p gap ---p");
}

/// `mremap` with `MREMAP_DONTUNMAP` to another size fails with `EINVAL`.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_with_mremap_dontunmap_to_another_size_fails_with_einval() {
    let ended = scenario("mremap-einval", &scratch()).run();
    assert_eq!(ended.value("dontunmap-longer"), "EINVAL");
    assert_eq!(ended.value("dontunmap-shorter"), "EINVAL");
}

/// `mremap` to a larger size across a gap fails with `EFAULT` and changes nothing.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_to_a_larger_size_across_a_gap_fails_with_efault_and_changes_nothing() {
    let ended = scenario("mremap-gap", &scratch()).run();
    assert_eq!(ended.value("longer-across"), "EFAULT");
    assert_eq!(ended.value("mappings"), "---p rw-p gap gap rw-p ---p", "nothing has changed");
}

/// `mremap` where nothing is mapped fails with `EFAULT`, to a larger, the same or a smaller size.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux (since Linux 5.16; before, only to a larger size)
#[test]
fn mremap_where_nothing_is_mapped_fails_with_efault_to_a_larger_the_same_or_a_smaller_size() {
    let ended = scenario("mremap-gap", &scratch()).run();
    let found = ended.value("nothing-mapped");
    // Linux 5.15 and older look at a mapping only if it grows (mm/mremap.c, SYSCALL_DEFINE5(mremap)).
    match kernel_at_least(5, 16) {
        true => assert_eq!(found, "EFAULT EFAULT EFAULT"),
        false => assert!(found.starts_with("EFAULT "), "{found}"),
    }
}

/// `mremap` of two mappings together to a larger size fails with `EFAULT`.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_of_two_mappings_together_to_a_larger_size_fails_with_efault() {
    let ended = scenario("mremap-two-mappings", &scratch()).run();
    assert_eq!(ended.value("longer"), "EFAULT");
    assert_eq!(ended.value("mappings"), "---p rw-p r--p rw-p rw-p ---p");
}

/// Since Linux 6.17, `mremap` with `MREMAP_FIXED` can move several mappings together if the size
/// stays.
///
/// - call: `mremap`, success
/// - source: mm/mremap.c, remap_move
/// - level: observed (before Linux 6.17 `EFAULT`)
/// - manual says: mremap(2): `EFAULT` if the mappings in the range are of different types.
#[test]
fn since_linux_6_17_mremap_with_mremap_fixed_can_move_several_mappings_together_if_the_size_stays()
{
    let ended = scenario("mremap-two-mappings", &scratch()).run();
    if kernel_at_least(6, 17) {
        assert_eq!(ended.value("same-size"), "success");
        assert_eq!(ended.value("after"), "---p gap gap rw-p r--p ---p");
    } else {
        assert_eq!(ended.value("same-size"), "EFAULT");
    }
}

/// `mremap` with the old size 0 makes a second mapping of the same shared pages.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn mremap_with_the_old_size_0_makes_a_second_mapping_of_the_same_shared_pages() {
    let ended = scenario("mremap-old-size-0", &scratch()).run();
    assert_eq!((ended.value("place"), ended.value("loaded")), ("elsewhere", "7 8"));
}

/// `mremap` with the old size 0 but without `MREMAP_MAYMOVE` fails with `ENOMEM`.
///
/// - call: `mremap`, error
/// - source: mm/mremap.c, do_mremap
/// - level: observed
/// - manual says: mremap(2): the call fails with `EINVAL`.
#[test]
fn mremap_with_the_old_size_0_but_without_mremap_maymove_fails_with_enomem() {
    let ended = scenario("mremap-old-size-0", &scratch()).run();
    assert_eq!(ended.value("may-not-move"), "ENOMEM");
    assert_eq!(ended.value("place"), "elsewhere", "the control: it may move");
}

/// If `mremap` makes a mapping of shared memory longer, an access to the new pages is `SIGBUS`.
///
/// - call: `mremap`, edge
/// - source: mm/shmem.c, shmem_fault
/// - level: observed
#[test]
fn if_mremap_makes_a_mapping_of_shared_memory_longer_an_access_to_the_new_pages_is_sigbus() {
    let ended = scenario("mremap-shared-memory-longer", &scratch()).run();
    assert_eq!((ended.value("place"), ended.value("first-page")), ("page 1", "no signal"));
    assert_eq!(ended.value("second-page"), "SIGBUS BUS_ADRERR at the byte");
}

/// `mremap` can make a mapping longer than its file, and the new page is usable after the file
/// has grown.
///
/// - call: `mremap`, edge
/// - source: mm/mremap.c, expand_vma
/// - level: observed
#[test]
fn mremap_can_make_a_mapping_longer_than_its_file_and_the_new_page_is_usable_after_the_file_has_grown()
 {
    let ended = scenario("mremap-longer-than-the-file", &scratch()).run();
    assert_eq!((ended.value("place"), ended.value("after")), ("page 1", "no signal"));
    assert_eq!(ended.value("before"), "SIGBUS BUS_ADRERR at the byte");
}

/// If `mremap` makes locked memory longer, the new pages are locked and in memory too.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION
/// - level: Linux
#[test]
fn if_mremap_makes_locked_memory_longer_the_new_pages_are_locked_and_in_memory_too() {
    let ended = scenario("mremap-locked", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("1", "3"));
    assert_eq!((ended.value("locked"), ended.value("in-memory")), ("true", "3"));
}

/// `mremap` that would lock more memory than `RLIMIT_MEMLOCK` fails with `EAGAIN` and changes
/// nothing.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn mremap_that_would_lock_more_memory_than_rlimit_memlock_fails_with_eagain_and_changes_nothing() {
    let ended = scenario("mremap-locked-beyond-the-limit", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("locked"), ended.value("unlocked")), ("EAGAIN", "elsewhere"));
    assert_eq!(ended.value("mappings"), "---p rw-p ---p");
}

/// `mremap` to a size that `RLIMIT_AS` forbids fails with `ENOMEM` and changes nothing.
///
/// - call: `mremap`, error
/// - source: getrlimit(2), DESCRIPTION (RLIMIT_AS)
/// - level: Linux
#[test]
fn mremap_to_a_size_that_rlimit_as_forbids_fails_with_enomem_and_changes_nothing() {
    let ended = scenario("mremap-beyond-rlimit-as", &scratch()).run();
    assert_eq!((ended.value("too-long"), ended.value("short")), ("ENOMEM", "elsewhere"));
    assert_eq!(ended.value("mappings"), "---p rw-p ---p");
}

/// `mremap` with `MREMAP_DONTUNMAP` moves the pages of private memory and leaves zeros at the old
/// address.
///
/// - call: `mremap`, success
/// - source: mremap(2), DESCRIPTION (MREMAP_DONTUNMAP)
/// - level: Linux
#[test]
fn mremap_with_mremap_dontunmap_moves_the_pages_of_private_memory_and_leaves_zeros_at_the_old_address()
 {
    let ended = scenario("mremap-dontunmap", &scratch()).run();
    assert_eq!((ended.value("moved"), ended.value("left")), ("7", "0"));
    assert_eq!(ended.value("mappings"), "---p rw-p ---p");
    assert_eq!(ended.value("moved-after-a-store"), "7", "two different pages");
}

/// Since Linux 5.13, `mremap` with `MREMAP_DONTUNMAP` succeeds for a mapping of a file too, and
/// the old address shows the file.
///
/// - call: `mremap`, success
/// - source: mm/mremap.c, move_vma
/// - level: observed (before Linux 5.13 `EINVAL`)
/// - manual says: mremap(2): `EINVAL` unless the pages are private and anonymous.
#[test]
fn since_linux_5_13_mremap_with_mremap_dontunmap_succeeds_for_a_mapping_of_a_file_too_and_the_old_address_shows_the_file()
 {
    let ended = scenario("mremap-dontunmap-of-a-file", &scratch()).run();
    if !kernel_at_least(5, 13) {
        assert_eq!((ended.value("shared"), ended.value("private")), ("EINVAL", "EINVAL"));
        return;
    }
    assert_eq!((ended.value("shared-moved"), ended.value("shared-left")), ("7", "7"));
    assert_eq!((ended.value("private-moved"), ended.value("private-left")), ("8", "7"));
}
