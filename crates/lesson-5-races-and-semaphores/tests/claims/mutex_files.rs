//! A mutex, and what becomes of the file that it is in.

use std::fs;

use course::scratch;

use crate::mutexes::{lock_word, two_and_locked};
use crate::{actor, ask, ask_and_wait};

/// A robust mutex in a file restored from a locked moment stays locked.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, exit_robust_list
/// - level: observed
/// - tutorials say: A robust mutex always recovers from its owner's death.
#[test]
fn a_robust_mutex_in_a_file_restored_from_a_locked_moment_stays_locked() {
    let scratch = scratch();
    let page = scratch.path().join("page");
    let (owner, next) = two_and_locked(&scratch, "shared robust normal");
    let image = fs::read(&page).unwrap();
    owner.kill();
    drop(next.end());
    fs::write(&page, image).unwrap(); // What a reboot finds on the disk.
    assert_eq!(ask_and_wait(&mut actor(&scratch), "mutex-lock-until 200"), "ETIMEDOUT");
}

/// If a lost file with a robust mutex is made again, no process learns from the new mutex that the
/// owner has died.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, handle_futex_death (the mark is in the old lock word)
/// - level: observed (glibc)
#[test]
fn if_a_lost_file_with_a_robust_mutex_is_made_again_no_process_learns_from_the_new_mutex_that_the_owner_has_died()
 {
    for (lost, answer) in [(false, "OwnerDied"), (true, "Clean")] {
        let scratch = scratch();
        let data = scratch.path().join("data");
        fs::write(&data, "old old").unwrap();
        let (mut owner, next) = two_and_locked(&scratch, "shared robust normal");
        assert_eq!(ask(&mut owner, "open d both data"), "ok");
        assert_eq!(ask(&mut owner, "pwrite d new"), "ok");
        owner.kill();
        drop(next.end());
        if lost {
            fs::remove_file(scratch.path().join("page")).unwrap(); // As a boot does in /dev/shm.
        }
        let mut next = actor(&scratch);
        if lost {
            assert_eq!(ask(&mut next, "mutex-init shared robust normal"), "ok");
        }
        assert_eq!(ask(&mut next, "mutex-try"), answer);
        assert_eq!(fs::read_to_string(&data).unwrap(), "new old", "half changed");
    }
}

/// A file that is emptied and grows again forgets its locked mutex, so two processes hold the
/// mutex.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: truncate(2), DESCRIPTION
/// - level: observed (glibc)
/// - tutorials say: A robust mutex always recovers from its owner's death.
#[test]
fn a_file_that_is_emptied_and_grows_again_forgets_its_locked_mutex_so_two_processes_hold_the_mutex()
{
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_ne!(lock_word(&mut owner), 0);
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY", "before");
    assert_eq!(ask(&mut next, "page-truncate 0"), "ok");
    assert_eq!(lock_word(&mut owner), 0);
    assert_eq!(ask(&mut next, "mutex-try"), "Clean", "two are in");
}

/// A truncation past the lock word leaves a mutex locked.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: truncate(2), DESCRIPTION (the bytes before the new end stay)
/// - level: observed (glibc)
#[test]
fn a_truncation_past_the_lock_word_leaves_a_mutex_locked() {
    for (length, answer) in [(64, "Clean"), (68, "EBUSY")] {
        let scratch = scratch();
        let (_owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        assert_eq!(ask(&mut next, &format!("page-truncate {length}")), "ok");
        assert_eq!(ask(&mut next, "mutex-try"), answer, "truncated to {length} bytes");
    }
}
