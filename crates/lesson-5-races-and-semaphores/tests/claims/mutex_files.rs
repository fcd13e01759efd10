//! A mutex, and what becomes of the file that it is in.

use std::fs;

use course::scratch;

use crate::mutexes::{lock_word, two_and_locked};
use crate::{actor, ask, ask_and_wait};

/// A robust mutex in a file restored from a locked moment stays locked.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, exit_robust_list
/// - level: observed (Linux 6.18)
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

/// A new mutex in the place of a lost one tells of no death.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, handle_futex_death (the mark is in the old lock word)
/// - level: observed (Linux 6.18, glibc 2.36)
#[test]
fn a_new_mutex_in_the_place_of_a_lost_one_tells_of_no_death() {
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
/// - level: observed (glibc 2.36)
/// - tutorials say: A robust mutex always recovers from its owner's death.
#[test]
fn a_file_that_is_emptied_and_grows_again_forgets_its_locked_mutex_so_two_processes_hold_the_mutex()
{
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_ne!(lock_word(&mut owner), 0);
    assert_eq!(ask(&mut next, "page-truncate 0"), "ok");
    assert_eq!(lock_word(&mut owner), 0);
    assert_eq!(ask(&mut next, "mutex-try"), "Clean", "two are in");
}

/// A truncation past the lock word leaves a mutex locked.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: truncate(2), DESCRIPTION (the bytes before the new end stay)
/// - level: observed (glibc 2.36)
#[test]
fn a_truncation_past_the_lock_word_leaves_a_mutex_locked() {
    for (length, answer) in [(64, "Clean"), (68, "EBUSY")] {
        let scratch = scratch();
        let (_owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        assert_eq!(ask(&mut next, &format!("page-truncate {length}")), "ok");
        assert_eq!(ask(&mut next, "mutex-try"), answer, "truncated to {length} bytes");
    }
}
