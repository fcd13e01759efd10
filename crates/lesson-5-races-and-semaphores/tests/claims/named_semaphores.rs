//! `sem_open`: what it makes, and when it fails.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use course::{errno, scratch};
use lesson_5_races_and_semaphores::sys::{Create, Semaphore};
use nix::errno::Errno;
use nix::sys::signal::Signal;

use crate::{actor, ask, observed, ordinary_actor};

pub(crate) const NEW: Option<Create> = Some(Create { exclusive: false, mode: 0o600, value: 3 });
const EXCLUSIVE: Option<Create> = Some(Create { exclusive: true, mode: 0o600, value: 3 });

/// The file of the semaphore `name`.
pub(crate) fn file(name: &str) -> PathBuf {
    format!("/dev/shm/sem.{}", name.trim_start_matches('/')).into()
}

/// `sem_open` makes a file in `/dev/shm`, and the umask clears bits of its mode.
///
/// - call: `sem_open`, success
/// - source: sem_open(3), DESCRIPTION; sem_overview(7), DESCRIPTION
/// - level: POSIX (the file: Linux; glibc puts `sem.` in front of its name, musl 1.2.6 nothing)
/// - tutorials say: With `O_CREAT` and the mode 0666, `sem_open` lets every user in.
#[test]
fn sem_open_makes_a_file_in_dev_shm_and_the_umask_clears_bits_of_its_mode() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("masked"));
    assert_eq!(ask(&mut actor, "umask 022"), "ok");
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 666 1")), "ok");
    let metadata = fs::metadata(file(&name)).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o644, "other users can read it only");
    assert_eq!(metadata.len(), size_of::<libc::sem_t>() as u64);
}

/// `sem_open` of an existing semaphore ignores the mode and the value.
///
/// - call: `sem_open`, edge
/// - source: sem_open(3), DESCRIPTION
/// - level: POSIX
#[test]
fn sem_open_of_an_existing_semaphore_ignores_the_mode_and_the_value() {
    let (scratch, create) = (scratch(), |value| Some(Create { exclusive: false, mode: 0, value }));
    let name = scratch.object("existing");
    let first = Semaphore::open(&name, NEW).unwrap();
    let second = Semaphore::open(&name, create(u32::MAX)).unwrap();
    assert_eq!(second.value().unwrap(), 3, "u32::MAX is not legal, and not checked");
    first.post().unwrap();
    assert_eq!(second.value().unwrap(), 4, "one semaphore");
    assert_eq!(first.address(), second.address(), "mapped once");
}

/// `sem_open` with a value above `SEM_VALUE_MAX` fails with `EINVAL`.
///
/// - call: `sem_open`, error
/// - source: sem_open(3), ERRORS
/// - level: POSIX
#[test]
fn sem_open_with_a_value_above_sem_value_max_fails_with_einval() {
    let create = Create { exclusive: false, mode: 0o600, value: i32::MAX.cast_unsigned() + 1 };
    let scratch = scratch();
    let name = scratch.object("too-many");
    assert_eq!(errno(Semaphore::open(&name, Some(create)).map(drop)), Errno::EINVAL);
    assert!(!file(&name).exists());
    let largest = Create { value: i32::MAX.cast_unsigned(), ..create };
    Semaphore::open(&name, Some(largest)).expect("the largest value");
}

/// `sem_open` with `O_EXCL` of an existing semaphore fails with `EEXIST`.
///
/// - call: `sem_open`, error
/// - source: sem_open(3), ERRORS
/// - level: POSIX
#[test]
fn sem_open_with_o_excl_of_an_existing_semaphore_fails_with_eexist() {
    let scratch = scratch();
    let name = scratch.object("taken");
    let _taken = Semaphore::open(&name, EXCLUSIVE).unwrap();
    assert_eq!(errno(Semaphore::open(&name, EXCLUSIVE).map(drop)), Errno::EEXIST);
}

/// `sem_open` fails with `EACCES` unless the user may both read and write.
///
/// - call: `sem_open`, error
/// - source: sem_open(3), DESCRIPTION; sem_open(3), ERRORS
/// - level: Linux
/// - tutorials say: With `O_CREAT` and the mode 0666, `sem_open` lets every user in.
#[test]
fn sem_open_fails_with_eacces_unless_the_user_may_both_read_and_write() {
    let scratch = scratch();
    let mut actor = ordinary_actor(&scratch);
    for (mode, answer) in [("400", "EACCES"), ("200", "EACCES"), ("600", "ok")] {
        let name = scratch.object(mode);
        assert_eq!(
            ask(&mut actor, &format!("sem-open {name} {mode} 1")),
            "ok",
            "the maker always gets it"
        );
        assert_eq!(ask(&mut actor, &format!("sem-open {name}")), answer, "mode {mode}");
    }
}

/// `sem_open` without a free descriptor fails with `EMFILE`, and a `sem_open` that succeeds leaves
/// no descriptor open.
///
/// - call: `sem_open`, error
/// - source: sem_open(3), ERRORS
/// - level: POSIX (that none stays open: observed, glibc)
#[test]
fn sem_open_without_a_free_descriptor_fails_with_emfile_and_a_sem_open_that_succeeds_leaves_no_descriptor_open()
 {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("semaphore"));
    let before = ask(&mut actor, "descriptors");
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 1")), "ok");
    assert_eq!(ask(&mut actor, "descriptors"), before);
    assert_eq!(ask(&mut actor, "limit descriptors 3"), "ok");
    let another = scratch.object("another");
    assert_eq!(ask(&mut actor, &format!("sem-open {another} 600 1")), "EMFILE");
}

/// `sem_open` fails with `ENOMEM` if the address space has no room.
///
/// - call: `sem_open`, error
/// - source: sem_open(3), ERRORS
/// - level: Linux
#[test]
fn sem_open_fails_with_enomem_if_the_address_space_has_no_room() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("semaphore"));
    drop(Semaphore::open(&name, NEW).unwrap());
    assert_eq!(ask(&mut actor, "limit space 1"), "ok");
    assert_eq!(ask(&mut actor, &format!("sem-open {name}")), "ENOMEM");
}

/// `/proc/PID/maps` shows a semaphore's name, except in the process that made it.
///
/// - call: `/proc/PID/maps`, edge
/// - source: glibc, sysdeps/pthread/sem_open.c
/// - level: observed (glibc 2.36)
/// - tutorials say: You find the semaphore's name in the maps of the process that made it.
#[test]
fn proc_pid_maps_shows_a_semaphores_name_except_in_the_process_that_made_it() {
    let scratch = scratch();
    let (mut maker, mut other) = (actor(&scratch), actor(&scratch));
    let name = scratch.object("shown");
    assert_eq!(ask(&mut maker, &format!("sem-open {name} 600 1")), "ok");
    assert_eq!(ask(&mut other, &format!("sem-open {name}")), "ok");
    assert_eq!(ask(&mut other, "mapped"), file(&name).to_str().unwrap());
    observed(ask(&mut maker, "mapped").contains(&name[1..]), false, true);
}

/// `sem_open` accepts an empty file, and the first use is `SIGBUS`.
///
/// - call: `sem_open`, edge
/// - source: glibc, sysdeps/pthread/sem_routines.c
/// - level: observed (glibc 2.36)
#[test]
fn sem_open_accepts_an_empty_file_and_the_first_use_is_sigbus() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("short"));
    fs::write(file(&name), "").unwrap();
    let opened = ask(&mut actor, &format!("sem-open {name}"));
    observed(opened.as_str(), "ok", "EINVAL");
    actor.tell("sem-try");
    observed(actor.end().signal, Some(Signal::SIGBUS), None);
}

/// A forked child can use the semaphore that its parent opened.
///
/// - call: `sem_open`, success
/// - source: POSIX, fork(); fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_forked_child_can_use_the_semaphore_that_its_parent_opened() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("inherited"));
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 0")), "ok");
    assert_eq!(ask(&mut actor, "sem-fork-posts"), "ok");
    assert_eq!(ask(&mut actor, "sem-value"), "1");
}
