//! A student's slip is told as such: status 1, with what is wrong by its name.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::judge::{CHECK, Judge, Seen, compile, open_directory};

/// A file that cannot be executed gets one report, again and again, which names why.
fn cannot_be_executed(content: &[u8], mode: u32, words: &[&str]) {
    for _ in 0..3 {
        let seen = Judge::of_file("exercise-1", content, mode).run().must_be_refused_for(words);
        is_no_exit_status(&seen);
    }
}

/// The judge's own words are not quoted as the program's.
fn is_no_exit_status(seen: &Seen) {
    assert_ne!(seen.report["diagnosis"], "wrong-exit-status", "{}", seen.said);
    assert!(!seen.said.contains("it said"), "the program never ran: {}", seen.said);
}

#[test]
fn a_file_without_the_execute_bit_is_told_so() {
    cannot_be_executed(b"#!/bin/sh\nexit 1\n", 0o644, &["chmod"]);
}

#[test]
fn a_script_with_a_carriage_return_names_its_interpreter() {
    cannot_be_executed(b"#!/bin/sh\r\nexit 1\r\n", 0o755, &["/bin/sh\\r", "/bin/sh\\\\r"]);
}

#[test]
fn a_script_without_a_first_line_is_told_so() {
    cannot_be_executed(b"exit 1\n", 0o755, &["#!"]);
}

#[test]
fn a_script_whose_interpreter_is_missing_names_the_interpreter() {
    cannot_be_executed(b"#!/no/such/interpreter\n", 0o755, &["/no/such/interpreter"]);
}

#[test]
fn an_empty_file_cannot_be_executed() {
    cannot_be_executed(b"", 0o755, &["execut"]);
}

#[test]
fn a_program_of_which_the_end_is_missing_cannot_be_executed() {
    let whole = fs::read("/bin/true").expect("read a program");
    cannot_be_executed(whole.get(..100).expect("a header"), 0o755, &["execut"]);
}

#[test]
fn a_program_for_another_processor_cannot_be_executed() {
    let mut program = fs::read("/bin/true").expect("read a program");
    program[18] = 8; // The machine's number in the ELF header: MIPS.
    cannot_be_executed(&program, 0o755, &["execut"]);
}

#[test]
fn a_program_of_32_bits_is_not_judged_and_is_told_so() {
    let mut program = fs::read("/bin/true").expect("read a program");
    (program[4], program[18]) = (1, 3); // The class and the machine in the ELF header: 32 bits, x86.
    let seen = Judge::of_file("exercise-1", &program, 0o755).run();
    assert_eq!(seen.status, Some(3), "{}", seen.in_short());
    assert!(seen.said.contains("it is a 32-bit program"), "{}", seen.said);
}

#[test]
fn a_program_whose_loader_is_missing_names_the_loader() {
    let directory = open_directory();
    let linker = "-Wl,--dynamic-linker=/no/such/loader";
    let defines = ["-DDOES=nothing", "-DANSWER=\"../exercise-4/right-in-c.c\"", linker];
    let program = compile(directory.path(), "at_once.c", &defines);
    let seen = Judge::of_program(4, directory, program).run();
    is_no_exit_status(&seen.must_be_refused_for(&["/no/such/loader"]));
}

#[test]
fn a_program_that_nobody_may_execute_gets_the_same_verdict_twelve_times() {
    let judge = Judge::of_file("exercise-1", b"#!/bin/sh\nexit 1\n", 0o644);
    for _ in 0..12 {
        is_no_exit_status(&judge.run().must_be_refused());
    }
}

#[test]
fn a_script_whose_interpreter_is_missing_gets_the_same_verdict_twelve_times() {
    let judge = Judge::of_file("exercise-1", b"#!/no/such/interpreter\n", 0o755);
    for _ in 0..12 {
        is_no_exit_status(&judge.run().must_be_refused());
    }
}

#[test]
fn a_program_that_ends_at_once_gets_the_same_verdict_twelve_times() {
    let judge = Judge::of_file("exercise-1", b"#!/bin/sh\necho broken >&2; exit 9\n", 0o755);
    for _ in 0..12 {
        assert_eq!(judge.run().must_be_refused().report["diagnosis"], "wrong-exit-status");
    }
}

#[test]
fn a_program_whose_name_is_not_utf_8_is_judged() {
    let directory = open_directory();
    let defines = ["-DDOES=nothing", "-DANSWER=\"../exercise-4/right-in-c.c\""];
    let program = compile(directory.path(), "at_once.c", &defines);
    let named = directory.path().join(OsStr::from_bytes(b"caf\xe9"));
    fs::rename(program, &named).expect("rename");
    Judge::of_program(4, directory, named).run().must_be_accepted();
}

#[test]
fn a_script_that_is_not_utf_8_is_judged() {
    let script = b"#!/bin/sh\n# caf\xe9\necho usage >&2; exit 2\n";
    Judge::of_file("exercise-1", script, 0o755).run().must_be_refused();
}

#[test]
fn a_program_that_complains_in_latin_1_is_judged() {
    let script = b"#!/bin/sh\necho 'caf\xe9' >&2; exit 9\n";
    Judge::of_file("exercise-1", script, 0o755).run().must_be_refused();
}

/// A checkout that was copied, with this as the file of exercise 1.
fn in_a_copy(source: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
    let directory = open_directory();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copy = directory.path().join("copy");
    let copied = [
        "Cargo.toml",
        "Cargo.lock",
        "crates/exercises",
        "crates/common/Cargo.toml",
        "crates/check/Cargo.toml",
        "crates/check/proof/exercise-1",
    ];
    for part in &copied {
        let to = copy.join(part);
        fs::create_dir_all(to.parent().expect("a parent")).expect("mkdir");
        let mut cp = Command::new("cp");
        assert!(cp.arg("-a").arg(root.join(part)).arg(to).status().expect("run cp").success());
    }
    fs::write(copy.join("crates/exercises/src/bin/exercise-1.rs"), source).expect("write");
    let mut check = Command::new(CHECK);
    check.args(arguments).current_dir(&copy).env_remove("CARGO_TARGET_DIR");
    check.env("CARGO_MANIFEST_DIR", copy.join("crates/check"));
    let ended = check.output().expect("run check");
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    (ended.status.code(), said)
}

#[test]
fn in_a_copied_checkout_the_hint_is_about_the_copy() {
    let (status, said) = in_a_copy(b"fn main() { changed }\n", &["hint", "1"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(!said.contains("Begin"), "the copy's file is no starter: {said}");
}

#[test]
fn in_a_copied_checkout_a_source_that_is_not_utf_8_gets_a_hint() {
    let (status, said) = in_a_copy(b"// caf\xe9\nfn main() {}\n", &["hint", "1"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(!said.contains("Begin"), "the copy's file is no starter: {said}");
}

#[test]
fn in_a_copied_checkout_a_missing_source_is_told_by_its_path_in_the_copy() {
    let (_, said) = in_a_copy(b"", &["hint", "1"]);
    assert!(!said.contains("Begin"), "the copy's file is no starter: {said}");
}

/// A small checkout of exercise 4 in a folder of this name. Its program ends with this status.
fn checkout_of(directory: &Path, name: &str, status: i32) -> PathBuf {
    let checkout = directory.join(name);
    let write = |name: &str, text: &str| {
        let path = checkout.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
        fs::write(path, text).expect("write");
    };
    let member = "\"crates/exercises\"";
    write("Cargo.toml", &format!("[workspace]\nmembers = [{member}]\nresolver = \"3\"\n"));
    let package = "[package]\nname = \"exercises\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    write("crates/exercises/Cargo.toml", package);
    write("crates/common/Cargo.toml", "");
    write("crates/check/proof/exercise-4/starter.rs", "//! verdict: refused\n");
    let main = format!("fn main() {{ std::process::exit({status}) }}\n");
    write("crates/exercises/src/bin/exercise-4.rs", &main);
    checkout
}

/// What the judge says of exercise 4 in a checkout: its exit status, and the first failed check's evidence.
fn judged_in(checkout: &Path, target: &Path) -> (Option<i32>, String) {
    let mut check = Command::new(CHECK);
    check.args(["4", "--format", "json"]).current_dir(checkout).env("CARGO_TARGET_DIR", target);
    let ended = check.env_remove("CARGO_MANIFEST_DIR").output().expect("run check");
    let complained = String::from_utf8_lossy(&ended.stderr).into_owned();
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).expect(&complained);
    (ended.status.code(), report["checks"][0]["actual"].to_string())
}

#[test]
fn two_checkouts_with_one_target_directory_each_judge_their_own_file() {
    let directory = open_directory();
    let one = checkout_of(directory.path(), "one", 7);
    let two = checkout_of(directory.path(), "two", 8);
    // Both sources are older than what cargo makes of them.
    let target = directory.path().join("target");
    for (checkout, status) in [(&one, 7), (&two, 8), (&one, 7)] {
        let (code, seen) = judged_in(checkout, &target);
        assert_eq!(code, Some(1), "{seen}");
        assert!(seen.contains(&format!("exit status {status}")), "{}: {seen}", checkout.display());
    }
}

#[test]
fn a_checkout_that_cannot_be_written_is_judged_with_a_target_directory_elsewhere() {
    let directory = open_directory();
    let checkout = checkout_of(directory.path(), "read-only", 7);
    let is_root = nix::unistd::geteuid().is_root();
    let judged = || {
        let mut check = match is_root {
            // The mode of a directory does not bind root: a read-only mount does.
            true => {
                let mut unshare = Command::new("unshare");
                let mounts =
                    "mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && exec \"$@\"";
                unshare.args(["--mount", "sh", "-c", mounts, "sh", CHECK]);
                unshare
            }
            false => Command::new(CHECK),
        };
        check.current_dir(&checkout).env("CARGO_TARGET_DIR", directory.path().join("target"));
        check.env_remove("CARGO_MANIFEST_DIR");
        check
    };
    if !is_root {
        fs::set_permissions(&checkout, Permissions::from_mode(0o555)).expect("chmod");
    }
    let unlocked = judged().arg("4").output().expect("run check");
    let lock = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n\
                version = 4\n\n[[package]]\nname = \"exercises\"\nversion = \"0.1.0\"\n";
    fs::set_permissions(&checkout, Permissions::from_mode(0o755)).expect("chmod");
    fs::write(checkout.join("Cargo.lock"), lock).expect("write");
    fs::set_permissions(&checkout, Permissions::from_mode(0o555)).expect("chmod");
    let ended = judged().arg("4").output().expect("run check");
    let hinted = judged().args(["hint", "4"]).output().expect("run check");
    let table = judged().output().expect("run check");
    fs::set_permissions(&checkout, Permissions::from_mode(0o755)).expect("chmod");
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    // Cargo could not write its lock file: the program is not to blame.
    assert_eq!(unlocked.status.code(), Some(3), "{unlocked:?}");
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(said(&ended).contains("seen     exit status 7"), "{ended:?}");
    assert!(said(&hinted).contains("Hint 1 of 3"), "{hinted:?}");
    assert!(said(&table).contains("not solved"), "{table:?}");
    assert!(!checkout.join("target").exists(), "nothing is made in it");
}

/// The exit status for a schedule that is none.
fn schedule(exercise: u8) {
    let answer = match exercise {
        5 => "../exercise-5/flock.c",
        _ => "../exercise-4/right-in-c.c",
    };
    let defines = ["-DDOES=nothing", &format!("-DANSWER=\"{answer}\"")];
    let seen = Judge::of(exercise, "at_once.c", &defines).with(&["--schedule", "foo"]).run();
    assert_eq!(seen.status, Some(2), "{}", seen.in_short());
}

#[test]
fn a_schedule_that_is_none_is_a_wrong_call_for_exercise_5() {
    schedule(5);
}

#[test]
fn a_schedule_is_a_wrong_call_for_exercise_4_which_has_none() {
    schedule(4);
}

#[test]
fn a_schedule_is_a_wrong_call_for_exercise_1_which_has_none() {
    schedule(1);
}

#[test]
fn a_schedule_whose_scenario_the_exercise_has_not_is_a_wrong_call_that_names_those_it_has() {
    let none = "exercise 4 has no schedules";
    for (exercise, schedule, told) in [
        (
            2,
            "two-additions/A1/B-",
            "exercise 2 has no scenario \"two-additions\", but empty-box, full-box",
        ),
        (5, "empty-box/A1/B-", "but two-additions, first-additions, one-pocket, to-and-fro"),
        (4, "two-additions/A1/B-", none),
    ] {
        let program = Judge::of_file("program", b"#!/bin/sh\n", 0o755).for_exercise(exercise);
        let seen = program.with(&["--schedule", schedule]).run();
        assert_eq!(seen.status, Some(2), "{}", seen.in_short());
        let is_one_line = seen.complained.lines().count() == 1;
        assert!(is_one_line && seen.complained.contains(told), "{}", seen.complained);
        assert!(seen.said.is_empty(), "{}", seen.said);
    }
}

/// Python lists the directory of its script at each start, also if the script was called by a link to it.
#[test]
fn a_python_program_that_fails_for_its_own_reason_is_not_told_of_the_directory_of_its_script() {
    let directory = open_directory();
    let folder = directory.path().join("bin");
    fs::create_dir(&folder).expect("mkdir");
    let script = folder.join("script.py");
    fs::write(&script, "#!/usr/bin/env python3\nimport argparse\nraise SystemExit(9)\n")
        .expect("write");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("chmod");
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&script, &link).expect("symlink");
    let seen = Judge::of_program(1, directory, link).run().must_be_refused();
    assert!(seen.said.contains("status 9"), "{}", seen.said);
    assert!(!seen.said.contains("EACCES"), "{}", seen.said);
}

/// A right exercise 4 that reads a file beside its interpreter, below a student's home.
fn needs_what_is_beside(first_line: impl FnOnce(&Path) -> String) {
    let directory = open_directory();
    let home = directory.path().join("home");
    fs::create_dir_all(home.join("bin")).expect("mkdir");
    fs::create_dir(home.join("lib")).expect("mkdir");
    fs::write(home.join("lib/library"), "what the interpreter needs").expect("write");
    let define = format!("-DLIBRARY=\"{}\"", home.join("lib/library").display());
    compile(&home.join("bin"), "interpreter.c", &[&define]);
    let script = directory.path().join("script");
    fs::write(&script, first_line(&home.join("bin/interpreter"))).expect("write");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("chmod");
    let seen = Judge::of_program(4, directory, script).by_ordinary_user().run();
    // `env` may not even execute the interpreter.
    let refused = ["lib/library", "bin/interpreter"].map(|path| home.join(path));
    let told = seen.said.lines().any(|line| {
        let named = refused.iter().any(|path| line.contains(&*path.to_string_lossy()));
        named && line.contains("EACCES")
    });
    assert!(seen.status == Some(0) || told, "what was refused is not said: {}", seen.said);
    seen.must_be_clean();
}

#[test]
fn an_interpreter_below_home_reads_its_library_or_the_report_names_it() {
    needs_what_is_beside(|interpreter| format!("#!{}\n", interpreter.display()));
}

#[test]
fn a_linked_interpreter_reads_its_library_or_the_report_names_it() {
    needs_what_is_beside(|interpreter| {
        let link = interpreter.with_file_name("link");
        std::os::unix::fs::symlink(interpreter, &link).expect("symlink");
        format!("#!{}\n", link.display())
    });
}

#[test]
fn an_interpreter_found_by_env_reads_its_library_or_the_report_names_it() {
    needs_what_is_beside(|interpreter| format!("#!/usr/bin/env {}\n", interpreter.display()));
}

/// A call of mmap that fails, whose result nobody tests.
fn unchecked(how: &str, errno: &str) {
    let seen = Judge::of(4, "unchecked.c", &[how]).run().must_be_refused_for(&["mmap"]);
    assert!(seen.said.contains(errno), "no {errno} in {}", seen.said);
}

#[test]
fn a_fault_at_a_place_in_a_page_that_was_not_mapped_names_the_mmap() {
    let seen = Judge::of(1, "small_pages.c", &[]).run().must_be_refused_for(&["MAP_FAILED"]);
    assert!(seen.said.contains(" bytes after MAP_FAILED, which is -1, and "), "{}", seen.said);
    assert!(seen.said.contains("no multiple of"), "{}", seen.said);
}

#[test]
fn a_fault_past_the_length_of_an_mmap_that_failed_names_the_mmap() {
    let how = ["-DDESCRIPTOR=-1", "-DLENGTH=1"];
    let seen = Judge::of(1, "small_pages.c", &how).run().must_be_refused_for(&["MAP_FAILED"]);
    assert!(
        seen.said.contains("before, mmap of 1 byte returned MAP_FAILED (EBADF"),
        "{}",
        seen.said
    );
}

#[test]
fn a_fault_after_an_mmap_that_failed_with_eacces_names_the_mmap() {
    unchecked("-DMAP(size,fd)=mmap(NULL,size,PROT_READ|PROT_WRITE,MAP_SHARED,fd,0)", "EACCES");
}

#[test]
fn a_fault_after_an_mmap_that_failed_with_einval_names_the_mmap() {
    unchecked("-DMAP(size,fd)=mmap(NULL,size,PROT_READ,MAP_PRIVATE,fd,1)", "EINVAL");
}

#[test]
fn a_fault_after_an_mmap_that_failed_with_ebadf_names_the_mmap() {
    unchecked("-DMAP(size,fd)=mmap(NULL,size,PROT_READ,MAP_PRIVATE,-1,0)", "EBADF");
}
