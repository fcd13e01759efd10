//! What private memory is refused for, and what it is charged to.

use std::fs;
use std::os::fd::AsRawFd;
use std::sync::{Mutex, PoisonError};

use common::{outcome, page_size};
use course::{errno, scratch, undisturbed};
use lesson_4_private_mappings::sys::RawMapping;
use nix::errno::Errno;
use procfs::{Current, Meminfo};

use crate::{Lettered, READ, READ_WRITE, scenario};

/// Held by the tests that have the kernel promise very much memory.
static PROMISES: Mutex<()> = Mutex::new(());

const NO_RESERVE: i32 = libc::MAP_PRIVATE | libc::MAP_NORESERVE;

/// All memory and swap of this machine, in bytes.
fn all_memory() -> usize {
    let memory = Meminfo::current().unwrap();
    usize::try_from(memory.mem_total + memory.swap_total).unwrap()
}

/// The memory that the kernel has promised to all processes, in bytes.
fn all_promised() -> usize {
    usize::try_from(Meminfo::current().unwrap().committed_as).unwrap()
}

/// Whether the kernel counts all pages of `mapping` as promised (charged) memory.
fn charged(mapping: &RawMapping) -> bool {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let start = format!("{:08x}-", mapping.address());
    let mut lines = smaps.lines().skip_while(|line| !line.starts_with(&start));
    let flags = lines.find(|line| line.starts_with("VmFlags:")).unwrap();
    flags.split_whitespace().any(|flag| flag == "ac")
}

/// The contents of `/proc/sys/vm/overcommit_memory`: 0 unless the administrator has changed it.
fn overcommit_mode() -> String {
    fs::read_to_string("/proc/sys/vm/overcommit_memory").unwrap().trim().into()
}

/// A private writable mapping larger than all memory and swap fails with `ENOMEM`, unless
/// `vm.overcommit_memory` is 1.
///
/// - call: `mmap`, error
/// - source: Documentation/admin-guide/sysctl/vm.rst, overcommit_memory; proc(5),
///   overcommit_memory (`MAP_NORESERVE` and read-only mappings are exempt)
/// - level: Linux
#[test]
fn a_private_writable_mapping_larger_than_all_memory_and_swap_fails_with_enomem_unless_vm_overcommit_memory_is_1()
 {
    let _alone = PROMISES.lock().unwrap_or_else(PoisonError::into_inner);
    let letters = Lettered::new(1);
    let mode = overcommit_mode();
    let map = |length, prot, flags| {
        outcome(&RawMapping::map(length, prot, flags, letters.file.as_raw_fd()))
    };
    let all = all_memory();
    let mapped = |prot, flags| map(all + page_size(), prot, flags);
    let private = mapped(READ_WRITE, libc::MAP_PRIVATE);
    let unreserved = mapped(READ_WRITE, NO_RESERVE);
    match mode.as_str() {
        "0" => {
            assert_eq!((&*private, &*unreserved), ("ENOMEM", "ok"), "heuristic: the default");
            assert_eq!(map(all, READ_WRITE, libc::MAP_PRIVATE), "ok", "not larger: one page less");
        }
        "1" => assert_eq!((&*private, &*unreserved), ("ok", "ok"), "mode 1 promises anything"),
        "2" => assert_eq!((&*private, &*unreserved), ("ENOMEM", "ENOMEM"), "mode 2: strict"),
        other => panic!("unknown overcommit mode {other}"),
    }
    assert_eq!(mapped(READ, libc::MAP_PRIVATE), "ok", "nothing can be copied there");
    assert_eq!(mapped(READ_WRITE, libc::MAP_SHARED), "ok", "its pages are the file's");
}

/// In the default mode of overcommit, the kernel compares each request alone with all memory and
/// swap.
///
/// - call: limits, edge
/// - source: Documentation/admin-guide/sysctl/vm.rst, overcommit_memory
/// - level: Linux
#[test]
fn in_the_default_mode_of_overcommit_the_kernel_compares_each_request_alone_with_all_memory_and_swap()
 {
    let _alone = PROMISES.lock().unwrap_or_else(PoisonError::into_inner);
    let letters = Lettered::new(1);
    let descriptor = letters.file.as_raw_fd();
    let map = || RawMapping::map(all_memory() / 2, READ_WRITE, libc::MAP_PRIVATE, descriptor);
    let granted: Vec<_> = (0..8).map_while(|_| map().ok()).collect();
    match overcommit_mode().as_str() {
        "2" => assert!(granted.len() < 4, "strict: all mappings together"),
        _ => assert_eq!(granted.len(), 8, "four times the memory, half of it at a time"),
    }
    assert!(granted.iter().all(charged));
}

/// Making a private mapping larger than all memory writable fails with `ENOMEM`.
///
/// - call: `mprotect`, error
/// - source: mm/mprotect.c
/// - level: observed
#[test]
fn making_a_private_mapping_larger_than_all_memory_writable_fails_with_enomem() {
    let _alone = PROMISES.lock().unwrap_or_else(PoisonError::into_inner);
    let letters = Lettered::new(1);
    let mode = overcommit_mode();
    let descriptor = letters.file.as_raw_fd();
    let mapping = RawMapping::map(2 * all_memory(), READ, libc::MAP_PRIVATE, descriptor).unwrap();
    match mode.as_str() {
        "1" => mapping.protect(READ_WRITE).unwrap(),
        _ => assert_eq!(errno(mapping.protect(READ_WRITE)), Errno::ENOMEM),
    }
    assert_eq!(mapping.load(0), b'a', "it is mapped as before");
}

/// Only a writable private mapping is charged for copies of its pages.
///
/// - call: limits, success
/// - source: Documentation/mm/overcommit-accounting.rst, How It Works
/// - level: Linux
#[test]
fn only_a_writable_private_mapping_is_charged_for_copies_of_its_pages() {
    let _alone = PROMISES.lock().unwrap_or_else(PoisonError::into_inner);
    let letters = Lettered::new(1);
    let map = |prot, flags| letters.bare(1, prot, flags).unwrap();
    assert!(charged(&map(READ_WRITE, libc::MAP_PRIVATE)));
    assert!(!charged(&map(READ_WRITE, libc::MAP_SHARED)));
    let read_only = map(READ, libc::MAP_PRIVATE);
    assert!(!charged(&read_only));
    read_only.protect(READ_WRITE).unwrap();
    assert!(charged(&read_only), "from the moment that it can be stored to");
    if overcommit_mode() == "2" {
        return; // So much might be refused.
    }
    // Other programs get and give back memory meanwhile, but not so much.
    undisturbed(|| {
        let (length, noise) = (all_memory() / 2, all_memory() / 8);
        let promised = |prot| {
            let before = all_promised();
            let mapping =
                RawMapping::map(length, prot, libc::MAP_PRIVATE, letters.file.as_raw_fd());
            mapping.map(|_held| all_promised().saturating_sub(before)).unwrap()
        };
        let (writable, read_only) = (promised(READ_WRITE), promised(READ));
        let whole = (length - noise..length + noise).contains(&writable);
        (whole && read_only < noise).then_some(())
    });
}

/// `RLIMIT_DATA` counts writable private mappings without `MAP_GROWSDOWN`, and no others.
///
/// - call: limits, success
/// - source: mm/vma.h, is_data_mapping
/// - level: observed
#[test]
fn rlimit_data_counts_writable_private_mappings_without_map_growsdown_and_no_others() {
    let ended = scenario("data-limit", &scratch()).run();
    assert_eq!(ended.value("unlimited"), "ok");
    assert_eq!(ended.value("private-writable"), "ENOMEM");
    assert_eq!(ended.value("anonymous-writable"), "ENOMEM");
    assert_eq!(ended.value("made-writable"), "ENOMEM", "mprotect of a private read-only one");
    for other in ["shared-writable", "shared-anonymous", "no-permission", "grows-down"] {
        assert_eq!(ended.value(other), "ok", "{other}");
    }
    assert_eq!(ended.code, Some(0), "the private read-only one was mapped: {ended:?}");
}

/// Duplicating a private mapping with `mremap` fails with `EINVAL`.
///
/// - call: `mremap`, error
/// - source: mremap(2), ERRORS
/// - level: Linux
#[test]
fn duplicating_a_private_mapping_with_mremap_fails_with_einval() {
    let letters = Lettered::new(1);
    let map = |flags| letters.bare(1, READ_WRITE, flags).unwrap();
    assert_eq!(errno(map(libc::MAP_PRIVATE).duplicate()), Errno::EINVAL);
    let shared = map(libc::MAP_SHARED);
    let twin = shared.duplicate().unwrap();
    twin.store(0, b'S');
    assert_eq!(shared.load(0), b'S');
}
