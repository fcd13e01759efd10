//! The errors of `mmap` about its other arguments. Each test provokes the error.

use common::page_size;
use course::{file_system, scratch};
use lesson_1_mapping_a_file::sys::MmapCall;

use crate::{errno_of, pages_of};

/// `mmap` of length 0 fails with `EINVAL`, with a file and without one.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: POSIX
#[test]
fn mmap_of_length_0_fails_with_einval_with_a_file_and_without_one() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    assert_eq!(errno_of(MmapCall::shared(&file, 0)), "EINVAL");
    assert_eq!(errno_of(MmapCall::anonymous(0)), "EINVAL");
    assert_eq!(errno_of(MmapCall::shared(&file, 1)), "success");
    assert_eq!(errno_of(MmapCall::anonymous(1)), "success");
}

/// An offset or a fixed address inside a page fails with `EINVAL`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: Linux (POSIX allows the error)
#[test]
fn an_offset_or_a_fixed_address_inside_a_page_fails_with_einval() {
    let scratch = scratch();
    let file = pages_of(&scratch, 2);
    let (call, page) = (MmapCall::shared(&file, 1), page_size() as i64);
    for offset in [1, 512, page - 1, page + 1] {
        assert_eq!(errno_of(MmapCall { offset, ..call }), "EINVAL", "{offset}");
    }
    assert_eq!(errno_of(MmapCall { offset: page, ..call }), "success");

    let flags = libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE;
    let taken = MmapCall::anonymous(page_size()).make().unwrap();
    let fixed = MmapCall { addr: taken.address() + 1, flags, ..call };
    assert_eq!(errno_of(fixed), "EINVAL", "the aligned address is EEXIST, see below");
    assert_eq!(errno_of(MmapCall { addr: taken.address(), ..fixed }), "EEXIST");
}

/// `mmap` with neither `MAP_SHARED` nor `MAP_PRIVATE` fails with `EINVAL`, with a file and without
/// one.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS
/// - level: POSIX
/// - tutorials say: Without `MAP_SHARED`, the system writes the stores to the file later.
#[test]
fn mmap_with_neither_map_shared_nor_map_private_fails_with_einval_with_a_file_and_without_one() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    assert_eq!(errno_of(MmapCall { flags: 0, ..MmapCall::shared(&file, 1) }), "EINVAL");
    assert_eq!(
        errno_of(MmapCall { flags: libc::MAP_ANONYMOUS, ..MmapCall::anonymous(1) }),
        "EINVAL"
    );
    assert_eq!(errno_of(MmapCall::shared(&file, 1)), "success");
}

/// A length or a fixed address beyond the address space fails with `ENOMEM`.
///
/// - call: `mmap`, error
/// - source: POSIX, mmap(), ERRORS; mm/mmap.c, do_mmap (the length)
/// - level: POSIX (the length: observed)
/// - manual says: mmap(2): a length that is too large fails with `EINVAL`.
#[test]
fn a_length_or_a_fixed_address_beyond_the_address_space_fails_with_enomem() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    for length in [usize::MAX, usize::MAX / 2, 1 << 60] {
        assert_eq!(
            errno_of(MmapCall::shared(&file, length)),
            "ENOMEM",
            "{length}: the page says EINVAL"
        );
    }
    let addr = usize::MAX / 2 + 1; // In a 64-bit process, the upper half belongs to the kernel.
    let flags = libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE;
    assert_eq!(errno_of(MmapCall { addr, flags, ..MmapCall::shared(&file, 1) }), "ENOMEM");
    assert_eq!(errno_of(MmapCall { addr, ..MmapCall::shared(&file, 1) }), "success", "as a hint");
}

/// `MAP_SYNC` with `MAP_SHARED_VALIDATE` fails with `EOPNOTSUPP` without persistent memory.
///
/// - call: `mmap`, error
/// - source: mmap(2), DESCRIPTION
/// - level: Linux (with `MAP_SHARED`: observed; ext4 and xfs fail, tmpfs and btrfs ignore it)
/// - holds: everywhere
/// - manual says: mmap(2): together with `MAP_SHARED`, `MAP_SYNC` is silently ignored.
#[test]
fn map_sync_with_map_shared_validate_fails_with_eopnotsupp_without_persistent_memory() {
    let scratch = scratch();
    let file = pages_of(&scratch, 1);
    let flags = libc::MAP_SHARED_VALIDATE | libc::MAP_SYNC;
    assert_eq!(errno_of(MmapCall { flags, ..MmapCall::shared(&file, 1) }), "EOPNOTSUPP");
    let flags = libc::MAP_SHARED | libc::MAP_SYNC;
    let ignored = errno_of(MmapCall { flags, ..MmapCall::shared(&file, 1) });
    match file_system(scratch.path()) {
        "ext4" | "xfs" => assert_eq!(ignored, "EOPNOTSUPP"),
        "tmpfs" | "btrfs" => assert_eq!(ignored, "success"),
        // Overlayfs behaves like the file system below it. Others were not tried.
        _ => assert!(["EOPNOTSUPP", "success"].contains(&&*ignored), "{ignored}"),
    }
}

/// `MAP_FAILED` is minus one and not `NULL`.
///
/// - call: `mmap`, edge
/// - source: mmap(2), RETURN VALUE
/// - level: Linux
#[test]
fn map_failed_is_minus_one_and_not_null() {
    assert_eq!(libc::MAP_FAILED.addr(), usize::MAX);
    assert_eq!(errno_of(MmapCall::anonymous(0)), "EINVAL", "found by comparing with MAP_FAILED");
}
