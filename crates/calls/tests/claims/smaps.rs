//! `/proc/PID/smaps`, `/proc/PID/clear_refs` and `/proc/PID/pagemap`.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use common::page_size;
use course::scratch;
use lesson_1_mapping_a_file::sys::{Area, MmapCall};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::files::new_file;
use crate::scenario;

/// A sum of smaps for the mapping that holds byte `offset` of an area, in pages.
fn pages(area: &Area, offset: usize, name: &str) -> u64 {
    let address = area.address() + offset;
    let mapping = page_view::mapping_at(std::process::id(), address).unwrap().unwrap();
    mapping.sum(name).unwrap() / page_size() as u64
}

/// Clean pages and dirty ones, of one look. While another test forks, its child shares them.
fn clean_and_dirty(area: &Area, offset: usize) -> (u64, u64) {
    let address = area.address() + offset;
    let mapping = page_view::mapping_at(std::process::id(), address).unwrap().unwrap();
    let pages = |name| mapping.sum(name).unwrap() / page_size() as u64;
    let clean = pages("Private_Clean") + pages("Shared_Clean");
    (clean, pages("Private_Dirty") + pages("Shared_Dirty"))
}

/// Memory without a file, between two pages without any permission: the kernel would join it with equal
/// memory next to it, for example that of another test.
fn between_guards(pages: usize, sharing: libc::c_int) -> Area {
    let (prot, flags) = (libc::PROT_NONE, sharing | libc::MAP_ANONYMOUS);
    let call = MmapCall { prot, flags, ..MmapCall::anonymous((pages + 2) * page_size()) };
    let area = call.make().unwrap();
    let both = libc::PROT_READ | libc::PROT_WRITE;
    area.protect(page_size(), pages * page_size(), both).unwrap();
    area
}

/// In smaps, `Size` is the length of the mapping, and `Rss` counts the pages of its page table.
///
/// - call: `/proc/PID/smaps`, success
/// - source: proc_pid_smaps(5)
/// - level: Linux
#[test]
fn in_smaps_size_is_the_length_of_the_mapping_and_rss_counts_the_pages_of_its_page_table() {
    for sharing in [libc::MAP_PRIVATE, libc::MAP_SHARED] {
        let area = between_guards(8, sharing);
        let pages = |name| pages(&area, page_size(), name);
        assert_eq!((pages("Size"), pages("Rss")), (8, 0), "none was touched");
        for page in [1, 4, 6] {
            area.store(page * page_size(), 1);
        }
        assert_eq!((pages("Size"), pages("Rss")), (8, 3));
        area.load(page_size());
        assert_eq!(pages("Rss"), 3, "touched before");
    }
}

/// In smaps, pages of a file that were only loaded are clean, and pages of memory that were stored
/// to are dirty.
///
/// - call: `/proc/PID/smaps`, success
/// - source: proc_pid_smaps(5)
/// - level: Linux (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn in_smaps_pages_of_a_file_that_were_only_loaded_are_clean_and_pages_of_memory_that_were_stored_to_are_dirty()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    file.write_all_at(&[5], 0).unwrap();
    file.sync_all().unwrap();
    let (prot, flags) = (libc::PROT_READ, libc::MAP_PRIVATE);
    let area = MmapCall { prot, flags, ..MmapCall::shared(&file, page_size()) }.make().unwrap();
    assert_eq!(area.load(0), 5);
    let of_file = |name| pages(&area, 0, name);
    assert_eq!((of_file("Rss"), of_file("Anonymous")), (1, 0));
    if !matches!(course::file_system(scratch.path()), "tmpfs" | "ramfs") {
        assert_eq!(clean_and_dirty(&area, 0), (1, 0));
    }
    let memory = between_guards(1, libc::MAP_PRIVATE);
    memory.store(page_size(), 1);
    let of_memory = |name| pages(&memory, page_size(), name);
    assert_eq!(clean_and_dirty(&memory, page_size()), (0, 1));
    assert_eq!(of_memory("Anonymous"), 1);
}

/// Writing 1 to `/proc/PID/clear_refs` sets `Referenced` of smaps to 0 and changes no byte.
///
/// - call: `/proc/PID/clear_refs`, success
/// - source: proc_pid_clear_refs(5)
/// - level: Linux
#[test]
fn writing_1_to_proc_pid_clear_refs_sets_referenced_of_smaps_to_0_and_changes_no_byte() {
    let ended = scenario("clear-refs", &scratch()).run();
    assert_eq!(ended.value("before"), (4 * page_size()).to_string());
    assert_eq!(ended.value("still"), ended.value("before"), "the refused writes change nothing");
    assert_eq!(ended.value("wrote-1"), "ok");
    assert_eq!(ended.value("after"), "0");
    assert_eq!(ended.value("bytes"), "2");
}

/// Writing a number that is not defined to `/proc/PID/clear_refs` fails with `EINVAL`.
///
/// - call: `/proc/PID/clear_refs`, error
/// - source: proc_pid_clear_refs(5); fs/proc/task_mmu.c, clear_refs_write
/// - level: observed
/// - manual says: proc(5): any other number has no effect.
#[test]
fn writing_a_number_that_is_not_defined_to_proc_pid_clear_refs_fails_with_einval() {
    let ended = scenario("clear-refs", &scratch()).run();
    for number in ["0", "6", "999", "no-number"] {
        assert_eq!(ended.value(&format!("wrote-{number}")), "EINVAL", "{number}");
    }
}

/// Bit 56 of an entry of pagemap is set while only one mapping has the page.
///
/// - call: `/proc/PID/pagemap`, success
/// - source: proc_pid_pagemap(5)
/// - level: Linux (since Linux 4.2)
#[test]
fn bit_56_of_an_entry_of_pagemap_is_set_while_only_one_mapping_has_the_page() {
    let file: File = OwnedFd::into(memfd_create("page", MFdFlags::MFD_CLOEXEC).unwrap());
    file.set_len(page_size() as u64).unwrap();
    let one = MmapCall::shared(&file, page_size()).make().unwrap();
    one.store(0, 1);
    assert_eq!((entry(&one) >> 63, entry(&one) >> 56 & 1), (1, 1), "present, and exclusive");
    let other = MmapCall::shared(&file, page_size()).make().unwrap();
    assert_eq!(entry(&one) >> 56 & 1, 1, "the other mapping has not touched the page");
    other.load(0);
    assert_eq!((entry(&one) >> 63, entry(&one) >> 56 & 1), (1, 0));
    drop(other);
    assert_eq!(entry(&one) >> 56 & 1, 1);
}

/// Without the capability `CAP_SYS_ADMIN`, pagemap shows 0 for the number of every page frame.
///
/// - call: `/proc/PID/pagemap`, edge
/// - source: proc_pid_pagemap(5)
/// - level: Linux (since Linux 4.2)
#[test]
fn without_the_capability_cap_sys_admin_pagemap_shows_0_for_the_number_of_every_page_frame() {
    let ended = scenario("pagemap-frame", &scratch()).as_ordinary_user().run();
    assert_eq!((ended.value("present"), ended.value("frame")), ("1", "0"));
    const CAP_SYS_ADMIN: u64 = 1 << 21;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let rights = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    let has_it = u64::from_str_radix(rights.trim(), 16).unwrap() & CAP_SYS_ADMIN != 0;
    let ended = scenario("pagemap-frame", &scratch()).run();
    assert_eq!(ended.value("present"), "1");
    assert_eq!(
        ended.value("frame") != "0",
        has_it,
        "root, outside of a container, sees the number"
    );
}

/// The entry of pagemap for the first page of an area.
fn entry(area: &Area) -> u64 {
    let mut bytes = [0; 8];
    let at = area.address() / page_size() * bytes.len();
    File::open("/proc/self/pagemap").unwrap().read_exact_at(&mut bytes, at as u64).unwrap();
    u64::from_ne_bytes(bytes)
}
