//! What all lessons' programs must handle: a wrong call, a full disk, a reader that closes the pipe, a
//! missing scratch directory, a kill at any moment.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use course::{Program, scratch};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

use crate::workspace::{built_programs, entries, file_name, lessons};

#[test]
fn a_wrong_call_gets_usage_and_exit_status_2() {
    for program in programs() {
        for wrong in [["no-such-role", "x"], ["scenario", "--no-such-option"]] {
            let output = output(Command::new(&program).args(wrong));
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{program:?} {wrong:?}: {output:?}");
            assert!(said.contains("Usage: cargo lesson-"), "{program:?} {wrong:?}: {said}");
        }
    }
}

#[test]
fn help_names_the_command_and_succeeds() {
    for program in programs() {
        let output = output(Command::new(&program).arg("--help"));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{program:?}: {output:?}");
        assert!(said.contains("Usage: cargo lesson-"), "{program:?}: {said}");
        assert!(!said.contains("scenario"), "{program:?} shows its hidden role: {said}");
    }
}

#[test]
fn a_story_fits_into_60_columns() {
    let scratch = scratch();
    for program in programs() {
        let story = story(&program, scratch.path()).succeed();
        // The first line is as long as the kernel's name.
        let long = story.lines().skip(1).filter(|line| line.chars().count() > common::COLUMNS);
        let long: Vec<_> = long.map(|line| format!("{}: {line}", file_name(&program))).collect();
        crate::assert_none(&long);
    }
}

#[test]
fn a_story_ends_with_what_to_do_next() {
    let scratch = scratch();
    for (program, lesson) in programs().iter().zip(lessons()) {
        let (name, number) = (lesson.name, lesson.number);
        let next = format!(
            "\n\nThe text: lessons/{name}.md\n\
             Step by step: just step {number}, or cargo page-view step {number}\n\
             Questions: just quiz {number}, or cargo quiz {number}\n"
        );
        let story = story(program, scratch.path()).succeed();
        assert!(story.ends_with(&next), "{program:?}: {story}");
    }
}

#[test]
fn a_full_standard_output_is_one_line_and_exit_status_1() {
    let scratch = scratch();
    for program in programs() {
        let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
        let output =
            output(Command::new(&program).env("LESSON_SCRATCH", scratch.path()).stdout(full));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{program:?}: {output:?}");
        let expected = "error: write to standard output: No space left on device (os error 28)\n";
        assert_eq!(said, expected, "{program:?}");
    }
}

#[test]
fn a_reader_that_goes_ends_the_story_without_a_word() {
    let scratch = scratch();
    for program in programs() {
        let mut command = Command::new(&program);
        command.env("LESSON_SCRATCH", scratch.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("start the story");
        let mut first = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut first).expect("read its first line");
        let output = child.wait_with_output().expect("wait for it");
        assert!(first.starts_with("Machine: Linux "), "{program:?}: {first:?}");
        assert!(output.status.success(), "{program:?}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program:?}");
    }
}

#[test]
fn a_scratch_directory_that_is_not_there_is_one_line_and_exit_status_1_and_is_not_made() {
    let scratch = scratch();
    let missing = scratch.path().join("missing");
    for program in programs() {
        let output = output(Command::new(&program).env("LESSON_SCRATCH", &missing));
        assert!(!missing.exists(), "{program:?} made it");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{program:?}: {output:?}");
        assert!(
            said.contains("LESSON_SCRATCH") && said.lines().count() == 1,
            "{program:?}: {said}"
        );
    }
}

#[test]
fn a_story_killed_at_any_line_leaves_nothing_once_the_next_run_has_started() {
    for program in programs() {
        let lines = told(&program, scratch().path());
        for line in [1, lines / 4, lines / 2, lines * 3 / 4] {
            killed_at(&program, line);
        }
    }
}

#[test]
fn the_sweep_spares_what_is_not_a_dead_run_of_ours() {
    let scratch = scratch();
    let stranger = scratch.path().join("somebody-elses");
    let link = scratch.path().join("mmap-course-link");
    fs::create_dir(&stranger).expect("make a directory");
    fs::write(stranger.join("kept"), "kept").expect("make a file");
    symlink(&stranger, &link).expect("make a link");
    told(&programs()[0], scratch.path());
    assert!(stranger.join("kept").exists() && fs::symlink_metadata(&link).is_ok());
}

/// The lessons' programs, one each.
fn programs() -> Vec<PathBuf> {
    let programs: Vec<_> = built_programs().into_keys().collect();
    assert_eq!(programs.len(), lessons().len(), "`cargo test` builds every lesson: {programs:?}");
    programs
}

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("run the program")
}

/// Runs the story to its end, and returns its number of lines.
fn told(program: &Path, scratch: &Path) -> usize {
    story(program, scratch).succeed().lines().count()
}

fn story(program: &Path, scratch: &Path) -> Program {
    Program::new(&program.to_string_lossy(), [""; 0]).env("LESSON_SCRATCH", scratch)
}

/// Kills the story after `line` lines, starts another run, and looks for what is left behind.
fn killed_at(program: &Path, line: usize) {
    let scratch = scratch();
    let (mut running, mut said) = one_line_ahead(program, scratch.path());
    for _ in 0..line {
        said.read_line(&mut String::new()).expect("read the story");
    }
    let runs = runs_in(scratch.path());
    running.kill().expect("kill the story");
    running.wait().expect("wait for the story");
    let errors = running.stderr.take().expect("piped");
    let mut ended = [PollFd::new(errors.as_fd(), PollFlags::POLLIN)];
    let answered = poll(&mut ended, PollTimeout::from(30_000_u16)).expect("poll");
    assert_eq!(answered, 1, "{program:?} killed after line {line}: a process of it lives on");
    told(program, scratch.path());
    assert_eq!(runs.len(), 1, "{program:?} has one directory while it runs");
    let left = [runs_in(scratch.path()), objects_of(&runs), processes_in(scratch.path())].concat();
    assert_eq!(left, [""; 0], "{program:?} killed after line {line}");
}

/// Starts the story with a pipe that holds one packet, so that it is at most a line ahead of us.
fn one_line_ahead(program: &Path, scratch: &Path) -> (Child, BufReader<File>) {
    let (from, to) = pipe2(OFlag::O_DIRECT | OFlag::O_CLOEXEC).expect("make a pipe");
    let one_packet = i32::try_from(common::page_size()).expect("pages are small");
    fcntl(&to, FcntlArg::F_SETPIPE_SZ(one_packet)).expect("shrink the pipe");
    let mut command = Command::new(program);
    command.env("LESSON_SCRATCH", scratch).stdin(Stdio::null()).stdout(to).stderr(Stdio::piped());
    (command.spawn().expect("start the story"), BufReader::new(File::from(from)))
}

/// The directories of runs in `base`.
fn runs_in(base: &Path) -> Vec<String> {
    let names = entries(base).into_iter().map(|path| file_name(&path));
    names.filter(|name| name.starts_with("mmap-course-")).collect()
}

/// The semaphores and shared memory objects of these runs.
fn objects_of(runs: &[String]) -> Vec<String> {
    let names = entries(Path::new("/dev/shm")).into_iter().map(|path| file_name(&path));
    names.filter(|name| runs.iter().any(|run| name.contains(run))).collect()
}

/// The processes whose scratch directory is `base`.
fn processes_in(base: &Path) -> Vec<String> {
    let marker = format!("LESSON_SCRATCH={}\0", base.display());
    let environment = |process: &Path| fs::read(process.join("environ")).unwrap_or_default();
    let mut processes = entries(Path::new("/proc"));
    processes.retain(|process| String::from_utf8_lossy(&environment(process)).contains(&marker));
    processes.iter().map(|process| format!("process {}", file_name(process))).collect()
}
