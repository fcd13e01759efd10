//! `mmap`.

use std::fs::File;
use std::io::Seek;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use common::page_size;
use course::{file_system, kernel_at_least, scratch};
use lesson_1_mapping_a_file::sys::MmapCall;

use crate::files::new_file;
use crate::scenario;

/// `mmap` with `MAP_FIXED` at an address inside a page fails with `EINVAL` and unmaps nothing.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: Linux (POSIX allows the error)
#[test]
fn mmap_with_map_fixed_at_an_address_inside_a_page_fails_with_einval_and_unmaps_nothing() {
    let ended = scenario("mmap-fixed-inside-a-page", &scratch()).run();
    assert_eq!((ended.value("inside-a-page"), ended.value("kept")), ("EINVAL", "7 8"));
    assert_eq!((ended.value("at-its-start"), ended.value("replaced")), ("success", "0 8"));
}

/// With both `MAP_FIXED` and `MAP_FIXED_NOREPLACE`, `mmap` of a taken address fails with `EEXIST`
/// and replaces nothing.
///
/// - call: `mmap`, edge
/// - source: mm/mmap.c, do_mmap
/// - level: observed
#[test]
fn with_both_map_fixed_and_map_fixed_noreplace_mmap_of_a_taken_address_fails_with_eexist_and_replaces_nothing()
 {
    let ended = scenario("mmap-noreplace-and-fixed", &scratch()).run();
    assert_eq!((ended.value("answer"), ended.value("kept")), ("EEXIST", "7"));
}

/// `mmap` with `MAP_FIXED_NOREPLACE` fails with `EEXIST` if one page of the range is taken, and
/// then maps none of the free pages.
///
/// - call: `mmap`, error
/// - source: mmap(2), DESCRIPTION (MAP_FIXED_NOREPLACE); mmap(2), ERRORS
/// - level: Linux (since Linux 4.17; before, the kernel ignores the flag, and the address is a hint)
#[test]
fn mmap_with_map_fixed_noreplace_fails_with_eexist_if_one_page_of_the_range_is_taken_and_then_maps_none_of_the_free_pages()
 {
    let ended = scenario("mmap-noreplace-overlap", &scratch()).run();
    for name in ["end-taken", "start-taken", "middle-taken"] {
        assert_eq!(ended.value(name), "EEXIST false 7 false", "{name}");
    }
    assert_eq!(ended.value("free"), "success false 7 true", "a range that is free");
}

/// Two shared mappings of `/dev/zero` are different memory, even through one descriptor.
///
/// - call: `mmap`, edge
/// - source: drivers/char/mem.c, mmap_zero
/// - level: observed
#[test]
fn two_shared_mappings_of_dev_zero_are_different_memory_even_through_one_descriptor() {
    let ended = scenario("mmap-two-of-dev-zero", &scratch()).run();
    assert_eq!((ended.value("first"), ended.value("second")), ("7", "0"));
}

/// A store below a mapping with `MAP_GROWSDOWN` extends the mapping down to the page of the
/// store.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_GROWSDOWN)
/// - level: Linux
/// - manual says: mmap(2): the mapping grows by a page when the page below it is touched. It grows
///   by several pages at once, too.
#[test]
fn a_store_below_a_mapping_with_map_growsdown_extends_the_mapping_down_to_the_page_of_the_store() {
    let ended = scenario("mmap-growsdown", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after-one-store")), ("2", "3"));
    assert_eq!(ended.value("after-a-store-three-pages-below"), "5");
    assert_eq!(ended.value("ordinary-mapping"), "SIGSEGV SEGV_MAPERR at the byte");
}

/// A mapping with `MAP_GROWSDOWN` does not grow, and the access is `SIGSEGV`, if an accessible
/// mapping lies less than 256 pages below.
///
/// - call: `mmap`, edge
/// - source: mm/vma.c, expand_downwards; Documentation/admin-guide/kernel-parameters.txt
///   (stack_guard_gap)
/// - level: observed (unless the kernel was started with another `stack_guard_gap`)
/// - manual says: mmap(2): it grows until it is within a page of the next lower mapping.
#[test]
fn a_mapping_with_map_growsdown_does_not_grow_and_the_access_is_sigsegv_if_an_accessible_mapping_lies_less_than_256_pages_below()
 {
    let ended = scenario("mmap-growsdown-onto-a-neighbour", &scratch()).run();
    assert_eq!(ended.value("alone"), "no signal");
    assert_eq!(ended.value("with-a-neighbour"), "SIGSEGV SEGV_MAPERR at the byte");
    assert_eq!(ended.value("with-a-closed-neighbour"), "no signal", "PROT_NONE");
}

/// If a file is mapped where another file was unmapped, loads show the new file.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn if_a_file_is_mapped_where_another_file_was_unmapped_loads_show_the_new_file() {
    let ended = scenario("mmap-another-file", &scratch()).run();
    assert_eq!(ended.value("seen"), "7 8 7 8", "two files in turn at one address");
}

/// `mmap` accepts `MAP_EXECUTABLE`, `MAP_FILE`, `MAP_DENYWRITE`, `MAP_STACK` and `MAP_NORESERVE`
/// with a shared and a private mapping of a file.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION
/// - level: Linux
#[test]
fn mmap_accepts_map_executable_map_file_map_denywrite_map_stack_and_map_noreserve_with_a_shared_and_a_private_mapping_of_a_file()
 {
    let ended = scenario("mmap-ignored-flags", &scratch()).run();
    for flag in ["executable", "file", "denywrite", "stack", "noreserve"] {
        assert_eq!(ended.value(flag), "success success", "{flag}");
    }
}

/// `mmap` ignores `MAP_UNINITIALIZED`, so the memory begins as zeros.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION (MAP_UNINITIALIZED)
/// - level: Linux (unless the kernel was built with CONFIG_MMAP_ALLOW_UNINITIALIZED)
#[test]
fn mmap_ignores_map_uninitialized_so_the_memory_begins_as_zeros() {
    let ended = scenario("mmap-ignored-flags", &scratch()).run();
    assert_eq!((ended.value("uninitialized"), ended.value("zeros")), ("success success", "true"));
}

/// Since Linux 6.7, `MAP_STACK` keeps huge pages out of a mapping.
///
/// - call: `mmap`, success
/// - source: include/linux/mman.h, calc_vm_flag_bits
/// - level: observed (a kernel with transparent huge pages)
/// - manual says: mmap(2): the flag does nothing.
#[test]
fn since_linux_6_7_map_stack_keeps_huge_pages_out_of_a_mapping() {
    let ended = scenario("mmap-stack", &scratch()).run();
    assert_eq!(ended.value("without"), "false", "the flag `nh` in smaps");
    if kernel_at_least(6, 7) && Path::new("/sys/kernel/mm/transparent_hugepage").exists() {
        assert_eq!(ended.value("with"), "true");
    }
}

/// On x86-64, `mmap` with `MAP_32BIT` chooses an address below 2 GiB, and `MAP_FIXED` makes it
/// ignore the flag.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_32BIT)
/// - level: Linux
#[cfg(target_arch = "x86_64")]
#[test]
fn on_x86_64_mmap_with_map_32bit_chooses_an_address_below_2_gib_and_map_fixed_makes_it_ignore_the_flag()
 {
    let ended = scenario("mmap-32bit", &scratch()).run();
    assert_eq!((ended.value("without"), ended.value("with")), ("false", "true"));
    assert_eq!((ended.value("fixed"), ended.value("fixed-below")), ("success", "false"));
}

/// With `MAP_NONBLOCK`, `MAP_POPULATE` brings no page into memory.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION (MAP_NONBLOCK)
/// - level: Linux
#[test]
fn with_map_nonblock_map_populate_brings_no_page_into_memory() {
    let ended = scenario("mmap-nonblock", &scratch()).run();
    assert_eq!((ended.value("populate"), ended.value("populate-nonblock")), ("2", "0"));
}

/// Memory that is mapped with `MAP_NORESERVE` can be stored to and loaded from.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_NORESERVE)
/// - level: Linux
#[test]
fn memory_that_is_mapped_with_map_noreserve_can_be_stored_to_and_loaded_from() {
    assert_eq!(scenario("mmap-noreserve", &scratch()).run().value("loaded"), "7 8");
}

/// `mmap` of a file with a sharing type other than `MAP_SHARED`, `MAP_PRIVATE` and
/// `MAP_SHARED_VALIDATE` fails with `EINVAL`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: POSIX (the third type: Linux)
#[test]
fn mmap_of_a_file_with_a_sharing_type_other_than_map_shared_map_private_and_map_shared_validate_fails_with_einval()
 {
    let ended = scenario("mmap-types", &scratch()).run();
    assert_eq!((ended.value("known"), ended.value("none")), ("success success success", "EINVAL"));
    assert_eq!(ended.value("others"), ["EINVAL"; 12].join(" "), "the types 4 to 15");
}

/// `MAP_SHARED_VALIDATE` works with `MAP_POPULATE`, `MAP_NORESERVE`, `MAP_STACK` and `MAP_FIXED`.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED_VALIDATE)
/// - level: Linux
#[test]
fn map_shared_validate_works_with_map_populate_map_noreserve_map_stack_and_map_fixed() {
    let ended = scenario("mmap-validate", &scratch()).run();
    for flag in ["none", "populate", "noreserve", "stack"] {
        assert_eq!(ended.value(flag), "success success", "{flag}, all with MAP_FIXED");
    }
}

/// `MAP_SHARED_VALIDATE` does not refuse the bits 26 to 30 of the flags, which give the size of
/// huge pages.
///
/// - call: `mmap`, edge
/// - source: include/linux/mman.h, LEGACY_MAP_MASK
/// - level: observed
/// - manual says: mmap(2): `EOPNOTSUPP` for every unknown flag.
#[test]
fn map_shared_validate_does_not_refuse_the_bits_26_to_30_of_the_flags_which_give_the_size_of_huge_pages()
 {
    let ended = scenario("mmap-validate", &scratch()).run();
    assert_eq!(ended.value("huge-sizes"), ["success"; 5].join(" "), "each without MAP_HUGETLB");
    assert_eq!(ended.value("bit-31"), "EOPNOTSUPP success", "validated, and not");
}

/// `MAP_SHARED_VALIDATE` fails with `EOPNOTSUPP` for each unknown flag, and `MAP_SHARED` ignores
/// unknown flags.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION
/// - level: Linux
#[test]
fn map_shared_validate_fails_with_eopnotsupp_for_each_unknown_flag_and_map_shared_ignores_unknown_flags()
 {
    let ended = scenario("mmap-validate", &scratch()).run();
    for bit in [9, 10, 21, 22, 23, 24, 25, 31] {
        let answers = ended.value(&format!("bit-{bit}"));
        assert_eq!(answers, "EOPNOTSUPP success", "bit {bit}: validated, and not");
    }
}

/// On ext4 and xfs without persistent memory, `MAP_SYNC` fails with `EOPNOTSUPP` with
/// `MAP_PRIVATE` too.
///
/// - call: `mmap`, error
/// - source: fs/ext4/file.c, ext4_file_mmap
/// - level: observed
/// - holds: on ext4, xfs
/// - manual says: mmap(2): only `MAP_SHARED_VALIDATE` knows the flag.
#[test]
fn on_ext4_and_xfs_without_persistent_memory_map_sync_fails_with_eopnotsupp_with_map_private_too() {
    let scratch = scratch();
    let ended = scenario("mmap-validate", &scratch).run();
    match file_system(scratch.path()) {
        "ext4" | "xfs" => assert_eq!(ended.value("map-sync-private"), "EOPNOTSUPP"),
        "tmpfs" | "btrfs" => assert_eq!(ended.value("map-sync-private"), "success"),
        // Overlayfs behaves like the file system below it. Others were not tried.
        _ => assert!(["EOPNOTSUPP", "success"].contains(&ended.value("map-sync-private"))),
    }
}

/// `mmap` of a file with `MAP_PRIVATE` and `MAP_GROWSDOWN` fails with `EINVAL`, and without a file
/// it succeeds.
///
/// - call: `mmap`, error
/// - source: mm/mmap.c, do_mmap
/// - level: observed
#[test]
fn mmap_of_a_file_with_map_private_and_map_growsdown_fails_with_einval_and_without_a_file_it_succeeds()
 {
    let ended = scenario("mmap-validate", &scratch()).run();
    assert_eq!(ended.value("growsdown-private"), "EINVAL");
    assert_eq!(scenario("mmap-growsdown", &scratch()).run().value("before"), "2", "without a file");
}

/// `mmap` without a file ignores an offset of whole pages, and an offset inside a page fails with
/// `EINVAL`.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION (MAP_ANONYMOUS); arch/x86/kernel/sys_x86_64.c, mmap
/// - level: observed
/// - manual says: mmap(2): the offset should be zero.
#[test]
fn mmap_without_a_file_ignores_an_offset_of_whole_pages_and_an_offset_inside_a_page_fails_with_einval()
 {
    let ended = scenario("mmap-anonymous-offset", &scratch()).run();
    assert_eq!((ended.value("whole-page"), ended.value("inside-a-page")), ("success", "EINVAL"));
    assert_eq!(ended.value("loaded"), "0");
}

/// In a 64-bit process, `mmap` of a file at a negative offset fails with `EOVERFLOW`.
///
/// - call: `mmap`, error
/// - source: mm/mmap.c, do_mmap
/// - level: observed
#[test]
fn in_a_64_bit_process_mmap_of_a_file_at_a_negative_offset_fails_with_eoverflow() {
    let ended = scenario("mmap-negative-offset", &scratch()).run();
    assert_eq!((ended.value("minus-one-page"), ended.value("lowest")), ("EOVERFLOW", "EOVERFLOW"));
    assert_eq!(ended.value("zero"), "success");
}

/// Since Linux 6.11, the sharing type 8, `MAP_DROPPABLE`, makes private memory without a file, and
/// fails with `EINVAL` with a file.
///
/// - call: `mmap`, edge
/// - source: mm/mmap.c, do_mmap
/// - level: observed (before Linux 6.11 `EINVAL`)
#[test]
fn since_linux_6_11_the_sharing_type_8_map_droppable_makes_private_memory_without_a_file_and_fails_with_einval_with_a_file()
 {
    let ended = scenario("mmap-droppable", &scratch()).run();
    assert_eq!(ended.value("file"), "EINVAL");
    if kernel_at_least(6, 11) {
        assert_eq!((ended.value("anonymous"), ended.value("permissions")), ("success", "rw-p"));
    } else {
        assert_eq!(ended.value("anonymous"), "EINVAL");
    }
}

/// `mmap` ignores permission bits that it does not know, and `mprotect` fails with `EINVAL` for
/// them.
///
/// - call: `mmap`, edge
/// - source: mm/mmap.c, do_mmap; mprotect(2), ERRORS
/// - level: observed
#[test]
fn mmap_ignores_permission_bits_that_it_does_not_know_and_mprotect_fails_with_einval_for_them() {
    let ended = scenario("mprotect-unknown-bits", &scratch()).run();
    assert_eq!((ended.value("mmap"), ended.value("mprotect")), ("success", "EINVAL"));
}

/// A store to a mapping without `PROT_WRITE` is `SIGSEGV` with the code `SEGV_ACCERR` and the
/// byte's address.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (SIGSEGV); sigaction(2), The siginfo_t argument to a SA_SIGINFO
///   handler
/// - level: POSIX
#[test]
fn a_store_to_a_mapping_without_prot_write_is_sigsegv_with_the_code_segv_accerr_and_the_bytes_address()
 {
    let ended = scenario("mmap-faults", &scratch()).run();
    assert_eq!(ended.value("read-load"), "no signal");
    assert_eq!(ended.value("read-store"), "SIGSEGV SEGV_ACCERR at the byte");
}

/// An access past the end of the file is `SIGBUS` with the code `BUS_ADRERR` and the byte's
/// address.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (SIGBUS); sigaction(2), The siginfo_t argument to a SA_SIGINFO
///   handler
/// - level: Linux (POSIX names the signal)
#[test]
fn an_access_past_the_end_of_the_file_is_sigbus_with_the_code_bus_adrerr_and_the_bytes_address() {
    let ended = scenario("mmap-faults", &scratch()).run();
    assert_eq!((ended.value("both-load"), ended.value("both-store")), ("no signal", "no signal"));
    for access in ["load", "store"] {
        let past = ended.value(&format!("both-{access}-past-the-end"));
        assert_eq!(past, "SIGBUS BUS_ADRERR at the byte", "{access}");
    }
}

/// Past the end of the file, an access that the permissions forbid is `SIGSEGV` and not `SIGBUS`.
///
/// - call: `mmap`, edge
/// - source: mmap(2), ERRORS; arch/x86/mm/fault.c, access_error
/// - level: observed
#[test]
fn past_the_end_of_the_file_an_access_that_the_permissions_forbid_is_sigsegv_and_not_sigbus() {
    let ended = scenario("mmap-faults", &scratch()).run();
    for access in ["none-load-past-the-end", "none-store-past-the-end", "read-store-past-the-end"] {
        assert_eq!(ended.value(access), "SIGSEGV SEGV_ACCERR at the byte", "{access}");
    }
    assert_eq!(ended.value("read-load-past-the-end"), "SIGBUS BUS_ADRERR at the byte");
}

/// A jump into a page without `PROT_EXEC` is `SIGSEGV` with the code `SEGV_ACCERR` and the
/// instruction's address.
///
/// - call: `mmap`, error
/// - source: mmap(2), DESCRIPTION; sigaction(2), The siginfo_t argument to a SA_SIGINFO handler
/// - level: Linux
#[test]
fn a_jump_into_a_page_without_prot_exec_is_sigsegv_with_the_code_segv_accerr_and_the_instructions_address()
 {
    let ended = scenario("mmap-faults", &scratch()).run();
    assert_eq!(ended.value("run-without-exec"), "SIGSEGV SEGV_ACCERR at the byte");
    assert_eq!(ended.value("run-with-exec"), "no signal");
}

/// On x86-64, a load from a page with only `PROT_EXEC` is `SIGSEGV` with the code `SEGV_PKUERR`
/// if the processor has protection keys, and otherwise succeeds.
///
/// - call: `mmap`, edge
/// - source: mmap(2), NOTES; pkeys(7), DESCRIPTION
/// - level: Linux
#[cfg(target_arch = "x86_64")]
#[test]
fn on_x86_64_a_load_from_a_page_with_only_prot_exec_is_sigsegv_with_the_code_segv_pkuerr_if_the_processor_has_protection_keys_and_otherwise_succeeds()
 {
    let ended = scenario("mmap-exec-alone", &scratch()).run();
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let has_keys = processor.contains(" ospke"); // The processor has keys, and the kernel uses them.
    let expected = if has_keys { "SIGSEGV SEGV_PKUERR at the byte" } else { "no signal" };
    for how in ["mmap", "mprotect"] {
        assert_eq!(ended.value(&format!("{how}-permissions")), "--xp");
        assert_eq!(ended.value(&format!("{how}-load")), expected, "{how}");
        assert!(ended.value(&format!("{how}-store")).starts_with("SIGSEGV"), "{ended:?}");
    }
}

/// If a text fills the file's last page, no zero byte follows, and `strlen` runs past the mapping.
///
/// - call: `mmap`, edge
/// - source: mmap(2), NOTES
/// - level: POSIX
#[test]
fn if_a_text_fills_the_files_last_page_no_zero_byte_follows_and_strlen_runs_past_the_mapping() {
    let ended = scenario("mmap-string", &scratch()).run();
    assert_eq!(ended.value("shorter"), "true", "the first zero byte is the one after the text");
    assert_eq!(ended.value("whole-page"), "none");
    assert_eq!(ended.value("whole-page-next-page"), "SIGSEGV SEGV_ACCERR at the byte");
}

/// `read` into a mapping without `PROT_WRITE` and `write` from one with `PROT_NONE` fail with
/// `EFAULT`.
///
/// - call: `mmap`, edge
/// - source: read(2), ERRORS; write(2), ERRORS
/// - level: Linux
#[test]
fn read_into_a_mapping_without_prot_write_and_write_from_one_with_prot_none_fail_with_efault() {
    let ended = scenario("mmap-efault", &scratch()).run();
    assert_eq!((ended.value("read"), ended.value("read-into-read-only")), ("success", "EFAULT"));
    assert_eq!(ended.value("write-from-none"), "EFAULT");
    assert_eq!(ended.value("write-from-read-only"), "success", "the control");
}

/// `read` of a file into a shared mapping of the same file works.
///
/// - call: `mmap`, edge
/// - source: mm/filemap.c, filemap_read
/// - level: observed
#[test]
fn read_of_a_file_into_a_shared_mapping_of_the_same_file_works() {
    let ended = scenario("mmap-own-buffer", &scratch()).run();
    assert_eq!((ended.value("read"), ended.value("loaded")), ("success", "7"));
}

/// `write` to a file from a shared mapping of the same file works, even from the page that it
/// changes.
///
/// - call: `mmap`, edge
/// - source: mm/filemap.c, generic_perform_write
/// - level: observed
#[test]
fn write_to_a_file_from_a_shared_mapping_of_the_same_file_works_even_from_the_page_that_it_changes()
{
    let ended = scenario("mmap-own-buffer", &scratch()).run();
    assert_eq!((ended.value("write"), ended.value("written")), ("success", "7 8"));
    assert_eq!(ended.value("onto-itself"), "success");
    assert_eq!(ended.value("written-onto-itself"), "7 7");
}

/// The bytes past the end of a memory object are zeros, and a store to them does not make the
/// object larger.
///
/// - call: `mmap`, edge
/// - source: POSIX, mmap(), DESCRIPTION
/// - level: POSIX
#[test]
fn the_bytes_past_the_end_of_a_memory_object_are_zeros_and_a_store_to_them_does_not_make_the_object_larger()
 {
    let ended = scenario("mmap-tail-of-a-memfd", &scratch()).run();
    assert_eq!(ended.value("zeros"), "true");
    assert_eq!((ended.value("read"), ended.value("size")), ("10", "10"));
}

/// A file that was opened with `O_DIRECT` can be mapped.
///
/// - call: `mmap`, success
/// - source: mm/filemap.c, generic_file_mmap
/// - level: observed (tmpfs opens no file with `O_DIRECT` before Linux 6.6)
/// - holds: not on tmpfs; since 6.6 on tmpfs
#[test]
fn a_file_that_was_opened_with_o_direct_can_be_mapped() {
    let scratch = scratch();
    let ended = scenario("mmap-o-direct", &scratch).run();
    if ended.value("open") == "EINVAL" {
        // Such as a tmpfs before Linux 6.6: no file can be opened so.
        return assert!(!["ext4", "xfs", "btrfs"].contains(&file_system(scratch.path())));
    }
    assert_eq!((ended.value("mmap"), ended.value("file")), ("success", "7"));
}

/// An `O_DIRECT` read finds a byte that was stored through a mapping and is not on the disk yet.
///
/// - call: `open(O_DIRECT)`, edge
/// - source: mm/filemap.c, kiocb_write_and_wait
/// - level: observed (tmpfs opens no file with `O_DIRECT` before Linux 6.6)
/// - holds: not on tmpfs; since 6.6 on tmpfs
#[test]
fn an_o_direct_read_finds_a_byte_that_was_stored_through_a_mapping_and_is_not_on_the_disk_yet() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    file.sync_all().unwrap();
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_DIRECT);
    let mut direct = match options.open(scratch.path().join("file")) {
        Ok(direct) => direct,
        Err(error) => {
            assert_eq!(
                file_system(scratch.path()),
                "tmpfs",
                "only tmpfs, before Linux 6.6: {error}"
            );
            return;
        }
    };
    let area = MmapCall::shared(&file, page_size()).make().unwrap();
    let buffer = MmapCall::anonymous(page_size()).make().unwrap(); // It is aligned.
    for byte in [1, 2] {
        area.store(0, byte);
        direct.rewind().unwrap();
        assert_eq!(buffer.read_from(&direct, 0, page_size()).unwrap(), page_size());
        assert_eq!(buffer.load(0), byte);
    }
}

/// A program that does not check the result of a failed `mmap` gets `SIGSEGV` at its first access,
/// at the address -1.
///
/// - call: `mmap`, edge
/// - source: mmap(2), RETURN VALUE
/// - level: Linux (the signal: observed)
/// - article says: The example programs test the result of no call.
#[test]
fn a_program_that_does_not_check_the_result_of_a_failed_mmap_gets_sigsegv_at_its_first_access_at_the_address_1()
 {
    let ended = scenario("mmap-unchecked", &scratch()).run();
    let load = ended.value("load");
    assert!(load.starts_with("SIGSEGV ") && load.ends_with(" at the byte"), "{load}");
}
