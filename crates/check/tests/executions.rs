//! Limits hold in executions of two actors, for whatever a grandchild of an actor does.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use check::fixture::SandboxedFixture;
use check::verdict::CheckError;
use common::{Result, Scratch};
use course::scratch;
use explore::ActorProcesses;
use explore::execution::{Execution, Pause, RunMode};
use explore::replay::{ExecutionResult, Scenario, run_scenario};
use explore::schedule::Schedule;
use nix::unistd::Pid;
use sandbox::{WorkDirectory, launch_by};
use tracer::{Ending, LimitExceeded, Limits, LookRefused, ProcessTree, processors};

/// Low, so that they are exceeded soon on a busy machine, too.
const LIMITS: Limits = Limits {
    cpu_time: Duration::from_millis(300),
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
fn shells(scratch: &Scratch, limits: Limits) -> SandboxedFixture<'static> {
    launch_by(env!("CARGO_BIN_EXE_check"));
    SandboxedFixture {
        program: Path::new("/bin/sh"),
        work_directory: WorkDirectory::new(scratch, "work").expect("make a directory"),
        limits,
        deadline: Instant::now() + Duration::from_secs(8),
        for_a_page: false,
        loads: false,
    }
}

/// Runs a shell command as one actor, beside one that does nothing.
fn beside_another(command: &'static str) -> ExecutionResult {
    within(LIMITS, command)
}

fn within(limits: Limits, command: &'static str) -> ExecutionResult {
    let scratch = scratch();
    let began = Instant::now();
    let fixture = shells(&scratch, limits);
    let arguments: [&'static [&'static str]; 2] = [vec!["-c", command].leak(), &["-c", ":"]];
    let scenario = Scenario { name: "shell", arguments, file: None, symmetric: false };
    let outcome =
        run_scenario(&fixture, &scenario, Schedule::in_turn("shell", 0)).expect("replay it");
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
    let limits = Limits { cpu_time: Duration::from_secs(5), ..LIMITS };
    let fills = "(for each in 1 2 3; do tail -n 1 /dev/zero & done); sleep 100";
    let outcome = within(limits, fills);
    assert_eq!(outcome.limit_exceeded, Some(LimitExceeded::Memory(LIMITS.memory)), "{outcome:?}");
}

#[test]
fn a_grandchild_that_never_rests_exceeds_the_limit_on_cpu_time() {
    let outcome = beside_another("(sh -c 'while :; do :; done' &); sleep 100");
    assert_eq!(
        outcome.limit_exceeded,
        Some(LimitExceeded::CpuTime(LIMITS.cpu_time)),
        "{outcome:?}"
    );
}

#[test]
fn a_process_whose_child_waits_for_a_lock_waits_for_ever() {
    let waits = |command: &'static str| {
        let scratch = scratch();
        let fixture = shells(&scratch, Limits::default());
        let mut execution = Execution::new(&fixture, Some(b"")).expect("make an execution");
        let path = fixture.work_directory.path().join("FILE");
        let file = std::fs::File::open(path).expect("open FILE");
        file.lock().expect("flock");
        execution.start(1, &["-c", command]).expect("start the shell");
        let deadline = Instant::now() + LATE;
        let pause = execution.run(&[1], None, deadline).expect("run it");
        assert!(matches!(pause, Pause::Blocked(_)), "{pause:?}");
        execution.sleeps_until_woken(1).expect("look at it")
    };
    assert!(waits("flock FILE true; :"));
    assert!(!waits("flock --timeout 90 FILE true; :"), "its child waits for a time");
}

/// One process ends while another waits for a file lock, which is given back a second later. The kernel does the
/// same when somebody looks at the memory of the process that held the lock just as that process dies.
#[test]
fn a_lock_that_is_given_back_only_after_the_end_of_its_process_is_no_deadlock() {
    for ends in ["by itself", "killed"] {
        let scratch = scratch();
        let fixture = shells(&scratch, Limits::default());
        let mut execution = Execution::new(&fixture, Some(b"")).expect("make an execution");
        let path = fixture.work_directory.path().join("FILE");
        let file = std::fs::File::open(path).expect("open FILE");
        file.lock().expect("flock");
        execution.start(0, &["-c", ":"]).expect("start the shell");
        execution.start(1, &["-c", "exec 9<FILE; exec flock 9"]).expect("start the other shell");
        let soon = Instant::now() + LATE;
        let pause = execution.run(&[1], None, soon).expect("run it");
        assert!(matches!(pause, Pause::Blocked(_)), "{pause:?}");
        match ends {
            "killed" => execution.kill(0).expect("kill it"),
            _ => assert_eq!(execution.run(&[0], None, soon).expect("run it"), Pause::Ended),
        }
        let began = Instant::now();
        execution.wait_for_locks_of_the_dead(1).expect("wait");
        assert!(began.elapsed() >= Duration::from_secs(2), "the lock may come yet");
        // A process that is none of the execution's holds the lock for a second more.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec 3<&0; sleep 1 &"]).stdin(file).stdout(Stdio::null());
        assert!(shell.status().expect("start sleep").success());
        drop(shell); // And with it this process's descriptor.
        assert!(execution.finish(Duration::from_secs(5), Instant::now() + LATE).expect("finish"));
        assert_eq!(execution.ending(1), Some(Ending::Exited(0)), "{ends}");
    }
}

/// A fixture whose second actor's start is the moment at which a look at the limits is refused.
struct Refused<'a>(SandboxedFixture<'a>);

impl explore::Fixture for Refused<'_> {
    fn set_up(&self, file: Option<&[u8]>) -> Result<Box<dyn ActorProcesses + '_>> {
        Ok(Box::new(RefusedProcesses(self.0.set_up(file)?, 0)))
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

struct RefusedProcesses<'l>(Box<dyn ActorProcesses + 'l>, u32);

impl ActorProcesses for RefusedProcesses<'_> {
    fn start(&mut self, arguments: &[&str], reports_calls: bool) -> Result<Pid> {
        let pid = self.0.start(arguments, reports_calls)?;
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
    let failure =
        run_scenario(&fixture, &scenario, Schedule::in_turn("shell", 0)).expect_err("refused");
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
    let limits = Limits { cpu_time: Duration::from_secs(60), ..LIMITS };
    let late = Duration::from_secs(120);
    let fixture = SandboxedFixture { deadline: Instant::now() + late, ..shells(&scratch, limits) };
    // About a second of CPU time before FILE is touched: nine seconds by the clock.
    let starts = "turn=0; while [ $turn -lt 500000 ]; do turn=$((turn + 1)); done; : >> FILE";
    let slow: &'static [&'static str] = vec!["-c", starts].leak();
    let scenario = Scenario { name: "slow", arguments: [slow, slow], file: None, symmetric: false };
    let outcome =
        run_scenario(&fixture, &scenario, Schedule::in_turn("slow", 0)).expect("replay it");
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
    let fixture = SandboxedFixture { deadline: Instant::now() + LATE, ..shells(&scratch, limits) };
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
