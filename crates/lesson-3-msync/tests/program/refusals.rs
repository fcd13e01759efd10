//! What is no file for these roles, and calls that are none.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::page_size;
use course::scratch;
use nix::sys::stat::Mode;

use crate::{assert_refused, lesson, role};

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let scratch = scratch();
    let make = |name: &str| scratch.path().join(name);
    nix::unistd::mkfifo(&make("fifo"), Mode::S_IRWXU).unwrap();
    fs::create_dir(make("directory")).unwrap();
    for role_name in ["store --force", "dirty", "flush"] {
        for (file, complaints) in [
            ("fifo", vec!["open \"fifo\": not a regular file"]),
            ("/dev/null", vec!["open \"/dev/null\": not a regular file"]),
            (
                "directory",
                vec![
                    "open \"directory\": Is a directory (os error 21)",
                    "open \"directory\": not a regular file",
                ],
            ),
        ] {
            let text = if role_name.starts_with("store") { " text" } else { "" };
            let ended = role(&format!("{role_name} {file}{text}"), &scratch).run();
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
            let said = ended.stderr.trim_end().strip_prefix("error: ").unwrap();
            assert!(complaints.contains(&said), "{role_name} {file}: {said}");
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let scratch = scratch();
    for call in ["dirty missing", "flush missing"] {
        let complaint = "open \"missing\": No such file or directory (os error 2)";
        assert_refused(&role(call, &scratch).run(), complaint);
    }
    assert!(!scratch.path().join("missing").exists());
}

#[test]
fn a_file_without_permission_is_named() {
    let scratch = scratch();
    let path = scratch.path().join("locked");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    for call in ["store locked text", "flush locked"] {
        let ended = role(call, &scratch).as_ordinary_user().run();
        assert_refused(&ended, "open \"locked\": Permission denied (os error 13)");
    }
}

#[test]
fn a_text_that_does_not_fit_is_refused_and_makes_no_file() {
    let scratch = scratch();
    let long = "x".repeat(page_size());
    let ended = role(&format!("store note {long}"), &scratch).run();
    assert_refused(&ended, "store \"note\": the text must fit in a page, and have no NUL");
    assert!(!scratch.path().join("note").exists());
}

#[test]
fn a_wrong_call_is_status_2() {
    for call in ["stor", "store onlyfile", "flush", "flush a b", "power-cut now", "--seed x"] {
        let ended = lesson(call.split(' ')).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{call}");
        assert!(ended.stderr.starts_with("error: "), "{ended:?}");
    }
}

#[test]
fn a_power_cut_without_root_says_so_in_one_line() {
    let ended = role("power-cut", &scratch()).as_ordinary_user().run();
    assert_refused(&ended, "power-cut: needs root, to mount a disk of its own");
}
