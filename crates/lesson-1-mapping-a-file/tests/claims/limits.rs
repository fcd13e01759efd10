//! Errors that say: not more of it. Each limit binds a process of its own.

use course::scratch;
use lesson_1_mapping_a_file::sys::MmapCall;
use nix::sys::signal::Signal;

use crate::{answer, scenario};

#[test]
fn enomem_more_addresses_than_rlimit_as_even_without_any_right_to_them() {
    let ended = scenario("address-space-limit", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("success", "ENOMEM"));
}

#[test]
fn enomem_more_memory_than_rlimit_data_which_counts_private_writable_only() {
    let ended = scenario("data-limit", &scratch()).run();
    assert_eq!(ended.value("before"), "success");
    assert_eq!((ended.value("private"), ended.value("anonymous")), ("ENOMEM", "ENOMEM"));
    assert_eq!((ended.value("shared"), ended.value("read-only")), ("success", "success"));
}

#[test]
fn enomem_more_mappings_than_max_map_count() {
    let ended = scenario("too-many-mappings", &scratch()).run();
    assert_eq!(ended.value("refused-with"), "ENOMEM");
    let number = |name| ended.value(name).parse::<usize>().unwrap();
    // Each page that was replaced made two mappings more: itself and what it cut off.
    let (allowed, made) = (number("allowed"), number("refused-at-page"));
    assert!(made <= allowed && made + 200 > allowed, "{made} of {allowed}, besides the program's");
}

#[test]
fn enomem_more_private_memory_than_the_machine_has_unless_overcommit_is_allowed() {
    let total = nix::sys::sysinfo::sysinfo().unwrap();
    let twice = 2 * (total.ram_total() + total.swap_total());
    let call = MmapCall::anonymous(usize::try_from(twice).unwrap());
    let mode = std::fs::read_to_string("/proc/sys/vm/overcommit_memory").unwrap();
    let expected = if mode.trim() == "1" { "success" } else { "ENOMEM" };
    assert_eq!(answer(call), expected);
    if mode.trim() != "2" {
        let flags = call.flags | libc::MAP_NORESERVE;
        assert_eq!(answer(MmapCall { flags, ..call }), "success", "MAP_NORESERVE");
        assert_eq!(answer(MmapCall { prot: libc::PROT_READ, ..call }), "success", "never written");
    }
}

#[test]
fn enomem_huge_pages_where_none_are_set_aside() {
    let pool = std::fs::read_to_string("/proc/sys/vm/nr_hugepages").unwrap_or_default();
    let extra = std::fs::read_to_string("/proc/sys/vm/nr_overcommit_hugepages").unwrap_or_default();
    let call = MmapCall { length: 1 << 21, ..MmapCall::anonymous(1) };
    let answered = answer(MmapCall { flags: call.flags | libc::MAP_HUGETLB, ..call });
    match (pool.trim(), extra.trim()) {
        ("", _) => assert_eq!(answered, "EINVAL", "a kernel without huge pages"),
        ("0", "0") => assert_eq!(answered, "ENOMEM"),
        _ => assert!(["success", "ENOMEM"].contains(&&*answered), "{answered}"),
    }
}

#[test]
fn eagain_more_locked_memory_than_rlimit_memlock() {
    let ended = scenario("lock-limit", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("unlocked"), ended.value("locked")), ("success", "EAGAIN"));
}

#[test]
fn eperm_locked_memory_where_rlimit_memlock_is_zero() {
    let ended = scenario("lock-limit-of-zero", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("unlocked"), ended.value("locked")), ("success", "EPERM"));
}

#[test]
fn eperm_a_fixed_address_below_mmap_min_addr_while_a_wish_is_lifted_above_it() {
    let ended = scenario("low-address", &scratch()).as_ordinary_user().run();
    assert_eq!(ended.value("address-zero"), "EPERM");
    let floor = std::fs::read_to_string("/proc/sys/vm/mmap_min_addr").unwrap();
    let floor = floor.trim().parse::<usize>().unwrap();
    let got = ended.value("wish-for-page-one").parse::<usize>().unwrap();
    assert!(got >= floor.max(1), "{got} is below {floor}");
}

#[test]
fn ftruncate_reserves_nothing_and_on_a_full_file_system_a_store_is_sigbus() {
    let ended = scenario("store-on-a-full-disk", &scratch()).run();
    assert_eq!(ended.value("mmap"), "success");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("stored"), "{ended:?}");
}

#[test]
#[ignore = "needs root: mounts a btrfs"]
fn after_a_flush_on_btrfs_a_store_to_the_same_page_may_find_no_space() {
    let ended = scenario("store-after-flush-on-btrfs", &scratch()).run();
    assert_eq!(ended.value("ready"), "success");
    assert_eq!(ended.value("ready-after-flush"), "EFAULT");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
}

#[test]
fn before_the_store_fallocate_says_enospc_and_populating_says_efault() {
    let ended = scenario("store-on-a-full-disk", &scratch()).run();
    assert_eq!((ended.value("fallocate"), ended.value("populate")), ("ENOSPC", "EFAULT"));
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
}
