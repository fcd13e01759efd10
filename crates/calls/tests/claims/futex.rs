//! `futex`: waiting and waking.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use calls::sys::futex::{
    SYS_FUTEX_WAITV, Waiter, compare_and_requeue, requeue, wait, wait_bitset, waitv, wake,
    wake_bitset, wake_op,
};
use course::{Running, errno, kernel_at_least, scratch};
use lesson_5_races_and_semaphores::second_process::until_waiting_in;
use lesson_5_races_and_semaphores::sys::deadline_on;
use libc::{FUTEX_PRIVATE_FLAG, SYS_futex};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::scenario;
use crate::sleepers::Sleeper;

/// A word that threads may use for as long as they like.
pub(crate) fn word(value: u32) -> &'static AtomicU32 {
    Box::leak(Box::new(AtomicU32::new(value)))
}

fn at(word: &AtomicU32) -> usize {
    word.as_ptr().addr()
}

/// A thread that waits at `word`, which must be 0.
fn waits(word: &'static AtomicU32, flags: i32) -> Sleeper<io::Result<()>> {
    Sleeper::in_call(SYS_futex, move || wait(at(word), flags, 0, None))
}

fn a_waiting_process(name: &str) -> Running {
    let mut running = scenario(name, &scratch()).start();
    assert_eq!(running.hear(), "waiting");
    until_waiting_in(running.id(), SYS_futex).unwrap();
    kill(Pid::from_raw(running.id().try_into().unwrap()), Signal::SIGUSR1).unwrap();
    assert_eq!(running.hear(), "handled");
    running
}

/// A signal handler without `SA_RESTART` ends `FUTEX_WAIT` with `EINTR`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS; signal(7), Interruption of system calls
/// - level: Linux
#[test]
fn a_signal_handler_without_sa_restart_ends_futex_wait_with_eintr() {
    assert_eq!(a_waiting_process("futex-interrupt").hear(), "EINTR");
}

/// After a signal handler with `SA_RESTART`, `FUTEX_WAIT` goes on if it has no timeout and fails
/// with `EINTR` if it has one.
///
/// - call: `futex`, edge
/// - source: signal(7), Interruption of system calls; kernel/futex/waitwake.c, futex_wait
/// - level: observed
/// - manual says: signal(7): with `SA_RESTART` it goes on.
#[test]
fn after_a_signal_handler_with_sa_restart_futex_wait_goes_on_if_it_has_no_timeout_and_fails_with_eintr_if_it_has_one()
 {
    let goes_on = a_waiting_process("futex-restart");
    until_waiting_in(goes_on.id(), SYS_futex).unwrap();
    assert!(!goes_on.kill().stdout.contains("EINTR"));
    assert_eq!(a_waiting_process("futex-restart-with-timeout").hear(), "EINTR");
}

/// `FUTEX_WAKE` wakes at most as many threads as it is told, and returns how many it woke.
///
/// - call: `futex`, success
/// - source: futex(2), Futex operations (`FUTEX_WAKE`)
/// - level: Linux
#[test]
fn futex_wake_wakes_at_most_as_many_threads_as_it_is_told_and_returns_how_many_it_woke() {
    let word = word(0);
    let sleepers = [(); 5].map(|()| waits(word, 0));
    assert_eq!(wake(at(word), 0, 2).unwrap(), 2);
    assert_eq!(wake(at(word), 0, i32::MAX).unwrap(), 3, "the others");
    assert_eq!(wake(at(word), 0, i32::MAX).unwrap(), 0, "none is left");
    sleepers.iter().for_each(|sleeper| sleeper.answer().unwrap());
}

/// `FUTEX_WAKE` wakes a waiting thread only if both calls have `FUTEX_PRIVATE_FLAG` or neither has
/// it.
///
/// - call: `futex`, edge
/// - source: futex(2), DESCRIPTION (`FUTEX_PRIVATE_FLAG`); kernel/futex/core.c, get_futex_key
/// - level: observed
#[test]
fn futex_wake_wakes_a_waiting_thread_only_if_both_calls_have_futex_private_flag_or_neither_has_it()
{
    for (waiters, other) in [(0, FUTEX_PRIVATE_FLAG), (FUTEX_PRIVATE_FLAG, 0)] {
        let word = word(0);
        let sleeper = waits(word, waiters);
        assert_eq!(wake(at(word), other, 1).unwrap(), 0);
        assert!(sleeper.is_asleep());
        assert_eq!(wake(at(word), waiters, 1).unwrap(), 1);
        sleeper.answer().unwrap();
    }
}

/// In shared memory without a file, `FUTEX_WAKE` wakes a forked child, but not if either call has
/// `FUTEX_PRIVATE_FLAG`.
///
/// - call: `futex`, success
/// - source: futex(2), DESCRIPTION (`FUTEX_PRIVATE_FLAG`)
/// - level: Linux
#[test]
fn in_shared_memory_without_a_file_futex_wake_wakes_a_forked_child_but_not_if_either_call_has_futex_private_flag()
 {
    let ended = scenario("futex-between-processes", &scratch()).run();
    assert_eq!(ended.value("shared-wakes-shared"), "1", "{ended:?}");
    assert_eq!(ended.value("child"), "0");
    for nobody in ["private-wakes-shared", "private-wakes-private", "shared-wakes-private"] {
        assert_eq!(ended.value(nobody), "0", "{nobody}");
    }
}

/// The timeout of `FUTEX_WAIT` is a duration, and the timeout of `FUTEX_WAIT_BITSET` is a moment of
/// `CLOCK_MONOTONIC`.
///
/// - call: `futex`, edge
/// - source: futex(2), Futex operations (`FUTEX_WAIT`, `FUTEX_WAIT_BITSET`)
/// - level: Linux
#[test]
fn the_timeout_of_futex_wait_is_a_duration_and_the_timeout_of_futex_wait_bitset_is_a_moment_of_clock_monotonic()
 {
    let word = word(0);
    let time = Duration::from_millis(40);
    let relative = libc::timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
    let start = Instant::now();
    assert_eq!(errno(wait(at(word), 0, 0, Some(&relative))), Errno::ETIMEDOUT);
    assert!(start.elapsed() >= time, "as a moment, it was soon after the boot");
    let all = u32::MAX;
    assert_eq!(errno(wait_bitset(at(word), 0, 0, Some(&relative), all)), Errno::ETIMEDOUT);
    let start = Instant::now(); // Before the moment is chosen: this process may lose the CPU after it.
    let moment = deadline_on(libc::CLOCK_MONOTONIC, time).unwrap();
    assert_eq!(errno(wait_bitset(at(word), 0, 0, Some(&moment), all)), Errno::ETIMEDOUT);
    let waited = start.elapsed();
    assert!(waited >= time, "{waited:?}");
    assert!(Duration::from_secs(moment.tv_sec.cast_unsigned()) > waited, "not a time from now");
}

/// `FUTEX_WAIT` with a timeout of a billion nanoseconds or of negative seconds fails with `EINVAL`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_wait_with_a_timeout_of_a_billion_nanoseconds_or_of_negative_seconds_fails_with_einval() {
    for (tv_sec, tv_nsec) in [(0, 1_000_000_000), (0, -1), (-1, 0)] {
        let wrong = libc::timespec { tv_sec, tv_nsec };
        assert_eq!(errno(wait(at(word(0)), 0, 0, Some(&wrong))), Errno::EINVAL);
    }
    let right = libc::timespec { tv_sec: 0, tv_nsec: 999_999 };
    assert_eq!(errno(wait(at(word(0)), 0, 0, Some(&right))), Errno::ETIMEDOUT);
}

/// `FUTEX_WAKE_BITSET` wakes only threads whose `FUTEX_WAIT_BITSET` has a bit in common, and those
/// that wait by `FUTEX_WAIT`.
///
/// - call: `futex`, success
/// - source: futex(2), Futex operations (`FUTEX_WAIT_BITSET`)
/// - level: Linux
#[test]
fn futex_wake_bitset_wakes_only_threads_whose_futex_wait_bitset_has_a_bit_in_common_and_those_that_wait_by_futex_wait()
 {
    let word = word(0);
    let by = |bits| Sleeper::in_call(SYS_futex, move || wait_bitset(at(word), 0, 0, None, bits));
    let (readers, writer, any) = (by(0b01), by(0b10), waits(word, 0));
    assert_eq!(wake_bitset(at(word), i32::MAX, 0b01).unwrap(), 2);
    readers.answer().unwrap();
    any.answer().unwrap();
    assert!(writer.is_asleep());
    assert_eq!(wake_bitset(at(word), i32::MAX, 0b100).unwrap(), 0, "no bit in common");
    assert_eq!(wake(at(word), 0, i32::MAX).unwrap(), 1, "`FUTEX_WAKE` has every bit");
    writer.answer().unwrap();
}

/// `FUTEX_WAIT_BITSET` and `FUTEX_WAKE_BITSET` without any bit fail with `EINVAL`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_wait_bitset_and_futex_wake_bitset_without_any_bit_fail_with_einval() {
    assert_eq!(errno(wait_bitset(at(word(0)), 0, 0, None, 0)), Errno::EINVAL);
    assert_eq!(errno(wake_bitset(at(word(0)), 1, 0)), Errno::EINVAL);
}

/// `FUTEX_REQUEUE` wakes some of the threads and lets others wait at a second word, whatever value
/// that word has.
///
/// - call: `futex`, success
/// - source: futex(2), Futex operations (`FUTEX_REQUEUE`)
/// - level: Linux
#[test]
fn futex_requeue_wakes_some_of_the_threads_and_lets_others_wait_at_a_second_word_whatever_value_that_word_has()
 {
    let (from, to) = (word(0), word(9));
    let sleepers = [(); 4].map(|()| waits(from, 0));
    requeue(at(from), at(to), 1, 2).unwrap();
    assert_eq!(wake(at(to), 0, i32::MAX).unwrap(), 2);
    assert_eq!(wake(at(from), 0, i32::MAX).unwrap(), 1, "this one was left where it was");
    sleepers.iter().for_each(|sleeper| sleeper.answer().unwrap());
}

/// `FUTEX_REQUEUE` returns how many threads it woke or moved.
///
/// - call: `futex`, success
/// - source: kernel/futex/requeue.c, futex_requeue
/// - level: observed
/// - manual says: futex(2): it returns only how many it woke.
#[test]
fn futex_requeue_returns_how_many_threads_it_woke_or_moved() {
    let (from, to) = (word(0), word(0));
    let sleepers = [(); 4].map(|()| waits(from, 0));
    assert_eq!(requeue(at(from), at(to), 0, 1).unwrap(), 1, "one moved");
    assert_eq!(requeue(at(from), at(to), 1, 1).unwrap(), 2, "one woken and one moved");
    assert_eq!(requeue(at(from), at(to), 9, 9).unwrap(), 1, "the last one");
    assert_eq!(wake(at(to), 0, i32::MAX).unwrap(), 2);
    sleepers.iter().for_each(|sleeper| sleeper.answer().unwrap());
}

/// `FUTEX_CMP_REQUEUE` fails with `EAGAIN` if the first word does not hold the expected value, and
/// moves no thread.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_cmp_requeue_fails_with_eagain_if_the_first_word_does_not_hold_the_expected_value_and_moves_no_thread()
 {
    let (from, to) = (word(0), word(0));
    let sleeper = waits(from, 0);
    assert_eq!(errno(compare_and_requeue(at(from), at(to), 0, 1, 5)), Errno::EAGAIN);
    assert_eq!(wake(at(to), 0, 1).unwrap(), 0);
    from.store(5, SeqCst);
    assert_eq!(
        compare_and_requeue(at(from), at(to), 0, 1, 5).unwrap(),
        1,
        "it counts the moved one"
    );
    assert!(sleeper.is_asleep());
    assert_eq!(wake(at(from), 0, 1).unwrap(), 0);
    assert_eq!(wake(at(to), 0, 1).unwrap(), 1);
    sleeper.answer().unwrap();
}

/// `FUTEX_WAKE_OP` changes the second word, and wakes its sleepers only if the old value passes the
/// test.
///
/// - call: `futex`, success
/// - source: futex(2), Futex operations (`FUTEX_WAKE_OP`)
/// - level: Linux
#[test]
fn futex_wake_op_changes_the_second_word_and_wakes_its_sleepers_only_if_the_old_value_passes_the_test()
 {
    const ADD_3_IF_OLD_IS_ABOVE_4: u32 = 1 << 28 | 4 << 24 | 3 << 12 | 4;
    let (first, second) = (word(0), word(0));
    let sleepers = [waits(first, 0), waits(second, 0), waits(first, 0)];
    assert_eq!(wake_op(first, second, 1, ADD_3_IF_OLD_IS_ABOVE_4).unwrap(), 1, "at the first word");
    assert_eq!(second.load(SeqCst), 3);
    second.store(5, SeqCst);
    assert_eq!(wake_op(first, second, 1, ADD_3_IF_OLD_IS_ABOVE_4).unwrap(), 2, "5 is above 4");
    assert_eq!(second.load(SeqCst), 8);
    sleepers.iter().for_each(|sleeper| sleeper.answer().unwrap());
}

/// `futex_waitv` waits for several words and returns the index of the one at which it was woken.
///
/// - call: `futex_waitv`, success
/// - source: Documentation/userspace-api/futex2.rst
/// - level: Linux (since Linux 5.16)
#[test]
fn futex_waitv_waits_for_several_words_and_returns_the_index_of_the_one_at_which_it_was_woken() {
    if !has_waitv() {
        return;
    }
    for woken in 0..3 {
        let words = [1, 2, 3].map(word);
        let waiters = words.map(|word| Waiter::at(at(word), word.load(SeqCst)));
        let sleeper = Sleeper::in_call(SYS_FUTEX_WAITV, move || waitv(&waiters));
        assert_eq!(wake(at(words[woken]), 0, 1).unwrap(), 1);
        assert_eq!(usize::try_from(sleeper.answer().unwrap()).unwrap(), woken);
        assert_eq!(wake(at(words[0]), 0, 1).unwrap(), 0, "it waits at no word now");
    }
}

/// `futex_waitv` fails with `EAGAIN` if one of the words does not hold its expected value.
///
/// - call: `futex_waitv`, error
/// - source: Documentation/userspace-api/futex2.rst
/// - level: Linux (since Linux 5.16)
#[test]
fn futex_waitv_fails_with_eagain_if_one_of_the_words_does_not_hold_its_expected_value() {
    if has_waitv() {
        let waiters = [Waiter::at(at(word(1)), 1), Waiter::at(at(word(2)), 3)];
        assert_eq!(errno(waitv(&waiters)), Errno::EAGAIN);
    }
}

/// `futex_waitv` of no word or of more than 128 words fails with `EINVAL`.
///
/// - call: `futex_waitv`, error
/// - source: Documentation/userspace-api/futex2.rst
/// - level: Linux (since Linux 5.16)
#[test]
fn futex_waitv_of_no_word_or_of_more_than_128_words_fails_with_einval() {
    if has_waitv() {
        let changed = Waiter::at(at(word(1)), 0);
        assert_eq!(errno(waitv(&[])), Errno::EINVAL);
        assert_eq!(errno(waitv(&[changed; 129])), Errno::EINVAL);
        assert_eq!(errno(waitv(&[changed; 128])), Errno::EAGAIN, "128 are not too many");
    }
}

/// Whether this kernel has `futex_waitv`; says so if it has none, or if a container forbids it.
fn has_waitv() -> bool {
    let changed = Waiter::at(at(word(1)), 0);
    let there = errno(waitv(&[changed])) == Errno::EAGAIN;
    if !there && kernel_at_least(5, 16) {
        course::left_out("this container forbids futex_waitv");
    }
    there
}

/// `futex` with an unknown operation fails with `ENOSYS`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_with_an_unknown_operation_fails_with_enosys() {
    let unknown = 0x7f; // Wrong bits in the flags of FUTEX_WAKE, which is 1.
    assert_eq!(errno(wake(at(word(0)), unknown, 1)), Errno::ENOSYS);
    assert_eq!(wake(at(word(0)), 0, 1).unwrap(), 0, "a known one");
}
