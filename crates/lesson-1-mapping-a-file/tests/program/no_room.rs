//! Full disks, limits, and an output that is full or closed.

use std::fs::{self, File};
use std::process::Command;

use course::{Program, kernel_at_least, scratch};
use nix::sys::signal::Signal;

use crate::{LESSON, file, padded, state};

#[test]
fn a_full_file_system_is_an_error_and_leaves_no_new_file_behind() {
    let scratch = scratch();
    let ended = Program::new(LESSON, ["scenario", "numbers-on-a-full-disk"]);
    let ended = ended.in_directory(scratch.path()).run();
    let Some(ended) = course::unless_mounts_are_refused(ended) else { return };
    // Before Linux 5.14 there is no MADV_POPULATE_READ, and only a load shows that the hole has no room.
    let is_told = kernel_at_least(5, 14);
    let end = if is_told { (Some(0), None) } else { (None, Some(Signal::SIGBUS)) };
    assert_eq!((ended.code, ended.signal), end, "{ended:?}");
    assert_eq!((ended.value("write-new"), ended.value("new-exists")), ("Some(ENOSPC)", "false"));
    assert_eq!((ended.value("write-hole"), ended.value("hole-blocks")), ("Some(ENOSPC)", "0"));
    assert_eq!(ended.value("write-old"), "None", "its block is there already");
    assert_eq!(ended.value("read-old"), "true");
    assert_eq!(ended.stdout.contains("read-hole"), is_told, "{ended:?}");
    assert!(!is_told || ended.value("read-hole").contains("cannot be loaded"), "{ended:?}");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_leaves_no_new_file_behind() {
    let scratch = scratch();
    let ended = Program::new(LESSON, ["scenario", "file-size-limit"]);
    let ended = ended.in_directory(scratch.path()).run();
    assert_eq!((ended.value("write"), ended.value("left")), ("EFBIG", "false"));
}

#[test]
fn a_full_output_is_an_error_and_leaves_no_new_file() {
    let scratch = scratch();
    let path = file(&scratch, padded("5\n"));
    let before = state(&path);
    for (role, name) in [("read", "file"), ("write", "new")] {
        let mut command = Command::new(LESSON);
        command.args([role, name]).current_dir(scratch.path()).stdout(full());
        let output = command.output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            errors,
            "error: write to standard output: No space left on device (os error 28)\n"
        );
    }
    assert_eq!(state(&path), before);
    assert!(!scratch.path().join("new").exists());
}

#[test]
fn a_closed_output_pipe_is_no_error_and_the_number_is_stored() {
    let scratch = scratch();
    let path = file(&scratch, padded("5\n"));
    for (role, name) in [("read", "file"), ("write", "new")] {
        let (listener, output) = std::io::pipe().unwrap();
        drop(listener);
        let mut command = Command::new(LESSON);
        command.args([role, name]).current_dir(scratch.path()).stdout(output);
        assert_eq!(command.status().unwrap().code(), Some(0));
    }
    assert_eq!(fs::read(path).unwrap(), padded("10\n"));
    assert_eq!(fs::read(scratch.path().join("new")).unwrap().len(), 256);
}

/// A device on which every write fails with `ENOSPC`.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}
