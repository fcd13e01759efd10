//! How the name of a semaphore ends, and who keeps the semaphore.

use std::fs;

use course::{errno, scratch};
use lesson_5_races_and_semaphores::sys::{Page, Semaphore, unlink};
use nix::errno::Errno;

use crate::named_semaphores::{NEW, file};
use crate::{actor, ask, ordinary_actor};

/// `sem_unlink` removes the name at once, and processes that have the semaphore open keep it.
///
/// - call: `sem_unlink`, success
/// - source: sem_unlink(3), DESCRIPTION
/// - level: POSIX
#[test]
fn sem_unlink_removes_the_name_at_once_and_processes_that_have_the_semaphore_open_keep_it() {
    let scratch = scratch();
    let name = scratch.object("unlinked");
    let mut old = [(); 2].map(|()| actor(&scratch));
    for process in &mut old {
        assert_eq!(ask(process, &format!("sem-open {name} 600 3")), "ok");
    }
    unlink(&name).unwrap();
    assert_eq!(errno(Semaphore::open(&name, None).map(drop)), Errno::ENOENT);
    let new = Semaphore::open(&name, NEW).unwrap();
    assert_eq!(ask(&mut old[0], "sem-post"), "ok");
    assert_eq!(old.each_mut().map(|process| ask(process, "sem-value")), ["4", "4"]);
    assert_eq!(new.value().unwrap(), 3, "another semaphore");
}

/// Removing the file of a named semaphore removes its name.
///
/// - call: `sem_unlink`, edge
/// - source: sem_overview(7), Accessing named semaphores via the filesystem
/// - level: observed (glibc)
#[test]
fn removing_the_file_of_a_named_semaphore_removes_its_name() {
    let scratch = scratch();
    let name = scratch.object("removed");
    let old = Semaphore::open(&name, NEW).unwrap();
    fs::remove_file(file(&name)).unwrap();
    assert_eq!(errno(Semaphore::open(&name, None).map(drop)), Errno::ENOENT);
    old.post().unwrap();
    let new = Semaphore::open(&name, NEW).unwrap();
    assert_eq!([&old, &new].map(|semaphore| semaphore.value().unwrap()), [4, 3]);
}

/// `sem_unlink` of a missing name fails with `ENOENT`.
///
/// - call: `sem_unlink`, error
/// - source: sem_unlink(3), ERRORS
/// - level: POSIX
#[test]
fn sem_unlink_of_a_missing_name_fails_with_enoent() {
    assert_eq!(errno(unlink(&scratch().object("missing"))), Errno::ENOENT);
}

/// `sem_unlink` of another user's semaphore fails with `EACCES`.
///
/// - call: `sem_unlink`, error
/// - source: sem_unlink(3), ERRORS
/// - level: POSIX
#[test]
#[ignore = "needs root: a semaphore of another user's"]
fn sem_unlink_of_another_users_semaphore_fails_with_eacces() {
    assert!(course::is_root(), "run this as root");
    let scratch = scratch();
    let name = scratch.object("root-s");
    let _semaphore = Semaphore::open(&name, NEW).unwrap();
    let mut actor = ordinary_actor(&scratch);
    assert_eq!(ask(&mut actor, &format!("sem-unlink {name}")), "EACCES");
    assert!(file(&name).exists());
}

/// The last `sem_close` unmaps the semaphore and leaves its file.
///
/// - call: `sem_close`, success
/// - source: sem_close(3), DESCRIPTION
/// - level: observed (glibc)
#[test]
fn the_last_sem_close_unmaps_the_semaphore_and_leaves_its_file() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("closed"));
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 1")), "ok");
    assert_eq!(ask(&mut actor, &format!("sem-open {name}")), "ok"); // And the first is closed.
    assert_eq!(ask(&mut actor, "sem-try"), "ok", "one opening is left");
    assert_ne!(ask(&mut actor, "mapped"), "nothing");
    assert_eq!(ask(&mut actor, "sem-close"), "ok");
    assert_eq!(ask(&mut actor, "mapped"), "nothing");
    assert_eq!(ask(&mut actor, &format!("sem-open {name}")), "ok");
    assert_eq!(ask(&mut actor, "sem-value"), "0", "with the count that it had");
}

/// `sem_close` of an unnamed semaphore fails with `EINVAL`.
///
/// - call: `sem_close`, error
/// - source: sem_close(3), ERRORS
/// - level: Linux (POSIX allows the error)
#[test]
fn sem_close_of_an_unnamed_semaphore_fails_with_einval() {
    let semaphore = Semaphore::in_page(&Page::private().unwrap(), 0);
    assert_eq!(errno(semaphore.close()), Errno::EINVAL);
    let name = scratch().object("named");
    Semaphore::open(&name, NEW).unwrap().close().expect("a named one");
    unlink(&name).unwrap();
}

/// `exec` closes a named semaphore and posts nothing.
///
/// - call: `sem_close`, edge
/// - source: sem_close(3), NOTES
/// - level: POSIX
#[test]
fn exec_closes_a_named_semaphore_and_posts_nothing() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("left"));
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 1")), "ok");
    assert_eq!(ask(&mut actor, "sem-try"), "ok");
    // The process that made it has another name in its mappings.
    let in_shm = |path: &String| path.starts_with("/dev/shm/sem") || path.contains(&name[1..]);
    let maps_it = |process: u32| {
        let mappings = page_view::mappings_of(process).unwrap();
        mappings.iter().filter_map(|mapping| mapping.path.as_ref()).any(in_shm)
    };
    assert!(maps_it(actor.id()), "before");
    assert_eq!(ask(&mut actor, "exec"), "ok");
    assert!(!maps_it(actor.id()), "after");
    assert_eq!(Semaphore::open(&name, None).unwrap().value().unwrap(), 0);
}

/// A named semaphore survives a killed process, with the count that the process left.
///
/// - call: `sem_open`, success
/// - source: sem_overview(7), Persistence
/// - level: Linux
#[test]
fn a_named_semaphore_survives_a_killed_process_with_the_count_that_the_process_left() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("outlives"));
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 3")), "ok");
    assert_eq!(ask(&mut actor, "sem-try"), "ok");
    actor.kill();
    assert_eq!(Semaphore::open(&name, None).unwrap().value().unwrap(), 2);
}
