//! The zygote launches traced programs, and a program cannot tell that it did.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use check::observe::{self, NoopObserver};
use check::verdict::CheckError;
use course::{is_root, scratch};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use sandbox::{Sandbox, Start, WorkDirectory, launch_by, zygote};
use tracer::{Ending, Limits, processors};

/// All tests in this process share the zygotes, so only one test at a time looks at them.
static TURN: Mutex<()> = Mutex::new(());

/// What a shell command prints when it runs in a work directory.
fn printed(directory: &WorkDirectory, command: &str) -> String {
    let mut sandbox = Sandbox::new(directory, Limits::default(), true).expect("make a sandbox");
    let start = Start::new(Path::new("/bin/sh"), ["-c", command]);
    let run = match observe::run(&mut sandbox, &start, &mut NoopObserver) {
        Ok(run) => run,
        Err(CheckError::Fault(failure)) => panic!("{failure}"),
        Err(error) => panic!("{error:?}"),
    };
    assert_eq!(run.ending, Ending::Exited(0), "{run:?}");
    run.stdout.text()
}

/// The zygotes of this process.
fn zygotes() -> Vec<PathBuf> {
    let me = format!("\nPPid:\t{}\n", std::process::id());
    let is_one = |process: &PathBuf| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        line.ends_with(b"\0zygote\0") && status.contains(&me)
    };
    let all = fs::read_dir("/proc").expect("list /proc").flatten().map(|entry| entry.path());
    all.filter(is_one).collect()
}

#[test]
fn each_set_of_processors_has_one_zygote_and_its_programs_are_children_of_the_judge() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    launch_by(env!("CARGO_BIN_EXE_check"));
    let scratch = scratch();
    let directory = WorkDirectory::new(&scratch, "work").expect("make a directory");
    const LOOK: &str = "echo $PPID; grep Cpus_allowed_list /proc/self/status; pwd";
    let allowed = || {
        let status = fs::read_to_string("/proc/thread-self/status").expect("read a status");
        let line = status.lines().find(|line| line.starts_with("Cpus_allowed_list"));
        line.expect("the processors").to_owned()
    };
    let seen = || {
        let expected = format!("{}\n{}\n", std::process::id(), allowed());
        let here = directory.path().canonicalize().expect("resolve the directory");
        assert_eq!(printed(&directory, LOOK), format!("{expected}{}\n", here.display()));
    };
    seen();
    seen();
    assert_eq!(zygotes().len(), 1);
    processors::pin_beside();
    seen();
    processors::unpin();
    let sets = if common::allowed_cpus().expect("the processors").len() > 1 { 2 } else { 1 };
    assert_eq!(zygotes().len(), sets);
    zygote::end();
    assert_eq!(zygotes(), [""; 0].map(PathBuf::from));
    seen();
}

#[test]
fn a_thread_with_mounts_of_its_own_launches_its_programs_itself() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    launch_by(env!("CARGO_BIN_EXE_check"));
    if !is_root() {
        return; // Only root can make a mount namespace for a thread.
    }
    zygote::end();
    let scratch = scratch();
    let mounted = scratch.path().join("mounted");
    fs::create_dir(&mounted).expect("mkdir");
    let in_thread = || {
        let none: Option<&str> = None;
        unshare(CloneFlags::CLONE_NEWNS).expect("unshare");
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).expect("mount");
        let flags = MsFlags::empty();
        mount(Some("test"), &mounted, Some("tmpfs"), flags, Some("mode=0711")).expect("mount");
        let directory = WorkDirectory::at(mounted.join("work")).expect("make a directory");
        directory.write("FILE", b"on a disk of its own\n").expect("write FILE");
        assert_eq!(printed(&directory, "cat FILE"), "on a disk of its own\n");
    };
    thread::scope(|scope| scope.spawn(in_thread).join()).expect("the thread's assertions hold");
    assert_eq!(zygotes().len(), 0);
}
