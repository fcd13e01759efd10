//! What a guard of SIGBUS takes, and what it passes on.

use common::page_size;
use course::scratch;
use lesson_6_mmap_instead_of_read::{Guard, View};
use nix::sys::signal::Signal;

use crate::{file, scenario, scenario_ignoring_sigbus};

#[test]
fn a_page_of_zeros_can_take_the_place_of_one_that_is_gone() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 2);
    let guarded = Guard::over(View::of(&file, 2 * page_size()).expect("mmap")).expect("guard");
    let mut bytes = [1; 4];
    assert_eq!(guarded.copy_to(page_size(), &mut bytes), Ok(()));
    assert_ne!(bytes, [0; 4], "the file's own bytes");
    file.set_len(page_size() as u64).expect("ftruncate");
    assert_eq!(guarded.copy_to(page_size() - 2, &mut bytes), Err(page_size()), "the first missing");
    assert_eq!(bytes[2..], [0, 0], "zeros, and this process lives");
    assert_eq!(guarded.copy_to(0, &mut bytes), Err(page_size()), "it is not forgotten");
}

#[test]
fn a_sigbus_at_an_address_that_is_not_guarded_still_kills() {
    let ended = scenario("foreign-fault-under-a-guard", &scratch()).run();
    assert_eq!(ended.value("own-fault"), "Err(0)", "the guard works: {ended:?}");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("survived"), "{ended:?}");
}

#[test]
fn a_sigbus_that_somebody_sends_goes_to_the_action_that_was_there_before() {
    let killed = scenario("sent-sigbus-under-a-guard", &scratch()).run();
    assert_eq!(killed.signal, Some(Signal::SIGBUS), "the default, in the end: {killed:?}");
    assert!(!killed.stdout.contains("survived"), "{killed:?}");
    assert_eq!(killed.value("cut"), "Err(0)", "the guard was at work until then: {killed:?}");
    let ignored = scenario_ignoring_sigbus("sent-sigbus-under-a-guard", &scratch()).run();
    assert_eq!(ignored.value("whole"), "Ok(())", "no fault of ours: {ignored:?}");
    assert_eq!(ignored.value("cut"), "Err(0)", "the guard is still at work: {ignored:?}");
    assert_eq!(ignored.value("survived"), "both", "ignored: {ignored:?}");
}

#[test]
fn of_two_guards_each_knows_its_own_fault() {
    let ended = scenario("two-guards", &scratch()).run();
    assert_eq!(ended.value("second"), format!("Err({})", page_size() + 3), "{ended:?}");
    assert_eq!(ended.value("first"), "Ok(())", "{ended:?}");
    assert_eq!(ended.value("first-alone"), "Ok(())", "{ended:?}");
    assert_eq!(ended.value("in-the-place-of-second"), "Ok(())", "{ended:?}");
}

#[test]
fn after_the_last_guard_the_old_action_is_back() {
    let scenario =
        |scratch: &_| scenario_ignoring_sigbus("action-before-under-and-after-a-guard", scratch);
    let ended = scenario(&scratch()).run();
    let actions = ["before", "two", "one", "after"].map(|name| ended.value(name));
    assert_eq!(actions, ["ignored", "caught", "caught", "ignored"], "{ended:?}");
}
