//! Which calls the seccomp filter reports to the tracer: a program is stopped at these, and at no other call.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::path::Path;

use course::scratch;
use nix::unistd::Pid;
use sandbox::{Sandbox, Start, WorkDirectory, launch_by};
use tracer::{Limits, Resume, Stop, Syscall};

/// A shell command.
const COMMAND: [&str; 2] =
    ["-c", "cd . && test -e FILE; : < /dev/null; trap : INT SEGV; cat < /dev/null"];

/// The calls at which a run of the shell stops, and how many of them were told to return.
fn calls(start: &Start, how: Resume) -> (Vec<Syscall>, usize) {
    launch_by(env!("CARGO_BIN_EXE_check"));
    let scratch = scratch();
    let directory = WorkDirectory::new(&scratch, "work").expect("make a directory");
    let mut sandbox = Sandbox::new(&directory, Limits::default(), true).expect("make a sandbox");
    let pid = sandbox.start(start).expect("start the shell");
    let (mut calls, mut returned) = (Vec::new(), 0);
    let go_on = |sandbox: &mut Sandbox, pid: Pid, signal| {
        sandbox.resume(pid, how, signal).expect("resume a tracee");
    };
    go_on(&mut sandbox, pid, 0);
    while let Some(stop) = sandbox.wait().expect("wait for a stop") {
        match stop {
            Stop::SyscallEntry(_, call) => calls.push(call),
            Stop::SyscallExit { .. } => returned += 1,
            Stop::Exited(..) => continue,
            Stop::Signal(pid, signal) => {
                go_on(&mut sandbox, pid, signal);
                continue;
            }
            _ => {}
        }
        go_on(&mut sandbox, stop.pid(), 0);
    }
    (calls, returned)
}

fn shell() -> Start {
    Start::new(Path::new("/bin/sh"), COMMAND)
}

/// Calls that nobody looks at.
fn is_unseen(call: &Syscall) -> bool {
    let [first, second, _, flags, descriptor, _] = call.arguments;
    let own_memory = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS).cast_unsigned();
    match call.name().as_str() {
        "newfstatat" | "fstat" | "stat" | "access" | "faccessat2" | "lseek" | "getcwd" => true,
        "getpid" | "getppid" | "getuid" | "geteuid" | "getgid" | "getegid" | "getrandom" => true,
        "uname" | "readlink" | "getdents64" | "sysinfo" => true,
        "rt_sigaction" => first != u64::from(libc::SIGSEGV.cast_unsigned()),
        "ioctl" => second == libc::TCGETS,
        "close" => first > 2,
        "mmap" => flags == u64::from(own_memory) && descriptor & 0xffff_ffff == 0xffff_ffff,
        _ => false,
    }
}

fn names(calls: &[Syscall]) -> Vec<String> {
    calls.iter().map(Syscall::name).collect()
}

#[test]
fn a_program_is_stopped_at_every_call_but_those_that_nobody_looks_at() {
    // One process, so that the order is the same each time.
    let start = || Start::new(Path::new("/bin/sh"), ["-c", "test -e FILE; trap : INT SEGV; cd ."]);
    let (every, _) = calls(&start(), Resume::ToSyscall);
    let (reported, returned) = calls(&start(), Resume::ToReportedSyscall);
    // The `execve` that became the shell returns when each call is seen. `exit_group` never does.
    assert_eq!(returned, reported.len() - 1);
    let wanted: Vec<Syscall> = every.iter().filter(|call| !is_unseen(call)).copied().collect();
    assert_eq!(names(&reported), names(&wanted), "of {:?}", names(&every));
    assert!(reported.len() * 3 < every.len() * 2, "{} of {}", reported.len(), every.len());
    let unseen = names(&every).iter().filter(|name| *name == "rt_sigaction").count();
    assert!(unseen > 0, "{:?}", names(&every));
}

#[test]
fn children_are_stopped_at_the_same_calls() {
    let (reported, _) = calls(&shell(), Resume::ToReportedSyscall);
    let count = |wanted: &str| names(&reported).iter().filter(|name| *name == wanted).count();
    assert_eq!(count("execve"), 1, "{:?}", names(&reported)); // Of `cat`.
    assert_eq!(count("newfstatat") + count("lseek"), 0);
    assert!(count("openat") > 3 && count("read") > 1 && count("dup2") > 0);
}

#[test]
fn a_program_that_runs_freely_is_stopped_at_no_call() {
    let (reported, _) = calls(&shell().without_syscall_tracing(), Resume::Freely);
    assert_eq!(names(&reported), [""; 0]);
    // Nor if its filter reports calls.
    let (reported, _) = calls(&shell(), Resume::Freely);
    assert_eq!(names(&reported), [""; 0]);
}
