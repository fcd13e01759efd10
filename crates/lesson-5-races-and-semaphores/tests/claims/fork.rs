//! `fork` in a program with threads.

use course::scratch;

use crate::{actor, ask, observed};

#[test]
fn a_private_mutex_that_another_thread_holds_at_fork_stays_locked_in_the_child() {
    // The thread unlocks in the parent. The child has a copy of the mutex, and no such thread.
    let said = said();
    assert!(said.starts_with("at fork: mutex and FILE; parent: none; child: mutex"), "{said}");
}

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
