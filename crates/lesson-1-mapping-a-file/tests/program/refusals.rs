//! Files that these programs reject, and wrong calls.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;

use course::{is_root, scratch};

use crate::{assert_refused, file, lesson, padded, run, state};

#[test]
fn a_file_that_is_not_regular_is_rejected_at_once() {
    let scratch = scratch();
    fs::create_dir(scratch.path().join("directory")).unwrap();
    nix::unistd::mkfifo(&scratch.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for name in ["directory", "fifo", "/dev/null", "/dev/zero", "/dev/tty", "."] {
        for role in [&["write"][..], &["write", "--force"], &["read"]] {
            let ended = run(&scratch, &[role, &[name]].concat());
            assert_refused(&ended, &format!("open {name:?}: not a regular file"));
        }
    }
}

#[test]
fn a_missing_file_is_reported_with_the_error_of_the_system() {
    let scratch = scratch();
    symlink("nowhere", scratch.path().join("dangling")).unwrap();
    file(&scratch, "a file");
    for (name, words) in [
        ("missing/file", "No such file or directory (os error 2)"),
        ("file/below", "Not a directory (os error 20)"),
        ("dangling", "No such file or directory (os error 2)"),
    ] {
        for role in ["write", "read"] {
            let ended = run(&scratch, &[role, name]);
            assert_refused(&ended, &format!("open {name:?}: {words}"));
        }
    }
    assert_refused(&run(&scratch, &["read", "missing"]), "open \"missing\": No such file");
    assert!(!scratch.path().join("missing").exists());
    assert!(!scratch.path().join("nowhere").exists());
}

#[test]
fn a_file_without_write_permission_is_rejected() {
    let scratch = scratch();
    // An ordinary user must be able to reach the file, but not to write it.
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = file(&scratch, padded("5\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let before = state(&path);
    for role in ["write", "read"] {
        let ended = lesson(&scratch, &[role, "file"]).as_ordinary_user().run();
        assert_refused(&ended, "open \"file\": Permission denied (os error 13)");
    }
    assert_eq!(state(&path), before);
    if is_root() {
        let ended = lesson(&scratch, &["write", "new"]).as_ordinary_user().run();
        assert_refused(&ended, "open \"new\": Permission denied (os error 13)");
    }
}

#[test]
fn files_of_proc_and_sys_are_not_written_to() {
    let scratch = scratch();
    for path in ["/proc/version", "/proc/self/comm", "/proc/self/oom_score_adj"] {
        for role in ["write", "read"] {
            let ended = run(&scratch, &[role, path]);
            assert_eq!((ended.code, ended.signal), (Some(1), None), "{path}: {ended:?}");
            assert_eq!(ended.stderr.lines().count(), 1, "{path}: {ended:?}");
        }
    }
}

#[test]
fn a_wrong_call_gets_the_usage_and_status_2() {
    let scratch = scratch();
    for arguments in [
        &["write"][..],
        &["read"],
        &["read", "a", "b"],
        &["double", "a"],
        &["--seed", "x"],
        &["read", ""],
    ] {
        let ended = run(&scratch, arguments);
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{arguments:?}: {ended:?}");
        let helped = ["Usage: cargo lesson-1", "try '--help'"];
        assert!(helped.iter().any(|words| ended.stderr.contains(words)), "{ended:?}");
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "only the run's own lock");
}
