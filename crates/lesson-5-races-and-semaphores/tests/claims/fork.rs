//! `fork` in a program with threads.

use course::scratch;

use crate::{actor, ask, observed};

/// A private mutex that another thread holds at `fork` stays locked in the child.
///
/// - call: `fork`, edge
/// - source: fork(2), DESCRIPTION (a copy of the calling thread only); signal-safety(7),
///   DESCRIPTION
/// - level: POSIX
#[test]
fn a_private_mutex_that_another_thread_holds_at_fork_stays_locked_in_the_child() {
    // The thread unlocks in the parent. The child has a copy of the mutex, and no such thread.
    let said = said();
    assert!(said.starts_with("at fork: mutex and FILE; parent: none; child: mutex"), "{said}");
}

/// In glibc, `fork` frees the lock of a file stream in the child.
///
/// - call: `fork`, edge
/// - source: glibc, posix/fork.c (it resets the locks of all streams)
/// - level: observed (glibc 2.36, 2.41)
#[test]
fn in_glibc_fork_frees_the_lock_of_a_file_stream_in_the_child() {
    observed(
        said().as_str(),
        "at fork: mutex and FILE; parent: none; child: mutex",
        "at fork: mutex and FILE; parent: none; child: mutex and FILE",
    );
}

/// What is locked while another thread holds a mutex and the lock of C's standard output.
fn said() -> String {
    ask(&mut actor(&scratch()), "fork-beside-a-thread")
}
