//! Limits on addresses, memory, mappings and disk space. Each limit is set in a process of its own.

use course::{kernel_at_least, scratch, unless_mounts_are_refused};
use lesson_1_mapping_a_file::sys::MmapCall;
use nix::sys::signal::Signal;

use crate::{errno_of, scenario};

/// `mmap` of more addresses than `RLIMIT_AS` allows fails with `ENOMEM`, even with `PROT_NONE`.
///
/// - call: `mmap`, error
/// - source: getrlimit(2), DESCRIPTION
/// - level: Linux
#[test]
fn mmap_of_more_addresses_than_rlimit_as_allows_fails_with_enomem_even_with_prot_none() {
    let ended = scenario("address-space-limit", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("success", "ENOMEM"));
}

/// If `RLIMIT_DATA` is above 0, `mmap` of more private writable memory fails with `ENOMEM`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS; mm/mmap.c
/// - level: Linux (other memory not counted: observed)
#[test]
fn if_rlimit_data_is_above_0_mmap_of_more_private_writable_memory_fails_with_enomem() {
    let ended = scenario("data-limit", &scratch()).run();
    assert_eq!(ended.value("before"), "success");
    assert_eq!((ended.value("private"), ended.value("anonymous")), ("ENOMEM", "ENOMEM"));
    assert_eq!((ended.value("shared"), ended.value("read-only")), ("success", "success"));
}

/// More mappings than `max_map_count` fail with `ENOMEM`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (ENOMEM)
/// - level: Linux
#[test]
fn more_mappings_than_max_map_count_fail_with_enomem() {
    let ended = scenario("too-many-mappings", &scratch()).run();
    assert_eq!(ended.value("refused-with"), "ENOMEM");
    let number = |name| ended.value(name).parse::<usize>().unwrap();
    // Each replaced page adds two mappings: the page itself and the rest that it cuts off.
    let (allowed, made) = (number("allowed"), number("refused-at-page"));
    assert!(made <= allowed && made + 200 > allowed, "{made} of {allowed}, besides the program's");
}

/// `MAP_HUGETLB` without reserved huge pages fails with `ENOMEM`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (ENOMEM)
/// - level: Linux
#[test]
fn map_hugetlb_without_reserved_huge_pages_fails_with_enomem() {
    let pool = std::fs::read_to_string("/proc/sys/vm/nr_hugepages").unwrap_or_default();
    let extra = std::fs::read_to_string("/proc/sys/vm/nr_overcommit_hugepages").unwrap_or_default();
    let call = MmapCall { length: 1 << 21, ..MmapCall::anonymous(1) };
    let answered = errno_of(MmapCall { flags: call.flags | libc::MAP_HUGETLB, ..call });
    match (pool.trim(), extra.trim()) {
        ("", _) => assert_eq!(answered, "EINVAL", "a kernel without huge pages"),
        ("0", "0") => assert_eq!(answered, "ENOMEM"),
        _ => assert!(["success", "ENOMEM"].contains(&&*answered), "{answered}"),
    }
}

/// `mmap` with `MAP_LOCKED` of more memory than `RLIMIT_MEMLOCK` allows fails with `EAGAIN`.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (EAGAIN)
/// - level: Linux (an ordinary user)
#[test]
fn mmap_with_map_locked_of_more_memory_than_rlimit_memlock_allows_fails_with_eagain() {
    let ended = scenario("lock-limit", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("unlocked"), ended.value("locked")), ("success", "EAGAIN"));
}

/// `mmap` with `MAP_LOCKED` fails with `EPERM` if `RLIMIT_MEMLOCK` is 0.
///
/// - call: `mmap`, error
/// - source: mlock(2), ERRORS
/// - level: observed (an ordinary user)
/// - manual says: mmap(2): `EPERM` for a limit of 0 is not listed.
#[test]
fn mmap_with_map_locked_fails_with_eperm_if_rlimit_memlock_is_0() {
    let ended = scenario("lock-limit-of-zero", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("unlocked"), ended.value("locked")), ("success", "EPERM"));
}

/// A fixed address below `mmap_min_addr` fails with `EPERM`, and a hint is raised to it or above.
///
/// - call: `mmap`, error
/// - source: mmap(2), DESCRIPTION; proc(5), mmap_min_addr
/// - level: Linux (`EPERM`: observed, as an ordinary user)
/// - manual says: mmap(2): `EPERM` for a low address is not listed.
#[test]
fn a_fixed_address_below_mmap_min_addr_fails_with_eperm_and_a_hint_is_raised_to_it_or_above() {
    let ended = scenario("low-address", &scratch()).as_ordinary_user().run();
    assert_eq!(ended.value("address-zero"), "EPERM");
    let floor = std::fs::read_to_string("/proc/sys/vm/mmap_min_addr").unwrap();
    let floor = floor.trim().parse::<usize>().unwrap();
    let got = ended.value("hint-of-page-one").parse::<usize>().unwrap();
    assert!(got >= floor.max(1), "{got} is below {floor}");
}

/// `ftruncate` reserves nothing, so a store on a full file system is `SIGBUS`.
///
/// - call: `ftruncate`, edge
/// - source: mm/shmem.c
/// - level: observed (on tmpfs)
/// - holds: everywhere
/// - tutorials say: `ftruncate` reserves the space of the file.
#[test]
fn ftruncate_reserves_nothing_so_a_store_on_a_full_file_system_is_sigbus() {
    let ended = scenario("store-on-a-full-disk", &scratch()).run();
    let Some(ended) = unless_mounts_are_refused(ended) else { return };
    assert_eq!(ended.value("stored-to-the-reserved-page"), "1", "full, and yet no signal");
    assert_eq!(ended.value("mmap"), "success");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("stored yes"), "{ended:?}");
}

/// On a full disk, a store to a hole is `SIGBUS`, and an earlier `fallocate` fails with `ENOSPC`.
///
/// - call: `fallocate`, error
/// - source: fs/ext4/inode.c, ext4_page_mkwrite
/// - level: observed (on ext4, xfs and btrfs)
/// - holds: everywhere
#[test]
#[ignore = "needs root: mounts an ext4, an xfs and a btrfs"]
fn on_a_full_disk_a_store_to_a_hole_is_sigbus_and_an_earlier_fallocate_fails_with_enospc() {
    for file_system in ["ext4", "xfs", "btrfs"] {
        let ended = scenario(&format!("store-on-a-full-{file_system}"), &scratch()).run();
        assert_eq!(ended.value("mmap"), "success", "{file_system}: {ended:?}");
        assert_eq!(ended.value("fallocate"), "ENOSPC", "{file_system}");
        assert_eq!(ended.value("populate"), populated("EFAULT"), "{file_system}");
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{file_system}: {ended:?}");
    }
}

/// On ext4 and xfs, a store to a reserved page may be `SIGBUS` because no space is left, if a large
/// folio also has a hole.
///
/// - call: `fallocate`, edge
/// - source: fs/ext4/inode.c, ext4_page_mkwrite; fs/iomap/buffered-io.c, iomap_page_mkwrite
/// - level: observed (since Linux 6.18, on ext4 and xfs; older kernels may make no large folio
///   here)
/// - holds: since 6.18
#[test]
#[ignore = "needs root: mounts an ext4 and an xfs"]
fn on_ext4_and_xfs_a_store_to_a_reserved_page_may_be_sigbus_because_no_space_is_left_if_a_large_folio_also_has_a_hole()
 {
    for file_system in ["ext4", "xfs"] {
        let ended = scenario(&format!("store-beside-a-hole-on-{file_system}"), &scratch()).run();
        assert_eq!(ended.value("fallocate"), "success", "{file_system}: the page has a block");
        assert_eq!(ended.value("loaded"), "0", "{file_system}: a load needs no space");
        let found = (ended.value("ready"), ended.signal);
        let refused = found == (populated("EFAULT"), Some(Signal::SIGBUS));
        // Older kernels may make no large folio here.
        let stored = found == (populated("success"), None);
        assert!(refused || stored && !kernel_at_least(6, 18), "{file_system}: {ended:?}");
    }
}

/// If another file shares the blocks, `fallocate` may succeed, and a store is `SIGBUS` because no
/// space is left.
///
/// - call: `fallocate`, edge
/// - source: ioctl_ficlonerange(2), DESCRIPTION; cp(1), --reflink
/// - level: observed (since Linux 6.1, on btrfs and xfs; in 5.10, btrfs says `ENOSPC`)
/// - holds: since 6.1
#[test]
#[ignore = "needs root: mounts an xfs and a btrfs"]
fn if_another_file_shares_the_blocks_fallocate_may_succeed_and_a_store_is_sigbus_because_no_space_is_left()
 {
    for which in ["a-copy-on-xfs", "the-original-on-xfs", "a-copy-on-btrfs"] {
        let ended = scenario(&format!("store-to-{which}"), &scratch()).run();
        let is_on_btrfs = which.ends_with("btrfs");
        let reserved = if is_on_btrfs { reserved_on_a_full_btrfs() } else { "success" };
        assert_eq!(ended.value("fallocate"), reserved, "{which}: the page has a block");
        assert_eq!(ended.value("ready"), populated("EFAULT"), "{which}");
        assert_eq!(ended.value("loaded"), "49", "{which}: a load needs no space");
        assert_eq!(ended.signal, Some(Signal::SIGBUS), "{which}: {ended:?}");
    }
}

/// On xfs, the first store gives a page of a copy its own block.
///
/// - call: file systems, edge
/// - source: fs/xfs/xfs_iomap.c
/// - level: observed
/// - holds: everywhere
#[test]
#[ignore = "needs root: mounts an xfs"]
fn on_xfs_the_first_store_gives_a_page_of_a_copy_its_own_block() {
    let ended = scenario("store-to-a-copy-after-flush-on-xfs", &scratch()).run();
    let ready = populated("success");
    assert_eq!((ended.value("ready"), ended.value("ready-after-flush")), (ready, ready));
    assert_eq!((ended.value("stored"), ended.signal), ("yes", None), "{ended:?}");
}

/// On a full btrfs, a store may be `SIGBUS` although `MADV_POPULATE_WRITE` has succeeded.
///
/// - call: `madvise`, edge
/// - source: btrfs(5), copy-on-write; madvise(2), DESCRIPTION (MADV_POPULATE_WRITE)
/// - level: observed (since Linux 6.18, on btrfs; in 6.1 and 6.12, `MADV_POPULATE_WRITE` fails)
/// - holds: since 6.18
#[test]
#[ignore = "needs root: mounts a btrfs"]
fn on_a_full_btrfs_a_store_may_be_sigbus_although_madv_populate_write_has_succeeded() {
    let ended = scenario("store-to-a-ready-page-of-a-full-btrfs", &scratch()).run();
    assert_eq!(ended.value("fallocate"), "success");
    match ended.value("ready") {
        "success" => assert!(kernel_at_least(6, 13), "{ended:?}"),
        refused => {
            assert_eq!(refused, populated("EFAULT"));
            assert!(!kernel_at_least(6, 18), "{ended:?}");
        }
    }
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
}

/// After a flush on btrfs, `fallocate` succeeds, and a store to the same page may be `SIGBUS`
/// because no space is left.
///
/// - call: `fallocate`, edge
/// - source: btrfs(5), copy-on-write
/// - level: observed (since Linux 6.1, on btrfs; in 5.10, `ENOSPC`)
/// - holds: since 6.1
#[test]
#[ignore = "needs root: mounts a btrfs"]
fn after_a_flush_on_btrfs_fallocate_succeeds_and_a_store_to_the_same_page_may_be_sigbus_because_no_space_is_left()
 {
    let ended = scenario("store-after-flush-on-btrfs", &scratch()).run();
    assert_eq!(ended.value("ready"), populated("success"));
    assert_eq!(ended.value("fallocate-after-flush"), reserved_on_a_full_btrfs());
    assert_eq!(ended.value("ready-after-flush"), populated("EFAULT"));
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
}

/// On a full file system, before any store, `fallocate` fails with `ENOSPC` and
/// `MADV_POPULATE_WRITE` with `EFAULT`.
///
/// - call: `fallocate`, error
/// - source: fallocate(2), ERRORS; madvise(2), ERRORS
/// - level: Linux (since Linux 5.14; `fallocate` also before)
/// - tutorials say: `ftruncate` reserves the space of the file.
#[test]
fn on_a_full_file_system_before_any_store_fallocate_fails_with_enospc_and_madv_populate_write_with_efault()
 {
    let ended = scenario("store-on-a-full-disk", &scratch()).run();
    let Some(ended) = unless_mounts_are_refused(ended) else { return };
    assert_eq!(ended.value("fallocate"), "ENOSPC");
    assert_eq!(ended.value("populate"), populated("EFAULT"));
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
}

/// What `fallocate` gives for a page that has a block, if btrfs is full. We saw both kernels.
fn reserved_on_a_full_btrfs() -> &'static str {
    if kernel_at_least(6, 1) { "success" } else { "ENOSPC" }
}

/// What `MADV_POPULATE_WRITE` gives where a kernel that knows it gives `known`. It came with Linux 5.14.
fn populated(known: &'static str) -> &'static str {
    if kernel_at_least(5, 14) { known } else { "EINVAL" }
}
