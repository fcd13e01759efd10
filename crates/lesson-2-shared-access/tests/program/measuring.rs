//! `measure`: the file that it makes, how it continues an old one, and that there is only one writer.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use course::scratch;

use crate::{assert_refused, measure_once, path, role};

#[test]
fn measure_makes_a_file_of_mode_0600_and_goes_on_where_the_last_one_stopped() {
    let scratch = scratch();
    let first =
        role("measure", "thermometer", &["--count=2", "--interval-ms=1"], &scratch).succeed();
    let numbers: Vec<_> = first.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(numbers, ["Reading 1", "Reading 2"]);
    assert_eq!(fs::metadata(path(&scratch)).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(measure_once(&scratch).starts_with("Reading 3: "));
}

#[test]
fn a_seed_fixes_the_temperatures() {
    let one = scratch();
    let other = scratch();
    let arguments = ["--count=3", "--interval-ms=1", "--seed=7"];
    let measured = role("measure", "thermometer", &arguments, &one).succeed();
    assert_eq!(measured, role("measure", "thermometer", &arguments, &other).succeed());
    assert_eq!(measured.lines().count(), 3);
}

#[test]
fn a_second_measure_is_refused() {
    let scratch = scratch();
    let mut first = role("measure", "thermometer", &["--interval-ms=60000"], &scratch).start();
    first.hear();
    for more in [&["--count=1"][..], &["--count=1", "--force"]] {
        let second = role("measure", "thermometer", more, &scratch).run();
        assert_refused(&second, "error: lock \"thermometer\": another process measures here\n");
    }
    first.kill();
    assert!(measure_once(&scratch).starts_with("Reading 2: "), "its place is free again");
}

#[test]
fn measure_refuses_a_file_that_the_user_may_not_write() {
    let scratch = scratch();
    measure_once(&scratch);
    fs::set_permissions(path(&scratch), Permissions::from_mode(0o444)).unwrap();
    let measure = role("measure", "thermometer", &["--count=1"], &scratch).as_ordinary_user();
    // As root, the test's directory also refuses the ordinary user, with the same error.
    let words = "error: open \"thermometer\": Permission denied (os error 13)\n";
    assert_refused(&measure.run(), words);
}
