//! The claims of lesson 5, one test each, named as the sentence in `lessons/`.
//! `just prove 5` runs them.
#![expect(clippy::unwrap_used, reason = "a helper of the tests fails by panicking")]

mod crash_matrix;
mod deadlock;
mod first_comer;
mod flock;
mod flock_ends;
mod lock_actors;
mod mutexes;
mod named_semaphores;
mod ofd_lock_ends;
mod ofd_locks;
mod races;
mod record_lock_ends;
mod record_lock_errors;
mod record_lock_ranges;
mod record_locks;
mod robust_mutexes;
mod semaphores;

use std::fmt::Debug;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Scratch, page_size};
use course::{Program, Running};
use lesson_5_races_and_semaphores::sys;
use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};

/// A scene of this lesson, in a fresh process whose working directory is the test's own.
fn scene(name: &str, scratch: &Scratch) -> Program {
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    Program::new(program, ["scene", name]).in_directory(scratch.path())
}

/// A process that obeys orders; all of a test's actors map the same file.
fn actor(scratch: &Scratch) -> Running {
    make_page(&scratch.path().join("page"));
    let mut actor = scene("actor", scratch).start();
    assert_eq!(actor.hear(), "ready");
    actor
}

/// The same as a user without privileges, with a file of its own.
fn ordinary_actor(scratch: &Scratch) -> Running {
    let directory = scratch.path().join("ordinary");
    std::fs::create_dir(&directory).unwrap();
    make_page(&directory.join("page"));
    for (path, mode) in [(&directory, 0o777), (&directory.join("page"), 0o666)] {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let program = scene("actor", scratch).in_directory(&directory).as_ordinary_user();
    let mut actor = program.start();
    assert_eq!(actor.hear(), "ready");
    actor
}

fn make_page(path: &Path) {
    let page = File::options().create(true).truncate(false).write(true).open(path).unwrap();
    page.set_len(page_size() as u64).unwrap();
}

/// Gives an order that does not wait; the answer.
fn ask(actor: &mut Running, order: &str) -> String {
    actor.tell(order);
    actor.hear()
}

/// Gives an order that may wait: it has been begun, and the answer is still to come.
fn begin(actor: &mut Running, order: &str) {
    actor.tell(order);
    assert_eq!(actor.hear(), "waiting");
}

/// Gives an order that may wait; the answer.
fn ask_and_wait(actor: &mut Running, order: &str) -> String {
    begin(actor, order);
    actor.hear()
}

/// Waits until a process that has something to wait for sleeps.
fn sleeps(process: &Running) {
    let path = format!("/proc/{}/stat", process.id());
    for _ in 0..10_000 {
        let stat = std::fs::read_to_string(&path).unwrap();
        if stat.rsplit_once(')').unwrap().1.trim_start().starts_with('S') {
            return;
        }
        poll(&mut [], PollTimeout::from(1_u8)).unwrap();
    }
    panic!("process {} never slept", process.id());
}

/// Repeats an attempt with a deadline twice as late until it says that it was in time.
fn in_time(mut attempt: impl FnMut(u64) -> bool) {
    let in_time = [200, 400, 800, 1600, 3200].into_iter().any(&mut attempt);
    assert!(in_time, "the machine is too slow to do a few things within three seconds");
}

/// The errno that a call failed with.
fn errno<T: Debug>(result: io::Result<T>) -> Errno {
    Errno::from_raw(result.unwrap_err().raw_os_error().unwrap())
}

/// What is no promise was seen with glibc 2.36; another version may also do as the page says.
fn observed<T: PartialEq + Debug>(got: T, with_2_36: T, by_the_page: T) {
    match sys::glibc_version() {
        (2, 36) => assert_eq!(got, with_2_36),
        version => assert!(got == with_2_36 || got == by_the_page, "{got:?} with {version:?}"),
    }
}
