//! What happens to a mutex if its owner dies.

use std::fs;

use course::scratch;
use nix::sys::signal::Signal;

use crate::mutexes::{in_word, lock_word, two, two_and_locked};
use crate::semaphores::times_asleep;
use crate::{actor, ask, ask_and_wait, begin, observed, sleeps};

/// A mutex that is not robust stays locked after its owner's death.
///
/// - call: `pthread_mutexattr_setrobust`, success
/// - source: pthread_mutexattr_setrobust(3), DESCRIPTION (PTHREAD_MUTEX_STALLED)
/// - level: POSIX
#[test]
fn a_mutex_that_is_not_robust_stays_locked_after_its_owners_death() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared stalled normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    assert_eq!(ask_and_wait(&mut next, "mutex-lock-until 200"), "ETIMEDOUT");
}

/// After the owner's death, the next lock call returns `EOWNERDEAD` and locks.
///
/// - call: `pthread_mutexattr_setrobust`, error
/// - source: pthread_mutexattr_setrobust(3), DESCRIPTION
/// - level: POSIX
#[test]
fn after_the_owners_death_the_next_lock_call_returns_eownerdead_and_locks() {
    for order in ["mutex-lock", "mutex-lock-until 30000", "mutex-try"] {
        let scratch = scratch();
        let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        owner.kill();
        next.tell(order);
        let answer = if order == "mutex-try" { "OwnerDied" } else { "waiting" };
        assert_eq!(next.hear(), answer);
        if answer == "waiting" {
            assert_eq!(next.hear(), "OwnerDied", "{order}");
        }
    }
}

/// If the lock word says that processes wait, the owner's death wakes one of them.
///
/// - call: `pthread_mutexattr_setrobust`, success
/// - source: get_robust_list(2), DESCRIPTION; kernel/futex/core.c, handle_futex_death (the
///   condition)
/// - level: Linux (the condition: observed)
#[test]
fn if_the_lock_word_says_that_processes_wait_the_owners_death_wakes_one_of_them() {
    const FUTEX_WAITERS: u64 = 0x8000_0000;
    let scratch = scratch();
    let (owner, mut observer) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(lock_word(&mut observer) & FUTEX_WAITERS, 0);
    let mut waiters = [(); 3].map(|()| actor(&scratch));
    for waiter in &mut waiters {
        begin(waiter, "mutex-lock");
        sleeps(waiter);
    }
    assert_eq!(lock_word(&mut observer) & FUTEX_WAITERS, FUTEX_WAITERS);
    // A waiter that is woken in vain would sleep again: how often each has gone to sleep tells.
    let before = waiters.each_ref().map(times_asleep);
    owner.kill();
    let calls = waiters.each_ref().map(sleeps);
    let after = waiters.each_ref().map(times_asleep);
    let undisturbed = (0..3).filter(|waiter| before[*waiter] == after[*waiter]).count();
    assert_eq!(undisturbed, 2, "{before:?} {after:?}");
    let woken = calls.iter().position(|call| *call == libc::SYS_read).unwrap();
    assert_eq!(waiters[woken].hear(), "OwnerDied");
}

/// For a robust mutex, `exit` or `exec` of a process with one thread counts as the owner's death.
///
/// - call: `pthread_mutexattr_setrobust`, success
/// - source: pthread_mutexattr_setrobust(3), NOTES
/// - level: Linux
#[test]
fn for_a_robust_mutex_exit_or_exec_of_a_process_with_one_thread_counts_as_the_owners_death() {
    for end in ["exit", "exec"] {
        let scratch = scratch();
        let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        owner.tell(end);
        if end == "exec" {
            assert_eq!(owner.hear(), "ok");
        } else {
            assert_eq!(owner.end().code, Some(0));
        }
        assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied", "{end}");
    }
}

/// If a thread other than the first calls `exec`, its robust mutex stays locked.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: fs/exec.c, de_thread (the thread gets another id); kernel/futex/core.c,
///   handle_futex_death (compares thread ids)
/// - level: observed
/// - manual says: pthread_mutexattr_setrobust(3): when a thread calls `exec`, the next owner is
///   told.
#[test]
fn if_a_thread_other_than_the_first_calls_exec_its_robust_mutex_stays_locked() {
    let scratch = scratch();
    let (mut owner, mut next) = two(&scratch, "shared robust normal");
    assert_eq!(ask(&mut owner, "mutex-thread-exec"), "ok", "the new program runs");
    assert_ne!(lock_word(&mut next), u64::from(owner.id()), "a thread id that no thread has now");
    assert_eq!(ask_and_wait(&mut next, "mutex-lock-until 200"), "ETIMEDOUT");
    assert_eq!(owner.end().code, Some(0));
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY", "even after the end of the process");
}

/// The end of the owning thread is enough for `EOWNERDEAD`.
///
/// - call: `pthread_mutexattr_setrobust`, error
/// - source: pthread_mutexattr_setrobust(3), DESCRIPTION
/// - level: Linux (POSIX allows the error)
#[test]
fn the_end_of_the_owning_thread_is_enough_for_eownerdead() {
    let scratch = scratch();
    let (mut owner, mut next) = two(&scratch, "shared robust normal");
    assert_eq!(ask(&mut owner, "mutex-thread"), "Clean");
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut owner, "sem-value").parse::<i64>().map(drop), Ok(()), "the process lives");
}

/// A forked child does not own its parent's mutex, and the child's end unlocks nothing.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: POSIX, pthread_mutex_lock() (a thread owns it)
/// - level: observed (glibc)
#[test]
fn a_forked_child_does_not_own_its_parents_mutex_and_the_childs_end_unlocks_nothing() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(ask(&mut owner, "mutex-fork"), "ok", "the child has ended");
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
}

/// After `pthread_mutex_consistent` the mutex works as before.
///
/// - call: `pthread_mutex_consistent`, success
/// - source: pthread_mutex_consistent(3), DESCRIPTION
/// - level: POSIX
#[test]
fn after_pthread_mutex_consistent_the_mutex_works_as_before() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-consistent"), "ok");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut actor(&scratch), "mutex-try"), "Clean");
}

/// `pthread_mutex_consistent` of a consistent mutex fails with `EINVAL`.
///
/// - call: `pthread_mutex_consistent`, error
/// - source: pthread_mutex_consistent(3), ERRORS
/// - level: POSIX
#[test]
fn pthread_mutex_consistent_of_a_consistent_mutex_fails_with_einval() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(ask(&mut next, "mutex-consistent"), "EINVAL", "it has a living owner");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-consistent"), "ok");
    assert_eq!(ask(&mut next, "mutex-consistent"), "EINVAL", "a second time");
}

/// If the next owner dies before the repair, the process after that owner gets `EOWNERDEAD`.
///
/// - call: `pthread_mutexattr_setrobust`, error
/// - source: pthread_mutexattr_setrobust(3), DESCRIPTION
/// - level: POSIX
#[test]
fn if_the_next_owner_dies_before_the_repair_the_process_after_that_owner_gets_eownerdead() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    next.kill();
    assert_eq!(ask(&mut actor(&scratch), "mutex-try"), "OwnerDied");
}

/// The lock word holds the owner's thread id, and the owner's death sets a bit in it.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: get_robust_list(2), DESCRIPTION; include/uapi/linux/futex.h
/// - level: observed (glibc)
#[test]
fn the_lock_word_holds_the_owners_thread_id_and_the_owners_death_sets_a_bit_in_it() {
    const FUTEX_OWNER_DIED: u64 = 0x4000_0000;
    let scratch = scratch();
    let (owner, next) = two_and_locked(&scratch, "shared robust normal");
    drop(next.end()); // Only the owner has it mapped now.
    let word = || {
        let bytes = fs::read(scratch.path().join("page")).unwrap();
        u64::from(u32::from_ne_bytes(bytes[64..68].try_into().unwrap()))
    };
    assert_eq!(word(), u64::from(owner.id()));
    owner.kill();
    assert_eq!(word() & FUTEX_OWNER_DIED, FUTEX_OWNER_DIED);
    assert_eq!(
        ask(&mut actor(&scratch), "mutex-try"),
        "OwnerDied",
        "a process that comes later is told"
    );
    // A thread that is not the first one: its id is not the process id.
    let (mut process, _) = two(&scratch, "shared robust normal");
    let said = ask(&mut process, "mutex-thread-id");
    let (thread, word) = said.split_once(' ').unwrap();
    assert_ne!(thread, process.id().to_string());
    assert_eq!(in_word(word).to_string(), thread);
}

/// A robust mutex that its owner has unmapped stays locked after the owner's death.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, exit_robust_list
/// - level: observed
/// - tutorials say: A robust mutex always recovers from its owner's death.
#[test]
fn a_robust_mutex_that_its_owner_has_unmapped_stays_locked_after_the_owners_death() {
    // The control: our own type keeps the page mapped if it is dropped while it is locked.
    for (order, answer) in [("mutex-unmap", "ETIMEDOUT"), ("mutex-drop", "OwnerDied")] {
        let scratch = scratch();
        let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        assert_eq!(ask(&mut owner, order), "ok");
        owner.kill();
        assert_eq!(ask_and_wait(&mut next, "mutex-lock-until 200"), answer, "{order}");
    }
}

/// If an owner makes the page of a robust mutex read-only and dies, its earlier mutexes stay
/// locked, too.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, handle_futex_death
/// - level: observed
#[test]
fn if_an_owner_makes_the_page_of_a_robust_mutex_read_only_and_dies_its_earlier_mutexes_stay_locked_too()
 {
    let scratch = scratch();
    let (mut owner, mut next) = (actor(&scratch), actor(&scratch));
    assert_eq!(ask(&mut next, "mutex-init-three"), "ok");
    assert_eq!(ask(&mut owner, "mutex-lock-three"), "ok");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try-three"), ["OwnerDied"; 3].join(" "), "the control");
    let (mut owner, mut next) = (actor(&scratch), actor(&scratch));
    assert_eq!(ask(&mut next, "mutex-init-three"), "ok");
    assert_eq!(ask(&mut owner, "mutex-lock-three-and-make-the-middle-page-read-only"), "ok");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try-three"), "EBUSY EBUSY OwnerDied");
}

/// If an owner unmaps a locked robust mutex and dies, its earlier mutexes stay locked, too.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, exit_robust_list (the walk stops)
/// - level: observed
#[test]
fn if_an_owner_unmaps_a_locked_robust_mutex_and_dies_its_earlier_mutexes_stay_locked_too() {
    let scratch = scratch();
    let (mut owner, mut next) = (actor(&scratch), actor(&scratch));
    assert_eq!(ask(&mut next, "mutex-init-three"), "ok");
    assert_eq!(ask(&mut owner, "mutex-lock-three-and-unmap-the-middle-one"), "ok");
    owner.kill();
    // The kernel walks the list from the newest lock to the oldest, and stops at the first that it
    // cannot read. The first mutex is still mapped, and yet it is lost.
    assert_eq!(ask(&mut next, "mutex-try-three"), "EBUSY EBUSY OwnerDied");
}

/// The kernel marks only the newest 2048 robust mutexes of a dead owner.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: include/uapi/linux/futex.h, ROBUST_LIST_LIMIT
/// - level: observed
#[test]
fn the_kernel_marks_only_the_newest_2048_robust_mutexes_of_a_dead_owner() {
    let scratch = scratch();
    let (mut owner, mut next) = (actor(&scratch), actor(&scratch));
    assert_eq!(ask(&mut next, "mutex-init-many 2050"), "ok");
    assert_eq!(ask(&mut owner, "mutex-lock-many 2050"), "ok");
    owner.kill();
    assert_eq!(
        ask(&mut next, "mutex-try-many 2050"),
        "2 EBUSY, 2048 OwnerDied",
        "in the order of locking"
    );
}

/// If a process writes garbage into the links of a robust mutex, unlocking crashes its owner.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: glibc, nptl/descr.h, DEQUEUE_MUTEX
/// - level: observed (glibc 2.36)
#[test]
fn if_a_process_writes_garbage_into_the_links_of_a_robust_mutex_unlocking_crashes_its_owner() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    for link in ["88", "96"] {
        assert_eq!(ask(&mut next, &format!("page-store {link} 8")), "ok"); // Nothing is mapped at 8.
    }
    owner.tell("mutex-unlock");
    let ended = owner.end();
    observed((ended.signal, ended.stdout.as_str()), (Some(Signal::SIGSEGV), ""), (None, "ok\n"));
}
