//! Which SIGBUS a guard handles, and which it passes on.

use common::page_size;
use course::scratch;
use lesson_6_mmap_instead_of_read::{Guard, View};
use nix::sys::signal::Signal;

use crate::{file, scenario, scenario_ignoring_sigbus};

/// The guard of lesson 6 answers `SIGBUS` with a page of zeros and records the address.
///
/// - call: SIGBUS and SIGSEGV, success
/// - source: mmap(2), DESCRIPTION (MAP_FIXED)
/// - level: Linux
#[test]
fn the_guard_of_lesson_6_answers_sigbus_with_a_page_of_zeros_and_records_the_address() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 3);
    let guarded = Guard::over(View::of(&file, 3 * page_size()).expect("mmap")).expect("guard");
    let mut bytes = [1; 4];
    assert_eq!(guarded.copy_to(page_size(), &mut bytes), Ok(()));
    assert_ne!(bytes, [0; 4], "the file's own bytes");
    file.set_len(page_size() as u64).expect("ftruncate");
    assert_eq!(
        guarded.copy_to(page_size() - 2, &mut bytes),
        Err(page_size()),
        "the first lost byte"
    );
    assert_eq!(bytes[2..], [0, 0], "zeros, and this process lives");
    let of_the_next = guarded.copy_to(2 * page_size(), &mut bytes);
    assert_eq!(of_the_next, Err(page_size()), "the next lost page: the first address is kept");
    assert_eq!(bytes, [0; 4], "and this page is replaced, too");
    assert_eq!(guarded.copy_to(0, &mut bytes), Err(page_size()), "the guard remembers it");
}

/// A fault outside every guarded mapping still kills the process.
///
/// - call: SIGBUS and SIGSEGV, edge
/// - source: sigaction(2), DESCRIPTION (si_addr)
/// - level: Linux
#[test]
fn a_fault_outside_every_guarded_mapping_still_kills_the_process() {
    let ended = scenario("foreign-fault-under-a-guard", &scratch()).run();
    assert_eq!(ended.value("own-fault"), "Err(0)", "the guard works: {ended:?}");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("survived"), "{ended:?}");
}

/// A `SIGBUS` that a process sends gets the action that was set before the guard of lesson 6.
///
/// - call: SIGBUS and SIGSEGV, edge
/// - source: sigaction(2), DESCRIPTION (si_code)
/// - level: Linux
#[test]
fn a_sigbus_that_a_process_sends_gets_the_action_that_was_set_before_the_guard_of_lesson_6() {
    let killed = scenario("sent-sigbus-under-a-guard", &scratch()).run();
    assert_eq!(killed.signal, Some(Signal::SIGBUS), "the default action at last: {killed:?}");
    assert!(!killed.stdout.contains("survived"), "{killed:?}");
    assert_eq!(killed.value("cut"), "Err(0)", "the guard worked until then: {killed:?}");
    let ignored = scenario_ignoring_sigbus("sent-sigbus-under-a-guard", &scratch()).run();
    assert_eq!(ignored.value("whole"), "Ok(())", "no page was lost: {ignored:?}");
    assert_eq!(ignored.value("cut"), "Err(0)", "the guard still works: {ignored:?}");
    assert_eq!(ignored.value("survived"), "both", "ignored: {ignored:?}");
}

/// In a forked child, `SIGBUS` kills the child although its parent had a guard.
///
/// - call: SIGBUS and SIGSEGV, edge
/// - source: gettid(2), DESCRIPTION (the child has a thread id of its own)
/// - level: Linux
#[test]
fn in_a_forked_child_sigbus_kills_the_child_although_its_parent_had_a_guard() {
    let ended = scenario("forked-child-under-a-guard", &scratch()).run();
    assert_eq!(ended.value("killed-child"), "SIGBUS", "{ended:?}");
    assert_eq!(ended.value("parent"), "Err(0)", "in the parent it works: {ended:?}");
}

/// Two guards each report only the fault in their own mapping.
///
/// - call: SIGBUS and SIGSEGV, success
/// - source: sigaction(2), DESCRIPTION (si_addr)
/// - level: Linux
#[test]
fn two_guards_each_report_only_the_fault_in_their_own_mapping() {
    let ended = scenario("two-guards", &scratch()).run();
    assert_eq!(ended.value("second"), format!("Err({})", page_size() + 3), "{ended:?}");
    assert_eq!(ended.value("first"), "Ok(())", "{ended:?}");
    assert_eq!(ended.value("first-alone"), "Ok(())", "{ended:?}");
    assert_eq!(ended.value("third"), "Ok(())", "{ended:?}");
}

/// When the last guard is dropped, the earlier action of `SIGBUS` is back.
///
/// - call: SIGBUS and SIGSEGV, success
/// - source: sigaction(2), DESCRIPTION
/// - level: POSIX
#[test]
fn when_the_last_guard_is_dropped_the_earlier_action_of_sigbus_is_back() {
    let scenario =
        |scratch: &_| scenario_ignoring_sigbus("action-before-under-and-after-a-guard", scratch);
    let ended = scenario(&scratch()).run();
    let actions = ["before", "two", "one", "after"].map(|name| ended.value(name));
    assert_eq!(actions, ["ignored", "caught", "caught", "ignored"], "{ended:?}");
}
