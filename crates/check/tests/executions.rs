//! Limits hold in executions of two actors, for whatever a grandchild of an actor does.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use check::fixture::Fixture;
use check::verdict::CheckError;
use common::{Result, Scratch};
use course::scratch;
use explore::Launcher;
use explore::execution::{Execution, RunMode};
use explore::replay::{Outcome, Scenario, replay};
use explore::schedule::Schedule;
use nix::unistd::Pid;
use sandbox::{WorkDirectory, launch_by};
use tracer::{Ending, LimitExceeded, Limits, LookRefused, ProcessTree, processors};

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

/// When a test gives up that waits for events.
const LATE: Duration = Duration::from_secs(120);

/// Executions of a shell in a directory of its own.
fn shells(scratch: &Scratch, limits: Limits) -> Fixture<'static> {
    launch_by(env!("CARGO_BIN_EXE_check"));
    Fixture {
        program: Path::new("/bin/sh"),
        work_directory: WorkDirectory::new(scratch, "work").expect("make a directory"),
        limits,
        deadline: Instant::now() + Duration::from_secs(8),
        looks: false,
        loads: false,
    }
}

/// Runs a shell command as one actor, beside one that does nothing.
fn beside_another(command: &'static str) -> Outcome {
    within(LIMITS, command)
}

fn within(limits: Limits, command: &'static str) -> Outcome {
    let scratch = scratch();
    let began = Instant::now();
    let fixture = shells(&scratch, limits);
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
    // To fill memory takes CPU time, too.
    let limits = Limits { processor: Duration::from_secs(5), ..LIMITS };
    let fills = "(for each in 1 2 3; do tail -n 1 /dev/zero & done); sleep 100";
    let outcome = within(limits, fills);
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

/// A fixture whose second actor's start is the moment at which a look at the limits is refused.
struct Refused<'a>(Fixture<'a>);

impl explore::Fixture for Refused<'_> {
    fn set_up(&self, file: Option<&[u8]>) -> Result<Box<dyn Launcher + '_>> {
        Ok(Box::new(RefusedLauncher(self.0.set_up(file)?, 0)))
    }

    fn directory(&self) -> &Path {
        self.0.directory()
    }

    fn file(&self) -> Result<Option<Vec<u8>>> {
        self.0.file()
    }

    fn deadline(&self) -> Instant {
        self.0.deadline
    }
}

struct RefusedLauncher<'l>(Box<dyn Launcher + 'l>, u32);

impl Launcher for RefusedLauncher<'_> {
    fn start(&mut self, arguments: &[&str]) -> Result<Pid> {
        let pid = self.0.start(arguments)?;
        self.1 += 1;
        if self.1 == 2 {
            let refused = LookRefused::because("a process", "it is another's");
            self.tree().table().lock().fail(refused);
        }
        Ok(pid)
    }

    fn tree(&mut self) -> &mut ProcessTree {
        self.0.tree()
    }

    fn look_at_disk(&self) -> io::Result<()> {
        self.0.look_at_disk()
    }

    fn outputs(&self, pid: Pid) -> [Vec<u8>; 2] {
        self.0.outputs(pid)
    }
}

#[test]
fn a_look_at_the_limits_that_is_refused_during_an_execution_is_the_machines_failure() {
    let scratch = scratch();
    let fixture = Refused(shells(&scratch, LIMITS));
    let arguments: [&'static [&'static str]; 2] = [&["-c", ":"], &["-c", ":"]];
    let scenario = Scenario { name: "shell", arguments, file: None, symmetric: false };
    let failure = replay(&fixture, &scenario, Schedule::in_turn("shell", 0)).expect_err("refused");
    assert!(failure.to_string().contains("it is another's"), "{failure}");
    assert!(matches!(CheckError::from(failure), CheckError::Cannot(_)));
}

/// So many threads keep the processor of this thread busy, until this is dropped.
struct Busy {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Busy {
    fn with(threads: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let work = |_| {
            let over = Arc::clone(&over);
            thread::spawn(move || while !over.load(Ordering::Relaxed) {})
        };
        let threads = (0..threads).map(work).collect();
        Self { over, threads }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().expect("a thread that counts"));
    }
}

#[test]
fn a_slow_start_on_a_busy_machine_is_no_hang() {
    processors::pin(); // The judge, the two processes and the busy threads share one processor.
    let _busy = Busy::with(8);
    let scratch = scratch();
    let limits = Limits { processor: Duration::from_secs(60), ..LIMITS };
    let late = Duration::from_secs(120);
    let fixture = Fixture { deadline: Instant::now() + late, ..shells(&scratch, limits) };
    // About a second of CPU time before FILE is touched: nine seconds by the clock.
    let starts = "turn=0; while [ $turn -lt 500000 ]; do turn=$((turn + 1)); done; : >> FILE";
    let slow: &'static [&'static str] = vec!["-c", starts].leak();
    let scenario = Scenario { name: "slow", arguments: [slow, slow], file: None, symmetric: false };
    let outcome = replay(&fixture, &scenario, Schedule::in_turn("slow", 0)).expect("replay it");
    processors::unpin();
    assert!(outcome.limit_exceeded.is_none() && (outcome.cut || !outcome.stuck), "{outcome:?}");
    if !outcome.cut {
        assert_eq!(outcome.endings, [Some(Ending::Exited(0)); 2], "{outcome:?}");
    }
}

#[test]
fn a_sleep_that_has_begun_counts_for_no_time_that_a_process_has_had() {
    let scratch = scratch();
    let limits = Limits { wall: LATE, ..LIMITS };
    let fixture = Fixture { deadline: Instant::now() + LATE, ..shells(&scratch, limits) };
    let latest = Instant::now() + LATE;
    let mut execution = Execution::new(&fixture, None).expect("begin");
    let process = execution.start(0, &["-c", "exec sleep 2"]).expect("start");
    execution.start(1, &["-c", ":"]).expect("start");
    let sleeps = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it lives");
        stat.contains("(sleep) S")
    };
    while !sleeps() {
        assert!(Instant::now() < latest, "it never sleeps");
        let soon = Instant::now() + Duration::from_millis(50);
        execution.run_alone(0, soon, RunMode::Patient).expect("run it");
    }
    // The time of both is over already; but one of them sleeps, and is to look once more.
    assert!(execution.finish(Duration::ZERO, latest).expect("finish"));
    assert_eq!(execution.ending(0), Some(Ending::Exited(0)));
}
