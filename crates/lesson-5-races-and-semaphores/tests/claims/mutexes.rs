//! Mutexes between processes, and what becomes of one whose owner dies.

use std::fs;
use std::time::{Duration, SystemTime};

use common::Scratch;
use course::{Running, scratch};
use lesson_5_races_and_semaphores::sys::{Attributes, Locked, Mutex, Page};
use nix::errno::Errno;

use crate::{actor, ask, ask_and_wait, begin, errno, in_time, observed, sleeps};

/// Two actors and a new mutex that both have mapped.
fn two(scratch: &Scratch, attributes: &str) -> (Running, Running) {
    let (mut first, second) = (actor(scratch), actor(scratch));
    assert_eq!(ask(&mut first, &format!("mutex-init {attributes}")), "ok");
    (first, second)
}

/// The same, and the first one has locked it.
fn two_and_locked(scratch: &Scratch, attributes: &str) -> (Running, Running) {
    let (mut owner, next) = two(scratch, attributes);
    assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
    (owner, next)
}

/// A new mutex of this process's own.
fn mutex(kind: libc::c_int) -> Mutex {
    let mutex = Mutex::in_page(&Page::private().unwrap(), 0);
    let attributes = Attributes::new().unwrap();
    attributes.set_type(kind).unwrap();
    mutex.init(&attributes).unwrap();
    mutex
}

#[test]
fn by_default_a_mutex_is_private_and_not_robust() {
    let attributes = Attributes::new().unwrap();
    let defaults = (libc::PTHREAD_PROCESS_PRIVATE, libc::PTHREAD_MUTEX_STALLED);
    assert_eq!(attributes.shared_and_robust().unwrap(), defaults);
    let wanted = (libc::PTHREAD_PROCESS_SHARED, libc::PTHREAD_MUTEX_ROBUST);
    assert_eq!(Attributes::robust_and_shared().unwrap().shared_and_robust().unwrap(), wanted);
}

#[test]
fn an_attribute_that_is_none_of_the_constants_is_einval() {
    let attributes = Attributes::new().unwrap();
    assert_eq!(errno(attributes.set_robust(99)), Errno::EINVAL);
    assert_eq!(errno(attributes.set_shared(99)), Errno::EINVAL);
    assert_eq!(errno(attributes.set_type(99)), Errno::EINVAL);
}

#[test]
fn a_process_shared_mutex_excludes_and_wakes_another_process() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    begin(&mut next, "mutex-lock");
    sleeps(&next);
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    assert_eq!(next.hear(), "Clean");
}

#[test]
fn a_private_mutex_excludes_another_process_and_never_wakes_it() {
    let scratch = scratch();
    let (mut owner, mut next) = two(&scratch, "private stalled normal");
    in_time(|milliseconds| {
        assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
        assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
        let end = SystemTime::now() + Duration::from_millis(milliseconds);
        begin(&mut next, &format!("mutex-lock-until {milliseconds}"));
        sleeps(&next);
        assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
        let in_time = SystemTime::now() < end; // Which is before the waiter's own deadline.
        assert_eq!(next.hear(), "ETIMEDOUT", "it is free, and it slept on");
        in_time
    });
}

#[test]
fn pthread_mutex_timedlock_past_its_deadline_is_etimedout() {
    let scratch = scratch();
    let (_owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(ask_and_wait(&mut next, "mutex-lock-until 20"), "ETIMEDOUT");
}

#[test]
fn pthread_mutex_timedlock_with_a_billion_nanoseconds_is_einval() {
    let mutex = mutex(libc::PTHREAD_MUTEX_NORMAL);
    assert_eq!(mutex.lock().unwrap(), Locked::Clean);
    let wrong = libc::timespec { tv_sec: libc::time_t::MAX, tv_nsec: 1_000_000_000 };
    assert_eq!(errno(mutex.lock_until(&wrong)), Errno::EINVAL);
    mutex.unlock().unwrap();
}

#[test]
fn pthread_mutex_destroy_of_a_locked_one_is_ebusy() {
    let mutex = mutex(libc::PTHREAD_MUTEX_NORMAL);
    mutex.lock().unwrap();
    assert_eq!(errno(mutex.destroy()), Errno::EBUSY);
    mutex.unlock().unwrap();
    mutex.destroy().unwrap();
}

#[test]
fn an_error_checking_mutex_says_edeadlk_to_its_owner() {
    let mutex = mutex(libc::PTHREAD_MUTEX_ERRORCHECK);
    mutex.lock().unwrap();
    assert_eq!(errno(mutex.lock()), Errno::EDEADLK);
    mutex.unlock().unwrap();
    assert_eq!(errno(mutex.unlock()), Errno::EPERM, "it is nobody's now");
}

#[test]
fn an_error_checking_or_robust_mutex_says_eperm_to_a_process_that_does_not_own_it() {
    for attributes in ["shared stalled error-checking", "shared robust normal"] {
        let scratch = scratch();
        let (_owner, mut next) = two_and_locked(&scratch, attributes);
        assert_eq!(ask(&mut next, "mutex-unlock"), "EPERM", "{attributes}");
        assert_eq!(ask(&mut next, "mutex-try"), "EBUSY", "{attributes}");
    }
}

#[test]
fn a_plain_mutex_lets_a_process_unlock_what_another_one_locked() {
    let scratch = scratch();
    let (_owner, mut next) = two_and_locked(&scratch, "shared stalled normal");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "Clean", "two are in");
}

#[test]
fn a_recursive_mutex_is_free_after_as_many_unlocks_as_locks() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust recursive");
    assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "Clean");
}

#[test]
fn without_robust_a_dead_owner_keeps_the_mutex_for_ever() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared stalled normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    assert_eq!(ask_and_wait(&mut next, "mutex-lock-until 200"), "ETIMEDOUT");
}

#[test]
fn every_lock_call_gets_a_robust_mutex_with_eownerdead_after_a_death() {
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

#[test]
fn one_who_waits_for_a_robust_mutex_is_woken_by_its_owner_s_death() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    begin(&mut next, "mutex-lock");
    sleeps(&next);
    owner.kill();
    assert_eq!(next.hear(), "OwnerDied");
}

#[test]
fn to_exit_or_to_exec_is_to_die_for_a_robust_mutex() {
    for end in ["exit", "exec"] {
        let scratch = scratch();
        let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        owner.tell(end);
        if end == "exec" {
            assert_eq!(owner.hear(), "another program now, in the same process");
        } else {
            assert_eq!(owner.end().code, Some(0));
        }
        assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied", "{end}");
    }
}

#[test]
fn the_end_of_the_owning_thread_is_enough_for_eownerdead() {
    let scratch = scratch();
    let (mut owner, mut next) = two(&scratch, "shared robust normal");
    assert_eq!(ask(&mut owner, "mutex-thread"), "Clean");
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut owner, "value").parse::<i64>().map(drop), Ok(()), "the process lives");
}

#[test]
fn a_forked_child_does_not_own_its_parent_s_mutex_and_its_end_frees_nothing() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(ask(&mut owner, "mutex-fork"), "ok", "the child has ended");
    assert_eq!(ask(&mut next, "mutex-try"), "EBUSY");
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
}

#[test]
fn pthread_mutex_consistent_makes_it_an_ordinary_mutex_again() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-consistent"), "ok");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut actor(&scratch), "mutex-try"), "Clean");
}

#[test]
fn pthread_mutex_consistent_of_a_consistent_one_is_einval() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_eq!(ask(&mut next, "mutex-consistent"), "EINVAL", "somebody owns it");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-consistent"), "ok");
    assert_eq!(ask(&mut next, "mutex-consistent"), "EINVAL", "a second time");
}

#[test]
fn an_unlock_without_repair_makes_it_enotrecoverable_for_all() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask_and_wait(&mut next, "mutex-lock"), "ENOTRECOVERABLE");
    assert_eq!(ask_and_wait(&mut actor(&scratch), "mutex-lock"), "ENOTRECOVERABLE");
    assert_eq!(ask(&mut actor(&scratch), "mutex-try"), "ENOTRECOVERABLE");
}

#[test]
fn a_trylock_of_glibc_that_says_enotrecoverable_takes_the_mutex_away_from_all_others() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(ask(&mut next, "mutex-try"), "ENOTRECOVERABLE");
    let another = ask_and_wait(&mut actor(&scratch), "mutex-lock-until 200");
    observed(another.as_str(), "ETIMEDOUT", "ENOTRECOVERABLE");
}

#[test]
fn one_who_dies_before_the_repair_hands_eownerdead_on() {
    let scratch = scratch();
    let (owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    owner.kill();
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    next.kill();
    assert_eq!(ask(&mut actor(&scratch), "mutex-try"), "OwnerDied");
}

#[test]
fn the_lock_word_holds_the_owner_s_thread_id_and_its_death_sets_a_bit_in_the_file() {
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
    assert_eq!(ask(&mut actor(&scratch), "mutex-try"), "OwnerDied", "who comes later learns it");
}

#[test]
fn a_robust_mutex_that_its_owner_unmapped_is_never_freed() {
    // Our own type keeps the page mapped when it is dropped locked: the control.
    for (order, answer) in [("mutex-unmap", "ETIMEDOUT"), ("mutex-drop", "OwnerDied")] {
        let scratch = scratch();
        let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
        assert_eq!(ask(&mut owner, order), "ok");
        owner.kill();
        assert_eq!(ask_and_wait(&mut next, "mutex-lock-until 200"), answer, "{order}");
    }
}

#[test]
fn a_file_restored_from_a_moment_when_it_was_locked_stays_locked_for_ever() {
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
fn a_truncated_file_forgets_that_its_mutex_was_locked() {
    let scratch = scratch();
    let (mut owner, mut next) = two_and_locked(&scratch, "shared robust normal");
    assert_ne!(ask(&mut owner, "word 64"), "0x0");
    assert_eq!(ask(&mut next, "truncate"), "ok");
    assert_eq!(ask(&mut owner, "word 64"), "0x0");
    assert_eq!(ask(&mut next, "mutex-try"), "Clean", "two are in");
}
