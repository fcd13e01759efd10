//! The crash matrix, row by row. The holder is killed, exits, execs, execs with its files left open,
//! or forks and is killed.

use std::sync::OnceLock;

use course::scratch;

use crate::scenario;

/// A row of the matrix; all tests look at one run.
fn row(primitive: &str) -> &'static str {
    static MATRIX: OnceLock<String> = OnceLock::new();
    let matrix = MATRIX.get_or_init(|| scenario("crash-matrix", &scratch()).succeed());
    let mut rows = matrix.lines().filter_map(|line| line.split_once(' '));
    rows.find(|(name, _)| *name == primitive).unwrap().1
}

const STUCK: &str = "StillWaits StillWaits StillWaits StillWaits StillWaits";

/// A semaphore in a file stays locked if its holder is killed, exits, calls `exec`, or forks and is
/// killed.
///
/// - call: `sem_wait`, edge
/// - source: sem_overview(7), DESCRIPTION
/// - level: observed (glibc)
/// - tutorials say: The kernel releases the semaphore of a process that dies.
/// - article says: Semaphores can be used to prevent races.
#[test]
fn a_semaphore_in_a_file_stays_locked_if_its_holder_is_killed_exits_calls_exec_or_forks_and_is_killed()
 {
    assert_eq!(row("semaphore-in-file"), STUCK);
}

/// A named semaphore stays locked if its holder is killed, exits, calls `exec`, or forks and is
/// killed.
///
/// - call: `sem_open`, edge
/// - source: sem_overview(7), Named semaphores
/// - level: observed (glibc)
#[test]
fn a_named_semaphore_stays_locked_if_its_holder_is_killed_exits_calls_exec_or_forks_and_is_killed()
{
    assert_eq!(row("named-semaphore"), STUCK);
}

/// A process-shared mutex that is not robust stays locked if its holder is killed, exits, calls
/// `exec`, or forks and is killed.
///
/// - call: `pthread_mutex_lock`, edge
/// - source: pthread_mutexattr_setrobust(3), DESCRIPTION (PTHREAD_MUTEX_STALLED)
/// - level: POSIX (the `exec`: observed, glibc)
#[test]
fn a_process_shared_mutex_that_is_not_robust_stays_locked_if_its_holder_is_killed_exits_calls_exec_or_forks_and_is_killed()
 {
    assert_eq!(row("plain-mutex"), STUCK);
}

/// If its owner is killed, exits, calls `exec`, or forks and is killed, a robust mutex tells the
/// next process.
///
/// - call: `pthread_mutexattr_setrobust`, success
/// - source: pthread_mutexattr_setrobust(3), NOTES
/// - level: Linux
#[test]
fn if_its_owner_is_killed_exits_calls_exec_or_forks_and_is_killed_a_robust_mutex_tells_the_next_process()
 {
    assert_eq!(row("robust-mutex"), ["LocksAndIsTold"; 5].join(" "));
}

/// A record lock ends with its process or when `exec` closes the file, and a forked child does not
/// keep it.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking; execve(2), DESCRIPTION
/// - level: POSIX (the `exec`: Linux)
#[test]
fn a_record_lock_ends_with_its_process_or_when_exec_closes_the_file_and_a_forked_child_does_not_keep_it()
 {
    assert_eq!(row("record-lock"), "Locks Locks Locks StillWaits Locks");
}

/// Unless a mapping is left, an OFD lock ends with its last descriptor, which may be a forked
/// child's.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn unless_a_mapping_is_left_an_ofd_lock_ends_with_its_last_descriptor_which_may_be_a_forked_childs()
{
    assert_eq!(row("ofd-lock"), "Locks Locks Locks StillWaits StillWaits");
}

/// Unless a mapping is left, a `flock` ends with its last descriptor, which may be a forked child's.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn unless_a_mapping_is_left_a_flock_ends_with_its_last_descriptor_which_may_be_a_forked_childs() {
    assert_eq!(row("flock"), "Locks Locks Locks StillWaits StillWaits");
}
