//! Futexes, and the barrier that the kernel runs for others.

use crate::scenario;

/// `FUTEX_WAIT` returns `EAGAIN` at once if the word no longer holds the expected value.
///
/// - call: `futex`, error
/// - source: futex(2), DESCRIPTION (FUTEX_WAIT)
/// - level: Linux
#[test]
fn futex_wait_returns_eagain_at_once_if_the_word_no_longer_holds_the_expected_value() {
    assert_eq!(scenario("words").value("changed"), "EAGAIN");
}

/// `FUTEX_WAIT` with a timeout fails with `ETIMEDOUT` if nobody wakes the sleeper.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn futex_wait_with_a_timeout_fails_with_etimedout_if_nobody_wakes_the_sleeper() {
    assert_eq!(scenario("words").value("nobody-wakes"), "ETIMEDOUT");
}

/// `FUTEX_WAKE` on a word where nobody sleeps returns 0.
///
/// - call: `futex`, success
/// - source: futex(2), RETURN VALUE
/// - level: Linux
#[test]
fn futex_wake_on_a_word_where_nobody_sleeps_returns_0() {
    assert_eq!(scenario("words").value("woken-of-none"), "0");
}

/// A store to a futex word wakes no thread, and `FUTEX_WAKE` wakes one.
///
/// - call: `futex`, success
/// - source: futex(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_store_to_a_futex_word_wakes_no_thread_and_futex_wake_wakes_one() {
    let words = scenario("words");
    assert_eq!(words.value("after-the-store"), "asleep");
    assert_eq!((words.value("woken"), words.value("slept")), ("1", "ok"));
}

/// A futex at an address that is not a multiple of 4 fails with `EINVAL`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn a_futex_at_an_address_that_is_not_a_multiple_of_4_fails_with_einval() {
    assert_eq!(scenario("words").value("unaligned"), "EINVAL");
}

/// A futex at an address where nothing is mapped fails with `EFAULT`.
///
/// - call: `futex`, error
/// - source: futex(2), ERRORS
/// - level: Linux
#[test]
fn a_futex_at_an_address_where_nothing_is_mapped_fails_with_efault() {
    assert_eq!(scenario("words").value("nowhere"), "EFAULT");
}

/// An unknown command of `membarrier` fails with `EINVAL`.
///
/// - call: `membarrier`, error
/// - source: membarrier(2), ERRORS
/// - level: Linux
#[test]
fn an_unknown_command_of_membarrier_fails_with_einval() {
    assert_eq!(scenario("words").value("unknown-barrier"), "EINVAL");
}

/// A private `membarrier` in a process that has not registered for it fails with `EPERM`.
///
/// - call: `membarrier`, error
/// - source: membarrier(2), ERRORS
/// - level: Linux
#[test]
fn a_private_membarrier_in_a_process_that_has_not_registered_for_it_fails_with_eperm() {
    assert_eq!(scenario("words").value("unregistered"), "EPERM");
}

/// The `membarrier` calls of lesson 7's ring need no privileges.
///
/// - call: `membarrier`, success
/// - source: kernel/sched/membarrier.c
/// - level: observed
#[test]
fn the_membarrier_calls_of_lesson_7s_ring_need_no_privileges() {
    let words = crate::ordinary_scenario("words", "");
    assert_eq!((words.value("register"), words.value("global")), ("ok", "ok"));
}

/// With a fence and `membarrier` in one process, two processes that store and then load never both
/// load the old value.
///
/// - call: `membarrier`, success
/// - source: membarrier(2), DESCRIPTION (MEMBARRIER_CMD_GLOBAL_EXPEDITED)
/// - level: Linux
#[test]
fn with_a_fence_and_membarrier_in_one_process_two_processes_that_store_and_then_load_never_both_load_the_old_value()
 {
    let litmus = scenario("litmus");
    if litmus.value("cpus") == "1" {
        return assert!(!litmus.stdout.contains("both-old"), "one CPU finishes a store first");
    }
    let rounds = litmus.value("without-rounds");
    assert_eq!(litmus.value("without"), "both-old", "in {rounds} rounds, with the fence alone");
    assert_eq!(litmus.value("with"), "never");
    let rounds = |name| litmus.value(name).parse::<u32>().unwrap();
    let enough = rounds("without-rounds").saturating_mul(20).clamp(2_000, 100_000);
    assert!(rounds("with-rounds") >= enough, "it must have been tried: {litmus:?}");
    for other in ["without-other", "with-other"] {
        assert_eq!(litmus.value(other), "exit status: 0");
    }
}

/// `FUTEX_WAIT` and `FUTEX_WAKE` on a word of a truncated file fail with `EFAULT`.
///
/// - call: `futex`, error
/// - source: kernel/futex/core.c, get_futex_key
/// - level: observed
#[test]
fn futex_wait_and_futex_wake_on_a_word_of_a_truncated_file_fail_with_efault() {
    let words = scenario("words");
    assert_eq!(words.value("wake-before-the-truncation"), "ok");
    assert_eq!(words.value("wait-before-the-truncation"), "ETIMEDOUT");
    assert_eq!(words.value("wait-after-the-truncation"), "EFAULT");
    assert_eq!(words.value("wake-after-the-truncation"), "EFAULT");
}

/// While two processes spin on one CPU, each round trip waits until the kernel has taken the CPU
/// away.
///
/// - call: plain loads and stores, edge
/// - source: sched(7), DESCRIPTION; getrusage(2), DESCRIPTION (ru_nivcsw)
/// - level: observed
#[test]
fn while_two_processes_spin_on_one_cpu_each_round_trip_waits_until_the_kernel_has_taken_the_cpu_away()
 {
    let one_cpu = scenario("one-cpu");
    for channel in ["mapped", "pipe", "socket", "queue"] {
        assert_eq!(one_cpu.value(&format!("{channel}-taken-each-time")), "true", "{channel}");
    }
}
