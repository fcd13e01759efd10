//! What other processes and the two instruments see.

use std::fs::File;

use common::page_size;
use course::{Program, has_cachestat, kernel_at_least, scratch};
use lesson_3_msync::{Memory, msync};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::{Pair, scenario, second};

/// Another process sees a store before any `msync`, by `read`, by a new mapping and by an earlier
/// one.
///
/// - call: shared mappings, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: POSIX (by `read`: observed)
/// - tutorials say: Call `msync`, so that other processes see the store.
/// - tutorials say: With `MS_SYNC` the update is instant.
/// - article says: `MS_SYNC` makes the update instant.
#[test]
fn another_process_sees_a_store_before_any_msync_by_read_by_a_new_mapping_and_by_an_earlier_one() {
    let pair = Pair::clean();
    let mut reader = second("reader", &pair.sample.path).start();
    reader.tell("read");
    assert_eq!(reader.hear(), ". 0", "before the store");
    pair.sample.store(b'A');
    reader.tell("read");
    assert!(reader.hear().starts_with("A "), "by read(2)");
    reader.tell("map");
    assert!(reader.hear().starts_with("A "), "by a load from its own mapping");
    pair.sample.store(b'B');
    reader.tell("read");
    assert!(reader.hear().starts_with("B "), "by a load, while both have it mapped");
}

/// A dirty page that one process loads through a second mapping counts as `Shared_Dirty` until that
/// mapping is unmapped.
///
/// - call: `/proc/PID/smaps`, edge
/// - source: proc(5), smaps
/// - level: observed
#[test]
fn a_dirty_page_that_one_process_loads_through_a_second_mapping_counts_as_shared_dirty_until_that_mapping_is_unmapped()
 {
    course::undisturbed(|| {
        let pair = Pair::stored();
        let alone = pair.sample.dirty().unwrap();
        let again = Memory::shared(&pair.sample.file).unwrap();
        let mapped = pair.sample.dirty().unwrap();
        (0..again.length()).step_by(page_size()).for_each(|offset| _ = again.load(offset));
        let twice = pair.sample.dirty().unwrap();
        drop(again);
        let back = pair.sample.dirty().unwrap();
        pair.left(8)?;
        assert_eq!((alone.private, alone.shared), (8, 0), "one mapping, though MAP_SHARED");
        assert_eq!((mapped.private, mapped.shared), (8, 0), "a second one that touched nothing");
        assert_eq!((twice.private, twice.shared), (0, 8), "two mappings of the same process");
        assert_eq!((back.private, back.shared), (8, 0), "one again");
        Some(())
    });
}

/// A dirty page that two processes map counts as `Shared_Dirty` in both until `MS_SYNC`.
///
/// - call: `/proc/PID/smaps`, success
/// - source: proc(5), smaps
/// - level: Linux (not on tmpfs, where a page stays dirty for ever)
/// - holds: not on tmpfs
#[test]
fn a_dirty_page_that_two_processes_map_counts_as_shared_dirty_in_both_until_ms_sync() {
    course::undisturbed(|| {
        let pair = Pair::stored();
        let alone = pair.sample.dirty().unwrap();
        let mut reader = second("reader", &pair.sample.path).start();
        reader.tell("map");
        let other_before = reader.hear();
        let before = pair.sample.dirty().unwrap();
        pair.left(8)?;
        assert_eq!((alone.private, alone.shared), (8, 0), "one process, though MAP_SHARED");
        assert_eq!((before.private, before.shared), (0, 8), "two processes");
        assert_eq!(other_before, "A 8");

        pair.sample.msync(libc::MS_SYNC).unwrap();
        let (_, left) = pair.sample.instruments.expected(0, 8);
        reader.tell("read");
        assert_eq!(pair.sample.dirty().unwrap().shared, left);
        assert_eq!(reader.hear(), format!("A {left}"), "in the other process, too");
        Some(())
    });
}

/// `smaps` also counts dirty pages that a fault on a neighbour has mapped.
///
/// - call: `/proc/PID/smaps`, edge
/// - source: mm/memory.c, do_fault_around
/// - level: observed
#[test]
fn smaps_also_counts_dirty_pages_that_a_fault_on_a_neighbour_has_mapped() {
    course::undisturbed(|| {
        let pair = Pair::stored();
        let other = Memory::shared(&pair.sample.file).unwrap();
        let dirty = || mapped_dirty(&other);
        assert_eq!(dirty(), 0, "before any load");
        other.load(3 * page_size());
        let one_load = dirty();
        pair.left(8)?;
        assert!(one_load > 1, "one load, {one_load} pages");
        Some(())
    });
}

/// On tmpfs, a written page stays dirty for ever, and a hole that was only loaded is clean.
///
/// - call: page cache, edge
/// - source: mm/shmem.c
/// - level: observed
/// - holds: everywhere
#[test]
fn on_tmpfs_a_written_page_stays_dirty_for_ever_and_a_hole_that_was_only_loaded_is_clean() {
    let descriptor = memfd_create("dirty", MFdFlags::empty()).unwrap();
    let file = File::from(descriptor);
    file.set_len(4 * page_size() as u64).unwrap();
    let memory = Memory::shared(&file).unwrap();
    (0..4).for_each(|page| _ = memory.load(page * page_size()));
    assert_eq!(mapped_dirty(&memory), 0, "loaded holes");
    (0..2).for_each(|page| memory.store(page * page_size(), b'A'));
    assert_eq!(mapped_dirty(&memory), 2, "stored to");
    msync(memory.address(), memory.length(), libc::MS_SYNC).unwrap();
    assert_eq!(mapped_dirty(&memory), 2, "after MS_SYNC");
}

/// `cachestat` of a file that you neither own nor may write to fails with `EPERM`.
///
/// - call: `cachestat`, error
/// - source: mm/filemap.c, can_do_cachestat
/// - level: observed (since Linux 6.14)
#[test]
fn cachestat_of_a_file_that_you_neither_own_nor_may_write_to_fails_with_eperm() {
    let answer = |program: Program| program.run().value("cachestat").to_string();
    let of_user = answer(scenario("file-of-root", &scratch()).as_ordinary_user());
    let allowed = match (kernel_at_least(6, 14), has_cachestat()) {
        (_, false) => &["ENOSYS"][..],
        (true, true) => &["EPERM"],
        (false, true) => &["0", "EPERM"], // Some earlier kernels got the check later.
    };
    assert!(allowed.contains(&of_user.as_str()), "{of_user}");
    if nix::unistd::geteuid().is_root() && has_cachestat() {
        assert_eq!(answer(scenario("file-of-root", &scratch())), "0", "root owns the file");
    }
}

/// Dirty pages of a mapping, by smaps.
fn mapped_dirty(memory: &Memory) -> u64 {
    let mapping = page_view::mapping_at(std::process::id(), memory.address()).unwrap().unwrap();
    let sum = |name| mapping.sum(name).unwrap();
    (sum("Private_Dirty") + sum("Shared_Dirty")) / page_size() as u64
}
