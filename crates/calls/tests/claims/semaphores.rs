//! `sem_timedwait` and `sem_getvalue`.

use std::time::{Duration, Instant};

use course::{errno, scratch};
use lesson_5_races_and_semaphores::sys::{Page, Semaphore};
use nix::errno::Errno;

use crate::actors::with_a_page;
use crate::scenario;

/// A new semaphore of this process's own.
fn semaphore(value: u32) -> Semaphore {
    let semaphore = Semaphore::in_page(&Page::private().unwrap(), 0);
    semaphore.init(0, value).unwrap();
    semaphore
}

/// `sem_post` wakes a process that sleeps in `sem_timedwait`, long before its deadline.
///
/// - call: `sem_timedwait`, success
/// - source: sem_wait(3), DESCRIPTION
/// - level: POSIX
#[test]
fn sem_post_wakes_a_process_that_sleeps_in_sem_timedwait_long_before_its_deadline() {
    let scratch = scratch();
    let [mut waiter, mut poster] = with_a_page(&scratch);
    poster.does("sem-init 1 0");
    let day = Duration::from_secs(24 * 60 * 60);
    let start = Instant::now();
    waiter.sleeps(&format!("sem-wait-until {}", day.as_millis()));
    poster.does("sem-post");
    assert_eq!(waiter.hear(), "ok");
    assert!(start.elapsed() < day);
    assert_eq!(poster.ask("sem-value"), "0", "it took what was posted");
}

/// `sem_timedwait` with a time before 1970 fails with `ETIMEDOUT` if the count is 0.
///
/// - call: `sem_timedwait`, error
/// - source: sem_wait(3), ERRORS
/// - level: observed (glibc)
#[test]
fn sem_timedwait_with_a_time_before_1970_fails_with_etimedout_if_the_count_is_0() {
    let before = libc::timespec { tv_sec: -1, tv_nsec: 0 };
    assert_eq!(errno(semaphore(0).wait_until(&before)), Errno::ETIMEDOUT);
    let semaphore = semaphore(1);
    semaphore.wait_until(&before).unwrap();
    assert_eq!(semaphore.value().unwrap(), 0, "a count above 0 needs no time");
}

/// `sem_post` succeeds and adds 1 while signals come and are handled.
///
/// - call: `sem_post`, edge
/// - source: POSIX, sem_post(), ERRORS (there is no EINTR); signal-safety(7), DESCRIPTION
/// - level: POSIX
#[test]
fn sem_post_succeeds_and_adds_1_while_signals_come_and_are_handled() {
    let ended = scenario("sem-post-and-signals", &scratch()).run();
    assert_eq!(ended.value("handled"), "100", "{ended:?}");
    assert_eq!(ended.value("posts"), ended.value("value"), "{ended:?}");
}

/// While processes wait for a semaphore, `sem_getvalue` reports 0 and no negative count.
///
/// - call: `sem_getvalue`, success
/// - source: sem_getvalue(3), DESCRIPTION
/// - level: Linux (POSIX also allows the negative number of waiting processes)
#[test]
fn while_processes_wait_for_a_semaphore_sem_getvalue_reports_0_and_no_negative_count() {
    let scratch = scratch();
    let [mut first, mut second, mut asks] = with_a_page(&scratch);
    asks.does("sem-init 1 0");
    first.sleeps("sem-wait");
    second.sleeps("sem-wait");
    assert_eq!(asks.ask("sem-value"), "0");
    asks.does("sem-post");
    asks.does("sem-post");
    assert_eq!((first.hear(), second.hear()), ("ok".into(), "ok".into()));
}
