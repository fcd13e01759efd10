//! `sem_init` and the calls on semaphores of both kinds.

use std::time::{Duration, SystemTime};

use course::{Running, errno, scratch};
use lesson_5_races_and_semaphores::sys::{Page, Semaphore};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{actor, ask, ask_and_wait, begin, in_time, observed, sleeps};

const LARGEST: u32 = i32::MAX.cast_unsigned();

/// A semaphore of this process's own that starts at `value`.
pub(crate) fn semaphore(value: u32) -> Semaphore {
    let semaphore = Semaphore::in_page(&Page::private().unwrap(), 0);
    semaphore.init(0, value).unwrap();
    semaphore
}

pub(crate) fn signal(process: &Running) {
    kill(Pid::from_raw(process.id().try_into().unwrap()), Signal::SIGUSR1).unwrap();
}

/// How often a process has gone to sleep so far.
pub(crate) fn times_asleep(process: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}

/// `sem_wait` takes 1 from the count and `sem_post` adds 1.
///
/// - call: `sem_wait`, success
/// - source: sem_wait(3), DESCRIPTION; sem_post(3), DESCRIPTION
/// - level: POSIX
#[test]
fn sem_wait_takes_1_from_the_count_and_sem_post_adds_1() {
    let semaphore = semaphore(2);
    semaphore.wait().unwrap();
    semaphore.try_wait().unwrap();
    assert_eq!(semaphore.value().unwrap(), 0);
    semaphore.post().unwrap();
    assert_eq!(semaphore.value().unwrap(), 1);
}

/// `sem_init` with a value above `SEM_VALUE_MAX` fails with `EINVAL`.
///
/// - call: `sem_init`, error
/// - source: sem_init(3), ERRORS
/// - level: POSIX
#[test]
fn sem_init_with_a_value_above_sem_value_max_fails_with_einval() {
    let semaphore = semaphore(7);
    assert_eq!(errno(semaphore.init(0, LARGEST + 1)), Errno::EINVAL);
    assert_eq!(semaphore.value().unwrap(), 7, "unchanged");
    semaphore.init(0, LARGEST).unwrap();
    assert_eq!(semaphore.value().unwrap(), i32::MAX);
}

/// `sem_post` at `SEM_VALUE_MAX` fails with `EOVERFLOW`.
///
/// - call: `sem_post`, error
/// - source: POSIX.1-2024, sem_post(); sem_post(3), ERRORS
/// - level: POSIX
#[test]
fn sem_post_at_sem_value_max_fails_with_eoverflow() {
    let semaphore = semaphore(LARGEST);
    assert_eq!(errno(semaphore.post()), Errno::EOVERFLOW);
    assert_eq!(semaphore.value().unwrap(), i32::MAX, "unchanged");
    self::semaphore(LARGEST - 1).post().expect("one less");
}

/// `sem_trywait` fails with `EAGAIN` if the count is 0.
///
/// - call: `sem_trywait`, error
/// - source: sem_wait(3), ERRORS
/// - level: POSIX
#[test]
fn sem_trywait_fails_with_eagain_if_the_count_is_0() {
    assert_eq!(errno(semaphore(0).try_wait()), Errno::EAGAIN);
    semaphore(1).try_wait().expect("the count is 1");
}

/// With any `pshared` other than 0, a post wakes another process.
///
/// - call: `sem_init`, success
/// - source: sem_init(3), DESCRIPTION
/// - level: POSIX
#[test]
fn with_any_pshared_other_than_0_a_post_wakes_another_process() {
    for pshared in ["1", "7"] {
        let scratch = scratch();
        let (mut waiter, mut poster) = (actor(&scratch), actor(&scratch));
        ask(&mut poster, &format!("sem-init {pshared} 0"));
        begin(&mut waiter, "sem-wait");
        sleeps(&waiter);
        assert_eq!(ask(&mut poster, "sem-post"), "ok");
        assert_eq!(waiter.hear(), "ok");
    }
}

/// With `pshared` 0, another process sees the count but is not woken.
///
/// - call: `sem_init`, edge
/// - source: sem_init(3), DESCRIPTION; futex(2), DESCRIPTION (FUTEX_PRIVATE_FLAG)
/// - level: observed (glibc)
/// - tutorials say: A semaphore or a mutex works between processes if it is in shared memory.
/// - article says: Semaphores can be used to prevent races.
#[test]
fn with_pshared_0_another_process_sees_the_count_but_is_not_woken() {
    let scratch = scratch();
    let (mut waiter, mut poster) = (actor(&scratch), actor(&scratch));
    in_time(|milliseconds| {
        ask(&mut poster, "sem-init 0 0");
        let end = SystemTime::now() + Duration::from_millis(milliseconds);
        begin(&mut waiter, &format!("sem-wait-until {milliseconds}"));
        sleeps(&waiter);
        assert_eq!(ask(&mut poster, "sem-post"), "ok");
        let in_time = SystemTime::now() < end; // Which is before the waiter's own deadline.
        assert_eq!(waiter.hear(), "ETIMEDOUT", "the count is 1, and the waiter was not woken");
        in_time
    });
    assert_eq!(ask(&mut waiter, "sem-value"), "1");
    assert_eq!(ask(&mut waiter, "sem-try"), "ok", "a new call sees the count");
}

/// One post wakes exactly one of three waiting processes and lets it in.
///
/// - call: `sem_post`, success
/// - source: sem_post(3), DESCRIPTION; sem_getvalue(3), DESCRIPTION
/// - level: POSIX (that the others sleep on: observed; the value 0: Linux)
#[test]
fn one_post_wakes_exactly_one_of_three_waiting_processes_and_lets_it_in() {
    let scratch = scratch();
    let mut waiters = [(); 3].map(|()| actor(&scratch));
    let mut poster = actor(&scratch);
    ask(&mut poster, "sem-init 1 0");
    for waiter in &mut waiters {
        assert_eq!(ask(waiter, "handle-sigusr1 interrupt"), "ok");
        begin(waiter, "sem-wait");
        sleeps(waiter);
    }
    assert_eq!(
        ask(&mut poster, "sem-value"),
        "0",
        "three wait, and Linux reports no negative count"
    );
    // A waiter that is woken in vain would sleep again: how often each has gone to sleep tells.
    let before = waiters.each_ref().map(times_asleep);
    assert_eq!(ask(&mut poster, "sem-post"), "ok");
    let calls = waiters.each_ref().map(sleeps);
    let after = waiters.each_ref().map(times_asleep);
    let undisturbed = (0..3).filter(|waiter| before[*waiter] == after[*waiter]).count();
    assert_eq!(undisturbed, 2, "{before:?} {after:?}");
    assert_eq!(calls.iter().filter(|call| **call == libc::SYS_futex).count(), 2, "{calls:?}");
    waiters.iter().for_each(signal); // Ends the waits that go on.
    let mut ends = waiters.map(|mut waiter| {
        loop {
            match waiter.hear() {
                line if line == "handled" => {}
                line => break line,
            }
        }
    });
    ends.sort();
    assert_eq!(ends, ["EINTR", "EINTR", "ok"]);
}

/// A process that is killed while it waits takes nothing from the count.
///
/// - call: `sem_wait`, edge
/// - source: sem_wait(3), DESCRIPTION
/// - level: observed (glibc)
#[test]
fn a_process_that_is_killed_while_it_waits_takes_nothing_from_the_count() {
    let scratch = scratch();
    let (mut waiter, mut poster) = (actor(&scratch), actor(&scratch));
    ask(&mut poster, "sem-init 1 0");
    begin(&mut waiter, "sem-wait");
    sleeps(&waiter);
    waiter.kill();
    assert_eq!(ask(&mut poster, "sem-post"), "ok");
    assert_eq!(ask(&mut poster, "sem-value"), "1");
}

/// A killed holder leaves the count at 0, and any process can post.
///
/// - call: `sem_wait`, edge
/// - source: sem_overview(7), DESCRIPTION
/// - level: observed (glibc)
/// - tutorials say: The kernel releases the semaphore of a process that dies.
#[test]
fn a_killed_holder_leaves_the_count_at_0_and_any_process_can_post() {
    let scratch = scratch();
    let (mut holder, mut next) = (actor(&scratch), actor(&scratch));
    ask(&mut holder, "sem-init 1 1");
    assert_eq!(ask(&mut holder, "sem-try"), "ok");
    holder.kill();
    assert_eq!(ask_and_wait(&mut next, "sem-wait-until 200"), "ETIMEDOUT");
    assert_eq!(ask(&mut next, "sem-value"), "0");
    assert_eq!(ask(&mut next, "sem-post"), "ok", "any process may post");
    assert_eq!(ask(&mut next, "sem-try"), "ok");
}

/// If the holder of a semaphore is killed, the processes that wait for it sleep on.
///
/// - call: `sem_wait`, edge
/// - source: sem_overview(7), DESCRIPTION
/// - level: observed (glibc)
#[test]
fn if_the_holder_of_a_semaphore_is_killed_the_processes_that_wait_for_it_sleep_on() {
    let scratch = scratch();
    let [mut holder, mut first, mut second, mut poster] = [(); 4].map(|()| actor(&scratch));
    ask(&mut holder, "sem-init 1 1");
    assert_eq!(ask(&mut holder, "sem-try"), "ok");
    for waiter in [&mut first, &mut second] {
        begin(waiter, "sem-wait");
        sleeps(waiter);
    }
    holder.kill();
    assert_eq!([&first, &second].map(sleeps), [libc::SYS_futex; 2]);
    for waiter in [&mut first, &mut second] {
        assert_eq!(ask(&mut poster, "sem-post"), "ok");
        assert_eq!(waiter.hear(), "ok", "a post wakes the one that has waited longest");
    }
}

/// A second `sem_init` resets the count, so two processes hold the semaphore.
///
/// - call: `sem_init`, edge
/// - source: POSIX, sem_init() (undefined)
/// - level: observed (glibc)
#[test]
fn a_second_sem_init_resets_the_count_so_two_processes_hold_the_semaphore() {
    let scratch = scratch();
    let (mut holder, mut next) = (actor(&scratch), actor(&scratch));
    ask(&mut holder, "sem-init 1 1");
    assert_eq!(ask(&mut holder, "sem-try"), "ok");
    assert_eq!(ask(&mut next, "sem-try"), "EAGAIN");
    assert_eq!(ask(&mut next, "sem-init 1 1"), "ok");
    assert_eq!(ask(&mut next, "sem-try"), "ok", "the holder has not posted");
}

/// In a read-only mapping, `sem_getvalue` works and taking 1 is `SIGSEGV`.
///
/// - call: `sem_getvalue`, edge
/// - source: mmap(2), ERRORS (SIGSEGV)
/// - level: observed (glibc 2.36)
#[test]
fn in_a_read_only_mapping_sem_getvalue_works_and_taking_1_is_sigsegv() {
    let scratch = scratch();
    let [mut actor, mut poster] = [(); 2].map(|()| actor(&scratch));
    ask(&mut poster, "sem-init 1 0");
    assert_eq!(ask(&mut actor, "page-map-read-only"), "ok");
    assert_eq!(ask(&mut actor, "sem-value"), "0");
    let answer = ask(&mut actor, "sem-try");
    observed(answer.as_str(), "EAGAIN", "EAGAIN");
    assert_eq!(ask(&mut poster, "sem-post"), "ok");
    assert_eq!(ask(&mut actor, "sem-value"), "1");
    actor.tell("sem-try");
    assert_eq!(actor.end().signal, Some(Signal::SIGSEGV));
}

/// In glibc, any bytes are taken for a semaphore, but `sem_post` may abort the process.
///
/// - call: `sem_post`, edge
/// - source: glibc, sysdeps/nptl/futex-internal.h
/// - level: observed (glibc 2.36)
/// - manual says: sem_wait(3), sem_post(3): what is no semaphore fails with `EINVAL`.
#[test]
fn in_glibc_any_bytes_are_taken_for_a_semaphore_but_sem_post_may_abort_the_process() {
    let mut actor = actor(&scratch());
    assert_eq!(ask(&mut actor, "page-garbage"), "ok");
    let answer = ask(&mut actor, "sem-try");
    observed(answer.as_str(), "ok", "EINVAL");
    assert_eq!(ask(&mut actor, "page-garbage"), "ok");
    let value = ask(&mut actor, "sem-value");
    observed(value.parse::<i64>().is_ok(), true, false); // A count, and no EINVAL.
    actor.tell("sem-post");
    let ended = actor.end();
    observed(
        (ended.signal, ended.stdout.as_str()),
        (Some(Signal::SIGABRT), ""),
        (None, "EINVAL\n"),
    );
}

/// `sem_destroy` in glibc does nothing.
///
/// - call: `sem_destroy`, edge
/// - source: glibc, nptl/sem_destroy.c
/// - level: observed (glibc 2.36)
/// - manual says: sem_destroy(3): what is no semaphore fails with `EINVAL`.
#[test]
fn sem_destroy_in_glibc_does_nothing() {
    let semaphore = semaphore(1);
    let twice = [semaphore.destroy(), semaphore.destroy()];
    let twice = twice.map(|result| result.map_err(|error| error.raw_os_error()));
    observed(twice, [Ok(()), Ok(())], [Ok(()), Err(Some(libc::EINVAL))]);
    observed(semaphore.try_wait().is_ok(), true, false);
}
