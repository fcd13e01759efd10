//! Futexes, and the barrier that the kernel runs for others.

use crate::scenario;

#[test]
fn futex_wait_returns_eagain_at_once_if_the_word_no_longer_holds_the_expected_value() {
    assert_eq!(scenario("words").value("changed"), "EAGAIN");
}

#[test]
fn futex_wait_with_a_timeout_fails_with_etimedout_if_nobody_wakes_the_sleeper() {
    assert_eq!(scenario("words").value("nobody-wakes"), "ETIMEDOUT");
}

#[test]
fn futex_wake_on_a_word_where_nobody_sleeps_returns_0() {
    assert_eq!(scenario("words").value("woken-of-none"), "0");
}

#[test]
fn a_store_to_a_futex_word_wakes_nobody_futex_wake_does() {
    let words = scenario("words");
    assert_eq!(words.value("after-the-store"), "asleep");
    assert_eq!((words.value("woken"), words.value("slept")), ("1", "ok"));
}

#[test]
fn a_futex_at_an_address_that_is_not_a_multiple_of_4_fails_with_einval() {
    assert_eq!(scenario("words").value("unaligned"), "EINVAL");
}

#[test]
fn a_futex_at_an_address_where_nothing_is_mapped_fails_with_efault() {
    assert_eq!(scenario("words").value("nowhere"), "EFAULT");
}

#[test]
fn an_unknown_command_of_membarrier_fails_with_einval() {
    assert_eq!(scenario("words").value("unknown-barrier"), "EINVAL");
}

#[test]
fn a_private_membarrier_in_a_process_that_has_not_registered_for_it_fails_with_eperm() {
    assert_eq!(scenario("words").value("unregistered"), "EPERM");
}

#[test]
fn the_membarrier_calls_of_this_ring_need_no_privileges() {
    let words = crate::ordinary_scenario("words", "");
    assert_eq!((words.value("register"), words.value("global")), ("ok", "ok"));
}

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
    assert!(rounds("with-rounds") >= 10_000, "it must have been tried: {litmus:?}");
    for other in ["without-other", "with-other"] {
        assert_eq!(litmus.value(other), "exit status: 0");
    }
}

#[test]
fn futex_wake_on_a_word_of_a_truncated_file_fails_with_efault() {
    let words = scenario("words");
    assert_eq!(words.value("wake-before-the-truncation"), "ok");
    assert_eq!(words.value("wake-after-the-truncation"), "EFAULT");
}

#[test]
fn while_two_processes_spin_on_one_cpu_each_round_trip_waits_until_the_kernel_has_taken_the_cpu_away()
 {
    let one_cpu = scenario("one-cpu");
    for channel in ["mapped", "pipe", "socket", "queue"] {
        assert_eq!(one_cpu.value(&format!("{channel}-taken-each-time")), "true", "{channel}");
    }
}
