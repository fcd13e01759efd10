//! What a dead process leaves behind in a reader-writer lock and in a condition variable.

use std::time::{Duration, Instant};

use course::{Running, scratch};
use lesson_5_races_and_semaphores::second_process::until_waiting_in;
use lesson_5_races_and_semaphores::sys::has_robust_read_write_locks;

use crate::{actor, ask, ask_and_wait, begin, in_time, observed, sleeps};

/// Long enough for a call that need not wait.
const AT_ONCE: u32 = 30_000;
/// Long enough to see that nothing ends a wait.
const IN_VAIN: u32 = 200;

/// Two actors that share a reader-writer lock, a condition variable and a robust mutex.
fn two(scratch: &common::Scratch) -> (Running, Running) {
    let (mut first, second) = (actor(scratch), actor(scratch));
    for command in ["rwlock-init", "cond-init", "mutex-init shared robust normal"] {
        assert_eq!(ask(&mut first, command), "ok");
    }
    (first, second)
}

/// A killed reader shuts every writer out of a reader–writer lock.
///
/// - call: `pthread_rwlock_rdlock`, edge
/// - source: POSIX, pthread_rwlock_rdlock() (does not mention a death)
/// - level: observed (glibc)
#[test]
fn a_killed_reader_shuts_every_writer_out_of_a_reader_writer_lock() {
    let scratch = scratch();
    let (mut reader, mut next) = two(&scratch);
    assert_eq!(ask_and_wait(&mut reader, &format!("rwlock-read-until {AT_ONCE}")), "ok");
    reader.kill();
    assert_eq!(ask_and_wait(&mut next, &format!("rwlock-write-until {IN_VAIN}")), "ETIMEDOUT");
    assert_eq!(ask_and_wait(&mut next, &format!("rwlock-read-until {AT_ONCE}")), "ok");
}

/// A killed writer shuts every process out of a reader–writer lock.
///
/// - call: `pthread_rwlock_wrlock`, edge
/// - source: POSIX, pthread_rwlock_wrlock() (does not mention a death)
/// - level: observed (glibc)
#[test]
fn a_killed_writer_shuts_every_process_out_of_a_reader_writer_lock() {
    let scratch = scratch();
    let (mut writer, mut next) = two(&scratch);
    assert_eq!(ask_and_wait(&mut writer, &format!("rwlock-write-until {AT_ONCE}")), "ok");
    writer.kill();
    assert_eq!(ask_and_wait(&mut next, &format!("rwlock-read-until {IN_VAIN}")), "ETIMEDOUT");
    assert_eq!(ask_and_wait(&mut next, &format!("rwlock-write-until {IN_VAIN}")), "ETIMEDOUT");
}

/// A process waits for a lock until its deadline, or until it is killed. Then the holder unlocks. What
/// a reader and a writer get that come later.
fn after_a_wait(held: &str, waited: &str, is_killed: bool) -> [String; 2] {
    let scratch = scratch();
    let (mut holder, mut next) = two(&scratch);
    let mut waiter = actor(&scratch);
    assert_eq!(ask_and_wait(&mut holder, &format!("rwlock-{held}-until {AT_ONCE}")), "ok");
    let time = if is_killed { AT_ONCE } else { IN_VAIN };
    begin(&mut waiter, &format!("rwlock-{waited}-until {time}"));
    if is_killed {
        sleeps(&waiter);
        waiter.kill();
    } else {
        assert_eq!(waiter.hear(), "ETIMEDOUT");
    }
    assert_eq!(ask(&mut holder, "rwlock-unlock"), "ok");
    ["read", "write"].map(|call| {
        let answer = ask_and_wait(&mut next, &format!("rwlock-{call}-until {IN_VAIN}"));
        if answer == "ok" {
            assert_eq!(ask(&mut next, "rwlock-unlock"), "ok");
        }
        answer
    })
}

/// If the first writer that waits for a reader is killed, no process can lock after the reader.
///
/// - call: `pthread_rwlock_wrlock`, edge
/// - source: glibc, nptl/pthread_rwlock_common.c
/// - level: observed (glibc)
#[test]
fn if_the_first_writer_that_waits_for_a_reader_is_killed_no_process_can_lock_after_the_reader() {
    assert_eq!(after_a_wait("read", "write", true), ["ETIMEDOUT", "ETIMEDOUT"]);
    assert_eq!(after_a_wait("read", "write", false), ["ok", "ok"], "the end of a wait is harmless");
}

/// If the second writer that waits for a reader is killed, the lock works as before.
///
/// - call: `pthread_rwlock_wrlock`, edge
/// - source: glibc, nptl/pthread_rwlock_common.c
/// - level: observed (glibc)
#[test]
fn if_the_second_writer_that_waits_for_a_reader_is_killed_the_lock_works_as_before() {
    let scratch = scratch();
    let (mut reader, mut next) = two(&scratch);
    let [mut first, mut second] = [(); 2].map(|()| actor(&scratch));
    let (read, write) =
        (format!("rwlock-read-until {AT_ONCE}"), format!("rwlock-write-until {AT_ONCE}"));
    assert_eq!(ask_and_wait(&mut reader, &read), "ok");
    for writer in [&mut first, &mut second] {
        begin(writer, &write);
        until_waiting_in(writer.id(), libc::SYS_futex).unwrap();
    }
    second.kill();
    assert_eq!(ask(&mut reader, "rwlock-unlock"), "ok");
    assert_eq!(first.hear(), "ok");
    assert_eq!(ask(&mut first, "rwlock-unlock"), "ok");
    for call in [read, write] {
        assert_eq!(ask_and_wait(&mut next, &call), "ok", "{call}");
        assert_eq!(ask(&mut next, "rwlock-unlock"), "ok");
    }
}

/// If a reader is killed while it waits for a writer, no writer can lock again.
///
/// - call: `pthread_rwlock_rdlock`, edge
/// - source: glibc, nptl/pthread_rwlock_common.c
/// - level: observed (glibc)
#[test]
fn if_a_reader_is_killed_while_it_waits_for_a_writer_no_writer_can_lock_again() {
    assert_eq!(after_a_wait("write", "read", true), ["ok", "ETIMEDOUT"]);
    assert_eq!(after_a_wait("write", "read", false), ["ok", "ok"], "the end of a wait is harmless");
}

/// No reader–writer lock in glibc is robust.
///
/// - call: `pthread_rwlock_rdlock`, edge
/// - source: POSIX, pthread_mutexattr_setrobust() (robust is an attribute of mutexes only)
/// - level: observed (glibc 2.36)
#[test]
fn no_reader_writer_lock_in_glibc_is_robust() {
    observed(has_robust_read_write_locks(), false, false);
}

/// The death of the mutex's owner wakes no process that waits on a condition variable.
///
/// - call: `pthread_cond_wait`, edge
/// - source: POSIX, pthread_cond_timedwait() (EOWNERDEAD reports the owner of the mutex)
/// - level: observed (glibc)
#[test]
fn the_death_of_the_mutexs_owner_wakes_no_process_that_waits_on_a_condition_variable() {
    in_time(|milliseconds| {
        let scratch = scratch();
        let (mut waiter, mut signaller) = two(&scratch);
        assert_eq!(ask(&mut waiter, "mutex-try"), "Clean");
        let end = Instant::now() + Duration::from_millis(milliseconds);
        begin(&mut waiter, &format!("cond-wait-until {milliseconds}"));
        sleeps(&waiter);
        let locked = ask(&mut signaller, "mutex-try"); // The waiter has unlocked the mutex.
        signaller.kill();
        let in_time = Instant::now() < end; // Which is before the waiter's own deadline.
        let answer = waiter.hear();
        if in_time {
            assert_eq!((locked.as_str(), answer.as_str()), ("Clean", "EOWNERDEAD"));
            assert!(Instant::now() >= end, "only the deadline has ended the wait");
        }
        in_time
    });
}

/// After a waiter on a condition variable is killed, `pthread_cond_destroy` waits for ever.
///
/// - call: `pthread_cond_destroy`, edge
/// - source: glibc, nptl/pthread_cond_destroy.c
/// - level: observed (glibc)
#[test]
fn after_a_waiter_on_a_condition_variable_is_killed_pthread_cond_destroy_waits_for_ever() {
    let scratch = scratch();
    let (mut waiter, mut next) = two(&scratch);
    assert_eq!(ask(&mut waiter, "mutex-try"), "Clean");
    begin(&mut waiter, &format!("cond-wait-until {AT_ONCE}"));
    sleeps(&waiter);
    waiter.kill();
    begin(&mut next, "cond-destroy");
    until_waiting_in(next.id(), libc::SYS_futex).unwrap(); // Nothing will wake it.
}

/// After a waiter on a condition variable is killed, one signal is lost and the next may never
/// return.
///
/// - call: `pthread_cond_signal`, edge
/// - source: glibc, nptl/pthread_cond_common.c
/// - level: observed (glibc; never returns: glibc 2.36, not 2.41)
#[test]
fn after_a_waiter_on_a_condition_variable_is_killed_one_signal_is_lost_and_the_next_may_never_return()
 {
    in_time(|milliseconds| {
        let scratch = scratch();
        let (mut killed, mut signaller) = two(&scratch);
        let mut sleeper = actor(&scratch);
        let (long, short) =
            (format!("cond-wait-until {AT_ONCE}"), format!("cond-wait-until {milliseconds}"));
        for process in [&mut killed, &mut sleeper] {
            assert_eq!(ask(process, "mutex-try"), "Clean");
            begin(process, &long);
            sleeps(process);
        }
        killed.kill();
        assert_eq!(ask_and_wait(&mut signaller, "cond-signal"), "ok");
        assert_eq!(sleeper.hear(), "ok", "the first signal wakes the process that lives");
        let end = Instant::now() + Duration::from_millis(milliseconds);
        begin(&mut sleeper, &short);
        sleeps(&sleeper);
        assert_eq!(ask_and_wait(&mut signaller, "cond-signal"), "ok");
        if Instant::now() >= end {
            return false; // The sleeper's deadline may have come before the signal.
        }
        assert_eq!(sleeper.hear(), "ETIMEDOUT", "the second signal is lost");
        begin(&mut sleeper, &long);
        sleeps(&sleeper);
        begin(&mut signaller, "cond-signal");
        let returns = sleeps(&signaller) == libc::SYS_read; // Nothing ends a sleep in `futex`.
        observed(returns, false, true);
        if course::glibc_version() >= (2, 41) {
            assert!(returns, "the third signal waits");
        }
        if returns {
            assert_eq!(signaller.hear(), "ok");
            assert_eq!(sleeper.hear(), "ok", "the third signal wakes the sleeper");
        }
        true
    });
}
