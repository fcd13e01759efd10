//! A mutex, and what becomes of the file that it is in.

use std::fs;

use course::scratch;

use crate::mutexes::{lock_word, two_and_locked};
use crate::{actor, ask, ask_and_wait};

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

#[test]
fn a_truncation_past_the_lock_word_leaves_a_mutex_locked() {
    for (length, answer) in [(64, "Clean"), (68, "EBUSY")] {
        let scratch = scratch();
        let (_owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        assert_eq!(ask(&mut next, &format!("page-truncate {length}")), "ok");
        assert_eq!(ask(&mut next, "mutex-try"), answer, "truncated to {length} bytes");
    }
}
