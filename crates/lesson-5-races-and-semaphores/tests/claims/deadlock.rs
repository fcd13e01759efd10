//! Deadlocks: detected among record locks, and among no other locks of the lesson.

use std::fs;

use course::scratch;
use lesson_5_races_and_semaphores::second_process::until_waiting_in;

use crate::lock_actors::{Actor, actor, file, two};
use crate::{ask, ask_and_wait, begin, mutexes};

/// A record lock that would complete a deadlock of two processes fails with `EDEADLK`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux (POSIX allows the error)
#[test]
fn a_record_lock_that_would_complete_a_deadlock_of_two_processes_fails_with_edeadlk() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 1");
    b.does("F_SETLK d F_WRLCK 1 1");
    a.waits("F_SETLKW d F_WRLCK 1 1");
    assert_eq!(b.ask("F_SETLKW d F_WRLCK 0 1"), "EDEADLK");
    assert_eq!(b.ask("locks d"), "WRITE 1 1", "a refused process keeps its locks");
    a.until_waiting("F_SETLKW");
    b.does("F_SETLK d F_UNLCK 1 1");
    assert_eq!(a.hear(), "ok");
}

/// `EDEADLK` can be a false alarm if a process has threads.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fs/locks.c, posix_locks_deadlock (the owner is the process)
/// - level: observed
#[test]
fn edeadlk_can_be_a_false_alarm_if_a_process_has_threads() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 1");
    b.does("F_SETLK d F_WRLCK 1 1");
    a.does("threaded-and-on F_SETLKW d F_WRLCK 1 1"); // A thread of A waits for B ...
    a.until_a_thread_waits("F_SETLKW");
    assert_eq!(b.ask("F_SETLKW d F_WRLCK 0 1"), "EDEADLK"); // ... and B may not wait for A,
    a.does("F_SETLK d F_UNLCK 0 1"); // although another thread of A goes on and unlocks.
    b.does("F_SETLKW d F_WRLCK 0 1");
}

/// A deadlock of record locks is detected across two files.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking (F_SETLKW)
/// - level: Linux
#[test]
fn a_deadlock_of_record_locks_is_detected_across_two_files() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    fs::write(scratch.path().join("other"), "").unwrap();
    a.does("open e both other");
    b.does("open e both other");
    a.does("F_SETLK d F_WRLCK 0 0");
    b.does("F_SETLK e F_WRLCK 0 0");
    a.waits("F_SETLKW e F_WRLCK 0 0");
    assert_eq!(b.ask("F_SETLKW d F_WRLCK 0 0"), "EDEADLK");
    b.does("close e");
    assert_eq!(a.hear(), "ok");
}

/// If two processes hold a read lock on the same bytes and both ask for a write lock, the second
/// one gets `EDEADLK`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux (POSIX allows the error)
#[test]
fn if_two_processes_hold_a_read_lock_on_the_same_bytes_and_both_ask_for_a_write_lock_the_second_one_gets_edeadlk()
 {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_RDLCK 0 10");
    b.does("F_SETLK d F_RDLCK 0 10");
    a.waits("F_SETLKW d F_WRLCK 0 10");
    assert_eq!(b.ask("F_SETLKW d F_WRLCK 0 10"), "EDEADLK");
    assert_eq!(b.ask("locks d"), "READ 0 9");
    b.does("F_SETLK d F_UNLCK 0 10");
    assert_eq!(a.hear(), "ok");
}

/// A ring of processes: each has locked one byte and waits for the byte of the next process. Only the
/// last one does not wait yet: if it asks for the first byte, the ring is closed.
fn ring(scratch: &common::Scratch, members: usize) -> Vec<Actor> {
    file(scratch);
    let mut ring: Vec<Actor> = (0..members).map(|_| actor(scratch)).collect();
    for (byte, member) in ring.iter_mut().enumerate() {
        member.does("open d both file");
        member.does(&format!("F_SETLK d F_WRLCK {byte} 1"));
    }
    for (byte, member) in ring.iter_mut().enumerate().take(members - 1) {
        member.waits(&format!("F_SETLKW d F_WRLCK {} 1", byte + 1));
    }
    ring
}

/// A deadlock of ten processes with record locks is detected.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), BUGS
/// - level: Linux
#[test]
fn a_deadlock_of_ten_processes_with_record_locks_is_detected() {
    let scratch = scratch();
    let mut ring = ring(&scratch, 10);
    let last = ring.last_mut().unwrap();
    assert_eq!(last.ask("F_SETLKW d F_WRLCK 0 1"), "EDEADLK");
    last.does("F_SETLK d F_UNLCK 9 1");
    for member in ring.iter_mut().rev().skip(1) {
        assert_eq!(member.hear(), "ok");
        member.does("F_SETLK d F_UNLCK 0 0");
    }
}

/// A deadlock of twelve record locks is detected, and a deadlock of thirteen is not.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fs/locks.c, MAX_DEADLK_ITERATIONS
/// - level: observed
/// - manual says: fcntl(2), BUGS: the search for a deadlock makes at most ten steps.
#[test]
fn a_deadlock_of_twelve_record_locks_is_detected_and_a_deadlock_of_thirteen_is_not() {
    let scratch = scratch();
    let mut twelve = ring(&scratch, 12);
    assert_eq!(twelve.last_mut().unwrap().ask("F_SETLKW d F_WRLCK 0 1"), "EDEADLK");
    drop(twelve);

    let mut thirteen = ring(&scratch, 13);
    thirteen.last_mut().unwrap().waits("F_SETLKW d F_WRLCK 0 1");
    thirteen.iter_mut().for_each(|member| member.until_waiting("F_SETLKW"));
    let _ = thirteen.pop().unwrap().kill();
    for member in thirteen.iter_mut().rev() {
        assert_eq!(member.hear(), "ok", "until one of them is killed");
        member.does("F_SETLK d F_UNLCK 0 0");
    }
}

/// A deadlock of record locks can be missed while a third process holds a conflicting lock.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fs/locks.c, posix_lock_inode (it follows the first conflicting lock)
/// - level: observed
#[test]
fn a_deadlock_of_record_locks_can_be_missed_while_a_third_process_holds_a_conflicting_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    let mut third = actor(&scratch);
    third.does("open d both file");
    third.does("F_SETLK d F_RDLCK 0 1"); // Two hold byte 0, and the third process came first.
    a.does("F_SETLK d F_RDLCK 0 1");
    b.does("F_SETLK d F_WRLCK 1 1");
    a.waits("F_SETLKW d F_WRLCK 1 1");
    b.waits("F_SETLKW d F_WRLCK 0 1"); // The kernel asks only for whom the first holder waits.
    a.until_waiting("F_SETLKW");
    third.does("F_SETLK d F_UNLCK 0 1");
    assert_eq!(b.hear(), "EDEADLK", "the kernel searches again, and now A is the first holder");
}

/// A deadlock of two OFD locks is not detected.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fcntl(2), Open file description locks
/// - level: Linux
#[test]
fn a_deadlock_of_two_ofd_locks_is_not_detected() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 1");
    b.does("F_OFD_SETLK d F_WRLCK 1 1");
    a.waits("F_OFD_SETLKW d F_WRLCK 1 1");
    b.waits("F_OFD_SETLKW d F_WRLCK 0 1");
    a.until_waiting("F_OFD_SETLKW");
    let _ = b.kill();
    assert_eq!(a.hear(), "ok", "until the other is killed");
}

/// If two processes hold an OFD read lock on the same bytes and both ask for a write lock, both
/// wait for ever.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fcntl(2), Open file description locks
/// - level: Linux
#[test]
fn if_two_processes_hold_an_ofd_read_lock_on_the_same_bytes_and_both_ask_for_a_write_lock_both_wait_for_ever()
 {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_RDLCK 0 10");
    b.does("F_OFD_SETLK d F_RDLCK 0 10");
    a.waits("F_OFD_SETLKW d F_WRLCK 0 10");
    b.waits("F_OFD_SETLKW d F_WRLCK 0 10");
    a.until_waiting("F_OFD_SETLKW");
    let _ = b.kill();
    assert_eq!(a.hear(), "ok", "until the other is killed");
}

/// A process with two opens can wait for its own OFD lock for ever.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fcntl(2), Open file description locks
/// - level: Linux
#[test]
fn a_process_with_two_opens_can_wait_for_its_own_ofd_lock_for_ever() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open e both file");
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("handle-sigusr1 interrupt");
    a.waits("F_OFD_SETLKW e F_WRLCK 0 10");
    a.signal(nix::sys::signal::Signal::SIGUSR1);
    assert_eq!(a.hear(), "handled");
    assert_eq!(a.hear(), "EINTR", "only a signal ends it");
}

/// A deadlock of two `flock`s is not detected.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES
/// - level: Linux
#[test]
fn a_deadlock_of_two_flock_s_is_not_detected() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    fs::write(scratch.path().join("other"), "").unwrap();
    a.does("open e both other");
    b.does("open e both other");
    a.does("flock d LOCK_EX");
    b.does("flock e LOCK_EX");
    a.waits("flock e LOCK_EX");
    b.waits("flock d LOCK_EX");
    a.until_waiting("flock");
    let _ = b.kill();
    assert_eq!(a.hear(), "ok", "until the other is killed");
}

/// A deadlock of one record lock and one `flock` is not detected.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES
/// - level: observed
#[test]
fn a_deadlock_of_one_record_lock_and_one_flock_is_not_detected() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 0");
    b.does("flock d LOCK_EX");
    a.waits("flock d LOCK_EX");
    b.waits("F_SETLKW d F_WRLCK 0 0");
    a.until_waiting("flock");
    let _ = b.kill();
    assert_eq!(a.hear(), "ok", "until the other is killed");
}

/// A deadlock of two robust mutexes is not detected.
///
/// - call: `pthread_mutex_lock`, edge
/// - source: POSIX, pthread_mutex_lock() (may fail)
/// - level: observed (glibc)
#[test]
fn a_deadlock_of_two_robust_mutexes_is_not_detected() {
    let scratch = scratch();
    let (mut a, mut b) = mutexes::two(&scratch, "shared robust normal");
    assert_eq!(ask(&mut a, "mutex-init-in second"), "ok");
    assert_eq!(ask(&mut a, "mutex-try"), "Clean");
    assert_eq!(ask_and_wait(&mut b, "mutex-lock-in second"), "Clean");
    begin(&mut a, "mutex-lock-in second");
    begin(&mut b, "mutex-lock");
    for process in [&a, &b] {
        until_waiting_in(process.id(), libc::SYS_futex).unwrap();
    }
    a.kill();
    assert_eq!(b.hear(), "OwnerDied", "until the other is killed");
}

/// A deadlock of a semaphore and a robust mutex is not detected.
///
/// - call: `sem_wait`, edge
/// - source: POSIX, sem_wait() (may fail); POSIX, pthread_mutex_lock() (may fail)
/// - level: observed (glibc)
#[test]
fn a_deadlock_of_a_semaphore_and_a_robust_mutex_is_not_detected() {
    let scratch = scratch();
    let (mut a, mut b) = mutexes::two(&scratch, "shared robust normal");
    let open = format!("sem-open {} 600 1", scratch.object("deadlock"));
    assert_eq!((ask(&mut a, &open), ask(&mut b, &open)), ("ok".into(), "ok".into()));
    assert_eq!(ask(&mut a, "mutex-try"), "Clean");
    assert_eq!(ask(&mut b, "sem-try"), "ok");
    begin(&mut a, "sem-wait");
    begin(&mut b, "mutex-lock");
    for process in [&a, &b] {
        until_waiting_in(process.id(), libc::SYS_futex).unwrap();
    }
    a.kill();
    assert_eq!(b.hear(), "OwnerDied", "until the other is killed");
}
