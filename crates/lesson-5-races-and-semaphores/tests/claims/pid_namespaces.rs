//! A robust mutex between two PID namespaces, as two containers have them.

use std::fs;

use course::{Program, Running, scratch};
use lesson_5_races_and_semaphores::second_process::until_waiting_in;

use crate::{actor, ask, begin};

/// An actor that is process 1 of a new PID namespace, and its process id in the test's namespace.
fn actor_in_a_pid_namespace(scratch: &common::Scratch) -> (Running, u32) {
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    let arguments = ["--pid", "--fork", "--kill-child", program, "scenario", "actor"];
    let mut actor = Program::new("unshare", arguments).in_directory(scratch.path()).start();
    assert_eq!(ask(&mut actor, "page-map"), "ok");
    assert_eq!(ask(&mut actor, "id"), "1");
    let children = format!("/proc/{0}/task/{0}/children", actor.id());
    let child = fs::read_to_string(children).unwrap();
    (actor, child.trim().parse().unwrap())
}

/// If two PID namespaces share a robust mutex, a killed waiter can mark a living owner as dead.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, handle_futex_death (it compares thread ids)
/// - level: observed
#[test]
#[ignore = "needs root: makes PID namespaces"]
fn if_two_pid_namespaces_share_a_robust_mutex_a_killed_waiter_can_mark_a_living_owner_as_dead() {
    assert!(course::is_root(), "run this as root");
    let scratch = scratch();
    let mut next = actor(&scratch);
    assert_eq!(ask(&mut next, "mutex-init shared robust normal"), "ok");
    let (mut owner, _) = actor_in_a_pid_namespace(&scratch);
    let (mut waiter, waiters_id) = actor_in_a_pid_namespace(&scratch);
    assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
    begin(&mut waiter, "mutex-lock");
    until_waiting_in(waiters_id, libc::SYS_futex).unwrap();
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    waiter.kill(); // The lock word holds 1, and so the kernel takes this process for the owner.
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut owner, "id"), "1", "the owner lives");
}
