//! A semaphore in a file, initialised exactly once.

use std::fs;

use course::scratch;

use lesson_5_races_and_semaphores::second_process::until_waiting_in;

use crate::{actor, ask, scenario};

/// Of two processes that start together, one makes the semaphore and the other waits.
///
/// - call: `sem_init`, success
/// - source: sem_init(3), DESCRIPTION; flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn of_two_processes_that_start_together_one_makes_the_semaphore_and_the_other_waits() {
    let scratch = scratch();
    let mut first = scenario("make-and-stop-half-way", &scratch).start();
    assert_eq!(first.hear(), "half made");
    let mut second = scenario("make", &scratch).start();
    assert_eq!(second.hear(), "opens");
    until_waiting_in(second.id(), libc::SYS_flock).unwrap();
    first.tell("go on");
    let (first, second) = (first.end(), second.end());
    assert_eq!((first.value("made-it"), second.value("made-it")), ("true", "false"));
    let locked = [first.value("locked"), second.value("locked")];
    assert_eq!(locked.iter().filter(|locked| **locked == "true").count(), 1, "{locked:?}");
}

/// If the initialising process is killed half-way, the next one clears the bytes and starts again.
///
/// - call: `sem_init`, edge
/// - source: flock(2), DESCRIPTION (the lock); sem_init(3), DESCRIPTION (does not mention cleared
///   bytes)
/// - level: observed (glibc)
#[test]
fn if_the_initialising_process_is_killed_half_way_the_next_one_clears_the_bytes_and_starts_again() {
    let scratch = scratch();
    let mut first = scenario("make-and-stop-half-way", &scratch).start();
    assert_eq!(first.hear(), "half made");
    first.kill();
    let next = scenario("make", &scratch).run();
    assert_eq!((next.value("made-it"), next.value("locked")), ("true", "true"));
    assert_eq!(next.value("bytes-were-zero"), "true", "sem_init finds no semaphore there");
}

/// The count of a semaphore in a file survives a kill, and is copied with the file.
///
/// - call: `sem_init`, edge
/// - source: glibc, nptl/sem_init.c; sem_overview(7), Persistence (does not mention unnamed
///   semaphores)
/// - level: observed (glibc)
#[test]
fn the_count_of_a_semaphore_in_a_file_survives_a_kill_and_is_copied_with_the_file() {
    let (original, elsewhere) = (scratch(), scratch());
    let mut first = actor(&original);
    assert_eq!(ask(&mut first, "sem-init 1 5"), "ok");
    assert_eq!(ask(&mut first, "sem-try"), "ok");
    first.kill();
    fs::copy(original.path().join("page"), elsewhere.path().join("page")).unwrap();
    let mut next = actor(&original);
    assert_eq!(ask(&mut next, "sem-value"), "4", "a process that never saw the first");
    assert_eq!(ask(&mut next, "sem-try"), "ok");
    assert_eq!(ask(&mut actor(&elsewhere), "sem-value"), "4", "the copy has a life of its own");
}
