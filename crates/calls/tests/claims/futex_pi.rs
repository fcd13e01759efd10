//! `futex` with priority inheritance: the kernel knows the owner of the lock.

use std::sync::atomic::Ordering::SeqCst;

use calls::sys::futex::{lock_pi, try_lock_pi, unlock_pi};
use course::errno;
use libc::SYS_futex;
use nix::errno::Errno;
use nix::unistd::gettid;

use crate::futex::word;
use crate::sleepers::Sleeper;

const WAITERS: u32 = 0x8000_0000;
const OWNER_DIED: u32 = 0x4000_0000;

fn me() -> u32 {
    gettid().as_raw().cast_unsigned()
}

/// `FUTEX_LOCK_PI` of a free word stores the id of the calling thread, and `FUTEX_UNLOCK_PI` stores
/// 0.
///
/// - call: `futex`, success
/// - source: futex(2), Priority-inheritance futexes
/// - level: Linux
#[test]
fn futex_lock_pi_of_a_free_word_stores_the_id_of_the_calling_thread_and_futex_unlock_pi_stores_0() {
    let word = word(0);
    lock_pi(word).unwrap();
    assert_eq!(word.load(SeqCst), me());
    unlock_pi(word).unwrap();
    assert_eq!(word.load(SeqCst), 0);
    try_lock_pi(word).unwrap();
    assert_eq!(word.load(SeqCst), me());
}

/// While a thread sleeps in `FUTEX_LOCK_PI`, the word has the bit `FUTEX_WAITERS`, and the unlock
/// makes that thread the owner.
///
/// - call: `futex`, success
/// - source: futex(2), Priority-inheritance futexes
/// - level: Linux
#[test]
fn while_a_thread_sleeps_in_futex_lock_pi_the_word_has_the_bit_futex_waiters_and_the_unlock_makes_that_thread_the_owner()
 {
    let word = word(0);
    lock_pi(word).unwrap();
    let sleeper = Sleeper::in_call(SYS_futex, || (lock_pi(word), word.load(SeqCst)));
    assert_eq!(word.load(SeqCst), me() | WAITERS);
    unlock_pi(word).unwrap();
    let (locked, then) = sleeper.answer();
    locked.unwrap();
    let next = sleeper.thread().as_raw().cast_unsigned();
    assert_eq!(then & !(WAITERS | OWNER_DIED), next, "{then:#x}");
}

/// `FUTEX_LOCK_PI` and `FUTEX_TRYLOCK_PI` of a word that the caller owns fail with `EDEADLK`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_lock_pi_and_futex_trylock_pi_of_a_word_that_the_caller_owns_fail_with_edeadlk() {
    let word = word(0);
    lock_pi(word).unwrap();
    assert_eq!(errno(lock_pi(word)), Errno::EDEADLK);
    assert_eq!(errno(try_lock_pi(word)), Errno::EDEADLK);
    unlock_pi(word).unwrap();
}

/// `FUTEX_TRYLOCK_PI` of a word that another thread owns fails with `EAGAIN`.
///
/// - call: `futex`, error
/// - source: futex(2), Priority-inheritance futexes (`FUTEX_TRYLOCK_PI`)
/// - level: Linux
#[test]
fn futex_trylock_pi_of_a_word_that_another_thread_owns_fails_with_eagain() {
    let word = word(0);
    lock_pi(word).unwrap();
    let by_another = std::thread::spawn(|| errno(try_lock_pi(word))).join().unwrap();
    assert_eq!(by_another, Errno::EAGAIN);
    unlock_pi(word).unwrap();
    std::thread::spawn(|| try_lock_pi(word).unwrap()).join().unwrap();
}

/// `FUTEX_LOCK_PI` fails with `ESRCH` if the word names a thread that does not exist.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_lock_pi_fails_with_esrch_if_the_word_names_a_thread_that_does_not_exist() {
    let above_every_limit_of_ids = 0x3fff_fff0;
    let word = word(above_every_limit_of_ids);
    assert_eq!(errno(lock_pi(word)), Errno::ESRCH);
    assert_eq!(errno(try_lock_pi(word)), Errno::ESRCH);
}

/// `FUTEX_UNLOCK_PI` of a word that the caller does not own fails with `EPERM`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_unlock_pi_of_a_word_that_the_caller_does_not_own_fails_with_eperm() {
    let word = word(0);
    assert_eq!(errno(unlock_pi(word)), Errno::EPERM, "nobody owns it");
    lock_pi(word).unwrap();
    let by_another = std::thread::spawn(|| errno(unlock_pi(word))).join().unwrap();
    assert_eq!(by_another, Errno::EPERM);
    assert_eq!(word.load(SeqCst), me());
    unlock_pi(word).unwrap();
}

/// If the owner ends while a thread sleeps in `FUTEX_LOCK_PI`, that thread becomes the owner and
/// the word gets the bit `FUTEX_OWNER_DIED`.
///
/// - call: `futex`, edge
/// - source: futex(2), Priority-inheritance futexes; kernel/futex/pi.c, exit_pi_state_list
/// - level: observed
#[test]
fn if_the_owner_ends_while_a_thread_sleeps_in_futex_lock_pi_that_thread_becomes_the_owner_and_the_word_gets_the_bit_futex_owner_died()
 {
    let word = word(0);
    let (locked, is_locked) = std::sync::mpsc::channel();
    let (end, is_over) = std::sync::mpsc::channel::<()>();
    let owner = std::thread::spawn(move || {
        lock_pi(word).unwrap();
        locked.send(()).unwrap();
        let _ = is_over.recv(); // It ends, without an unlock, when the test lets it.
    });
    is_locked.recv().unwrap();
    let sleeper = Sleeper::in_call(SYS_futex, || (lock_pi(word), word.load(SeqCst)));
    drop(end);
    owner.join().unwrap();
    let (locked, then) = sleeper.answer();
    locked.unwrap();
    assert_eq!(then & !WAITERS, sleeper.thread().as_raw().cast_unsigned() | OWNER_DIED);
}
