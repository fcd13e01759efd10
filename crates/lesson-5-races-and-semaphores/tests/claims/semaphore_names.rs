//! The names of semaphores: which ones `sem_open` and `sem_unlink` accept.

use common::Scratch;
use course::{errno, glibc_version, scratch};
use lesson_5_races_and_semaphores::sys::{Semaphore, unlink};
use nix::errno::Errno;

use crate::observed;

use crate::named_semaphores::{NEW, file};

/// A name of `length` characters after the slash.
fn name_of(scratch: &Scratch, length: usize) -> String {
    format!("{:x<width$}", scratch.object("long"), width = length + 1)
}

/// `sem_open` of a missing name fails with `ENOENT`.
///
/// - call: `sem_open`, error
/// - source: sem_open(3), ERRORS
/// - level: POSIX
#[test]
fn sem_open_of_a_missing_name_fails_with_enoent() {
    let name = scratch().object("missing");
    assert_eq!(errno(Semaphore::open(&name, None).map(drop)), Errno::ENOENT);
}

/// `sem_open` of an empty name or of a slash fails with `EINVAL`.
///
/// - call: `sem_open`, error
/// - source: sem_open(3), ERRORS (the slash)
/// - level: Linux (the empty name: observed, glibc)
#[test]
fn sem_open_of_an_empty_name_or_of_a_slash_fails_with_einval() {
    for name in ["/", ""] {
        assert_eq!(errno(Semaphore::open(name, NEW).map(drop)), Errno::EINVAL, "{name:?}");
    }
}

/// In glibc, `sem_open` of a name with a later slash fails with `EINVAL`, and several leading
/// slashes or none count as one.
///
/// - call: `sem_open`, error
/// - source: glibc, posix/shm-directory.c
/// - level: observed (glibc 2.36)
/// - manual says: sem_open(3): a name that is not well formed fails with `ENOENT`.
#[test]
fn in_glibc_sem_open_of_a_name_with_a_later_slash_fails_with_einval_and_several_leading_slashes_or_none_count_as_one()
 {
    let (scratch, open) = (scratch(), |name: &str| Semaphore::open(name, NEW).map(drop));
    let later = ["a/b", "a/"].map(|name| errno(open(&scratch.object(name))));
    observed(later, [Errno::EINVAL; 2], [Errno::ENOENT; 2]);
    let bare = scratch.object("bare");
    let leading = [&bare[1..], &format!("//{bare}")].map(|name| open(name).is_ok());
    observed((leading, file(&bare).exists()), ([true; 2], true), ([false; 2], false));
}

/// `sem_open` and `sem_unlink` of a name of 252 to 255 characters fail with `ENAMETOOLONG`, but in
/// glibc 2.43 `sem_unlink` fails with `ENOENT`.
///
/// - call: `sem_open`, error
/// - source: sem_overview(7), DESCRIPTION; sem_unlink(3), ERRORS
/// - level: Linux (`ENOENT`: observed)
#[test]
fn sem_open_and_sem_unlink_of_a_name_of_252_to_255_characters_fail_with_enametoolong_but_in_glibc_2_43_sem_unlink_fails_with_enoent()
 {
    let scratch = scratch();
    let longest = name_of(&scratch, 251);
    drop(Semaphore::open(&longest, NEW).unwrap());
    unlink(&longest).unwrap();
    for length in 252..=255 {
        let name = name_of(&scratch, length);
        assert_eq!(errno(Semaphore::open(&name, NEW).map(drop)), Errno::ENAMETOOLONG, "{length}");
        match glibc_version() {
            version if version <= (2, 41) => {
                assert_eq!(errno(unlink(&name)), Errno::ENAMETOOLONG, "{length}");
            }
            version if version >= (2, 43) => {
                assert_eq!(errno(unlink(&name)), Errno::ENOENT, "{length}");
            }
            _ => drop(unlink(&name).unwrap_err()), // Not observed.
        }
    }
}

/// In glibc, `sem_open` of a name of 256 characters fails with `EINVAL`, and `sem_unlink` of that
/// name with `ENOENT`.
///
/// - call: `sem_open`, error
/// - source: glibc, posix/shm-directory.c
/// - level: observed (glibc 2.36; in 2.41 and 2.43 `sem_open` fails with `ENAMETOOLONG`)
/// - manual says: sem_open(3): a name that is too long fails with `ENAMETOOLONG`.
#[test]
fn in_glibc_sem_open_of_a_name_of_256_characters_fails_with_einval_and_sem_unlink_of_that_name_with_enoent()
 {
    let scratch = scratch();
    let name = name_of(&scratch, 256);
    observed(errno(Semaphore::open(&name, NEW).map(drop)), Errno::EINVAL, Errno::ENAMETOOLONG);
    observed(errno(unlink(&name)), Errno::ENOENT, Errno::ENAMETOOLONG);
}
