//! Futexes, and the barrier that the kernel runs for others.

use crate::scene;

#[test]
fn a_futex_that_no_longer_holds_what_was_seen_is_eagain_and_not_slept_on() {
    assert_eq!(scene("words").value("changed"), "EAGAIN");
}

#[test]
fn a_futex_that_nobody_wakes_is_etimedout() {
    assert_eq!(scene("words").value("nobody-wakes"), "ETIMEDOUT");
}

#[test]
fn waking_where_nobody_sleeps_succeeds_and_wakes_none() {
    assert_eq!(scene("words").value("woken-of-none"), "0");
}

#[test]
fn a_store_wakes_nobody_and_a_wake_does() {
    let words = scene("words");
    assert_eq!(words.value("after-the-store"), "asleep");
    assert_eq!((words.value("woken"), words.value("slept")), ("1", "ok"));
}

#[test]
fn a_futex_at_an_address_that_is_no_multiple_of_4_is_einval() {
    assert_eq!(scene("words").value("unaligned"), "EINVAL");
}

#[test]
fn a_futex_where_nothing_is_mapped_is_efault() {
    assert_eq!(scene("words").value("nowhere"), "EFAULT");
}

#[test]
fn a_barrier_that_the_kernel_does_not_have_is_einval() {
    assert_eq!(scene("words").value("unknown-barrier"), "EINVAL");
}

#[test]
fn a_private_barrier_without_registration_is_eperm() {
    assert_eq!(scene("words").value("unregistered"), "EPERM");
}

#[test]
fn a_global_barrier_needs_no_privilege() {
    let words = crate::ordinary_scene("words", "");
    assert_eq!((words.value("register"), words.value("global")), ("ok", "ok"));
}
