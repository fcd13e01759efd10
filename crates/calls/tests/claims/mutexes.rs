//! `pthread_mutex_lock`, `pthread_mutex_unlock` and the other calls on a mutex.

use course::{errno, scratch};
use lesson_5_races_and_semaphores::sys::{Acquired, Attributes, Mutex, Page, deadline};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use std::time::{Duration, SystemTime};

use crate::actors::with_a_page;

/// A new mutex of this process's own.
fn mutex(kind: libc::c_int, robust: libc::c_int) -> Mutex {
    let mutex = Mutex::in_page(&Page::private().unwrap(), 0);
    let attributes = Attributes::new().unwrap();
    attributes.set_type(kind).unwrap();
    attributes.set_robust(robust).unwrap();
    mutex.init(&attributes).unwrap();
    mutex
}

/// Unlocking a recursive mutex that is free, or that another process has locked, fails with
/// `EPERM`.
///
/// - call: `pthread_mutex_unlock`, error
/// - source: POSIX, pthread_mutex_unlock(), ERRORS; pthread_mutex_lock(3), ERRORS
/// - level: POSIX
#[test]
fn unlocking_a_recursive_mutex_that_is_free_or_that_another_process_has_locked_fails_with_eperm() {
    let scratch = scratch();
    let [mut owner, mut other] = with_a_page(&scratch);
    owner.does("mutex-init shared stalled recursive");
    assert_eq!(owner.ask("mutex-unlock"), "EPERM", "free");
    assert_eq!(owner.ask("mutex-try"), "Clean");
    assert_eq!(other.ask("mutex-unlock"), "EPERM", "locked by the owner");
    assert_eq!(other.ask("mutex-try"), "EBUSY");
    owner.does("mutex-unlock");
    assert_eq!(owner.ask("mutex-unlock"), "EPERM", "as many unlocks as locks");
    assert_eq!(other.ask("mutex-try"), "Clean");
}

/// A signal handler, even without `SA_RESTART`, does not end the wait in `pthread_mutex_lock`.
///
/// - call: `pthread_mutex_lock`, edge
/// - source: POSIX, pthread_mutex_lock(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_signal_handler_even_without_sa_restart_does_not_end_the_wait_in_pthread_mutex_lock() {
    let scratch = scratch();
    let [mut owner, mut waiter] = with_a_page(&scratch);
    owner.does("mutex-init shared stalled normal");
    assert_eq!(owner.ask("mutex-try"), "Clean");
    waiter.does("handle-sigusr1 interrupt");
    waiter.sleeps("mutex-lock");
    waiter.signal(Signal::SIGUSR1);
    assert_eq!(waiter.hear(), "handled");
    waiter.sleeps_on();
    owner.does("mutex-unlock");
    assert_eq!(waiter.hear(), "Clean", "it never said EINTR");
}

/// A destroyed mutex can be initialised again, and then it works.
///
/// - call: `pthread_mutex_destroy`, success
/// - source: POSIX, pthread_mutex_destroy(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_destroyed_mutex_can_be_initialised_again_and_then_it_works() {
    let mutex = mutex(libc::PTHREAD_MUTEX_NORMAL, libc::PTHREAD_MUTEX_STALLED);
    mutex.lock().unwrap();
    mutex.unlock().unwrap();
    mutex.destroy().unwrap();
    mutex.init(&Attributes::new().unwrap()).unwrap();
    assert_eq!(mutex.lock().unwrap(), Acquired::Clean);
    assert_eq!(errno(mutex.try_lock()), Errno::EBUSY);
    mutex.unlock().unwrap();
    mutex.destroy().unwrap();
}

/// In glibc, locking a destroyed mutex fails with `EINVAL`.
///
/// - call: `pthread_mutex_lock`, error
/// - source: POSIX, pthread_mutex_destroy(), DESCRIPTION; glibc, nptl/pthread_mutex_destroy.c
/// - level: observed (glibc; POSIX leaves it undefined)
#[test]
fn in_glibc_locking_a_destroyed_mutex_fails_with_einval() {
    let mutex = mutex(libc::PTHREAD_MUTEX_NORMAL, libc::PTHREAD_MUTEX_STALLED);
    mutex.destroy().unwrap();
    assert_eq!(errno(mutex.lock()), Errno::EINVAL);
    assert_eq!(errno(mutex.try_lock()), Errno::EINVAL);
    mutex.init(&Attributes::new().unwrap()).unwrap();
    assert_eq!(mutex.lock().unwrap(), Acquired::Clean);
    mutex.unlock().unwrap();
}

/// `pthread_mutex_timedlock` by the owner of a normal mutex, robust or not, fails with `ETIMEDOUT`.
///
/// - call: `pthread_mutex_timedlock`, error
/// - source: POSIX, pthread_mutex_timedlock(), DESCRIPTION; pthread_mutex_lock(3), DESCRIPTION
/// - level: POSIX
#[test]
fn pthread_mutex_timedlock_by_the_owner_of_a_normal_mutex_robust_or_not_fails_with_etimedout() {
    for robust in [libc::PTHREAD_MUTEX_STALLED, libc::PTHREAD_MUTEX_ROBUST] {
        let mutex = mutex(libc::PTHREAD_MUTEX_NORMAL, robust);
        mutex.lock().unwrap();
        let end = SystemTime::now() + Duration::from_millis(20);
        let soon = deadline(Duration::from_millis(20));
        assert_eq!(errno(mutex.lock_until(&soon)), Errno::ETIMEDOUT);
        assert!(SystemTime::now() >= end, "it waited");
        mutex.unlock().unwrap();
    }
}
