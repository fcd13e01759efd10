//! What `fork` hands down and `execve` takes away.

use course::scratch;

use crate::scene;

#[test]
fn parent_and_child_share_what_was_mapped_shared_before_fork() {
    let ended = scene("fork-stores", &scratch()).run();
    assert_eq!(ended.value("file"), "41", "the child's store in a mapping of a file");
    assert_eq!(ended.value("anonymous"), "42", "the child's store in anonymous memory");
}

#[test]
fn a_variable_is_the_childs_own_after_fork() {
    let ended = scene("fork-stores", &scratch()).run();
    assert_eq!(ended.value("child-variable"), "Some(43)", "the child's");
    assert_eq!(ended.value("variable"), "0", "the parent's");
}

#[test]
fn memory_from_memmap2s_map_anon_is_copied_by_fork_and_not_shared() {
    let ended = scene("fork-map-anon", &scratch()).run();
    assert_eq!(ended.value("child"), "Some(42)", "the child's store in its copy");
    assert_eq!(ended.value("parent"), "1", "the parent's memory");
}

#[test]
fn what_is_mapped_or_unmapped_after_fork_is_so_in_one_process_only() {
    let ended = scene("fork-maps", &scratch()).run();
    assert_eq!(ended.value("child"), "Some(0)", "it mapped one and unmapped another");
    assert_eq!(ended.value("childs-mapping-has-an-address"), "true");
    assert_eq!(ended.value("mapped-there"), "false", "in the parent, at the child's new address");
    assert_eq!(ended.value("inherited"), "Some(42)", "the parent still has it, and sees the store");
}

#[test]
fn a_child_begins_without_page_table_entries_for_shared_memory() {
    let ended = scene("fork-untouched", &scratch()).run();
    assert_eq!(ended.value("parent"), "true true", "the parent's are present");
    assert_eq!(ended.value("child-before-touch"), "Some(0)", "the child's are not");
    assert_eq!(ended.value("child-loads"), "Some(2)", "until it loads, and finds the same bytes");
}

#[test]
fn madv_dontfork_keeps_a_mapping_from_the_child() {
    let ended = scene("fork-dont-fork", &scratch()).run();
    assert_eq!(ended.value("child-signal"), "Some(Ok(SIGSEGV))", "nothing is mapped there");
    assert_eq!(ended.value("child-after-do-fork"), "Some(42)", "MADV_DOFORK takes it back");
    assert_eq!(ended.value("parent"), "42", "the parent's stays");
}

#[test]
fn madv_wipeonfork_gives_the_child_zeros_and_is_einval_on_shared_memory() {
    let ended = scene("fork-wipe-on-fork", &scratch()).run();
    assert_eq!(ended.value("child-before"), "Some(42)", "without the advice, a copy");
    assert_eq!(ended.value("child"), "Some(0)");
    assert_eq!(ended.value("parent"), "42");
    assert_eq!(ended.value("on-a-shared-mapping"), "EINVAL");
}

#[test]
fn no_mapping_survives_execve_and_what_was_stored_does() {
    let ended = scene("exec", &scratch()).run();
    assert_eq!(ended.value("before"), "1", "mappings of the file");
    assert_eq!(ended.value("after"), "0", "in the new program");
    assert_eq!(ended.value("in-the-file"), "42");
}

#[test]
fn a_file_cannot_be_executed_while_a_shared_mapping_could_change_it() {
    let scratch = scratch();
    let mount = nix::sys::statvfs::statvfs(scratch.path()).unwrap();
    let no_exec = mount.flags().contains(nix::sys::statvfs::FsFlags::ST_NOEXEC);
    let ended = scene("execute-a-mapped-file", &scratch).run();
    // Where nothing may be executed, that is what is said; overlayfs maps the file below it, and
    // looks for writers of its own.
    let (runs, busy) = match (no_exec, course::file_system(scratch.path())) {
        (true, _) => ("EACCES", "EACCES"),
        (false, "overlayfs") => ("done", "done"),
        (false, _) => ("done", "ETXTBSY"),
    };
    assert_eq!(ended.value("before"), runs);
    assert_eq!(
        ended.value("mapped"),
        busy,
        "the descriptor is closed, the mapping for loading only"
    );
    assert_eq!(ended.value("unmapped"), runs);
}
