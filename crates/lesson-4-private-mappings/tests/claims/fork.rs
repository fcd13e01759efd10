//! Private pages after a fork: parent and child share them until one of them stores.

use course::scratch;

use crate::scenario;

/// After a fork, parent and child share the private copies.
///
/// - call: `fork`, success
/// - source: fork(2), NOTES
/// - level: Linux
#[test]
fn after_a_fork_parent_and_child_share_the_private_copies() {
    let ended = scenario("fork-shares-copies", &scratch()).run();
    assert_eq!(ended.value("copies"), "4");
    assert_eq!(ended.value("before"), "4", "pages, all the parent's");
    assert_eq!(ended.value("with-a-child"), "2", "half of each");
    assert_eq!(ended.value("after"), "4", "when the child has ended");
}

/// After a fork, the child's page table has the private copies and may lack the file's pages.
///
/// - call: `fork`, edge
/// - source: fork(2), DESCRIPTION; mm/memory.c, vma_needs_copy
/// - level: observed
#[test]
fn after_a_fork_the_childs_page_table_has_the_private_copies_and_may_lack_the_files_pages() {
    let ended = scenario("fork-entries", &scratch()).run();
    assert_eq!(ended.value("parent-loaded"), "####");
    assert_eq!(ended.value("child-loaded"), "----", "the child loads from them by page faults");
    assert_eq!(ended.value("parent-copied"), "@###");
    assert_eq!(ended.value("child-copied"), "@###");
}

/// A child's private store is not visible to its parent.
///
/// - call: `fork`, success
/// - source: fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_childs_private_store_is_not_visible_to_its_parent() {
    let ended = scenario("fork-child-stores", &scratch()).run();
    assert_eq!(ended.value("child"), "CD");
    assert_eq!(ended.value("parent"), "Ab", "its own copy, and the file's page");
    assert_eq!(ended.value("file"), "ab");
}

/// A parent's private store after the fork is not visible to its child.
///
/// - call: `fork`, success
/// - source: fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_parents_private_store_after_the_fork_is_not_visible_to_its_child() {
    let ended = scenario("fork-parent-stores", &scratch()).run();
    assert_eq!(ended.value("child"), "A", "as it was at the fork");
    assert_eq!(ended.value("parent"), "P");
}

/// A child begins with its parent's copies, not with the file's pages.
///
/// - call: `fork`, success
/// - source: fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_child_begins_with_its_parents_copies_not_with_the_files_pages() {
    let ended = scenario("fork-inherits-copies", &scratch()).run();
    assert_eq!(ended.value("child"), "A");
    assert_eq!(ended.value("file"), "a");
}

/// A page that neither process stored to follows the file in parent and child.
///
/// - call: `fork`, edge
/// - source: mmap(2), DESCRIPTION (unspecified)
/// - level: observed
#[test]
fn a_page_that_neither_process_stored_to_follows_the_file_in_parent_and_child() {
    let ended = scenario("fork-follows-the-file", &scratch()).run();
    assert_eq!(ended.value("child"), "9");
    assert_eq!(ended.value("parent"), "9");
}

/// A post of a semaphore in a private mapping does not reach another process.
///
/// - call: `sem_init`, edge
/// - source: sem_init(3), DESCRIPTION; POSIX, sem_init(), DESCRIPTION (using a copy is undefined)
/// - level: observed (glibc)
#[test]
fn a_post_of_a_semaphore_in_a_private_mapping_does_not_reach_another_process() {
    let ended = scenario("fork-semaphores", &scratch()).run();
    assert_eq!(ended.value("private"), "EAGAIN", "the child posted its own copy");
    assert_eq!(ended.value("shared"), "ok");
}

/// After a fork, the process that stores first gets the new page.
///
/// - call: `fork`, edge
/// - source: mm/memory.c, do_wp_page
/// - level: observed
#[test]
#[ignore = "needs root: only root sees the numbers of page frames"]
fn after_a_fork_the_process_that_stores_first_gets_the_new_page() {
    let ended = scenario("fork-frames", &scratch()).run();
    assert_eq!(ended.value("known"), "true", "run this as root: {ended:?}");
    assert_eq!(ended.value("after-fork-same"), "true", "the fork itself copied nothing");
    assert_eq!(ended.value("child-stored-child-kept"), "false");
    assert_eq!(ended.value("child-stored-parent-kept"), "true");
    assert_eq!(ended.value("parent-stored-child-kept"), "true");
    assert_eq!(ended.value("parent-stored-parent-kept"), "false");
}

/// After a fork, the process that stores second can keep the old page.
///
/// - call: `fork`, edge
/// - source: mm/memory.c, wp_can_reuse_anon_folio
/// - level: observed (not always: the page may still be in another CPU's list)
#[test]
#[ignore = "needs root: only root sees the numbers of page frames"]
fn after_a_fork_the_process_that_stores_second_can_keep_the_old_page() {
    let ended = scenario("fork-frames", &scratch()).run();
    assert_eq!(ended.value("known"), "true", "run this as root: {ended:?}");
    assert_eq!(ended.value("child-stored-child-kept"), "false");
    assert_eq!(ended.value("parent-stored-second-kept"), "true");
}

/// After the child has exited, the parent's store need copy no page.
///
/// - call: `fork`, edge
/// - source: mm/memory.c, do_wp_page
/// - level: observed (not always: the page may still be in another CPU's list)
#[test]
#[ignore = "needs root: only root sees the numbers of page frames"]
fn after_the_child_has_exited_the_parents_store_need_copy_no_page() {
    let ended = scenario("fork-frames", &scratch()).run();
    assert_eq!(ended.value("known"), "true", "run this as root: {ended:?}");
    assert_eq!(ended.value("alone-again-parent-kept"), "true");
}
