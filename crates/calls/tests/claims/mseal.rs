//! `mseal`.

use course::{Ended, kernel_at_least, scratch};

use crate::scenario;

/// What the scenario has said, where the kernel has the call.
fn on_a_new_kernel(name: &str, shows: &str) -> Option<Ended> {
    let ended = scenario(name, &scratch()).run();
    match (kernel_at_least(6, 10), ended.value(shows)) {
        (false, said) => {
            assert_eq!(said, "ENOSYS");
            None
        }
        (true, "ENOSYS" | "EPERM") => {
            course::left_out("this container forbids mseal");
            None
        }
        (true, _) => Some(ended),
    }
}

/// After `mseal`, `munmap`, `mprotect`, `mremap` and `mmap` with `MAP_FIXED` of the pages fail with
/// `EPERM`.
///
/// - call: `mseal`, success
/// - source: mseal(2), DESCRIPTION; Documentation/userspace-api/mseal.rst
/// - level: Linux (since Linux 6.10)
#[test]
fn after_mseal_munmap_mprotect_mremap_and_mmap_with_map_fixed_of_the_pages_fail_with_eperm() {
    if let Some(ended) = on_a_new_kernel("sealed", "seal") {
        assert_eq!(ended.value("seal"), "ok");
        for call in ["munmap", "mprotect", "mremap", "mmap"] {
            assert_eq!(ended.value(call), "EPERM", "{call}");
        }
    }
}

/// Sealed pages can still be loaded and stored to, and sealing them again succeeds.
///
/// - call: `mseal`, success
/// - source: mseal(2), DESCRIPTION; Documentation/userspace-api/mseal.rst
/// - level: Linux (since Linux 6.10)
#[test]
fn sealed_pages_can_still_be_loaded_and_stored_to_and_sealing_them_again_succeeds() {
    if let Some(ended) = on_a_new_kernel("sealed", "seal") {
        assert_eq!(ended.value("again"), "ok");
        assert_eq!(ended.value("madvise"), "ok", "a process that may store may also drop");
        assert_eq!(ended.value("bytes"), "0 8", "dropped, then stored");
    }
}

/// `MADV_DONTNEED` of sealed private memory fails with `EPERM` if the process may not store to it.
///
/// - call: `mseal`, success
/// - source: mseal(2), DESCRIPTION; Documentation/userspace-api/mseal.rst
/// - level: Linux (since Linux 6.10)
#[test]
fn madv_dontneed_of_sealed_private_memory_fails_with_eperm_if_the_process_may_not_store_to_it() {
    if let Some(ended) = on_a_new_kernel("sealed-read-only", "seal") {
        assert_eq!(ended.value("madvise"), "EPERM");
        assert_eq!(ended.value("byte"), "7");
    }
}

/// `mseal` with a flag, an address inside a page or a range that wraps around fails with `EINVAL`.
///
/// - call: `mseal`, error
/// - source: mseal(2), ERRORS
/// - level: Linux (since Linux 6.10)
#[test]
fn mseal_with_a_flag_an_address_inside_a_page_or_a_range_that_wraps_around_fails_with_einval() {
    if let Some(ended) = on_a_new_kernel("seal-refused", "nothing") {
        for wrong in ["flags", "unaligned", "wraps"] {
            assert_eq!(ended.value(wrong), "EINVAL", "{wrong}");
        }
    }
}

/// `mseal` of a range with a gap fails with `ENOMEM` and seals no page, and `mseal` of length 0
/// succeeds and seals none.
///
/// - call: `mseal`, error
/// - source: mseal(2), ERRORS
/// - level: Linux (since Linux 6.10)
#[test]
fn mseal_of_a_range_with_a_gap_fails_with_enomem_and_seals_no_page_and_mseal_of_length_0_succeeds_and_seals_none()
 {
    if let Some(ended) = on_a_new_kernel("seal-refused", "nothing") {
        assert_eq!(ended.value("hole"), "ENOMEM");
        assert_eq!(ended.value("first"), "ok", "mprotect of the page before the gap");
        assert_eq!(ended.value("nothing"), "ok");
        assert_eq!(ended.value("then"), "ok", "munmap");
    }
}
