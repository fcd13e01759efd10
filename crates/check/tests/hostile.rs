//! Whatever an untrusted program does, `check` ends, reports, cleans up, and nothing of it survives.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use check::proof::{Answer, answers, build};
use course::scratch;
use serde_json::Value;

/// A check has ten seconds, and the first hang is the last; the rest is for a loaded machine.
const MOST: Duration = Duration::from_secs(25);

/// How many are judged at a time.
const AT_A_TIME: usize = 4;

#[test]
fn no_program_outlives_its_check_or_leaves_a_file_or_gets_a_better_verdict() {
    let hostile: Vec<_> = answers()
        .expect("list the answers")
        .into_iter()
        .filter(|answer| answer.name.starts_with("hostile/"))
        .collect();
    assert!(hostile.len() >= 15, "found only {hostile:?}");
    let programs = build(&hostile).expect("build the answers");
    let (hostile, next) = (hostile.iter().zip(&programs).collect::<Vec<_>>(), AtomicUsize::new(0));
    // Several at a time: most of them only wait until their time is over.
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((answer, program)) = hostile.get(next.fetch_add(1, Relaxed)) {
                    is_held(answer, program);
                }
            });
        }
    });
}

fn is_held(answer: &Answer, program: &Path) {
    let scratch = scratch();
    let began = Instant::now();
    let output = judged(program, scratch.path());
    let (name, took) = (&answer.name, began.elapsed());
    assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
    assert!(took < MOST, "{name} took {took:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["outcome"], "not-solved", "{name}");
    if answer.required != "refused" {
        assert_eq!(report["diagnosis"], answer.required.as_str(), "{name}: {report}");
    }
    let left: Vec<_> = fs::read_dir(scratch.path())
        .expect("list the scratch")
        .map(|entry| entry.expect("list the scratch").path())
        .filter(|path| !path.ends_with("lock"))
        .collect();
    assert!(left.is_empty(), "{name} left {left:?}");
    assert_eq!(processes_of(program), [""; 0], "{name} lives on");
}

#[test]
fn every_way_out_is_closed() {
    let escapes = answers().expect("list the answers");
    let escapes: Vec<_> =
        escapes.into_iter().filter(|answer| answer.name == "hostile/escapes").collect();
    let program = build(&escapes).expect("build it").pop().expect("it is one");
    let scratch = scratch();
    let name = b"mapped-memory-course-test";
    use std::os::linux::net::SocketAddrExt;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name).expect("a name");
    let _listening = std::os::unix::net::UnixListener::bind_addr(&address).expect("bind");
    let output = judged(&program, scratch.path());
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let weaker = &report["environment"]["weaker"];
    let first = &report["checks"][0];
    assert_eq!(
        weaker.as_array().map(Vec::len),
        Some(0),
        "this machine cannot contain it: {weaker}"
    );
    assert_eq!(first["actual"], "exit status 77", "a way out was open: {first}");
}

#[test]
fn a_judge_that_is_killed_ends_its_program_with_it() {
    let waiting = answers().expect("list the answers");
    let waiting: Vec<_> =
        waiting.into_iter().filter(|answer| answer.name == "hostile/ignores").collect();
    let program = build(&waiting).expect("build it").pop().expect("it is one");
    // A link of its own, named as the answer is: the program looks at its name.
    let folder = scratch();
    fs::create_dir(folder.path().join("hostile")).expect("mkdir");
    let link = folder.path().join("hostile/ignores");
    symlink(fs::read_link(&program).expect("a link"), &link).expect("symlink");
    let scratch = scratch();
    let mut judge = judge(&link, scratch.path()).spawn().expect("start the judge");
    until("the program runs", || !processes_of(&link).is_empty());
    judge.kill().expect("kill the judge");
    judge.wait().expect("wait for the judge");
    until("the program has died", || processes_of(&link).is_empty());
}

/// Looks until it is so; fails after a deadline.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < MOST, "waited in vain until {what}");
    }
}

fn judged(program: &Path, scratch: &Path) -> Output {
    judge(program, scratch).output().expect("run the judge")
}

fn judge(program: &Path, scratch: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_check"));
    command.args(["1", "--format", "json", "--program"]).arg(program);
    command.env("LESSON_SCRATCH", scratch).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// The processes that were started as this program, beside the judge that names it.
fn processes_of(program: &Path) -> Vec<String> {
    let name = program.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").expect("list /proc").flatten() {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.starts_with(&format!("{name}\0")) {
            found.push(process.file_name().to_string_lossy().into_owned());
        }
    }
    found
}
