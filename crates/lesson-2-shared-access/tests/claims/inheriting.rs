//! What a child inherits with `fork`, and what `execve` removes.

use course::{kernel_at_least, scratch};

use crate::scenario;

/// A parent and its child share what was mapped shared before `fork`.
///
/// - call: `fork`, success
/// - source: fork(2), DESCRIPTION; mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: POSIX (MAP_ANONYMOUS: since 2024)
#[test]
fn a_parent_and_its_child_share_what_was_mapped_shared_before_fork() {
    let ended = scenario("fork-stores", &scratch()).run();
    assert_eq!(ended.value("file"), "41", "the child's store in a mapping of a file");
    assert_eq!(ended.value("anonymous"), "42", "the child's store in anonymous memory");
}

/// After `fork`, the child has its own copy of a variable.
///
/// - call: `fork`, success
/// - source: fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn after_fork_the_child_has_its_own_copy_of_a_variable() {
    let ended = scenario("fork-stores", &scratch()).run();
    assert_eq!(ended.value("child-variable"), "Some(43)", "the child's");
    assert_eq!(ended.value("variable"), "0", "the parent's");
}

/// The child has only the thread that forked, and another thread's lock stays locked in it.
///
/// - call: `fork`, edge
/// - source: fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn the_child_has_only_the_thread_that_forked_and_another_threads_lock_stays_locked_in_it() {
    let ended = scenario("fork-beside-a-thread", &scratch()).run();
    assert_eq!(ended.value("parents-threads"), "2");
    assert_eq!(ended.value("childs-threads"), "1");
    assert_eq!(ended.value("parent-can-lock"), "true", "its thread has unlocked");
    assert_eq!(ended.value("child-can-lock"), "Some(0)", "and nobody unlocks the child's copy");
}

/// `fork` copies memory from memmap2's `map_anon` instead of sharing it.
///
/// - call: `fork`, edge
/// - source: memmap2 0.9.12, src/unix.rs
/// - level: observed
#[test]
fn fork_copies_memory_from_memmap2s_map_anon_instead_of_sharing_it() {
    let ended = scenario("fork-map-anon", &scratch()).run();
    assert_eq!(ended.value("child"), "Some(42)", "the child's store in its copy");
    assert_eq!(ended.value("parent"), "1", "the parent's memory");
}

/// What a child maps or unmaps after `fork` leaves its parent's mappings as they are.
///
/// - call: `fork`, success
/// - source: fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn what_a_child_maps_or_unmaps_after_fork_leaves_its_parents_mappings_as_they_are() {
    let ended = scenario("fork-maps", &scratch()).run();
    assert_eq!(ended.value("child"), "Some(0)", "it mapped one and unmapped another");
    assert_eq!(ended.value("childs-mapping-has-an-address"), "true");
    assert_eq!(ended.value("mapped-there"), "false", "in the parent, at the child's new address");
    assert_eq!(ended.value("inherited"), "Some(42)", "the parent still has it, and sees the store");
}

/// A child starts without page table entries for shared memory.
///
/// - call: `fork`, edge
/// - source: mm/memory.c, vma_needs_copy
/// - level: observed
#[test]
fn a_child_starts_without_page_table_entries_for_shared_memory() {
    let ended = scenario("fork-untouched", &scratch()).run();
    assert_eq!(ended.value("parent"), "true true", "the parent's are present");
    assert_eq!(ended.value("child-before-touch"), "Some(0)", "the child's are not");
    assert_eq!(ended.value("child-loads"), "Some(2)", "until it loads, and finds the same bytes");
}

/// `MADV_DONTFORK` keeps a mapping from the child.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_DONTFORK)
/// - level: Linux
#[test]
fn madv_dontfork_keeps_a_mapping_from_the_child() {
    let ended = scenario("fork-dont-fork", &scratch()).run();
    assert_eq!(ended.value("child-signal"), "Some(Ok(SIGSEGV))", "nothing is mapped there");
    assert_eq!(ended.value("child-after-do-fork"), "Some(42)", "MADV_DOFORK takes it back");
    assert_eq!(ended.value("parent"), "42", "the parent's stays");
}

/// `MADV_WIPEONFORK` gives the child zeros, and fails with `EINVAL` on shared memory.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION (MADV_WIPEONFORK)
/// - level: Linux
#[test]
fn madv_wipeonfork_gives_the_child_zeros_and_fails_with_einval_on_shared_memory() {
    let ended = scenario("fork-wipe-on-fork", &scratch()).run();
    assert_eq!(ended.value("child-before"), "Some(42)", "without the advice, a copy");
    assert_eq!(ended.value("child"), "Some(0)");
    assert_eq!(ended.value("parent"), "42");
    assert_eq!(ended.value("on-a-shared-mapping"), "EINVAL");
}

/// `execve` removes shared mappings with and without a file, and what was stored stays in the file.
///
/// - call: `execve`, success
/// - source: execve(2), Effect on process attributes
/// - level: POSIX
#[test]
fn execve_removes_shared_mappings_with_and_without_a_file_and_what_was_stored_stays_in_the_file() {
    let ended = scenario("exec", &scratch()).run();
    assert_eq!(ended.value("before"), "2", "of a file, and of anonymous memory");
    assert_eq!(ended.value("after"), "0", "in the new program");
    assert_eq!(ended.value("in-the-file"), "42");
}

/// Executing a file fails with `ETXTBSY` while a process has the file open for writing.
///
/// - call: `execve`, error
/// - source: execve(2), ERRORS (ETXTBSY)
/// - level: Linux (not in early 6.11 and 6.12)
/// - holds: before 6.11; since 6.12
#[test]
fn executing_a_file_fails_with_etxtbsy_while_a_process_has_the_file_open_for_writing() {
    let scratch = scratch();
    let ended = scenario("execute-a-mapped-file", &scratch).run();
    if ended.value("before") == "EACCES" {
        let mount = nix::sys::statvfs::statvfs(scratch.path()).unwrap();
        return assert!(mount.flags().contains(nix::sys::statvfs::FsFlags::ST_NOEXEC));
    }
    assert_eq!((ended.value("before"), ended.value("open-for-reading")), ("done", "done"));
    // Linux 6.11 and the first ones of 6.12 let a file be executed that a process can write.
    let let_it_run = kernel_at_least(6, 11) && !kernel_at_least(6, 13);
    if !(let_it_run && ended.value("open-for-writing") == "done") {
        assert_eq!(ended.value("open-for-writing"), "ETXTBSY");
    }
}

/// Executing a file fails with `ETXTBSY` while a shared mapping could change it.
///
/// - call: `execve`, error
/// - source: execve(2), ERRORS (ETXTBSY)
/// - level: Linux (not in early 6.11 and 6.12; not on overlayfs: observed)
/// - holds: not on overlayfs
/// - tutorials say: A file can be executed as soon as its writer has closed it.
#[test]
fn executing_a_file_fails_with_etxtbsy_while_a_shared_mapping_could_change_it() {
    let scratch = scratch();
    let mount = nix::sys::statvfs::statvfs(scratch.path()).unwrap();
    let no_exec = mount.flags().contains(nix::sys::statvfs::FsFlags::ST_NOEXEC);
    let ended = scenario("execute-a-mapped-file", &scratch).run();
    // On a noexec mount every attempt is EACCES. Overlayfs maps the file of a layer, and checks
    // only the writers of its own file.
    let (runs, busy) = match (no_exec, course::file_system(scratch.path())) {
        (true, _) => ("EACCES", "EACCES"),
        (false, "overlayfs") => ("done", "done"),
        (false, _) => ("done", "ETXTBSY"),
    };
    assert_eq!(ended.value("before"), runs);
    // Linux 6.11 and the first ones of 6.12 let a file be executed that a process can write.
    let let_it_run = kernel_at_least(6, 11) && !kernel_at_least(6, 13);
    if !(let_it_run && ended.value("mapped") == "done") {
        let what = "the descriptor is closed, the mapping for loading only";
        assert_eq!(ended.value("mapped"), busy, "{what}");
    }
    assert_eq!(ended.value("unmapped"), runs);
}
