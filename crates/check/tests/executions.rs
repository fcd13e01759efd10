//! Limits hold in executions of two actors, for whatever a grandchild of an actor does.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::path::Path;
use std::time::{Duration, Instant};

use check::fixture::Fixture;
use course::scratch;
use explore::replay::{Outcome, Scenario, replay};
use explore::schedule::Schedule;
use sandbox::{WorkDirectory, launch_by};
use tracer::{LimitExceeded, Limits};

/// Low, so that they are exceeded soon on a busy machine, too.
const LIMITS: Limits = Limits {
    processor: Duration::from_millis(300),
    wall: Duration::from_secs(10),
    memory: 64 << 20,
    disk: 256 << 20,
    processes: 64,
    born: 100,
    output: 1 << 20,
};

/// Runs a shell command as one actor, beside one that does nothing.
fn beside_another(command: &'static str) -> Outcome {
    launch_by(env!("CARGO_BIN_EXE_check"));
    let scratch = scratch();
    let began = Instant::now();
    let fixture = Fixture {
        program: Path::new("/bin/sh"),
        work_directory: WorkDirectory::new(&scratch, "work").expect("make a directory"),
        limits: LIMITS,
        deadline: began + Duration::from_secs(8),
    };
    let arguments: [&'static [&'static str]; 2] = [vec!["-c", command].leak(), &["-c", ":"]];
    let scenario = Scenario { name: "shell", arguments, file: None, symmetric: false };
    let outcome = replay(&fixture, &scenario, Schedule::in_turn("shell", 0)).expect("replay it");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    outcome
}

#[test]
fn a_fork_bomb_in_a_grandchild_exceeds_the_limit_on_processes() {
    let outcome = beside_another("(sh -c 'bomb() { bomb | bomb & }; bomb' &); sleep 100");
    assert_eq!(
        outcome.limit_exceeded,
        Some(LimitExceeded::Processes(LIMITS.processes)),
        "{outcome:?}"
    );
}

#[test]
fn short_lived_grandchildren_one_after_another_exceed_the_limit_on_processes() {
    let outcome = beside_another("(while :; do sh -c : ; done) & wait");
    assert_eq!(outcome.limit_exceeded, Some(LimitExceeded::Born(LIMITS.born)), "{outcome:?}");
}

#[test]
fn grandchildren_that_take_memory_together_exceed_the_limit_on_memory() {
    let outcome = beside_another("(for each in 1 2 3; do tail -n 1 /dev/zero & done); sleep 100");
    assert_eq!(outcome.limit_exceeded, Some(LimitExceeded::Memory(LIMITS.memory)), "{outcome:?}");
}

#[test]
fn a_grandchild_that_never_rests_exceeds_the_limit_on_cpu_time() {
    let outcome = beside_another("(sh -c 'while :; do :; done' &); sleep 100");
    assert_eq!(
        outcome.limit_exceeded,
        Some(LimitExceeded::Processor(LIMITS.processor)),
        "{outcome:?}"
    );
}
