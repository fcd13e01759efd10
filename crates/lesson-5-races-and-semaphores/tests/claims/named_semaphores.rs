//! `sem_open` and its names.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use common::Scratch;
use course::scratch;
use lesson_5_races_and_semaphores::sys::{Create, Page, Semaphore, unlink};
use nix::errno::Errno;
use nix::sys::signal::Signal;

use crate::{actor, ask, errno, observed, ordinary_actor};

const NEW: Option<Create> = Some(Create { exclusive: false, mode: 0o600, value: 3 });
const EXCLUSIVE: Option<Create> = Some(Create { exclusive: true, mode: 0o600, value: 3 });

/// The file of the semaphore `name`.
fn file(name: &str) -> PathBuf {
    format!("/dev/shm/sem.{}", name.trim_start_matches('/')).into()
}

/// A name of `length` characters after the slash.
fn name_of(scratch: &Scratch, length: usize) -> String {
    format!("{:x<width$}", scratch.object("long"), width = length + 1)
}

#[test]
fn sem_open_makes_a_file_in_dev_shm_with_the_mode_that_the_umask_leaves() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("masked"));
    assert_eq!(ask(&mut actor, "umask 022"), "ok");
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 666 1")), "ok");
    let metadata = fs::metadata(file(&name)).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o644, "others can read it, and not open it");
    assert_eq!(metadata.len(), size_of::<libc::sem_t>() as u64);
}

#[test]
fn sem_open_of_an_existing_one_ignores_mode_and_value() {
    let (scratch, create) = (scratch(), |value| Some(Create { exclusive: false, mode: 0, value }));
    let name = scratch.object("existing");
    let first = Semaphore::open(&name, NEW).unwrap();
    let second = Semaphore::open(&name, create(u32::MAX)).unwrap();
    assert_eq!(second.value().unwrap(), 3, "u32::MAX is no legal value, and nobody asks");
    first.post().unwrap();
    assert_eq!(second.value().unwrap(), 4, "one semaphore");
    assert_eq!(first.address(), second.address(), "mapped once");
}

#[test]
fn sem_open_with_a_value_above_the_largest_is_einval() {
    let create = Create { exclusive: false, mode: 0o600, value: i32::MAX.cast_unsigned() + 1 };
    let scratch = scratch();
    let name = scratch.object("too-many");
    assert_eq!(errno(Semaphore::open(&name, Some(create)).map(drop)), Errno::EINVAL);
    assert!(!file(&name).exists());
}

#[test]
fn sem_open_of_a_missing_name_is_enoent() {
    let name = scratch().object("missing");
    assert_eq!(errno(Semaphore::open(&name, None).map(drop)), Errno::ENOENT);
}

#[test]
fn sem_open_with_o_excl_of_an_existing_one_is_eexist() {
    let scratch = scratch();
    let name = scratch.object("taken");
    let _taken = Semaphore::open(&name, EXCLUSIVE).unwrap();
    assert_eq!(errno(Semaphore::open(&name, EXCLUSIVE).map(drop)), Errno::EEXIST);
}

#[test]
fn sem_open_needs_the_right_to_read_and_the_right_to_write_else_eacces() {
    let scratch = scratch();
    let mut actor = ordinary_actor(&scratch);
    for (mode, answer) in [("400", "EACCES"), ("200", "EACCES"), ("600", "ok")] {
        let name = scratch.object(mode);
        assert_eq!(
            ask(&mut actor, &format!("sem-open {name} {mode} 1")),
            "ok",
            "who makes it has it"
        );
        assert_eq!(ask(&mut actor, &format!("sem-open {name}")), answer, "mode {mode}");
    }
}

#[test]
fn sem_open_of_a_slash_or_of_nothing_is_einval() {
    for name in ["/", ""] {
        assert_eq!(errno(Semaphore::open(name, NEW).map(drop)), Errno::EINVAL, "{name:?}");
    }
}

#[test]
fn glibc_calls_a_second_slash_einval_and_does_without_the_first() {
    let scratch = scratch();
    let inner = scratch.object("a/b");
    observed(errno(Semaphore::open(&inner, NEW).map(drop)), Errno::EINVAL, Errno::ENOENT);
    let bare = scratch.object("bare");
    let opened = Semaphore::open(bare.trim_start_matches('/'), NEW).is_ok();
    observed(opened, true, false);
    assert_eq!(Semaphore::open(&bare, None).is_ok(), opened, "the same one");
}

#[test]
fn a_name_of_252_to_255_characters_is_enametoolong() {
    let scratch = scratch();
    let longest = name_of(&scratch, 251);
    drop(Semaphore::open(&longest, NEW).unwrap());
    unlink(&longest).unwrap();
    for length in 252..=255 {
        let name = name_of(&scratch, length);
        assert_eq!(errno(Semaphore::open(&name, NEW).map(drop)), Errno::ENAMETOOLONG, "{length}");
        assert_eq!(errno(unlink(&name)), Errno::ENAMETOOLONG, "{length}");
    }
}

#[test]
fn glibc_calls_a_name_of_256_characters_einval_and_cannot_find_it_to_unlink() {
    let scratch = scratch();
    let name = name_of(&scratch, 256);
    let opened = errno(Semaphore::open(&name, NEW).map(drop));
    observed(opened, Errno::EINVAL, Errno::ENAMETOOLONG);
    observed(errno(unlink(&name)), Errno::ENOENT, Errno::ENAMETOOLONG);
}

#[test]
fn sem_open_without_a_free_descriptor_is_emfile_and_none_stays_open() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("semaphore"));
    let before = ask(&mut actor, "descriptors");
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 1")), "ok");
    assert_eq!(ask(&mut actor, "descriptors"), before);
    assert_eq!(ask(&mut actor, "limit descriptors 3"), "ok");
    let another = scratch.object("another");
    assert_eq!(ask(&mut actor, &format!("sem-open {another} 600 1")), "EMFILE");
}

#[test]
fn sem_open_without_room_to_map_is_enomem() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("semaphore"));
    drop(Semaphore::open(&name, NEW).unwrap());
    assert_eq!(ask(&mut actor, "limit space 1"), "ok");
    assert_eq!(ask(&mut actor, &format!("sem-open {name}")), "ENOMEM");
}

#[test]
fn the_maker_s_table_of_mappings_does_not_show_the_name_and_everybody_else_s_does() {
    let scratch = scratch();
    let (mut maker, mut other) = (actor(&scratch), actor(&scratch));
    let name = scratch.object("shown");
    assert_eq!(ask(&mut maker, &format!("sem-open {name} 600 1")), "ok");
    assert_eq!(ask(&mut other, &format!("sem-open {name}")), "ok");
    assert_eq!(ask(&mut other, "mapped"), file(&name).to_str().unwrap());
    let makers = ask(&mut maker, "mapped");
    observed(makers.contains(&name[1..]), false, true);
}

#[test]
fn sem_open_takes_an_empty_file_and_the_first_use_is_sigbus() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("short"));
    fs::write(file(&name), "").unwrap();
    let opened = ask(&mut actor, &format!("sem-open {name}"));
    observed(opened.as_str(), "ok", "EINVAL");
    actor.tell("sem-try");
    observed(actor.end().signal, Some(Signal::SIGBUS), None);
}

#[test]
fn the_last_sem_close_unmaps_and_the_semaphore_stays() {
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

#[test]
fn sem_close_of_a_semaphore_without_a_name_is_einval() {
    let semaphore = Semaphore::in_page(&Page::private().unwrap(), 0);
    assert_eq!(errno(semaphore.close()), Errno::EINVAL);
}

#[test]
fn exec_closes_a_named_semaphore_and_gives_nothing_back() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("left"));
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 1")), "ok");
    assert_eq!(ask(&mut actor, "sem-try"), "ok");
    assert_eq!(ask(&mut actor, "exec"), "ok");
    let mappings = page_view::mappings_of(actor.id()).unwrap();
    let in_shm = |path: &String| path.starts_with("/dev/shm/sem") || path.contains(&name[1..]);
    assert!(!mappings.iter().filter_map(|mapping| mapping.path.as_ref()).any(in_shm));
    assert_eq!(Semaphore::open(&name, None).unwrap().value().unwrap(), 0);
}

#[test]
fn a_named_semaphore_outlives_a_killed_process_with_the_count_that_it_left() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("outlives"));
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 3")), "ok");
    assert_eq!(ask(&mut actor, "sem-try"), "ok");
    actor.kill();
    assert_eq!(Semaphore::open(&name, None).unwrap().value().unwrap(), 2);
}

#[test]
fn a_forked_child_uses_the_semaphore_that_its_parent_opened() {
    let scratch = scratch();
    let (mut actor, name) = (actor(&scratch), scratch.object("inherited"));
    assert_eq!(ask(&mut actor, &format!("sem-open {name} 600 0")), "ok");
    assert_eq!(ask(&mut actor, "sem-fork-posts"), "ok");
    assert_eq!(ask(&mut actor, "sem-value"), "1");
}

#[test]
fn sem_unlink_takes_the_name_at_once_and_leaves_the_semaphore_to_its_users() {
    let scratch = scratch();
    let name = scratch.object("unlinked");
    let old = [(); 2].map(|()| Semaphore::open(&name, NEW).unwrap());
    unlink(&name).unwrap();
    assert_eq!(errno(Semaphore::open(&name, None).map(drop)), Errno::ENOENT);
    let new = Semaphore::open(&name, NEW).unwrap();
    old[0].post().unwrap();
    let values = [&old[0], &old[1], &new].map(|semaphore| semaphore.value().unwrap());
    assert_eq!(values, [4, 4, 3], "the old one goes on, the new one is another");
}

#[test]
fn sem_unlink_of_a_missing_name_is_enoent() {
    assert_eq!(errno(unlink(&scratch().object("missing"))), Errno::ENOENT);
}

#[test]
#[ignore = "needs root: a semaphore of another user's"]
fn sem_unlink_of_another_user_s_semaphore_is_eacces() {
    assert!(course::is_root(), "run this as root");
    let scratch = scratch();
    let name = scratch.object("root-s");
    let _semaphore = Semaphore::open(&name, NEW).unwrap();
    let mut actor = ordinary_actor(&scratch);
    assert_eq!(ask(&mut actor, &format!("sem-unlink {name}")), "EACCES");
    assert!(file(&name).exists());
}
