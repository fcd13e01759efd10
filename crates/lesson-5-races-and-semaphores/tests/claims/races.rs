//! What goes wrong between two processes that map the same file and do not lock.

use course::scratch;

use crate::scenario;

#[test]
fn an_addition_between_another_processs_load_and_store_is_lost() {
    let said = scenario("lost-update", &scratch()).succeed();
    assert!(said.contains("A loads 0\n") && said.contains("B stores 1\n"), "{said}");
    assert!(said.contains("A stores 1\n") && said.contains("count: 1 "), "{said}");
}

#[test]
fn an_atomic_addition_at_the_same_moment_loses_nothing() {
    let said = scenario("atomic-addition", &scratch()).succeed();
    assert!(said.contains("B adds 1 to 0\n") && said.contains("A adds 1 to 1\n"), "{said}");
    assert!(said.contains("count: 2 "), "{said}");
}

#[test]
fn a_reader_between_two_stores_sees_a_torn_record() {
    let said = scenario("torn-record", &scratch()).succeed();
    assert!(said.contains("B reads 10:59\n"), "{said}");
}

#[test]
fn a_lock_that_is_tested_and_then_set_lets_two_processes_in() {
    let said = scenario("test-then-set", &scratch()).succeed();
    assert!(said.contains("B locks it; processes inside: 1\n"), "{said}");
    assert!(said.contains("A locks it; processes inside: 2\n"), "{said}");
}

#[test]
fn under_each_kind_of_lock_the_second_process_sleeps_is_woken_and_no_addition_is_lost() {
    let said = scenario("add-inside", &scratch()).succeed();
    let count = |words| said.matches(words).count();
    assert_eq!(count("B finds it locked, sleeps\n"), count("A locks"), "{said}");
    assert_eq!(count("B locks, loads 1, stores 2"), count("A locks"), "{said}");
    assert_eq!(count("count: 2 "), count("A locks"), "{said}");
    assert!(count("A locks") >= 6, "{said}");
}

#[test]
fn no_lock_stops_a_process_that_stores_without_locking() {
    let said = scenario("barge-in", &scratch()).succeed();
    assert!(said.lines().count() >= 6, "{said}");
    for line in said.lines() {
        assert!(line.ends_with(" Locked 7"), "locked, and stored to all the same: {line}");
    }
}
