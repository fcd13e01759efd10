//! Waits for a semaphore that end: at a deadline, or by a signal.

use std::time::{Duration, Instant, SystemTime};

use course::{errno, scratch};
use lesson_5_races_and_semaphores::sys::{deadline, deadline_on};
use nix::errno::Errno;

use crate::semaphores::{semaphore, signal};
use crate::{actor, ask, begin, observed, sleeps};

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

#[test]
fn sem_timedwait_succeeds_after_its_deadline_if_the_count_is_above_0() {
    let past = libc::timespec { tv_sec: 1, tv_nsec: 0 };
    assert!(semaphore(1).wait_until(&past).is_ok());
}

#[test]
fn sem_timedwait_with_a_billion_nanoseconds_fails_with_einval() {
    for tv_nsec in [-1, 1_000_000_000] {
        let wrong = libc::timespec { tv_sec: libc::time_t::MAX, tv_nsec };
        assert_eq!(errno(semaphore(0).wait_until(&wrong)), Errno::EINVAL);
    }
}

#[test]
fn in_glibc_sem_timedwait_checks_that_its_time_is_valid_even_if_the_count_is_above_0() {
    let semaphore = semaphore(1);
    let wrong = libc::timespec { tv_sec: 1, tv_nsec: 1_000_000_000 };
    let result = semaphore.wait_until(&wrong).map_err(|error| error.raw_os_error());
    observed(result, Err(Some(libc::EINVAL)), Ok(()));
    assert_eq!(semaphore.value().unwrap(), i32::from(result.is_err()));
}

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
