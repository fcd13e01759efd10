//! What goes wrong between two processes that map the same file and do not lock.

use course::scratch;

use crate::{actor, ask, ask_and_wait, scenario};

/// An addition between another process's load and store is lost.
///
/// - call: plain loads and stores, edge
/// - source: lesson 5 (a load and a store are two accesses)
/// - level: observed
#[test]
fn an_addition_between_another_processs_load_and_store_is_lost() {
    let said = scenario("lost-update", &scratch()).succeed();
    assert!(said.contains("A loads 0\n") && said.contains("B stores 1\n"), "{said}");
    assert!(said.contains("A stores 1\n") && said.contains("count: 1 "), "{said}");
}

/// An atomic addition at the same moment loses nothing.
///
/// - call: atomics, success
/// - source: std::sync::atomic, documentation
/// - level: observed
#[test]
fn an_atomic_addition_at_the_same_moment_loses_nothing() {
    let said = scenario("atomic-addition", &scratch()).succeed();
    assert!(said.contains("B adds 1 to 0\n") && said.contains("A adds 1 to 1\n"), "{said}");
    assert!(said.contains("count: 2 "), "{said}");
    // Two processes that really add at once: each sees additions of the other one between its own.
    const TIMES: u64 = 1_000_000;
    let both_at_once = || {
        let scratch = scratch();
        let mut adders = [(); 2].map(|()| actor(&scratch));
        for adder in &mut adders {
            adder.tell(&format!("page-add 0 {TIMES}"));
        }
        for adder in &mut adders {
            assert_eq!(adder.hear(), "waiting");
        }
        let went = adders.each_mut().map(|adder| adder.hear().parse::<u64>().unwrap());
        assert_eq!(ask(&mut adders[0], "page-word 0"), format!("{:#x}", 2 * TIMES));
        went.iter().any(|count| *count > TIMES)
    };
    assert!((0..5).any(|_| both_at_once()), "one process has always added before the other one");
}

/// An atomic addition between another process's load and store is lost, too.
///
/// - call: atomics, edge
/// - source: lesson 5 (a load and a store are two accesses)
/// - level: observed
#[test]
fn an_atomic_addition_between_another_processs_load_and_store_is_lost_too() {
    let scratch = scratch();
    let [mut a, mut b] = [(); 2].map(|()| actor(&scratch));
    assert_eq!(ask(&mut a, "page-word 0"), "0x0");
    assert_eq!(ask_and_wait(&mut b, "page-add 0 1"), "1");
    assert_eq!(ask(&mut b, "page-word 0"), "0x1");
    assert_eq!(ask(&mut a, "page-store 0 1"), "ok", "the 0 that it has loaded, and 1");
    assert_eq!(ask(&mut b, "page-word 0"), "0x1", "two additions");
}

/// A reader between two stores sees a torn record.
///
/// - call: plain loads and stores, edge
/// - source: lesson 5 (two stores are two accesses)
/// - level: observed
#[test]
fn a_reader_between_two_stores_sees_a_torn_record() {
    let said = scenario("torn-record", &scratch()).succeed();
    assert!(said.contains("B reads 10:59\n"), "{said}");
}

/// A lock that is tested and then set lets two processes in.
///
/// - call: plain loads and stores, edge
/// - source: lesson 5 (a load and a store are two accesses)
/// - level: observed
#[test]
fn a_lock_that_is_tested_and_then_set_lets_two_processes_in() {
    let said = scenario("test-then-set", &scratch()).succeed();
    assert!(said.contains("B locks it; processes inside: 1\n"), "{said}");
    assert!(said.contains("A locks it; processes inside: 2\n"), "{said}");
}

/// Under each kind of lock, the second process sleeps, is woken, and no addition is lost.
///
/// - call: `sem_wait`, success
/// - source: sem_wait(3), DESCRIPTION; fcntl(2), Advisory record locking; flock(2), DESCRIPTION;
///   POSIX, pthread_mutex_lock()
/// - level: POSIX (flock: Linux)
#[test]
fn under_each_kind_of_lock_the_second_process_sleeps_is_woken_and_no_addition_is_lost() {
    let said = scenario("add-inside", &scratch()).succeed();
    let count = |words| said.matches(words).count();
    assert_eq!(count("B finds it locked, sleeps\n"), count("A locks"), "{said}");
    assert_eq!(count("B locks, loads 1, stores 2"), count("A locks"), "{said}");
    assert_eq!(count("count: 2 "), count("A locks"), "{said}");
    assert!(count("A locks") >= 6, "{said}");
}

/// No lock stops a process that stores without locking.
///
/// - call: plain loads and stores, edge
/// - source: fcntl(2), Advisory record locking; flock(2), NOTES
/// - level: Linux
/// - tutorials say: A semaphore prevents races.
#[test]
fn no_lock_stops_a_process_that_stores_without_locking() {
    let said = scenario("barge-in", &scratch()).succeed();
    assert_eq!(said.lines().count(), 7, "{said}");
    for line in said.lines() {
        assert!(line.ends_with(" Locked 7"), "locked, and stored to all the same: {line}");
    }
}
