//! Judging again on each save: the file that is watched, the ways to save it, and the command.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use check::watch::watch;
use common::{Context, Failure};
use course::{Program, Running, make_checkout};
use nix::unistd::Pid;
use tempfile::TempDir;

/// What a watcher tells when it judges: the content of the file, and its own thread.
type Judged = mpsc::Receiver<(String, Pid)>;

/// Watches a file.
fn watched(path: &Path) -> Judged {
    let (judged, seen) = mpsc::channel();
    let file = path.to_path_buf();
    thread::spawn(move || {
        watch(&file, |_| {
            let content = fs::read_to_string(&file).step_on("read", &file)?;
            let gone = |_| Failure::refusal("judge", &file, "the test is over");
            judged.send((content, nix::unistd::gettid())).map_err(gone)
        })
    });
    seen
}

/// A file in a directory of its own that is watched.
fn watched_source() -> (TempDir, PathBuf, Judged) {
    let directory = tempfile::tempdir().expect("make a directory");
    let path = directory.path().join("exercise-1.rs");
    fs::write(&path, "as found").expect("write");
    let judged = watched(&path);
    (directory, path, judged)
}

fn next(judged: &Judged) -> (String, Pid) {
    // Far above what it takes: it finds a save that nobody noticed.
    judged.recv_timeout(Duration::from_secs(30)).expect("nothing was judged")
}

#[test]
fn watching_judges_now_and_after_each_save_however_an_editor_saves() {
    let (_directory, path, judged) = watched_source();
    let beside = path.with_file_name(".exercise-1.rs.new");
    let is_judged = |content: &str| assert_eq!(next(&judged).0, content);
    is_judged("as found");
    fs::write(&path, "in place").expect("write");
    is_judged("in place");
    fs::write(&beside, "by renaming").expect("write");
    fs::rename(&beside, &path).expect("rename");
    is_judged("by renaming");
    fs::remove_file(&path).expect("remove");
    fs::write(&path, "again").expect("write");
    is_judged("again");
}

#[test]
fn watching_takes_no_cpu_time_while_nothing_is_saved() {
    let (_directory, path, judged) = watched_source();
    let thread = next(&judged).1;
    // What the watcher itself reads wakes it no more: it sleeps until the file changes.
    let switches = || {
        let status =
            fs::read_to_string(format!("/proc/self/task/{thread}/status")).expect("status");
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).expect("a number")
    };
    let before = switches();
    for _ in 0..1000 {
        fs::read(&path).expect("read the file");
    }
    fs::write(&path, "saved").expect("write");
    next(&judged);
    let woken = switches() - before;
    assert!(woken < 100, "it woke up {woken} times for one save");
}

/// Saves as many editors do: by a new file that gets the old one's name.
fn save_by_renaming(path: &Path, content: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, content).expect("write");
    fs::rename(&beside, path).expect("rename");
}

#[test]
fn a_program_that_is_built_again_is_judged_though_its_directory_was_removed() {
    let place = tempfile::tempdir().expect("make a directory");
    let path = place.path().join("build/poke");
    let build = |content: &str| {
        fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
        fs::write(&path, content).expect("write");
    };
    build("as found");
    let judged = watched(&path);
    assert_eq!(next(&judged).0, "as found");
    for content in ["built again", "and again"] {
        fs::remove_dir_all(path.parent().expect("a directory")).expect("remove");
        build(content);
        assert_eq!(next(&judged).0, content);
    }
}

#[test]
fn a_link_is_watched_and_so_is_the_file_that_it_names() {
    let place = tempfile::tempdir().expect("make a directory");
    let at = |name: &str| place.path().join(name);
    for name in ["old", "new"] {
        fs::create_dir(at(name)).expect("mkdir");
        fs::write(at(name).join("poke"), name).expect("write");
    }
    symlink(at("old/poke"), at("poke")).expect("make a link");
    let judged = watched(&at("poke"));
    assert_eq!(next(&judged).0, "old");
    save_by_renaming(&at("old/poke"), "saved");
    assert_eq!(next(&judged).0, "saved");
    symlink(at("new/poke"), at("beside")).expect("make a link");
    fs::rename(at("beside"), at("poke")).expect("rename");
    assert_eq!(next(&judged).0, "new");
    fs::write(at("new/poke"), "saved there").expect("write");
    assert_eq!(next(&judged).0, "saved there");
}

#[test]
fn a_program_that_gets_the_right_to_be_executed_is_judged_again() {
    let place = tempfile::tempdir().expect("make a directory");
    let path = place.path().join("poke");
    fs::write(&path, "#!/bin/sh\n").expect("write");
    let judged = watched(&path);
    next(&judged);
    fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("chmod");
    next(&judged);
}

/// Hears what the command says until it waits for the next save.
fn heard(command: &mut Running) -> String {
    let mut said = Vec::new();
    loop {
        said.push(command.hear());
        if said.last().is_some_and(|line| line == "Waiting for the next save. Ctrl-C ends.") {
            return said.join("\n");
        }
    }
}

#[test]
fn a_source_in_another_language_is_judged_again_on_each_save() {
    let place = tempfile::tempdir().expect("make a directory");
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).expect("chmod");
    make_checkout(place.path());
    let path = place.path().join("poke.c");
    let ends_with = |status: u8| format!("int main(void) {{ return {status}; }}\n");
    fs::write(&path, ends_with(3)).expect("write");
    let program = Program::new(env!("CARGO_BIN_EXE_check"), ["watch", "1", "--program", "poke.c"]);
    let program = program.in_directory(place.path()).env("CARGO_MANIFEST_DIR", place.path());
    let mut command = program.start();
    let said = heard(&mut command);
    assert!(said.starts_with("Judging poke.c for exercise 1 …"), "{said}");
    assert!(said.contains("status 3"), "{said}");
    save_by_renaming(&path, &ends_with(5));
    let said = heard(&mut command);
    assert!(said.starts_with("Saved. Judging poke.c for exercise 1 …"), "{said}");
    // In a pipe, nothing is cleared.
    assert!(said.contains("status 5") && !said.contains('\x1b'), "{said}");
    // A program that cannot be compiled is a verdict, too, and the next save may mend it.
    fs::write(&path, "int main(void) { return nothing; }\n").expect("write");
    assert!(heard(&mut command).contains("does-not-compile"));
    fs::write(&path, ends_with(7)).expect("write");
    assert!(heard(&mut command).contains("status 7"));
    command.kill();
}

#[test]
fn a_wrong_path_is_told_in_one_line_and_nothing_is_watched() {
    for (path, told) in [
        ("/nonexistent", "error: open \"/nonexistent\": No such file or directory"),
        ("/dev/null", "error: judge \"/dev/null\": it is no regular file"),
    ] {
        let watch = Program::new(env!("CARGO_BIN_EXE_check"), ["watch", "1", "--program", path]);
        let ended = watch.run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let is_one_line = ended.stderr.lines().count() == 1 && ended.stdout.is_empty();
        assert!(ended.stderr.starts_with(told) && is_one_line, "{ended:?}");
    }
}
