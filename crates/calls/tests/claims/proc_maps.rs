//! `/proc/PID/maps` and what lies beside it.

use course::{file_system, scratch};

use crate::scenario;

/// A line of `/proc/PID/maps` has the mapping's addresses, permissions, offset in the file, and
/// the file's inode and path.
///
/// - call: `/proc/PID/maps`, success
/// - source: proc(5), /proc/pid/maps
/// - level: Linux (on overlayfs all but the inode)
/// - holds: not on overlayfs
#[test]
fn a_line_of_proc_pid_maps_has_the_mappings_addresses_permissions_offset_in_the_file_and_the_files_inode_and_path()
 {
    let scratch = scratch();
    let ended = scenario("maps-fields", &scratch).run();
    assert_eq!((ended.value("addresses"), ended.value("permissions")), ("true", "rw-s"));
    assert_eq!((ended.value("offset"), ended.value("path")), ("true", "true"));
    if file_system(scratch.path()) != "overlayfs" {
        assert_eq!(ended.value("inode"), "true");
    }
}

/// In `/proc/PID/maps`, `rwx` show a mapping's permissions, and `s` or `p` whether it is shared
/// or private.
///
/// - call: `/proc/PID/maps`, success
/// - source: proc(5), /proc/pid/maps; mmap(2), DESCRIPTION
/// - level: Linux
#[test]
fn in_proc_pid_maps_rwx_show_a_mappings_permissions_and_s_or_p_whether_it_is_shared_or_private() {
    let ended = scenario("mmap-permissions", &scratch()).run();
    assert_eq!(ended.value("shared"), "---s r--s -w-s rw-s --xs r-xs -wxs rwxs");
    assert_eq!(ended.value("private"), "---p r--p -w-p rw-p --xp r-xp -wxp rwxp");
}

/// `/proc/PID/maps` writes a newline in a path as `\012` and every other character as it is, so
/// two files can look the same.
///
/// - call: `/proc/PID/maps`, edge
/// - source: proc(5), /proc/pid/maps
/// - level: Linux
#[test]
fn proc_pid_maps_writes_a_newline_in_a_path_as_012_and_every_other_character_as_it_is_so_two_files_can_look_the_same()
 {
    let ended = scenario("maps-names", &scratch()).run();
    assert_eq!(ended.value("newline"), r"a\012b");
    assert_eq!(ended.value("backslash"), r"a\012b", "a backslash and three digits in the name");
    assert_eq!((ended.value("space"), ended.value("tab")), ("a b", "a\tb"));
}

/// After a file was renamed, `/proc/PID/maps` shows the new path for an old mapping.
///
/// - call: `/proc/PID/maps`, edge
/// - source: fs/proc/task_mmu.c, show_map_vma
/// - level: observed
#[test]
fn after_a_file_was_renamed_proc_pid_maps_shows_the_new_path_for_an_old_mapping() {
    let ended = scenario("maps-rename", &scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("before", "after"));
}

/// `/proc/PID/maps` adds ` (deleted)` to the path of a removed file, and a file whose name ends
/// with this word looks the same.
///
/// - call: `/proc/PID/maps`, edge
/// - source: proc(5), /proc/pid/maps
/// - level: Linux
#[test]
fn proc_pid_maps_adds_deleted_to_the_path_of_a_removed_file_and_a_file_whose_name_ends_with_this_word_looks_the_same()
 {
    let ended = scenario("maps-deleted", &scratch()).run();
    assert_eq!(
        (ended.value("removed"), ended.value("there")),
        ("gone (deleted)", "gone (deleted)")
    );
}

/// `VmFlags` has `sh` for a shared mapping only if the file was opened for writing, while maps
/// shows `s` for both.
///
/// - call: `/proc/PID/smaps`, edge
/// - source: mm/mmap.c, do_mmap
/// - level: observed
#[test]
fn vmflags_has_sh_for_a_shared_mapping_only_if_the_file_was_opened_for_writing_while_maps_shows_s_for_both()
 {
    let ended = scenario("maps-read-only-descriptor", &scratch()).run();
    assert_eq!(ended.value("open-for-both"), "r--s true");
    assert_eq!(ended.value("open-for-reading"), "r--s false");
    assert_eq!(ended.value("private"), "r--p false");
}

/// Opening `/proc/PID/maps`, `smaps` or `pagemap` of another user's process fails with `EACCES` for
/// an ordinary user.
///
/// - call: `/proc/PID/maps`, error
/// - source: proc(5), /proc/pid/maps; ptrace(2), Ptrace access mode checking
/// - level: Linux
#[test]
#[ignore = "needs root: a process of another user"]
fn opening_proc_pid_maps_smaps_or_pagemap_of_another_users_process_fails_with_eacces_for_an_ordinary_user()
 {
    let ended = scenario("maps-of-the-parent", &scratch()).as_ordinary_user().run();
    for name in ["maps", "smaps", "pagemap"] {
        assert_eq!(ended.value(name), "EACCES", "{name}");
    }
    assert_eq!((ended.value("stat"), ended.value("own-maps")), ("success", "success"));
}

/// `/proc/PID/map_files` has a symbolic link to the file of each mapping, named by the mapping's
/// addresses.
///
/// - call: `/proc/PID/map_files`, success
/// - source: proc(5), /proc/pid/map_files/
/// - level: Linux
#[test]
fn proc_pid_map_files_has_a_symbolic_link_to_the_file_of_each_mapping_named_by_the_mappings_addresses()
 {
    let ended = scenario("map-files", &scratch()).run();
    assert_eq!(ended.value("target"), "true");
    assert_eq!(ended.value("after-munmap-of-a-part"), "ENOENT", "the mapping has other addresses");
}
