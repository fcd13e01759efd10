//! Waits for a semaphore that end: at a deadline, or by a signal.

use std::time::{Duration, Instant, SystemTime};

use course::{errno, scratch};
use lesson_5_races_and_semaphores::sys::{deadline, deadline_on};
use nix::errno::Errno;

use crate::semaphores::{semaphore, signal};
use crate::{actor, ask, begin, observed, sleeps};

/// `sem_timedwait` fails with `ETIMEDOUT` at a moment of `CLOCK_REALTIME`.
///
/// - call: `sem_timedwait`, error
/// - source: sem_wait(3), ERRORS
/// - level: POSIX
#[test]
fn sem_timedwait_fails_with_etimedout_at_a_moment_of_clock_realtime() {
    let semaphore = semaphore(0);
    // A minute from now on CLOCK_MONOTONIC, which began at the boot: long past on CLOCK_REALTIME.
    let end = Instant::now() + Duration::from_secs(60);
    let minute = deadline_on(libc::CLOCK_MONOTONIC, Duration::from_secs(60)).unwrap();
    assert_eq!(errno(semaphore.wait_until(&minute)), Errno::ETIMEDOUT);
    assert!(Instant::now() < end, "the call does not use CLOCK_MONOTONIC");
    let soon = Duration::from_millis(30);
    let end = SystemTime::now() + soon;
    assert_eq!(errno(semaphore.wait_until(&deadline(soon))), Errno::ETIMEDOUT);
    assert!(SystemTime::now() >= end, "not before the deadline");
    let one_second_after_1970 = libc::timespec { tv_sec: 1, tv_nsec: 0 };
    assert_eq!(errno(semaphore.wait_until(&one_second_after_1970)), Errno::ETIMEDOUT);
}

/// `sem_timedwait` succeeds after its deadline if the count is above 0.
///
/// - call: `sem_timedwait`, success
/// - source: sem_wait(3), DESCRIPTION
/// - level: POSIX
#[test]
fn sem_timedwait_succeeds_after_its_deadline_if_the_count_is_above_0() {
    let past = libc::timespec { tv_sec: 1, tv_nsec: 0 };
    assert!(semaphore(1).wait_until(&past).is_ok());
}

/// `sem_timedwait` with a billion nanoseconds fails with `EINVAL`.
///
/// - call: `sem_timedwait`, error
/// - source: sem_wait(3), ERRORS
/// - level: POSIX
#[test]
fn sem_timedwait_with_a_billion_nanoseconds_fails_with_einval() {
    for tv_nsec in [-1, 1_000_000_000] {
        let wrong = libc::timespec { tv_sec: i64::MAX, tv_nsec };
        assert_eq!(errno(semaphore(0).wait_until(&wrong)), Errno::EINVAL);
    }
    let right = libc::timespec { tv_sec: 1, tv_nsec: 999_999_999 };
    assert_eq!(errno(semaphore(0).wait_until(&right)), Errno::ETIMEDOUT);
}

/// In glibc, `sem_timedwait` with an invalid time fails with `EINVAL` even if the count is above 0.
///
/// - call: `sem_timedwait`, error
/// - source: glibc, nptl/sem_timedwait.c (EINVAL)
/// - level: observed (glibc 2.36)
/// - manual says: sem_wait(3): the time is not checked if the call need not wait.
#[test]
fn in_glibc_sem_timedwait_with_an_invalid_time_fails_with_einval_even_if_the_count_is_above_0() {
    let semaphore = semaphore(1);
    let wrong = libc::timespec { tv_sec: 1, tv_nsec: 1_000_000_000 };
    let result = semaphore.wait_until(&wrong).map_err(|error| error.raw_os_error());
    observed(result, Err(Some(libc::EINVAL)), Ok(()));
    assert_eq!(semaphore.value().unwrap(), i32::from(result.is_err()));
}

/// `sem_clockwait` can wait until a moment of `CLOCK_MONOTONIC`.
///
/// - call: `sem_clockwait`, success
/// - source: POSIX.1-2024, sem_clockwait()
/// - level: POSIX (glibc since 2.30; not in musl 1.2.6)
#[test]
fn sem_clockwait_can_wait_until_a_moment_of_clock_monotonic() {
    let semaphore = semaphore(0);
    let soon = Duration::from_millis(30);
    let end = Instant::now() + soon; // Rust's Instant is CLOCK_MONOTONIC.
    let deadline = deadline_on(libc::CLOCK_MONOTONIC, soon).unwrap();
    let waited = semaphore.wait_until_on(libc::CLOCK_MONOTONIC, &deadline);
    assert_eq!(errno(waited), Errno::ETIMEDOUT);
    assert!(Instant::now() >= end, "not before the deadline");
    let a_second_after_boot = libc::timespec { tv_sec: 1, tv_nsec: 0 };
    let waited = semaphore.wait_until_on(libc::CLOCK_MONOTONIC, &a_second_after_boot);
    assert_eq!(errno(waited), Errno::ETIMEDOUT);
    let waited = semaphore.wait_until_on(libc::CLOCK_BOOTTIME, &deadline);
    assert_eq!(errno(waited), Errno::EINVAL, "only two clocks are allowed");
}

/// A handler without `SA_RESTART` ends `sem_wait` with `EINTR`.
///
/// - call: `sem_wait`, error
/// - source: sem_wait(3), ERRORS
/// - level: Linux (POSIX allows the error)
#[test]
fn a_handler_without_sa_restart_ends_sem_wait_with_eintr() {
    let mut waiter = actor(&scratch());
    ask(&mut waiter, "sem-init 1 0");
    assert_eq!(ask(&mut waiter, "handle-sigusr1 interrupt"), "ok");
    begin(&mut waiter, "sem-wait");
    sleeps(&waiter);
    signal(&waiter);
    assert_eq!(waiter.hear(), "handled");
    assert_eq!(waiter.hear(), "EINTR");
    assert_eq!(ask(&mut waiter, "sem-value"), "0");
}

/// After a handler with `SA_RESTART`, `sem_wait` goes on waiting.
///
/// - call: `sem_wait`, edge
/// - source: signal(7), Interruption of system calls
/// - level: Linux
#[test]
fn after_a_handler_with_sa_restart_sem_wait_goes_on_waiting() {
    let scratch = scratch();
    let (mut waiter, mut poster) = (actor(&scratch), actor(&scratch));
    ask(&mut waiter, "sem-init 1 0");
    assert_eq!(ask(&mut waiter, "handle-sigusr1 restart"), "ok");
    begin(&mut waiter, "sem-wait");
    sleeps(&waiter);
    signal(&waiter);
    assert_eq!(waiter.hear(), "handled");
    sleeps(&waiter);
    assert_eq!(ask(&mut poster, "sem-post"), "ok");
    assert_eq!(waiter.hear(), "ok");
}

/// A handler ends `sem_timedwait` with `EINTR`, even with `SA_RESTART`.
///
/// - call: `sem_timedwait`, error
/// - source: kernel/futex/waitwake.c
/// - level: observed
/// - manual says: signal(7): after a handler with `SA_RESTART`, `sem_timedwait` goes on waiting.
#[test]
fn a_handler_ends_sem_timedwait_with_eintr_even_with_sa_restart() {
    let mut waiter = actor(&scratch());
    ask(&mut waiter, "sem-init 1 0");
    assert_eq!(ask(&mut waiter, "handle-sigusr1 restart"), "ok");
    begin(&mut waiter, "sem-wait-until 30000");
    sleeps(&waiter);
    signal(&waiter);
    assert_eq!(waiter.hear(), "handled");
    assert_eq!(waiter.hear(), "EINTR");
}

/// A signal handler may call `sem_post`.
///
/// - call: `sem_post`, success
/// - source: sem_post(3), NOTES; signal-safety(7), DESCRIPTION
/// - level: POSIX
#[test]
fn a_signal_handler_may_call_sem_post() {
    let mut waiter = actor(&scratch());
    ask(&mut waiter, "sem-init 1 0");
    assert_eq!(ask(&mut waiter, "sem-post-on-sigusr1"), "ok");
    begin(&mut waiter, "sem-wait");
    sleeps(&waiter);
    signal(&waiter);
    assert_eq!(waiter.hear(), "handled");
    assert_eq!(waiter.hear(), "ok", "the handler of its own process has posted");
}
