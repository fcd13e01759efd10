//! Mutexes between processes.

use std::time::{Duration, Instant, SystemTime};

use common::Scratch;
use course::{Running, errno, scratch};
use lesson_5_races_and_semaphores::sys::{Acquired, Attributes, Mutex, Page};
use nix::errno::Errno;

use crate::{actor, ask, ask_and_wait, begin, in_time, observed, sleeps};

/// Two actors and a new mutex that both have mapped.
pub(crate) fn two(scratch: &Scratch, attributes: &str) -> (Running, Running) {
    let (mut first, second) = (actor(scratch), actor(scratch));
    assert_eq!(ask(&mut first, &format!("mutex-init {attributes}")), "ok");
    (first, second)
}

/// The same, and the first one has locked it.
pub(crate) fn two_and_locked(scratch: &Scratch, attributes: &str) -> (Running, Running) {
    let (mut owner, next) = two(scratch, attributes);
    assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
    (owner, next)
}

/// The lock word of the actors' mutex: its first four bytes.
pub(crate) fn lock_word(actor: &mut Running) -> u64 {
    in_word(&ask(actor, "page-word 64"))
}

/// The lock word in the answer to `page-word`: the first four bytes of that word.
pub(crate) fn in_word(word: &str) -> u64 {
    let [a, b, c, d, ..] = u64::from_str_radix(&word[2..], 16).unwrap().to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d]).into()
}

/// A new mutex of this process's own.
fn mutex(kind: libc::c_int) -> Mutex {
    let mutex = Mutex::in_page(&Page::private().unwrap(), 0);
    let attributes = Attributes::new().unwrap();
    attributes.set_type(kind).unwrap();
    mutex.init(&attributes).unwrap();
    mutex
}

/// A mutex is by default neither process-shared nor robust.
///
/// - call: `pthread_mutexattr_setpshared`, success
/// - source: pthread_mutexattr_setpshared(3), DESCRIPTION; pthread_mutexattr_setrobust(3),
///   DESCRIPTION
/// - level: POSIX
#[test]
fn a_mutex_is_by_default_neither_process_shared_nor_robust() {
    let attributes = Attributes::new().unwrap();
    let defaults = (libc::PTHREAD_PROCESS_PRIVATE, libc::PTHREAD_MUTEX_STALLED);
    assert_eq!(attributes.shared_and_robust().unwrap(), defaults);
    let wanted = (libc::PTHREAD_PROCESS_SHARED, libc::PTHREAD_MUTEX_ROBUST);
    assert_eq!(Attributes::robust_and_shared().unwrap().shared_and_robust().unwrap(), wanted);
}

/// An unknown value of a mutex attribute fails with `EINVAL`.
///
/// - call: `pthread_mutexattr_setrobust`, error
/// - source: pthread_mutexattr_setrobust(3), ERRORS
/// - level: Linux (POSIX allows the error)
#[test]
fn an_unknown_value_of_a_mutex_attribute_fails_with_einval() {
    let attributes = Attributes::new().unwrap();
    assert_eq!(errno(attributes.set_robust(99)), Errno::EINVAL);
    assert_eq!(errno(attributes.set_shared(99)), Errno::EINVAL);
    assert_eq!(errno(attributes.set_type(99)), Errno::EINVAL);
}

/// A process-shared mutex excludes another process and wakes it.
///
/// - call: `pthread_mutexattr_setpshared`, success
/// - source: pthread_mutexattr_setpshared(3), DESCRIPTION
/// - level: POSIX
#[test]
fn a_process_shared_mutex_excludes_another_process_and_wakes_it() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    begin(&mut next, "mutex-lock");
    sleeps(&next);
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    assert_eq!(next.hear(), "Clean");
}

/// A mutex that is not process-shared excludes another process but never wakes it.
///
/// - call: `pthread_mutexattr_setpshared`, edge
/// - source: pthread_mutexattr_setpshared(3), DESCRIPTION; futex(2), DESCRIPTION
///   (FUTEX_PRIVATE_FLAG)
/// - level: observed (glibc)
/// - tutorials say: A semaphore or a mutex works between processes if it is in shared memory.
#[test]
fn a_mutex_that_is_not_process_shared_excludes_another_process_but_never_wakes_it() {
    let scratch = scratch();
    let (mut owner, mut next) = two(&scratch, "private stalled normal");
    in_time(|milliseconds| {
        assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
        assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
        let end = SystemTime::now() + Duration::from_millis(milliseconds);
        begin(&mut next, &format!("mutex-lock-until {milliseconds}"));
        sleeps(&next);
        assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
        let in_time = SystemTime::now() < end; // Which is before the waiter's own deadline.
        assert_eq!(next.hear(), "ETIMEDOUT", "it is free, and the waiter was not woken");
        in_time
    });
}

/// `pthread_mutex_timedlock` fails with `ETIMEDOUT` at its deadline.
///
/// - call: `pthread_mutex_timedlock`, error
/// - source: POSIX, pthread_mutex_timedlock()
/// - level: POSIX
#[test]
fn pthread_mutex_timedlock_fails_with_etimedout_at_its_deadline() {
    let scratch = scratch();
    let (_owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    let end = SystemTime::now() + Duration::from_millis(20);
    assert_eq!(ask_and_wait(&mut next, "mutex-lock-until 20"), "ETIMEDOUT");
    assert!(SystemTime::now() >= end, "not before the deadline");
}

/// `pthread_mutex_clocklock` can wait until a moment of `CLOCK_MONOTONIC`.
///
/// - call: `pthread_mutex_clocklock`, success
/// - source: POSIX.1-2024, pthread_mutex_clocklock()
/// - level: POSIX (glibc since 2.30; not in musl 1.2.6)
#[test]
fn pthread_mutex_clocklock_can_wait_until_a_moment_of_clock_monotonic() {
    let scratch = scratch();
    let (_owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    let end = Instant::now() + Duration::from_millis(30);
    assert_eq!(ask_and_wait(&mut next, "mutex-lock-until-monotonic 30"), "ETIMEDOUT");
    assert!(Instant::now() >= end, "not before the deadline");
}

/// `pthread_mutex_timedlock` of a locked mutex with a billion nanoseconds fails with `EINVAL`.
///
/// - call: `pthread_mutex_timedlock`, error
/// - source: POSIX, pthread_mutex_timedlock()
/// - level: POSIX
#[test]
fn pthread_mutex_timedlock_of_a_locked_mutex_with_a_billion_nanoseconds_fails_with_einval() {
    let mutex = mutex(libc::PTHREAD_MUTEX_NORMAL);
    let wrong = libc::timespec { tv_sec: i64::MAX, tv_nsec: 1_000_000_000 };
    let of_a_free_one = mutex.lock_until(&wrong).map_err(|error| error.raw_os_error());
    observed(of_a_free_one, Ok(Acquired::Clean), Err(Some(libc::EINVAL)));
    if of_a_free_one.is_err() {
        assert_eq!(mutex.lock().unwrap(), Acquired::Clean);
    }
    assert_eq!(errno(mutex.lock_until(&wrong)), Errno::EINVAL);
    mutex.unlock().unwrap();
}

/// `pthread_mutex_destroy` of a locked mutex that is not robust fails with `EBUSY`.
///
/// - call: `pthread_mutex_destroy`, error
/// - source: POSIX, pthread_mutex_destroy() (undefined)
/// - level: observed (glibc 2.36)
#[test]
fn pthread_mutex_destroy_of_a_locked_mutex_that_is_not_robust_fails_with_ebusy() {
    let mutex = mutex(libc::PTHREAD_MUTEX_NORMAL);
    mutex.lock().unwrap();
    assert_eq!(errno(mutex.destroy()), Errno::EBUSY);
    mutex.unlock().unwrap();
    mutex.destroy().unwrap();
    let scratch = scratch();
    let (mut owner, _) = two_and_locked(&scratch, "shared robust normal");
    let of_a_robust_one = ask(&mut owner, "mutex-destroy");
    observed(of_a_robust_one.as_str(), "ok", "EBUSY");
}

/// Locking an error-checking mutex twice fails with `EDEADLK`.
///
/// - call: `pthread_mutex_lock`, error
/// - source: POSIX, pthread_mutex_lock()
/// - level: POSIX
#[test]
fn locking_an_error_checking_mutex_twice_fails_with_edeadlk() {
    let mutex = mutex(libc::PTHREAD_MUTEX_ERRORCHECK);
    mutex.lock().unwrap();
    assert_eq!(errno(mutex.lock()), Errno::EDEADLK);
    mutex.unlock().unwrap();
    assert_eq!(errno(mutex.unlock()), Errno::EPERM, "it has no owner now");
}

/// Unlocking another process's error-checking or robust mutex fails with `EPERM`.
///
/// - call: `pthread_mutex_unlock`, error
/// - source: POSIX, pthread_mutex_unlock()
/// - level: POSIX
#[test]
fn unlocking_another_processs_error_checking_or_robust_mutex_fails_with_eperm() {
    for attributes in ["shared stalled error-checking", "shared robust normal"] {
        let scratch = scratch();
        let (_owner, mut next) = two_and_locked(&scratch, attributes);
        assert_eq!(ask(&mut next, "mutex-unlock"), "EPERM", "{attributes}");
        assert_eq!(ask(&mut next, "mutex-try"), "EBUSY", "{attributes}");
    }
}

/// A plain mutex can be unlocked by a process that does not own it.
///
/// - call: `pthread_mutex_unlock`, edge
/// - source: POSIX, pthread_mutex_unlock() (undefined)
/// - level: observed (glibc)
#[test]
fn a_plain_mutex_can_be_unlocked_by_a_process_that_does_not_own_it() {
    let scratch = scratch();
    let (_owner, mut next) = two_and_locked(&scratch, "shared stalled normal");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "Clean", "two are in");
}

/// If the holder of a process-shared mutex that is not robust is killed, the processes that wait
/// for it sleep on.
///
/// - call: `pthread_mutex_lock`, edge
/// - source: pthread_mutexattr_setrobust(3), DESCRIPTION (PTHREAD_MUTEX_STALLED)
/// - level: observed (glibc)
#[test]
fn if_the_holder_of_a_process_shared_mutex_that_is_not_robust_is_killed_the_processes_that_wait_for_it_sleep_on()
 {
    let scratch = scratch();
    let (owner, mut first) = two_and_locked(&scratch, "shared stalled normal");
    let [mut second, mut other] = [(); 2].map(|()| actor(&scratch));
    for waiter in [&mut first, &mut second] {
        begin(waiter, "mutex-lock");
        sleeps(waiter);
    }
    owner.kill();
    assert_eq!([&first, &second].map(sleeps), [libc::SYS_futex; 2]);
    assert_eq!(ask(&mut other, "mutex-unlock"), "ok", "the control");
    assert_eq!(first.hear(), "Clean");
    assert_eq!(sleeps(&second), libc::SYS_futex);
}

/// A recursive mutex is free after as many unlocks as locks.
///
/// - call: `pthread_mutex_lock`, success
/// - source: POSIX, pthread_mutex_lock()
/// - level: POSIX
#[test]
fn a_recursive_mutex_is_free_after_as_many_unlocks_as_locks() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust recursive");
    assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "Clean");
}
