//! What becomes of a robust mutex that its next owner unlocks without a repair.

use course::scratch;

use crate::mutexes::{lock_word, two_and_locked};
use crate::{actor, ask, ask_and_wait, begin, observed, sleeps};

/// After `EOWNERDEAD`, unlocking without `pthread_mutex_consistent` makes a mutex unusable.
///
/// - call: `pthread_mutex_consistent`, edge
/// - source: pthread_mutexattr_setrobust(3), DESCRIPTION
/// - level: POSIX
#[test]
fn after_eownerdead_unlocking_without_pthread_mutex_consistent_makes_a_mutex_unusable() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask_and_wait(&mut next, "mutex-lock"), "ENOTRECOVERABLE");
    assert_eq!(ask_and_wait(&mut actor(&scratch), "mutex-lock"), "ENOTRECOVERABLE");
    assert_eq!(ask(&mut actor(&scratch), "mutex-try"), "ENOTRECOVERABLE");
}

/// If a mutex becomes unusable, one sleeper gets `ENOTRECOVERABLE`, and the others sleep on.
///
/// - call: `pthread_mutex_lock`, error
/// - source: glibc, nptl/pthread_mutex_lock.c (the call that fails wakes nobody)
/// - level: observed (glibc 2.36, 2.41)
#[test]
fn if_a_mutex_becomes_unusable_one_sleeper_gets_enotrecoverable_and_the_others_sleep_on() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    let mut sleepers = [(); 3].map(|()| actor(&scratch));
    for sleeper in &mut sleepers {
        begin(sleeper, "mutex-lock");
        sleeps(sleeper);
    }
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    let [mut first, others @ ..] = sleepers;
    assert_eq!(first.hear(), "ENOTRECOVERABLE", "the one that slept first");
    let calls = others.each_ref().map(sleeps);
    observed(calls, [libc::SYS_futex; 2], [libc::SYS_read; 2]);
    if calls == [libc::SYS_futex; 2] {
        assert_eq!(lock_word(&mut next), 0, "although nobody holds the mutex");
    }
}

/// A `pthread_mutex_trylock` that fails with `ENOTRECOVERABLE` leaves the mutex locked.
///
/// - call: `pthread_mutex_trylock`, error
/// - source: glibc, nptl/pthread_mutex_trylock.c
/// - level: observed (glibc 2.36)
#[test]
fn a_pthread_mutex_trylock_that_fails_with_enotrecoverable_leaves_the_mutex_locked() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "ENOTRECOVERABLE");
    let another = ask_and_wait(&mut actor(&scratch), "mutex-lock-until 200");
    observed(another.as_str(), "ETIMEDOUT", "ENOTRECOVERABLE");
}
