//! If the system refuses the judge something, one line of the report says so: the step, its errno, and what follows for
//! the verdict.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use course::is_root;

use crate::judge::{Judge, Seen, compile};

const RIGHT_2: &str = "../exercise-2/in_c.c";
const RIGHT_4: &str = "../exercise-4/right-in-c.c";
const RIGHT_5: &str = "../exercise-5/flock.c";
const RIGHT_6: &str = "../exercise-6/right-in-c.c";
/// Its lock names its holder by a number of a process, which it looks up in `/proc`.
const HOLDER_IN_PROC: &str = "../more/exercise-5/holder_in_proc.c";

/// A right answer.
fn right(exercise: u8, answer: &str) -> Judge {
    Judge::of(exercise, "at_once.c", &["-DDOES=nothing", &format!("-DANSWER=\"{answer}\"")])
}

/// The flags of `unshare`, as a filter compares them.
fn unshare(flag: i32) -> String {
    format!("unshare:{flag}")
}

impl Seen {
    /// One of the lines that say why the verdict is less sure has all these words.
    fn must_say_in_one_line(self, words: &[&str]) -> Self {
        let weaker = self.report["environment"]["weaker"].as_array().cloned().unwrap_or_default();
        let mut lines = weaker.iter().filter_map(|line| line.as_str());
        let says_all = |line: &str| words.iter().all(|word| line.contains(word));
        assert!(lines.any(says_all), "no line with {words:?} in {weaker:#?}");
        self
    }
}

#[test]
fn where_an_ordinary_user_may_make_no_user_namespace_one_line_says_so_and_what_follows() {
    let judge = right(4, RIGHT_4).by_ordinary_user();
    let seen = judge.refused(libc::EPERM, &[&unshare(libc::CLONE_NEWUSER)]).run();
    let seen = seen.must_be_accepted().must_say_in_one_line(&[
        "unshare CLONE_NEWUSER: Operation not permitted (os error 1): ",
        "System V semaphores",
        "modes, times and attributes",
        "no run was made without a tracer",
    ]);
    assert_eq!(seen.report["environment"]["weaker"].as_array().map(Vec::len), Some(1));
}

#[test]
fn where_root_may_make_no_user_namespace_one_line_says_so_and_what_follows() {
    if is_root() {
        let seen = right(4, RIGHT_4).refused(libc::EPERM, &[&unshare(libc::CLONE_NEWUSER)]).run();
        seen.must_be_accepted().must_say_in_one_line(&[
            "unshare CLONE_NEWUSER: Operation not permitted (os error 1): ",
            "it may refuse threads",
        ]);
    }
}

#[test]
fn where_no_ipc_namespace_can_be_made_one_line_says_so_and_what_follows() {
    let seen = right(4, RIGHT_4).refused(libc::EPERM, &[&unshare(libc::CLONE_NEWIPC)]).run();
    seen.must_be_accepted().must_say_in_one_line(&[
        "unshare CLONE_NEWIPC: Operation not permitted (os error 1): ",
        "may make no System V semaphores",
    ]);
}

#[test]
fn where_an_ordinary_user_can_make_no_mount_namespace_one_line_says_so_and_what_follows() {
    let judge = right(4, RIGHT_4).by_ordinary_user();
    let seen = judge.refused(libc::EACCES, &[&unshare(libc::CLONE_NEWNS)]).run();
    seen.must_be_accepted().must_say_in_one_line(&[
        "unshare CLONE_NEWNS: Permission denied (os error 13): ",
        "not fully contained",
    ]);
}

/// The parts of checks that were not made, and why.
fn not_made(seen: &Seen) -> Vec<(String, String)> {
    let checks = seen.report["checks"].as_array().expect("checks");
    let not_made = checks.iter().filter(|check| check["state"] == "cannot");
    not_made.map(|check| (check["promise"].to_string(), check["actual"].to_string())).collect()
}

#[test]
fn where_no_pid_namespace_can_be_made_the_report_names_the_missing_runs_without_a_tracer() {
    const WHY: &str = "unshare CLONE_NEWPID: Operation not permitted (os error 1)";
    for (exercise, answer, parts) in [(2, RIGHT_2, 2), (4, RIGHT_4, 1), (5, RIGHT_5, 4)] {
        let judge = right(exercise, answer);
        let seen = judge.refused(libc::EPERM, &[&unshare(libc::CLONE_NEWPID)]).run();
        let seen = seen.must_be_accepted();
        let seen = seen.must_say_in_one_line(&[WHY, "no run was made without a tracer"]);
        let not_made = not_made(&seen);
        assert_eq!(not_made.len(), parts, "{not_made:?}");
        assert!(not_made.iter().all(|(_, why)| why.contains(WHY)), "{not_made:?}");
    }
}

#[test]
fn where_the_limit_on_pid_namespaces_is_0_the_runs_without_a_tracer_are_not_made() {
    let limits = "echo 0 > /proc/sys/user/max_pid_namespaces && \
                  exec setpriv --inh-caps=-all --ambient-caps=-all \"$@\"";
    let own = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps"];
    let words = own.into_iter().chain(["sh", "-c", limits, "sh"]);
    let seen = right(4, RIGHT_4).by_ordinary_user().under(words).run();
    let seen = seen.must_be_accepted().must_say_in_one_line(&[
        "unshare CLONE_NEWPID: No space left on device (os error 28): ",
        "no run was made without a tracer",
    ]);
    assert_eq!(not_made(&seen).len(), 1, "{}", seen.said);
}

#[test]
fn where_a_part_of_proc_is_hidden_from_an_ordinary_user_the_runs_without_a_tracer_are_not_made() {
    const WHY: &str = "mount /proc: Operation not permitted (os error 1)";
    for (exercise, answer, parts) in [(2, RIGHT_2, 2), (4, RIGHT_4, 1), (5, HOLDER_IN_PROC, 4)] {
        let seen = right(exercise, answer).where_a_part_of_proc_is_hidden().run();
        let seen = seen.must_be_accepted();
        let seen = seen.must_say_in_one_line(&[WHY, "no run was made without a tracer"]);
        let not_made = not_made(&seen);
        assert_eq!(not_made.len(), parts, "{not_made:?}");
        assert!(not_made.iter().all(|(_, why)| why.contains(WHY)), "{not_made:?}");
    }
}

#[test]
fn where_landlock_is_refused_one_line_says_so_and_what_follows() {
    for (errno, why) in [
        (libc::ENOSYS, "Function not implemented (os error 38)"),
        (libc::EOPNOTSUPP, "Operation not supported (os error 95)"),
        (libc::EPERM, "Operation not permitted (os error 1)"),
    ] {
        let seen = right(4, RIGHT_4).refused(errno, &["landlock_create_ruleset"]).run();
        seen.must_be_accepted().must_say_in_one_line(&[
            &format!("landlock_create_ruleset: {why}: "),
            "could write wherever its user may",
        ]);
    }
}

#[test]
fn where_ptrace_is_refused_one_line_says_so_and_what_follows() {
    let seen = right(4, RIGHT_4).refused(libc::EPERM, &["ptrace"]).run();
    seen.must_be_the_machines_failure("ptrace is refused here").must_say_in_one_line(&[
        "ptrace is refused here: Operation not permitted (os error 1): ",
        "no call of the program was seen",
    ]);
}

#[test]
fn where_no_control_group_is_mounted_the_check_of_a_large_file_says_so() {
    if is_root() {
        let judge = right(6, RIGHT_6).after("umount --recursive /sys/fs/cgroup");
        let seen = judge.run().must_be_accepted();
        let told = seen.check("gigabyte")["details"].to_string();
        let why = "no control group is mounted, so the judge cannot see a limit on memory";
        assert!(told.contains(why), "{told}");
    }
}

/// A right answer, judged where each process lacks this file in `/proc`.
fn without(exercise: u8, answer: &str, file: &str) -> Seen {
    let judge = right(exercise, answer);
    let hide = compile(judge.directory(), "hide.c", &["-shared", "-fPIC"]);
    let library = format!("LD_PRELOAD={}", hide.display());
    judge.under(["env".to_owned(), library, format!("HIDDEN={file}")]).run()
}

#[test]
fn without_schedstat_or_children_in_proc_the_machine_cannot_judge() {
    for (file, named) in [
        ("schedstat", "judge without /proc/PID/schedstat"),
        ("children", "judge without /proc/PID/task/TID/children"),
    ] {
        let seen = without(4, RIGHT_4, file).must_be_the_machines_failure(named);
        assert!(seen.complained.contains("(os error 2)"), "{}", seen.complained);
    }
}

#[test]
fn without_syscall_in_proc_only_checks_of_two_processes_cannot_be_made() {
    without(4, RIGHT_4, "syscall").must_be_accepted();
    for (exercise, answer, checks) in [
        (2, RIGHT_2, &["together"][..]),
        (5, RIGHT_5, &["additions", "transfers-at-once", "kills", "waiting"]),
    ] {
        let seen = without(exercise, answer, "syscall");
        let seen = seen.must_be_the_machines_failure("/proc/PID/syscall");
        let seen =
            seen.must_say_in_one_line(&["(os error 2)", "two processes at once were not made"]);
        for id in checks {
            assert_eq!(seen.state(id), "cannot", "{id}: {}", seen.said);
        }
    }
}
