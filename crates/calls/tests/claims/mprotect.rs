//! `mprotect` and `pkey_mprotect`.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use common::Scratch;
use course::scratch;
use nix::sys::signal::Signal;

use crate::scenario;

/// After `mprotect` to `PROT_READ`, a load succeeds and a store is `SIGSEGV`.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), DESCRIPTION
/// - level: POSIX
#[test]
fn after_mprotect_to_prot_read_a_load_succeeds_and_a_store_is_sigsegv() {
    let ended = scenario("store-after-mprotect", &scratch()).run();
    assert_eq!(ended.value("loaded"), "7");
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");
    assert!(!ended.stdout.contains("stored"), "{ended:?}");
}

/// After `mprotect` to `PROT_NONE`, a load or a store is `SIGSEGV` with the code `SEGV_ACCERR`
/// and the byte's address.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), DESCRIPTION; sigaction(2), The siginfo_t argument to a SA_SIGINFO
///   handler
/// - level: POSIX
#[test]
fn after_mprotect_to_prot_none_a_load_or_a_store_is_sigsegv_with_the_code_segv_accerr_and_the_bytes_address()
 {
    let ended = scenario("mprotect-none", &scratch()).run();
    assert_eq!(ended.value("load-before"), "no signal");
    for access in ["load", "store"] {
        assert_eq!(ended.value(access), "SIGSEGV SEGV_ACCERR at the byte", "{access}");
    }
}

/// Pages that had `PROT_NONE` for a while still have their bytes.
///
/// - call: `mprotect`, success
/// - source: POSIX, mprotect(), DESCRIPTION
/// - level: POSIX
#[test]
fn pages_that_had_prot_none_for_a_while_still_have_their_bytes() {
    let ended = scenario("mprotect-none", &scratch()).run();
    assert_eq!(ended.value("load"), "SIGSEGV SEGV_ACCERR at the byte", "in between");
    assert_eq!(ended.value("kept"), "7");
}

/// A store to a page with `PROT_READ` is `SIGSEGV` and succeeds after `mprotect` has added
/// `PROT_WRITE`.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_store_to_a_page_with_prot_read_is_sigsegv_and_succeeds_after_mprotect_has_added_prot_write() {
    let ended = scenario("mprotect-adds-stores", &scratch()).run();
    assert_eq!(ended.value("before"), "SIGSEGV SEGV_ACCERR at the byte");
    assert_eq!(ended.value("after"), "no signal");
}

/// `mprotect` of one byte changes the whole page of the byte and no other page.
///
/// - call: `mprotect`, edge
/// - source: mprotect(2), DESCRIPTION
/// - level: POSIX
#[test]
fn mprotect_of_one_byte_changes_the_whole_page_of_the_byte_and_no_other_page() {
    let ended = scenario("mprotect-whole-pages", &scratch()).run();
    for byte in ["byte-before", "byte-after"] {
        assert_eq!(ended.value(byte), "no signal", "{byte}");
    }
    for byte in ["first-byte", "last-byte"] {
        assert_eq!(ended.value(byte), "SIGSEGV SEGV_ACCERR at the byte", "{byte}");
    }
}

/// `mprotect` of the middle of a mapping makes three mappings of it.
///
/// - call: `mprotect`, edge
/// - source: mprotect(2), ERRORS (ENOMEM)
/// - level: Linux
#[test]
fn mprotect_of_the_middle_of_a_mapping_makes_three_mappings_of_it() {
    let ended = scenario("mprotect-middle", &scratch()).run();
    assert_eq!(ended.value("before"), "rw-p 3");
    assert_eq!(ended.value("changed"), "rw-p 1, r--p 1, rw-p 1");
}

/// If `mprotect` gives the middle of a mapping its old permissions back, the three mappings
/// become one again.
///
/// - call: `mprotect`, edge
/// - source: mm/vma.c, vma_merge_existing_range
/// - level: observed
#[test]
fn if_mprotect_gives_the_middle_of_a_mapping_its_old_permissions_back_the_three_mappings_become_one_again()
 {
    let ended = scenario("mprotect-middle", &scratch()).run();
    assert_eq!(ended.value("changed"), "rw-p 1, r--p 1, rw-p 1");
    assert_eq!(ended.value("changed-back"), "rw-p 3");
}

/// `mprotect` of one mapping of a page leaves the permissions of another mapping of the same
/// page.
///
/// - call: `mprotect`, edge
/// - source: POSIX, mprotect(), DESCRIPTION
/// - level: POSIX
#[test]
fn mprotect_of_one_mapping_of_a_page_leaves_the_permissions_of_another_mapping_of_the_same_page() {
    let ended = scenario("mprotect-one-mapping-of-two", &scratch()).run();
    assert_eq!(ended.value("first"), "SIGSEGV SEGV_ACCERR at the byte");
    assert_eq!(ended.value("through-the-second"), "8");
}

/// `mprotect` can make a shared mapping writable if the file was opened for reading and writing,
/// even after `close` and `chmod` to mode 0444.
///
/// - call: `mprotect`, success
/// - source: POSIX, mprotect(), ERRORS (EACCES)
/// - level: POSIX
#[test]
fn mprotect_can_make_a_shared_mapping_writable_if_the_file_was_opened_for_reading_and_writing_even_after_close_and_chmod_to_mode_0444()
 {
    let scratch = scratch();
    open_to_all(&scratch);
    let ended = scenario("mprotect-file-open-for-both", &scratch).as_ordinary_user().run();
    assert_eq!(ended.value("open-for-both"), "success");
    assert_eq!(ended.value("loaded"), "7", "the store has reached the file");
}

/// `mprotect` that would make a shared mapping writable fails with `EACCES` if the file was opened
/// for reading only, even if the user may write to the file.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS
/// - level: POSIX
#[test]
fn mprotect_that_would_make_a_shared_mapping_writable_fails_with_eacces_if_the_file_was_opened_for_reading_only_even_if_the_user_may_write_to_the_file()
 {
    let scratch = scratch();
    open_to_all(&scratch);
    let ended = scenario("mprotect-file-open-for-both", &scratch).as_ordinary_user().run();
    assert_eq!(ended.value("open-for-reading"), "EACCES");
    assert_eq!(ended.value("open-for-both"), "success", "the control");
}

/// `mprotect` that would make a shared mapping writable fails with `EACCES` if the mapping was made
/// after `F_SEAL_FUTURE_WRITE`.
///
/// - call: `mprotect`, error
/// - source: fcntl(2), File Sealing (F_SEAL_FUTURE_WRITE)
/// - level: Linux
#[test]
fn mprotect_that_would_make_a_shared_mapping_writable_fails_with_eacces_if_the_mapping_was_made_after_f_seal_future_write()
 {
    let ended = scenario("mprotect-sealed", &scratch()).run();
    assert_eq!(ended.value("future-write"), "success EACCES", "mmap for loads, then mprotect");
    assert_eq!(ended.value("none"), "success success", "a memfd without a seal");
}

/// `mprotect` at an address inside a page fails with `EINVAL`, even with length 0.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS; mm/mprotect.c, do_mprotect_pkey
/// - level: Linux (POSIX allows the error for a positive length)
#[test]
fn mprotect_at_an_address_inside_a_page_fails_with_einval_even_with_length_0() {
    let ended = scenario("mprotect-no-bytes", &scratch()).run();
    assert_eq!(ended.value("inside-a-page-with-bytes"), "EINVAL");
    assert_eq!(ended.value("inside-a-page"), "EINVAL");
    assert_eq!(ended.value("mapped"), "success", "at the start of the page");
}

/// `mprotect` with length 0 succeeds and changes nothing, even where nothing is mapped.
///
/// - call: `mprotect`, edge
/// - source: mm/mprotect.c, do_mprotect_pkey
/// - level: observed
#[test]
fn mprotect_with_length_0_succeeds_and_changes_nothing_even_where_nothing_is_mapped() {
    let ended = scenario("mprotect-no-bytes", &scratch()).run();
    assert_eq!((ended.value("mapped"), ended.value("mappings")), ("success", "rw-p 1"));
    assert_eq!(ended.value("unmapped"), "success");
}

/// `mprotect` of addresses where nothing is mapped fails with `ENOMEM`.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS
/// - level: POSIX
#[test]
fn mprotect_of_addresses_where_nothing_is_mapped_fails_with_enomem() {
    let ended = scenario("mprotect-nothing-mapped", &scratch()).run();
    assert_eq!((ended.value("mapped"), ended.value("unmapped")), ("success", "ENOMEM"));
}

/// `mprotect` across a gap fails with `ENOMEM` and has changed the pages before the gap.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS; mm/mprotect.c, do_mprotect_pkey
/// - level: Linux (POSIX allows that some pages are changed)
#[test]
fn mprotect_across_a_gap_fails_with_enomem_and_has_changed_the_pages_before_the_gap() {
    let ended = scenario("mprotect-hole", &scratch()).run();
    assert_eq!(ended.value("answer"), "ENOMEM");
    assert_eq!(ended.value("mappings"), "r--p 1, rw-p 1", "before the gap, and after it");
}

/// `mprotect` of more bytes than there are addresses fails with `ENOMEM` and changes nothing.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS
/// - level: POSIX
#[test]
fn mprotect_of_more_bytes_than_there_are_addresses_fails_with_enomem_and_changes_nothing() {
    let ended = scenario("mprotect-too-long", &scratch()).run();
    assert_eq!((ended.value("all"), ended.value("past-the-end")), ("ENOMEM", "ENOMEM"));
    assert_eq!(ended.value("mappings"), "rw-p 1");
}

/// `mprotect` with a permission that the kernel does not know fails with `EINVAL`.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS
/// - level: Linux
#[test]
fn mprotect_with_a_permission_that_the_kernel_does_not_know_fails_with_einval() {
    let ended = scenario("mprotect-unknown-bits", &scratch()).run();
    assert_eq!((ended.value("mprotect"), ended.value("prot-sem")), ("EINVAL", "success"));
}

/// `mprotect` with `PROT_GROWSUP` and `PROT_GROWSDOWN` fails with `EINVAL`.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS
/// - level: Linux
#[test]
fn mprotect_with_prot_growsup_and_prot_growsdown_fails_with_einval() {
    let ended = scenario("mprotect-grows", &scratch()).run();
    assert_eq!((ended.value("both"), ended.value("stack")), ("EINVAL", "success"));
}

/// `mprotect` with `PROT_GROWSDOWN` fails with `EINVAL` on a mapping that was made without
/// `MAP_GROWSDOWN`.
///
/// - call: `mprotect`, error
/// - source: mm/mprotect.c, do_mprotect_pkey
/// - level: observed
#[test]
fn mprotect_with_prot_growsdown_fails_with_einval_on_a_mapping_that_was_made_without_map_growsdown()
{
    let ended = scenario("mprotect-grows", &scratch()).run();
    assert_eq!((ended.value("ordinary-mapping"), ended.value("stack")), ("EINVAL", "success"));
}

/// `mprotect` with `PROT_GROWSDOWN` of the end of a mapping made with `MAP_GROWSDOWN` changes the
/// mapping from its start on.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), DESCRIPTION
/// - level: Linux
#[test]
fn mprotect_with_prot_growsdown_of_the_end_of_a_mapping_made_with_map_growsdown_changes_the_mapping_from_its_start_on()
 {
    let ended = scenario("mprotect-grows", &scratch()).run();
    assert_eq!(ended.value("stack"), "success");
    assert_eq!((ended.value("before"), ended.value("after")), ("rw-p 2", "r--p 2"));
}

/// `mprotect` fails with `ENOMEM` if splitting a mapping would exceed the limit of mappings.
///
/// - call: `mprotect`, error
/// - source: mprotect(2), ERRORS
/// - level: Linux
#[test]
fn mprotect_fails_with_enomem_if_splitting_a_mapping_would_exceed_the_limit_of_mappings() {
    let ended = scenario("mprotect-too-many", &scratch()).run();
    assert_eq!(ended.value("refused-with"), "ENOMEM");
    let number = |name| ended.value(name).parse::<usize>().unwrap();
    // Each page that is changed adds two mappings: the page itself and the rest after it.
    let (allowed, made) = (number("allowed"), number("refused-at-page"));
    assert!(made <= allowed && made + 200 > allowed, "{made} of {allowed}, besides the program's");
}

/// `mprotect` that makes more private memory writable than `RLIMIT_DATA` allows fails with
/// `ENOMEM`.
///
/// - call: `mprotect`, error
/// - source: getrlimit(2), DESCRIPTION (RLIMIT_DATA); mm/mprotect.c, mprotect_fixup
/// - level: Linux
/// - manual says: getrlimit(2): `RLIMIT_DATA` affects calls to `brk`, `sbrk` and `mmap`; `mprotect`
///   is not named.
#[test]
fn mprotect_that_makes_more_private_memory_writable_than_rlimit_data_allows_fails_with_enomem() {
    let ended = scenario("mprotect-beyond-the-data-limit", &scratch()).run();
    assert_eq!((ended.value("for-loads"), ended.value("for-stores")), ("success", "ENOMEM"));
}

/// `mprotect` can make a program's own code writable.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), NOTES
/// - level: Linux (unless a security module such as SELinux refuses)
#[test]
fn mprotect_can_make_a_programs_own_code_writable() {
    let ended = scenario("mprotect-code", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("r-xp", "rwxp"));
}

/// `pkey_mprotect` with a protection key that is not allocated fails with `EINVAL`.
///
/// - call: `pkey_mprotect`, error
/// - source: mprotect(2), ERRORS
/// - level: Linux
#[cfg(target_arch = "x86_64")]
#[test]
fn pkey_mprotect_with_a_protection_key_that_is_not_allocated_fails_with_einval() {
    let ended = scenario("pkey-mprotect", &scratch()).run();
    assert_eq!((ended.value("not-allocated"), ended.value("before")), ("EINVAL", "rw-p 1"));
    assert_eq!(ended.value("minus-one"), "success", "the control");
}

/// `pkey_mprotect` with the key -1 works as `mprotect`.
///
/// - call: `pkey_mprotect`, success
/// - source: mprotect(2), NOTES
/// - level: Linux
#[cfg(target_arch = "x86_64")]
#[test]
fn pkey_mprotect_with_the_key_1_works_as_mprotect() {
    let ended = scenario("pkey-mprotect", &scratch()).run();
    assert_eq!(ended.value("minus-one"), "success");
    assert_eq!((ended.value("before"), ended.value("after")), ("rw-p 1", "r--p 1"));
}

/// Lets an ordinary user make files in the directory.
fn open_to_all(scratch: &Scratch) {
    fs::set_permissions(scratch.path(), Permissions::from_mode(0o777)).expect("chmod");
}
