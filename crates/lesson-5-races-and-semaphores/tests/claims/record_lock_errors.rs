//! Every error that `fcntl(2)` and `lockf(3)` give for a record lock, but `EDEADLK`.

use course::scratch;
use nix::sys::signal::Signal;

use crate::lock_actors::{actor, file, two};

#[test]
fn f_setlk_on_bytes_that_another_process_has_locked_is_eagain() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 5 1");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    assert_eq!(b.ask("locks d"), "", "not even the free bytes are locked");
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
