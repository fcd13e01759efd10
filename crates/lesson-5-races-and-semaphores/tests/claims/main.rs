//! The claims of lesson 5, one test each, named as the sentence in `lessons/`.
//! `just prove 5` runs them.
#![expect(clippy::unwrap_used, reason = "a helper of the tests fails by panicking")]

mod crash_matrix;
mod deadlock;
mod dev_shm;
mod flock;
mod flock_ends;
mod fork;
mod initialize_once;
mod lock_actors;
mod mutex_files;
mod mutexes;
mod named_semaphore_ends;
mod named_semaphores;
mod not_robust;
mod ofd_lock_ends;
mod ofd_lock_errors;
mod ofd_lock_queries;
mod ofd_locks;
mod pid_namespaces;
mod races;
mod record_lock_ends;
mod record_lock_errors;
mod record_lock_ranges;
mod record_locks;
mod robust_mutexes;
mod semaphore_names;
mod semaphore_waits;
mod semaphores;
mod unusable_mutexes;
mod woken;

use std::fmt::Debug;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Scratch, page_size};
use course::{Program, Running};
use lesson_5_races_and_semaphores::second_process::until_waiting_in_one_of;

/// A scenario of this lesson, in a fresh process whose working directory is the test's own.
fn scenario(name: &str, scratch: &Scratch) -> Program {
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    Program::new(program, ["scenario", name]).in_directory(scratch.path())
}

/// A process that does what it is told; all actors of a test map the same file.
fn actor(scratch: &Scratch) -> Running {
    make_page(&scratch.path().join("page"));
    mapped(scenario("actor", scratch).start())
}

/// The same, as an ordinary user, with a file of its own.
fn ordinary_actor(scratch: &Scratch) -> Running {
    let directory = scratch.path().join("ordinary");
    std::fs::create_dir(&directory).unwrap();
    make_page(&directory.join("page"));
    for (path, mode) in [(&directory, 0o777), (&directory.join("page"), 0o666)] {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let program = scenario("actor", scratch).in_directory(&directory).as_ordinary_user();
    mapped(program.start())
}

fn mapped(mut actor: Running) -> Running {
    assert_eq!(ask(&mut actor, "page-map"), "ok");
    actor
}

fn make_page(path: &Path) {
    let page = File::options().create(true).truncate(false).write(true).open(path).unwrap();
    page.set_len(page_size() as u64).unwrap();
}

/// Gives a command that does not wait; returns the answer.
fn ask(actor: &mut Running, command: &str) -> String {
    actor.tell(command);
    actor.hear()
}

/// Gives a command that may wait, and returns once it has begun; `hear` returns the answer.
fn begin(actor: &mut Running, command: &str) {
    actor.tell(command);
    assert_eq!(actor.hear(), "waiting");
}

/// Gives a command that may wait; returns the answer.
fn ask_and_wait(actor: &mut Running, command: &str) -> String {
    begin(actor, command);
    actor.hear()
}

/// Returns once an actor that has begun to wait sleeps in `futex`. If its wait is over already, it
/// sleeps in `read`, where it waits for the next command. Returns the call in which it sleeps.
fn sleeps(actor: &Running) -> libc::c_long {
    until_waiting_in_one_of(actor.id(), &[libc::SYS_futex, libc::SYS_read]).unwrap()
}

/// Repeats an attempt, each time with twice the time, until the attempt was in time.
fn in_time(mut attempt: impl FnMut(u64) -> bool) {
    let in_time = (0..8).map(|doubled| 200 << doubled).any(&mut attempt);
    assert!(in_time, "the machine is too slow to do a few things within 25 seconds");
}

/// What was observed with glibc 2.36; another version may also do what the manual page says.
fn observed<T: PartialEq + Debug>(got: T, with_2_36: T, by_the_page: T) {
    match course::glibc_version() {
        (2, 36) => assert_eq!(got, with_2_36),
        version => assert!(got == with_2_36 || got == by_the_page, "{got:?} with {version:?}"),
    }
}
