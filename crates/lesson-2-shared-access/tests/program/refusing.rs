//! What both roles refuse. A refused file keeps its content.

use std::fs;
use std::path::Path;

use course::{Program, scratch};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::{PROGRAM, assert_refused, measure_once, path, role};

#[test]
fn both_roles_refuse_what_is_no_thermometer_and_leave_it_as_it_was() {
    let picture = [b"P6 a picture".as_slice(), &[7; 52]].concat();
    let hidden = [[0; 8].as_slice(), &[7; 56]].concat();
    let published = scratch();
    measure_once(&published);
    let mut later = fs::read(path(&published)).unwrap();
    later[8..12].copy_from_slice(&2_u32.to_ne_bytes());
    let of_length = |length| format!("not a thermometer: {length} bytes instead of 64");
    for (content, why) in [
        (b"short".to_vec(), of_length(5)),
        ([0; 63].to_vec(), of_length(63)),
        ([0; 65].to_vec(), of_length(65)),
        (picture, "not a thermometer: another magic number".into()),
        (later, "a thermometer of version 2, not 1".into()),
        (hidden, "not a thermometer: no magic number".into()),
    ] {
        let scratch = scratch();
        fs::write(path(&scratch), &content).unwrap();
        let line = format!("error: read \"thermometer\": {why}\n");
        if !why.contains("no magic") {
            assert_refused(&role("watch", "thermometer", &["--count=1"], &scratch).run(), &line);
        }
        assert_refused(&role("measure", "thermometer", &["--count=1"], &scratch).run(), &line);
        assert_eq!(fs::read(path(&scratch)).unwrap(), content, "untouched");
        role("measure", "thermometer", &["--count=1", "--force"], &scratch).succeed();
        assert_eq!(fs::read(path(&scratch)).unwrap().len(), 64, "--force makes one of it");
    }
}

#[test]
fn both_roles_refuse_what_is_no_regular_file() {
    let scratch = scratch();
    mkfifo(&scratch.path().join("fifo"), Mode::S_IRWXU).unwrap();
    let device = Path::new("/dev/null").to_str().unwrap();
    let no_file = |name| format!("error: open {name:?}: not a regular file\n");
    for name in ["fifo", device] {
        for more in [&["--count=1"][..], &["--count=1", "--force"]] {
            assert_refused(&role("measure", name, more, &scratch).run(), &no_file(name));
        }
        assert_refused(&role("watch", name, &["--count=1"], &scratch).run(), &no_file(name));
    }
    assert_refused(&role("watch", ".", &["--count=1"], &scratch).run(), &no_file("."));
    let directory = "error: open \".\": Is a directory (os error 21)\n";
    assert_refused(&role("measure", ".", &["--count=1"], &scratch).run(), directory);
    let missing = "error: open \"thermometer\": No such file or directory (os error 2)\n";
    assert_refused(&role("watch", "thermometer", &["--count=1"], &scratch).run(), missing);
    assert!(!path(&scratch).exists(), "watch makes nothing");
}

#[test]
fn a_wrong_call_is_usage_and_status_2() {
    for arguments in [
        &["measure"][..],
        &["watch"],
        &["watch", "thermometer", "--count=0"],
        &["measure", "thermometer", "--interval-ms=0"],
        &["measure", "thermometer", "--count=many"],
        &["thermometer"],
    ] {
        let ended = Program::new(PROGRAM, arguments).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(!ended.stderr.is_empty());
    }
}
