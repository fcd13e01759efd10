//! `fcntl(2)` record locks: ranges of bytes, owned by a process.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use course::scratch;
use nix::sys::signal::Signal;

use crate::actor::{actor, file, two};

#[test]
fn two_processes_may_hold_read_locks_on_the_same_bytes() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_RDLCK 0 10");
    b.does("F_SETLK d F_RDLCK 0 10");
    assert_eq!(a.ask("locks d"), "READ 0 9");
    assert_eq!(b.ask("locks d"), "READ 0 9");
}

#[test]
fn a_write_lock_excludes_every_other_process() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    assert_eq!(b.ask("F_SETLK d F_RDLCK 0 10"), "EAGAIN");
    a.does("F_SETLK d F_RDLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    b.does("F_SETLK d F_RDLCK 0 10");
}

#[test]
fn f_setlk_on_bytes_that_another_process_has_locked_is_eagain() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 5 1");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    assert_eq!(b.ask("locks d"), "", "not even the free bytes are locked");
}

#[test]
fn record_locks_conflict_only_where_their_bytes_overlap() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 3 4");
    b.does("F_SETLK d F_WRLCK 0 3");
    b.does("F_SETLK d F_WRLCK 7 3");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 2 2"), "EAGAIN");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 6 2"), "EAGAIN");
}

#[test]
fn a_process_never_conflicts_with_its_own_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open e both file");
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("F_SETLK e F_RDLCK 0 10");
    b.does("F_SETLK d F_RDLCK 0 10"); // The new lock took the old one's place.
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

#[test]
fn the_threads_of_a_process_do_not_exclude_each_other_by_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open e both file");
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("threaded F_SETLK e F_WRLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_RDLCK 0 10"), "EAGAIN");
}

#[test]
fn a_record_lock_waits_with_f_setlkw_until_the_bytes_are_free() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    a.does("F_SETLK d F_UNLCK 0 10");
    assert_eq!(b.hear(), "ok");
    assert_eq!(a.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN", "now it is b's");
}

#[test]
fn a_record_lock_on_a_descriptor_that_is_not_open_is_ebadf() {
    let mut a = actor(&scratch());
    assert_eq!(a.ask("F_SETLK 999 F_WRLCK 0 0"), "EBADF");
    assert_eq!(a.ask("F_SETLK -1 F_WRLCK 0 0"), "EBADF");
    assert_eq!(a.ask("F_GETLK -1 F_WRLCK 0 0"), "EBADF");
}

#[test]
fn a_record_lock_on_an_o_path_descriptor_is_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open p path file");
    assert_eq!(a.ask("F_SETLK p F_RDLCK 0 0"), "EBADF");
}

#[test]
fn a_read_lock_on_a_descriptor_not_open_for_reading_is_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open w write file");
    assert_eq!(a.ask("F_SETLK w F_RDLCK 0 0"), "EBADF");
    a.does("F_SETLK w F_WRLCK 0 0");
}

#[test]
fn a_write_lock_on_a_descriptor_not_open_for_writing_is_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open r read file");
    assert_eq!(a.ask("F_SETLK r F_WRLCK 0 0"), "EBADF");
    a.does("F_SETLK r F_RDLCK 0 0");
}

#[test]
fn f_getlk_does_not_ask_what_the_descriptor_is_open_for() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_RDLCK 0 10");
    b.does("open r read file");
    let expected = format!("F_RDLCK SEEK_SET 0 10 {}", a.id());
    assert_eq!(b.ask("F_GETLK r F_WRLCK 0 0"), expected);
}

#[test]
fn a_record_lock_at_an_address_that_is_not_mapped_is_efault() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d NULL"), "EFAULT");
    assert_eq!(a.ask("F_SETLKW d NULL"), "EFAULT");
    assert_eq!(a.ask("F_GETLK d NULL"), "EFAULT");
}

#[test]
fn a_handled_signal_ends_the_wait_for_a_record_lock_with_eintr() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.does("handle-sigusr1 interrupt");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    assert_eq!(b.hear(), "EINTR");
    assert_eq!(b.ask("locks d"), "");
}

#[test]
fn with_sa_restart_the_wait_for_a_record_lock_goes_on_after_the_handler() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.does("handle-sigusr1 restart");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    b.until_waiting("F_SETLKW");
    a.does("F_SETLK d F_UNLCK 0 10");
    assert_eq!(b.hear(), "ok");
}

#[test]
fn an_unknown_command_of_fcntl_is_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_NO_SUCH_COMMAND d F_WRLCK 0 0"), "EINVAL");
}

#[test]
fn a_record_lock_of_an_unknown_type_is_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d 77 0 0"), "EINVAL");
    assert_eq!(a.ask("F_GETLK d 77 0 0"), "EINVAL");
}

#[test]
fn a_record_lock_of_an_unknown_whence_is_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d F_WRLCK 0 0 99"), "EINVAL");
    assert_eq!(a.ask("F_SETLK d F_WRLCK 0 0 SEEK_SET"), "ok");
}

#[test]
fn a_record_lock_before_byte_0_is_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d F_WRLCK -1 1"), "EINVAL");
    assert_eq!(a.ask("F_SETLK d F_WRLCK 5 -6"), "EINVAL");
    assert_eq!(a.ask("F_SETLK d F_WRLCK -11 1 SEEK_END"), "EINVAL");
    a.does("F_SETLK d F_WRLCK 5 -5");
}

#[test]
fn asking_f_getlk_about_an_unlock_is_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_GETLK d F_UNLCK 0 0"), "EINVAL");
}

#[test]
fn a_record_lock_whose_last_byte_is_past_the_largest_offset_is_eoverflow() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    let largest = libc::off_t::MAX;
    assert_eq!(a.ask(&format!("F_SETLK d F_WRLCK {largest} 2")), "EOVERFLOW");
    assert_eq!(a.ask(&format!("F_SETLK d F_WRLCK {largest} 1 SEEK_END")), "EOVERFLOW");
    a.does(&format!("F_SETLK d F_WRLCK {largest} 1"));
}

#[test]
fn a_lock_of_length_0_reaches_to_the_end_of_the_file_however_far_it_grows() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 5 0");
    let expected = format!("F_WRLCK SEEK_SET 5 0 {}", a.id());
    assert_eq!(b.ask("F_GETLK d F_RDLCK 1000000000000 1"), expected);
    assert_eq!(a.ask("locks d"), "WRITE 5 EOF");
    b.does("F_SETLK d F_WRLCK 0 5");
}

#[test]
fn bytes_past_the_end_of_the_file_can_be_locked() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 1000000 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 1000009 1"), "EAGAIN");
    assert_eq!(fs::metadata(scratch.path().join("file")).unwrap().len(), 10, "it did not grow");
}

#[test]
fn a_negative_length_locks_the_bytes_before_the_start() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 50 -10");
    let expected = format!("F_WRLCK SEEK_SET 40 10 {}", a.id());
    assert_eq!(b.ask("F_GETLK d F_WRLCK 0 0"), expected);
}

#[test]
fn a_lock_may_start_from_the_descriptors_offset_or_from_the_end_of_the_file() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("seek d 4");
    a.does("F_SETLK d F_WRLCK -1 2 SEEK_CUR");
    assert_eq!(a.ask("locks d"), "WRITE 3 4");
    a.does("F_SETLK d F_RDLCK -2 1 SEEK_END");
    assert_eq!(a.ask("locks d"), "WRITE 3 4, READ 8 8");
    assert_eq!(a.ask("offset d"), "4", "locking moved no offset");
}

#[test]
fn unlocking_the_middle_of_a_record_lock_leaves_two() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("F_SETLK d F_UNLCK 4 2");
    assert_eq!(a.ask("locks d"), "WRITE 0 3, WRITE 6 9");
}

#[test]
fn converting_the_middle_of_a_record_lock_leaves_three() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("F_SETLK d F_RDLCK 4 2");
    assert_eq!(a.ask("locks d"), "WRITE 0 3, READ 4 5, WRITE 6 9");
}

#[test]
fn adjacent_record_locks_of_one_type_become_one() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 3");
    a.does("F_SETLK d F_WRLCK 7 3");
    assert_eq!(a.ask("locks d"), "WRITE 0 2, WRITE 7 9");
    a.does("F_SETLK d F_WRLCK 3 4");
    assert_eq!(a.ask("locks d"), "WRITE 0 9");
}

#[test]
fn unlocking_what_is_not_locked_succeeds() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.does("F_SETLK d F_UNLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN", "a's lock is untouched");
}

#[test]
fn f_getlk_of_free_bytes_changes_nothing_but_the_type() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    let answer = a.ask("F_GETLK d F_WRLCK -3 2 SEEK_END 12345");
    assert_eq!(answer, "F_UNLCK SEEK_END -3 2 12345");
    assert_eq!(a.ask("locks d"), "", "nothing was locked");
}

#[test]
fn f_getlk_describes_the_lock_in_the_way_and_the_process_that_holds_it() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK -4 3 SEEK_END");
    let expected = format!("F_WRLCK SEEK_SET 6 3 {}", a.id());
    assert_eq!(b.ask("F_GETLK d F_RDLCK 0 0"), expected);
}

#[test]
fn f_getlk_does_not_report_the_processs_own_locks() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    assert!(a.ask("F_GETLK d F_WRLCK 0 10").starts_with("F_UNLCK"));
}

#[test]
fn closing_any_descriptor_of_the_file_releases_the_processs_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("open e read file");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("close e");
    assert_eq!(a.ask("locks d"), "");
    b.does("F_SETLK d F_WRLCK 0 10");
}

#[test]
fn closing_a_duplicate_releases_the_record_locks_too() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("duplicate d e");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("close e");
    b.does("F_SETLK d F_WRLCK 0 10");
}

#[test]
fn closing_the_file_under_another_of_its_names_releases_the_record_locks_too() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    fs::hard_link(scratch.path().join("file"), scratch.path().join("other name")).unwrap();
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("open e read other name");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("close e");
    b.does("F_SETLK d F_WRLCK 0 10");
}

#[test]
fn closing_an_o_path_descriptor_releases_no_record_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("open p path file");
    a.does("close p");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

#[test]
fn a_record_lock_ends_with_the_descriptor_although_a_mapping_of_it_lives() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("map d");
    a.does("close d");
    b.does("F_SETLK d F_WRLCK 0 10");
    a.does("store d AB");
    assert_eq!(b.ask("pread d 0 10"), "AB23456789", "the mapping lives");
}

#[test]
fn a_forked_child_does_not_inherit_record_locks() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    assert_eq!(a.ask("forked F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

#[test]
fn a_forked_child_cannot_release_its_parents_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("forked F_SETLK d F_UNLCK 0 10");
    a.does("forked close d");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

#[test]
fn record_locks_stay_across_exec() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    let id = a.id();
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("inherit d");
    a.does("exec");
    assert_eq!(a.ask("id"), id, "the same process, another program");
    assert_eq!(b.ask("F_GETLK d F_WRLCK 0 0"), format!("F_WRLCK SEEK_SET 0 10 {id}"));
}

#[test]
fn a_close_on_exec_descriptor_of_the_file_releases_the_record_locks_at_exec() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("inherit d");
    a.does("open e read file"); // Close-on-exec, as everything that Rust opens.
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("exec");
    b.does("F_SETLK d F_WRLCK 0 10");
}

#[test]
fn record_locks_end_when_the_process_exits() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    assert_eq!(a.exit().code, Some(0));
    assert_eq!(b.hear(), "ok");
}

#[test]
fn record_locks_end_when_the_process_is_killed() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    assert_eq!(a.kill().signal, Some(Signal::SIGKILL));
    assert_eq!(b.hear(), "ok");
}

#[test]
fn a_stopped_process_keeps_its_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.stop();
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

#[test]
fn no_record_lock_stops_a_store_a_write_a_read_or_a_truncation() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 0");
    b.does("map d");
    b.does("store d AB");
    assert_eq!(a.ask("pread d 0 10"), "AB23456789");
    b.does("pwrite d abc");
    assert_eq!(a.ask("pread d 0 10"), "abc3456789");
    assert_eq!(b.ask("pread d 0 3"), "abc");
    b.does("truncate d 3");
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"abc");
    assert_eq!(a.ask("locks d"), "WRITE 0 EOF", "and it was held all the time");
}

#[test]
fn the_mode_bits_of_mandatory_locks_change_nothing() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    let path = scratch.path().join("file");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o2600)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o2600);
    a.does("F_SETLK d F_WRLCK 0 0");
    b.does("pwrite d abc");
    assert_eq!(a.ask("pread d 0 10"), "abc3456789");
}

#[test]
fn a_lock_follows_the_file_and_not_its_name() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 0");
    fs::write(scratch.path().join("new"), "new").unwrap();
    fs::rename(scratch.path().join("file"), scratch.path().join("old")).unwrap();
    fs::rename(scratch.path().join("new"), scratch.path().join("file")).unwrap();
    b.does("open new both file");
    b.does("F_SETLK new F_WRLCK 0 0");
    b.does("open old both old");
    assert_eq!(b.ask("F_SETLK old F_WRLCK 0 0"), "EAGAIN");
}

#[test]
fn lockf_is_a_record_lock_from_the_descriptors_offset_on() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("seek d 4");
    a.does("lockf d F_TLOCK 3");
    assert_eq!(a.ask("locks d"), "WRITE 4 6");
    assert_eq!(b.ask("F_GETLK d F_RDLCK 0 0"), format!("F_WRLCK SEEK_SET 4 3 {}", a.id()));
    assert_eq!(b.ask("lockf d F_TLOCK 0"), "EAGAIN");
    a.does("lockf d F_ULOCK 3");
    assert_eq!(a.ask("locks d"), "");
}

#[test]
fn lockf_with_f_test_of_locked_bytes_is_eacces() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("lockf d F_LOCK 0");
    assert_eq!(b.ask("lockf d F_TEST 0"), "EACCES");
    a.does("lockf d F_TEST 0");
}

#[test]
fn lockf_with_an_unknown_function_is_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("lockf d 99 0"), "EINVAL");
}

#[test]
fn lockf_needs_a_descriptor_open_for_writing_else_it_is_ebadf() {
    let scratch = scratch();
    file(&scratch);
    let mut a = actor(&scratch);
    a.does("open r read file");
    assert_eq!(a.ask("lockf r F_TLOCK 0"), "EBADF");
}

#[test]
fn lockf_of_held_bytes_ends_with_eintr_on_a_handled_signal() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("lockf d F_LOCK 0");
    b.does("handle-sigusr1 interrupt");
    b.waits("lockf d F_LOCK 0");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    assert_eq!(b.hear(), "EINTR");
}
