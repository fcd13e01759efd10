//! A run's directory: its own, private, and gone with it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use course::scratch;

#[test]
fn each_run_has_a_directory_of_its_own_that_only_its_user_may_enter() {
    let (one, other) = (scratch(), scratch());
    assert_ne!(one.path(), other.path());
    let mode = fs::metadata(one.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn it_goes_with_its_files_and_its_named_objects() {
    let scratch = scratch();
    let path = scratch.path().to_path_buf();
    let objects =
        ["", "sem."].map(|kind| format!("/dev/shm/{kind}{}", &scratch.object("box")[1..]));
    fs::write(path.join("file"), "text").unwrap();
    objects.iter().for_each(|object| fs::write(object, "text").unwrap());
    drop(scratch);
    assert!(!path.exists() && objects.iter().all(|object| !fs::exists(object).unwrap()));
}

#[test]
fn a_living_runs_directory_is_spared_by_the_next() {
    let living = scratch();
    drop(scratch());
    assert!(living.path().join("lock").exists());
}

#[test]
fn a_dead_runs_directory_is_swept_by_the_next() {
    let living = scratch();
    let dead = living.path().with_file_name("mmap-course-a-dead-run");
    let made = living.path().join("made");
    fs::create_dir(&made).unwrap();
    fs::write(made.join("lock"), "").unwrap();
    fs::rename(&made, &dead).unwrap(); // At once: other tests sweep here, too.
    drop(scratch());
    assert!(!dead.exists());
}
