//! `fork` in a program with threads.

use course::scratch;

use crate::{actor, ask};

#[test]
fn a_lock_that_another_thread_holds_at_fork_stays_locked_in_the_child() {
    let mut actor = actor(&scratch());
    // The thread unlocks in the parent. The child has a copy of the lock, and no such thread.
    assert_eq!(ask(&mut actor, "fork-beside-a-thread"), "parent 0, child 1");
}
