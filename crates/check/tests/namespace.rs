//! Where tracing is refused, a PID namespace keeps a program's processes together: all end with it.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::path::Path;
use std::time::Duration;

use check::observe::{self, NoopObserver, Run};
use check::proof::{answers, build};
use check::verdict::CheckError;
use course::scratch;
use sandbox::{Sandbox, Start, WorkDirectory, launch_by};
use tracer::{Ending, LimitExceeded, Limits};

/// Whether this machine lets its user make a PID namespace; says so if not.
fn can_be_shown() -> bool {
    let scratch = scratch();
    launch_by(env!("CARGO_BIN_EXE_check"));
    let directory = WorkDirectory::new(&scratch, "work").expect("make a directory");
    let mut sandbox = Sandbox::new(&directory, Limits::default(), false).expect("make a sandbox");
    match observe::run(
        &mut sandbox,
        &Start::new(Path::new("/bin/true"), [""; 0]),
        &mut NoopObserver,
    ) {
        Err(CheckError::Cannot(why))
            if why.contains("unshare") && why.contains("Operation not permitted") =>
        {
            course::left_out(&why);
            false
        }
        _ => true,
    }
}

fn run(program: &Path, arguments: &[&str]) -> Run {
    run_within(program, arguments, Limits { wall: Duration::from_secs(3), ..Limits::default() })
}

fn run_within(program: &Path, arguments: &[&str], limits: Limits) -> Run {
    launch_by(env!("CARGO_BIN_EXE_check"));
    let scratch = scratch();
    let directory = WorkDirectory::new(&scratch, "work").expect("make a directory");
    let mut sandbox = Sandbox::new(&directory, limits, false).expect("make a sandbox");
    match observe::run(&mut sandbox, &Start::new(program, arguments), &mut NoopObserver) {
        Ok(run) => run,
        Err(CheckError::Fault(failure)) => panic!("{failure}"),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn an_untraced_program_ends_with_its_own_status_and_its_own_output() {
    if !can_be_shown() {
        return;
    }
    let ended = run(Path::new("/bin/sh"), &["-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!(ended.ending, Ending::Exited(7), "{ended:?}");
    assert_eq!((ended.stdout.text(), ended.stderr.text()), ("out\n".into(), "err\n".into()));
    assert!(ended.calls.is_none(), "no call was seen");
    let killed = run(Path::new("/bin/sh"), &["-c", "kill -SEGV $$"]);
    assert_eq!(killed.ending, Ending::Killed(libc::SIGSEGV), "{killed:?}");
}

#[test]
fn an_untraced_daemon_dies_with_the_namespace_and_one_that_waits_for_ever_at_its_deadline() {
    if !can_be_shown() {
        return;
    }
    let all = answers().expect("list the answers");
    let named = |name: &str| {
        let one: Vec<_> = all.iter().filter(|answer| answer.name == name).cloned().collect();
        build(&one).expect("build it").pop().expect("it is one")
    };
    let daemon = named("hostile/outlives");
    let ended = run(&daemon, &[]);
    assert_eq!(ended.ending, Ending::Exited(0), "{ended:?}");
    let waiting = named("hostile/ignores");
    let ended = run(&waiting, &[]);
    assert!(matches!(ended.limit_exceeded, Some(LimitExceeded::Wall(_))), "{ended:?}");
    for program in [daemon, waiting] {
        let name = program.to_string_lossy().into_owned();
        let lives = std::fs::read_dir("/proc").expect("list /proc").flatten().any(|process| {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).starts_with(&format!("{name}\0"))
                && std::fs::read_link(process.path().join("exe")).is_ok()
        });
        assert!(!lives, "{name} lives on");
    }
}

/// The limit that a shell command exceeds, untraced.
fn exceeded(command: &str) -> Option<LimitExceeded> {
    let limits =
        Limits { memory: 64 << 20, disk: 16 << 20, processes: 32, born: 200, ..Limits::default() };
    run_within(Path::new("/bin/sh"), &["-c", command], limits).limit_exceeded
}

#[test]
fn untraced_grandchildren_at_a_time_exceed_the_limit_on_processes() {
    if !can_be_shown() {
        return;
    }
    let bomb = "(sh -c 'bomb() { bomb | bomb & }; bomb' &); sleep 100";
    assert_eq!(exceeded(bomb), Some(LimitExceeded::Processes(32)));
    let unreaped = "for each in $(seq 100); do (:) & done; exec sleep 100";
    assert_eq!(exceeded(unreaped), Some(LimitExceeded::Processes(32)));
}

#[test]
fn untraced_grandchildren_one_after_another_exceed_the_limit_on_processes() {
    if !can_be_shown() {
        return;
    }
    let one_by_one = "(while :; do sleep 0.001; done) & wait";
    assert_eq!(exceeded(one_by_one), Some(LimitExceeded::Born(200)));
}

#[test]
fn untraced_grandchildren_exceed_the_limits_on_cpu_time_memory_and_disk() {
    if !can_be_shown() {
        return;
    }
    let burns = "(sh -c 'while :; do :; done' &); sleep 100";
    let cpu_time = Limits::default().cpu_time;
    assert_eq!(exceeded(burns), Some(LimitExceeded::CpuTime(cpu_time)));
    // Again and again: on a busy machine, the look may come when each has just failed at the kernel's own limit.
    let fills = "(for each in 1 2 3; do while :; do tail -n 1 /dev/zero; done & done); sleep 100";
    assert_eq!(exceeded(fills), Some(LimitExceeded::Memory(64 << 20)));
    let nameless = "(exec 3> big; rm big; head -c 32M /dev/zero >&3; exec sleep 100 & ); sleep 100";
    assert_eq!(exceeded(nameless), Some(LimitExceeded::Disk(16 << 20)));
}
