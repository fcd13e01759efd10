//! The limit on CPU time counts the time that a program had, not the ticks of the clock that found it running.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use check::observe::{self, NoopObserver, Run};
use course::scratch;
use sandbox::{Sandbox, Start, WorkDirectory, launch_by};
use tracer::{LimitExceeded, Limits, processors};

/// Runs a loop that never ends on this thread's processor.
fn run_a_loop() -> Run {
    launch_by(env!("CARGO_BIN_EXE_check"));
    let scratch = scratch();
    let directory = WorkDirectory::new(&scratch, "work").expect("make a directory");
    let limits = Limits { wall: Duration::from_secs(60), ..Limits::default() };
    let mut sandbox = Sandbox::new(&directory, limits, true).expect("make a sandbox");
    let start = Start::new(Path::new("/bin/sh"), &["-c", "while :; do :; done"]);
    observe::run(&mut sandbox, &start, &mut NoopObserver).expect("run the loop")
}

/// Works for a millisecond and waits for a tenth of one: it seldom runs when a tick comes. Ends once told.
fn work_between_ticks(told: &Receiver<()>) {
    while told.recv_timeout(Duration::from_micros(100)) == Err(RecvTimeoutError::Timeout) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(1) {}
    }
}

#[test]
fn a_loop_beside_a_program_that_runs_between_ticks_exceeds_the_limit_on_cpu_time_and_is_not_killed_before()
 {
    let (tell, told) = channel();
    let ended = thread::scope(|scope| {
        scope.spawn(move || {
            processors::pin_at(0);
            work_between_ticks(&told);
        });
        processors::pin_at(0);
        let ended = run_a_loop();
        drop(tell);
        ended
    });
    let limit = Limits::default().cpu_time;
    assert_eq!(ended.limit_exceeded, Some(LimitExceeded::CpuTime(limit)), "{ended:?}");
    assert!(ended.cpu_time >= limit, "{ended:?}");
}
