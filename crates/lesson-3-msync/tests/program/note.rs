//! The roles that play on a file of one's own.

use std::fs;

use common::page_size;
use course::{scratch, undisturbed};

use crate::{assert_refused, role};

#[test]
fn a_note_is_dirty_until_a_flush_that_is_one() {
    undisturbed(|| {
        let scratch = scratch();
        let stored = role("store note hello", &scratch).succeed();
        assert_eq!(stored, "stored hello, and ended without msync\n");
        let content = fs::read(scratch.path().join("note")).unwrap();
        assert!(content.starts_with(b"Note: hello\n\0") && content.len() == page_size());

        let before = role("dirty note", &scratch).succeed();
        let calls = ["flush --async note", "flush --read-only note", "flush note"];
        let [ms_async, read_only, ms_sync] = calls.map(|call| role(call, &scratch).succeed());
        let instruments = lesson_3_msync::Instruments::beside(scratch.path()).unwrap();
        if instruments.file_system == "tmpfs" {
            assert_eq!(before, "dirty pages: unknown (this file has no disk)\n");
            assert_eq!(ms_async, "msync(MS_ASYNC) returned 0\n");
            assert_eq!(ms_sync, "msync(MS_SYNC) returned 0\n");
            return Some(());
        }
        let counts = |left| format!("returned 0; dirty pages: 1 before, {left} after\n");
        let left = if instruments.gets_clean { 0 } else { 1 };
        assert_eq!(role("dirty note", &scratch).succeed(), format!("dirty pages: {left}\n"));
        let undisturbed = before == "dirty pages: 1\n"
            && ms_async == format!("msync(MS_ASYNC) {}", counts(1))
            && read_only == format!("msync(MS_SYNC) {}", counts(1));
        undisturbed.then(|| assert_eq!(ms_sync, format!("msync(MS_SYNC) {}", counts(left))))
    });
}

#[test]
fn a_second_note_replaces_the_first() {
    let scratch = scratch();
    role("store note first", &scratch).succeed();
    role("store note 2", &scratch).succeed();
    assert!(fs::read(scratch.path().join("note")).unwrap().starts_with(b"Note: 2\n\0"));
}

#[test]
fn a_file_of_another_is_refused_and_kept_unless_forced() {
    let scratch = scratch();
    let path = scratch.path().join("letter");
    for letter in [b"Dear all,".to_vec(), vec![b'x'; page_size()], vec![0; page_size() + 1]] {
        fs::write(&path, &letter).unwrap();
        let ended = role("store letter hello", &scratch).run();
        assert_refused(&ended, "store \"letter\": not a file of this lesson (--force overwrites)");
        assert_eq!(fs::read(&path).unwrap(), letter);
    }
    role("store --force letter hello", &scratch).succeed();
    assert!(fs::read(&path).unwrap().starts_with(b"Note: hello\n\0"));
}

#[test]
fn flush_and_dirty_change_no_byte_of_any_file() {
    let scratch = scratch();
    let path = scratch.path().join("letter");
    for letter in [b"".to_vec(), b"Dear all,".to_vec(), vec![b'x'; 3 * page_size()]] {
        fs::write(&path, &letter).unwrap();
        for call in ["dirty letter", "flush letter", "flush --async letter"] {
            role(call, &scratch).succeed();
        }
        assert_eq!(fs::read(&path).unwrap(), letter);
    }
}

#[test]
fn a_file_that_an_ordinary_user_may_only_read_is_counted_and_flushed() {
    let scratch = scratch();
    let as_user = |call: &str| {
        let ended = role(call, &scratch).as_ordinary_user().run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout
    };
    let counted = as_user("dirty /etc/passwd"); // It belongs to root, and all may read it.
    assert!(counted.starts_with("dirty pages: "), "{counted}");
    let flushed = as_user("flush --read-only /etc/passwd");
    assert!(flushed.starts_with("msync(MS_SYNC) returned 0"), "{flushed}");
}
