//! A process that is killed after it was woken, and before it has run on.

use std::time::{Duration, Instant};

use common::Scratch;
use course::{Running, scratch};
use lesson_5_races_and_semaphores::second_process::until_waiting_in;
use nix::poll::{PollTimeout, poll};
use nix::sys::ptrace;
use nix::sys::utsname::uname;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::{actor, ask, ask_and_wait, begin, in_time, mutexes, observed, sleeps};

fn process(actor: &Running) -> Pid {
    Pid::from_raw(actor.id().try_into().unwrap())
}

/// Traces an actor that sleeps in `futex`: when it is woken, it stops at the end of the call. Only
/// this thread can then let it go on.
fn stop_when_woken(sleeper: &Running) {
    let process = process(sleeper);
    ptrace::seize(process, ptrace::Options::PTRACE_O_TRACESYSGOOD).unwrap();
    ptrace::interrupt(process).unwrap();
    assert!(matches!(waitpid(process, None).unwrap(), WaitStatus::PtraceEvent(..)));
    ptrace::syscall(process, None).unwrap(); // It makes the interrupted call again, stops in it ...
    assert_eq!(waitpid(process, None).unwrap(), WaitStatus::PtraceSyscall(process));
    ptrace::syscall(process, None).unwrap(); // ... and goes on to sleep.
    until_waiting_in(sleeper.id(), libc::SYS_futex).unwrap();
}

/// Returns once the actor was woken and has stopped. If another process was woken in its place, it never is.
fn until_woken(sleeper: &Running) {
    let process = process(sleeper);
    let deadline = Instant::now() + Duration::from_mins(1);
    let stopped = loop {
        match waitpid(process, Some(WaitPidFlag::WNOHANG)).unwrap() {
            WaitStatus::StillAlive => assert!(Instant::now() < deadline, "it was not woken"),
            stopped => break stopped,
        }
        poll(&mut [], PollTimeout::from(1_u8)).unwrap();
    };
    assert_eq!(stopped, WaitStatus::PtraceSyscall(process));
}

/// If a sleeper is killed after `sem_post` woke it, the next sleeper is not woken.
///
/// - call: `sem_post`, edge
/// - source: glibc, nptl/sem_post.c (one post wakes one sleeper)
/// - level: observed (glibc 2.36)
#[test]
fn if_a_sleeper_is_killed_after_sem_post_woke_it_the_next_sleeper_is_not_woken() {
    let scratch = scratch();
    let [mut first, mut second, mut poster] = [(); 3].map(|()| actor(&scratch));
    ask(&mut poster, "sem-init 1 0");
    begin(&mut first, "sem-wait");
    sleeps(&first);
    stop_when_woken(&first);
    begin(&mut second, "sem-wait");
    sleeps(&second);
    assert_eq!(ask(&mut poster, "sem-post"), "ok");
    until_woken(&first);
    first.kill();
    let (call, count) = (sleeps(&second), ask(&mut poster, "sem-value"));
    observed((call, count.as_str()), (libc::SYS_futex, "1"), (libc::SYS_read, "0"));
    if call == libc::SYS_futex {
        assert_eq!(ask(&mut poster, "sem-post"), "ok");
    }
    assert_eq!(second.hear(), "ok", "another post wakes it");
}

/// If a sleeper is killed after it was woken for a robust mutex that is still free, the kernel
/// wakes the next sleeper.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, handle_futex_death (the pending lock)
/// - level: observed
#[test]
fn if_a_sleeper_is_killed_after_it_was_woken_for_a_robust_mutex_that_is_still_free_the_kernel_wakes_the_next_sleeper()
 {
    let scratch = scratch();
    let (_owner, first, mut second) = one_woken_and_one_asleep(&scratch, "mutex-lock");
    first.kill();
    assert_eq!(second.hear(), "Clean");
}

/// If a process locks a robust mutex after an unlock and before the woken sleeper is killed, the
/// next sleeper may sleep on.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, handle_futex_death (it wakes nobody, because the lock word names
///   another owner)
/// - level: observed (only on Linux 6.18.44; Linux 6.1.192, 6.12.118 and 7.2.13 wake the next
///   sleeper: the next unlock lets it lock)
/// - holds: in 6.18
#[test]
fn if_a_process_locks_a_robust_mutex_after_an_unlock_and_before_the_woken_sleeper_is_killed_the_next_sleeper_may_sleep_on()
 {
    let scratch = scratch();
    let (mut owner, mut second, stranded) = one_left(&scratch, "mutex-lock");
    as_before(stranded);
    if !stranded {
        assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
        assert_eq!(second.hear(), "Clean", "it has said again that it waits: the unlock wakes it");
        return;
    }
    for _ in 0..2 {
        assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
        assert_eq!(sleeps(&second), libc::SYS_futex, "it sleeps on");
        assert_eq!(mutexes::lock_word(&mut owner), 0, "and the mutex is free");
        assert_eq!(
            ask(&mut owner, "mutex-try"),
            "Clean",
            "the next unlock does not wake it, either"
        );
    }
    let mut third = actor(&scratch);
    begin(&mut third, "mutex-lock");
    sleeps(&third);
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    assert_eq!(
        second.hear(),
        "Clean",
        "a third process has waited: the unlock wakes the first sleeper"
    );
}

/// A sleeper of a robust mutex that was left asleep sleeps on even after the next owner's death.
///
/// - call: `pthread_mutexattr_setrobust`, edge
/// - source: kernel/futex/core.c, handle_futex_death (it wakes nobody, because the lock word says
///   that nobody waits)
/// - level: observed (only on Linux 6.18.44; Linux 6.1.192, 6.12.118 and 7.2.13 leave no sleeper
///   asleep: the death wakes it)
/// - holds: in 6.18
#[test]
fn a_sleeper_of_a_robust_mutex_that_was_left_asleep_sleeps_on_even_after_the_next_owners_death() {
    const FUTEX_OWNER_DIED: u64 = 0x4000_0000;
    let scratch = scratch();
    let (owner, mut second, stranded) = one_left(&scratch, "mutex-lock");
    as_before(stranded);
    owner.kill();
    if !stranded {
        assert_eq!(second.hear(), "OwnerDied");
        return;
    }
    assert_eq!(sleeps(&second), libc::SYS_futex, "it sleeps on");
    let [mut next, mut third] = [(); 2].map(|()| actor(&scratch));
    assert_eq!(mutexes::lock_word(&mut next), FUTEX_OWNER_DIED, "and no process holds the mutex");
    assert_eq!(ask(&mut next, "mutex-try"), "OwnerDied");
    assert_eq!(ask(&mut next, "mutex-consistent"), "ok");
    begin(&mut third, "mutex-lock");
    sleeps(&third);
    assert_eq!(ask(&mut next, "mutex-unlock"), "ok");
    assert_eq!(second.hear(), "Clean", "a third process has waited");
}

/// A sleeper of a robust mutex that was left asleep gets the lock if it waits with a deadline and
/// tries again.
///
/// - call: `pthread_mutex_clocklock`, edge
/// - source: POSIX.1-2024, pthread_mutex_clocklock() (the deadline); glibc,
///   nptl/pthread_mutex_timedlock.c
/// - level: observed (only on Linux 6.18.44; Linux 6.1.192, 6.12.118 and 7.2.13 leave no sleeper
///   asleep)
/// - holds: in 6.18
#[test]
fn a_sleeper_of_a_robust_mutex_that_was_left_asleep_gets_the_lock_if_it_waits_with_a_deadline_and_tries_again()
 {
    for (ends, answer) in [(false, "Clean"), (true, "OwnerDied")] {
        in_time(|milliseconds| {
            let scratch = scratch();
            let end = Instant::now() + Duration::from_millis(milliseconds);
            let until = format!("mutex-lock-until-monotonic {milliseconds}");
            let (mut owner, mut second, stranded) = one_left(&scratch, &until);
            if ends {
                owner.kill();
            } else {
                assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
            }
            if Instant::now() >= end {
                return false; // The sleeper's own deadline may have ended its sleep.
            }
            as_before(stranded);
            if !stranded {
                assert_eq!(second.hear(), answer, "it is woken in time");
                return true;
            }
            assert_eq!(second.hear(), "ETIMEDOUT", "no process has woken it");
            assert_eq!(ask_and_wait(&mut second, "mutex-lock-until-monotonic 30000"), answer);
            true
        });
    }
}

/// A process sleeps for a robust mutex by the command `second`. Another process was woken in its place
/// and is dead, and the owner has locked again before that death. Whether the kernel has left the sleeper
/// asleep. If the kernel has woken the sleeper, it has said again in the lock word that it waits.
fn one_left(scratch: &Scratch, second: &str) -> (Running, Running, bool) {
    const FUTEX_WAITERS: u64 = 0x8000_0000;
    let (mut owner, first, second) = one_woken_and_one_asleep(scratch, second);
    assert_eq!(ask(&mut owner, "mutex-try"), "Clean");
    assert_eq!(mutexes::lock_word(&mut owner) & FUTEX_WAITERS, 0, "nobody says that it waits");
    first.kill();
    sleeps(&second);
    let stranded = mutexes::lock_word(&mut owner) & FUTEX_WAITERS == 0;
    (owner, second, stranded)
}

/// Asserts that the kernel did what it has done before.
fn as_before(stranded: bool) {
    if let Some(known) = strands() {
        assert_eq!(stranded, known, "this kernel has done otherwise before");
    }
}

/// Whether this kernel has stranded the sleeper when it was tried before.
fn strands() -> Option<bool> {
    let name = uname().unwrap();
    let (release, version) = (name.release().to_string_lossy(), name.version().to_string_lossy());
    if ["6.1.192", "6.12.118", "7.2.13"].iter().any(|tried| version.contains(tried)) {
        return Some(false); // Debian's kernels tell their whole number in the version.
    }
    let patch = release.strip_prefix("6.18.")?.split(|it: char| !it.is_ascii_digit()).next()?;
    (patch.parse::<u32>().ok()? <= 44).then_some(true)
}

/// An owner has unlocked a robust mutex for which two processes slept. The first was woken and has
/// stopped before it could run on; the second, which waits by the command `wait`, sleeps on.
fn one_woken_and_one_asleep(scratch: &Scratch, wait: &str) -> (Running, Running, Running) {
    let (mut owner, mut first) = mutexes::two_and_locked(scratch, "shared robust normal");
    let mut second = actor(scratch);
    begin(&mut first, "mutex-lock");
    sleeps(&first);
    stop_when_woken(&first);
    begin(&mut second, wait);
    sleeps(&second);
    assert_eq!(ask(&mut owner, "mutex-unlock"), "ok");
    until_woken(&first);
    sleeps(&second);
    (owner, first, second)
}
