//! What the machine or the judge fails in is told as theirs, never as the program's.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use course::is_root;

use crate::judge::{CHECK, Judge, Seen, compile, open_directory};

const RIGHT_4: &str = "-DANSWER=\"../exercise-4/right-in-c.c\"";

/// A right answer.
fn right(exercise: u8) -> Judge {
    let answer = match exercise {
        2 => "../exercise-2/in_c.c",
        3 => "../exercise-3/right-in-c.c",
        5 => "../exercise-5/flock.c",
        6 => "../exercise-6/right-in-c.c",
        _ => "../exercise-4/right-in-c.c",
    };
    Judge::of(exercise, "at_once.c", &["-DDOES=nothing", &format!("-DANSWER=\"{answer}\"")])
}

/// A right exercise 4, judged where the kernel refuses a call.
fn refused(errno: i32, calls: &[&str]) -> Seen {
    right(4).refused(errno, calls).run()
}

#[test]
fn where_close_range_is_missing_the_machine_cannot_judge() {
    refused(libc::ENOSYS, &["close_range"]).must_be_the_machines_failure("close_range");
}

#[test]
fn where_ptrace_and_unshare_are_refused_the_machine_cannot_judge() {
    refused(libc::EPERM, &["ptrace", "unshare"]).must_be_the_machines_failure("unshare");
}

/// Where no namespace can be made, nothing runs without a tracer. The rest of the checks decides, and the report
/// names the part that was not made.
fn is_judged_without_untraced_runs(exercise: u8, part: &str) {
    let seen = right(exercise).refused(libc::EPERM, &["unshare"]).run();
    let checks = seen.report["checks"].as_array().expect("checks");
    let not_made: Vec<_> = checks.iter().filter(|check| check["state"] == "cannot").collect();
    let [check] = &not_made[..] else { panic!("{not_made:?}") };
    assert!(check["promise"].to_string().contains(part), "{check}");
    assert!(check["actual"].to_string().contains("unshare"), "{check}");
    let totals = &seen.report["totals"];
    assert_eq!((&totals["points"], &check["points"]), (&totals["most"], &0.into()), "{totals}");
    seen.must_be_accepted();
}

#[test]
fn where_unshare_is_refused_exercise_4_is_judged_without_a_run_that_nobody_traces() {
    is_judged_without_untraced_runs(4, "whether it is traced or not");
}

/// Where no watchpoint can be set, no program is stopped at its loads. The rest of the check decides, and the report
/// names the part that was not made.
fn is_judged_without_watchpoints(check: &str, part: &str) {
    let sets_one = format!("ptrace:{}", libc::PTRACE_POKEUSER);
    let seen = right(2).refused(libc::EINVAL, &[&sets_one]).run();
    assert_eq!(seen.state(check), "passed", "{}", seen.said);
    let not_made = seen.check(&format!("{check}-part-1"));
    assert_eq!((&not_made["state"], &not_made["points"]), (&"cannot".into(), &0.into()));
    assert!(not_made["promise"].to_string().contains(part), "{not_made}");
    assert!(not_made["actual"].to_string().contains("cannot stop a program at its loads"));
    seen.must_be_accepted();
}

#[test]
fn without_watchpoints_a_second_load_in_exercise_2_is_told_as_not_looked_for() {
    is_judged_without_watchpoints("trusts-nothing", "loads this number a second time");
}

#[test]
fn without_watchpoints_an_early_load_in_exercise_2_is_told_as_not_looked_for() {
    is_judged_without_watchpoints("together", "just after it has loaded a part of the message");
}

#[test]
fn where_prctl_is_refused_the_machine_cannot_judge() {
    refused(libc::EPERM, &["prctl"]).must_be_the_machines_failure("prctl");
}

#[test]
fn where_landlock_restrict_self_is_refused_the_machine_cannot_judge() {
    refused(libc::EPERM, &["landlock_restrict_self"]).must_be_the_machines_failure("landlock");
}

#[test]
fn where_setpgid_is_refused_the_machine_cannot_judge() {
    refused(libc::EPERM, &["setpgid"]).must_be_the_machines_failure("setpgid");
}

#[test]
fn where_socketpair_is_refused_the_machine_cannot_judge() {
    refused(libc::EPERM, &["socketpair"]).must_be_the_machines_failure("socketpair");
}

#[test]
fn a_call_that_fails_as_it_never_should_is_the_judges_own_fault() {
    let seen = right(4).refused(libc::EIO, &["timer_create"]).run();
    assert_eq!(seen.status, Some(4), "the judge fails: {}", seen.complained);
    assert!(seen.complained.contains("timer_create"), "{}", seen.complained);
    seen.must_be_clean();
}

/// A program that sleeps for ever, while the judge is killed.
fn ends_with_the_judge(judge: Judge) {
    let seen = judge.run_and_kill();
    assert_eq!(seen.status, None, "{}", seen.in_short());
    let lives: Vec<_> = seen.left.iter().filter(|left| left.starts_with("process ")).collect();
    assert!(lives.is_empty(), "{lives:?}");
}

#[test]
fn a_traced_program_ends_with_a_judge_that_is_killed() {
    ends_with_the_judge(Judge::of(1, "asleep.c", &[]));
}

#[test]
fn an_untraced_program_ends_with_a_judge_that_is_killed() {
    let untraced = || Judge::of(1, "asleep.c", &[]).refused(libc::EPERM, &["ptrace"]);
    ends_with_the_judge(untraced());
    if may_mount_proc() {
        ends_with_the_judge(untraced().by_ordinary_user());
    } else {
        println!(
            "NOT RUN: an ordinary user may not mount /proc, so the judge runs no program without a tracer"
        );
    }
}

/// Whether an ordinary user may mount a `/proc` for processes of its own. A container that hides parts of `/proc` refuses
/// it.
fn may_mount_proc() -> bool {
    let own = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "true"];
    let tried = Command::new("unshare").args(own).stderr(Stdio::null()).status();
    tried.expect("start unshare").success()
}

/// A source in C.
fn source() -> Judge {
    let directory = open_directory();
    let source = directory.path().join("answer.c");
    fs::write(&source, "int main(void) { return 1; }\n").expect("write the source");
    Judge::of_program(1, directory, source)
}

#[test]
fn where_the_compiler_cannot_be_executed_the_machine_cannot_judge() {
    if is_root() {
        let hides = "mount --bind /dev/null /usr/bin/cc && exec \"$@\"";
        let judge = source().under(["unshare", "--mount", "sh", "-c", hides, "sh"]);
        judge.run().must_be_the_machines_failure("the compiler cannot be run");
    }
}

#[test]
fn where_cargo_is_missing_a_source_in_rust_cannot_be_judged() {
    let directory = open_directory();
    let source = directory.path().join("answer.rs");
    fs::write(&source, "fn main() {}\n").expect("write the source");
    let judge = Judge::of_program(1, directory, source).under(["env", "CARGO=/nonexistent"]);
    judge.run().must_be_the_machines_failure("/nonexistent");
}

#[test]
fn where_setresuid_is_refused_to_root_the_machine_cannot_judge() {
    if is_root() {
        refused(libc::EPERM, &["setresuid"]).must_be_the_machines_failure("ordinary user");
    }
}

#[test]
fn where_timer_create_is_refused_the_machine_cannot_judge() {
    let seen = right(5).refused(libc::EAGAIN, &["timer_create"]).run();
    seen.must_be_the_machines_failure("timer_create");
}

#[test]
fn where_ptrace_is_refused_a_right_exercise_2_cannot_be_judged() {
    right(2).refused(libc::EPERM, &["ptrace"]).run().must_be_the_machines_failure("ptrace");
}

#[test]
fn where_ptrace_is_refused_a_right_exercise_3_cannot_be_judged() {
    right(3).refused(libc::EPERM, &["ptrace"]).run().must_be_the_machines_failure("ptrace");
}

#[test]
fn where_ptrace_is_refused_a_right_exercise_4_cannot_be_judged() {
    refused(libc::EPERM, &["ptrace"]).must_be_the_machines_failure("ptrace");
}

#[test]
fn where_ptrace_is_refused_a_right_exercise_5_cannot_be_judged() {
    right(5).refused(libc::EPERM, &["ptrace"]).run().must_be_the_machines_failure("ptrace");
}

#[test]
fn where_ptrace_is_refused_a_right_exercise_6_cannot_be_judged() {
    right(6).refused(libc::EPERM, &["ptrace"]).run().must_be_the_machines_failure("ptrace");
}

/// Exercise 6 by reading its files, judged where the kernel refuses a request of ptrace.
fn reads_unseen(request: u32) {
    let answer = "-DANSWER=\"../exercise-6/right-in-c.c\"";
    let judge = Judge::of(6, "carries_bytes.c", &["-DHOW=NOT_HIDDEN", answer]);
    let seen = judge.refused(libc::EIO, &[&format!("ptrace:{request}")]).run();
    assert!(matches!(seen.status, Some(1 | 3 | 4)), "must not be solved: {}", seen.in_short());
    seen.must_be_clean();
}

#[test]
fn where_the_calls_cannot_be_asked_for_a_program_that_reads_is_not_solved() {
    reads_unseen(libc::PTRACE_GET_SYSCALL_INFO);
}

#[test]
fn where_a_new_childs_number_cannot_be_asked_for_a_program_that_reads_is_not_solved() {
    reads_unseen(libc::PTRACE_GETEVENTMSG);
}

#[test]
fn where_a_signals_reason_cannot_be_asked_for_a_program_that_reads_is_not_solved() {
    reads_unseen(libc::PTRACE_GETSIGINFO);
}

#[test]
fn where_the_calls_cannot_be_asked_for_a_right_program_is_not_blamed() {
    let request = format!("ptrace:{}", libc::PTRACE_GET_SYSCALL_INFO);
    let seen = right(4).refused(libc::EIO, &[&request]).run();
    assert!(matches!(seen.status, Some(3 | 4)), "nothing was seen: {}", seen.in_short());
    seen.must_be_clean();
}

#[test]
fn a_judge_with_twenty_descriptors_that_cannot_see_a_read_does_not_pass_it() {
    let answer = "-DANSWER=\"../exercise-6/right-in-c.c\"";
    let judge = Judge::of(6, "carries_bytes.c", &["-DHOW=NOT_HIDDEN", answer]);
    let seen = judge.under(["prlimit", "--nofile=20"]).run();
    assert!(matches!(seen.status, Some(1 | 3)), "must not be solved: {}", seen.in_short());
}

/// A right exercise 4, judged within limits that the judge inherits.
fn within(limit: &str) {
    right(4).under(["prlimit", limit]).run().must_not_be_blamed();
}

#[test]
fn a_judge_that_may_write_no_file_blames_nobody() {
    within("--fsize=0");
}

#[test]
fn a_judge_that_may_write_50_kib_blames_nobody() {
    within("--fsize=51200");
}

#[test]
fn a_judge_with_a_stack_of_64_kib_blames_nobody() {
    within("--stack=65536");
}

#[test]
fn a_judge_with_twenty_descriptors_blames_nobody() {
    within("--nofile=20");
}

/// A judge whose memory is limited to `limit` says so, whatever it judges.
fn lacks_memory(limit: &str, told: &str) {
    for exercise in [2, 4, 6] {
        let seen = right(exercise).under(["prlimit", limit]).run();
        if seen.status != Some(0) {
            seen.must_be_the_machines_failure(told); // A judge that may raise its limit does.
        }
    }
}

#[test]
fn a_judge_with_100_mib_of_addresses_says_that_it_needs_more() {
    lacks_memory("--as=104857600", "judge with 100 MiB of address space (it takes 512 MiB");
}

#[test]
fn a_judge_with_20_mib_of_private_memory_says_that_it_needs_more() {
    lacks_memory("--data=20971520", "judge with 20 MiB of private memory (it takes 64 MiB");
}

#[test]
fn a_judge_that_cannot_map_a_gigabyte_blames_nobody() {
    right(6).under(["prlimit", "--as=629145600"]).run().must_not_be_blamed();
}

#[test]
fn a_judge_with_200_mib_of_addresses_blames_nobody() {
    within("--as=209715200");
}

#[test]
fn a_judge_with_a_second_of_cpu_time_blames_nobody() {
    right(6).under(["prlimit", "--cpu=1"]).run().must_not_be_blamed();
}

#[test]
fn a_judge_with_umask_777_accepts_a_right_program() {
    right(4).after("umask 777").run().must_be_accepted();
}

#[test]
fn a_judge_with_umask_0_accepts_a_right_program() {
    right(4).after("umask 0").run().must_be_accepted();
}

#[test]
fn a_judge_that_ignores_child_signals_accepts_a_right_program() {
    right(4).after("trap '' CHLD INT TERM PIPE").run().must_be_accepted();
}

/// A right answer that fails if it begins with a signal blocked, judged by a judge that begins with all blocked.
fn with_all_signals_blocked(exercise: u8, answer: &str) {
    let judge = Judge::of(exercise, "mask.c", &[&format!("-DANSWER=\"{answer}\"")]);
    let all_blocked = compile(judge.directory(), "all_blocked.c", &[]);
    judge.under([all_blocked.to_string_lossy()]).run().must_be_accepted();
}

#[test]
fn a_judge_that_begins_with_all_signals_blocked_accepts_a_right_exercise_4() {
    with_all_signals_blocked(4, "../exercise-4/right-in-c.c");
}

#[test]
fn a_judge_that_begins_with_all_signals_blocked_accepts_a_right_exercise_5() {
    with_all_signals_blocked(5, "../exercise-5/flock.c");
}

/// A right exercise 4, judged where standard output is this.
fn told_to(shell: &str) {
    let seen = right(4).after(shell).run();
    assert!(!matches!(seen.status, None | Some(0 | 1)), "nobody was told: {}", seen.in_short());
    assert!(seen.complained.contains("standard output"), "{}", seen.complained);
    seen.must_be_clean();
}

#[test]
fn a_verdict_that_cannot_be_told_because_standard_output_is_closed_is_a_failure() {
    told_to("exec >&-");
}

#[test]
fn a_verdict_that_cannot_be_told_because_the_disk_is_full_is_a_failure() {
    told_to("exec > /dev/full");
}

#[test]
fn a_verdict_that_cannot_be_told_because_nobody_reads_the_pipe_is_a_failure() {
    told_to("mkfifo pipe; exec 3<>pipe > pipe 3<&-");
}

/// More threads than an untraced program may have, of the user as whom root's judge runs programs.
fn crowded(judged: impl FnOnce() -> Seen) -> Seen {
    let directory = open_directory();
    let crowd = compile(directory.path(), "crowd.c", &["-DCOUNT=600"]);
    let mut crowd = Command::new(crowd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the crowd");
    let mut said = String::new();
    let output = crowd.stdout.as_mut().expect("its output");
    BufReader::new(output).read_line(&mut said).expect("read its output");
    assert_eq!(said, "all sleep\n");
    let seen = judged();
    drop(crowd.stdin.take());
    assert!(crowd.wait().expect("wait for the crowd").success());
    seen
}

#[test]
fn an_untraced_program_may_start_threads_however_many_other_programs_of_its_user_have() {
    if is_root() {
        let threads = || Judge::of(4, "unusual.c", &["-DHOW=FIRST_THREAD_ENDS", RIGHT_4]);
        let seen = crowded(|| threads().run());
        let checks = seen.report["checks"].as_array().expect("checks");
        assert!(checks.iter().all(|check| check["state"] == "passed"), "{}", seen.said);
        seen.must_be_accepted();
    }
}

/// A right exercise 4, judged by root where the scratch directory is this.
fn on_a_scratch_that(mount: &str) {
    if is_root() {
        right(4).after(mount).run().must_not_be_blamed();
    }
}

#[test]
fn a_full_disk_is_the_machines_failure() {
    on_a_scratch_that("mount -t tmpfs -o size=16k none scratch");
}

#[test]
fn a_read_only_scratch_is_the_machines_failure() {
    on_a_scratch_that("mount --bind scratch scratch; mount -o remount,bind,ro scratch");
}

#[test]
fn a_scratch_on_which_nothing_may_be_executed_accepts_a_right_program() {
    on_a_scratch_that("mount -t tmpfs -o noexec,nosuid,nodev none scratch");
}

/// The judge of `path`, which is no program.
fn wrong_call(path: &str) {
    for _ in 0..3 {
        let seen = Judge::of_program(1, open_directory(), path.into()).run();
        assert_eq!(seen.status, Some(2), "{path} is no program: {}", seen.in_short());
    }
}

#[test]
fn a_directory_as_the_program_is_a_wrong_call() {
    wrong_call("/tmp");
}

#[test]
fn a_device_as_the_program_is_a_wrong_call() {
    wrong_call("/dev/zero");
}

#[test]
fn a_missing_file_as_the_program_is_a_wrong_call() {
    wrong_call("/nonexistent");
}

#[test]
fn a_fifo_as_the_program_is_a_wrong_call() {
    let directory = open_directory();
    let fifo = directory.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("run mkfifo");
    assert!(made.success());
    let seen = Judge::of_program(1, directory, fifo).run();
    assert_eq!(seen.status, Some(2), "a FIFO is no program: {}", seen.in_short());
}

/// No test of Gradescope's document counts as failed, and there is no score: the machine could not judge
/// the core. PrairieLearn's document says that the submission cannot be graded, which costs no attempt.
fn loses_no_points(exercise: u8) {
    let written_as =
        |format| right(exercise).refused(libc::EPERM, &["ptrace"]).written_as(format).run();
    let seen = written_as("gradescope");
    assert_eq!(seen.status, Some(3), "{}", seen.in_short());
    let tests = seen.report["tests"].as_array().expect("tests");
    let failed: Vec<_> = tests.iter().filter(|test| test["status"] == "failed").collect();
    assert!(!tests.is_empty() && failed.is_empty(), "told as failed: {failed:?}");
    assert!(seen.report["score"].is_null(), "{}", seen.report["score"]);
    assert!(tests.iter().all(|test| test["score"].is_null()), "{tests:?}");
    let seen = written_as("prairielearn");
    assert_eq!(seen.status, Some(3), "{}", seen.in_short());
    assert_eq!(seen.report["gradable"], false, "{}", seen.in_short());
    assert!(seen.report["score"].is_null(), "{}", seen.report["score"]);
}

#[test]
fn without_ptrace_gradescope_takes_no_points_for_exercise_4() {
    loses_no_points(4);
}

#[test]
fn without_ptrace_gradescope_takes_no_points_for_exercise_6() {
    loses_no_points(6);
}

#[test]
fn without_ptrace_gradescope_takes_no_points_for_exercise_3() {
    loses_no_points(3);
}

#[test]
fn the_judge_itself_ends_with_status_2_for_a_call_that_it_does_not_know() {
    let ended = Command::new(CHECK).arg("no-command").output().expect("run check");
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
}

#[test]
fn on_two_processors_a_report_has_the_same_checks_in_the_same_order_as_on_one() {
    let told = |exercise: u8, answer: &str, processors: &str| {
        let directory = open_directory();
        let program = directory.path().join(answer);
        let source = crate::judge::source(&format!("../exercise-{exercise}/{answer}"));
        fs::copy(source, &program).expect("copy the answer");
        let judge = Judge::of_program(exercise, directory, program).with(&["--seed", "7"]);
        let seen = judge.under(["taskset", "--cpu-list", processors]).run();
        let checks = seen.report["checks"].as_array().cloned().unwrap_or_default();
        assert!(checks.len() > 3, "{checks:?}");
        let words = |check: &serde_json::Value| {
            ["id", "state", "points", "diagnosis"].map(|key| check[key].to_string())
        };
        checks.iter().map(words).collect::<Vec<_>>()
    };
    let given = common::allowed_cpus().expect("the processors of this test");
    let [one, two] = [1, 2].map(|count| {
        let given = given.iter().take(count).map(ToString::to_string);
        given.collect::<Vec<_>>().join(",")
    });
    for (exercise, answer) in [
        (1, "plain.c"),
        (1, "indexes_by_the_file.c"),
        (3, "plain.c"),
        (3, "no-msync.c"),
        (4, "plain.c"),
        (6, "plain.c"),
        (6, "never-unmaps.c"),
    ] {
        assert_eq!(
            told(exercise, answer, &two),
            told(exercise, answer, &one),
            "{exercise} {answer}"
        );
    }
}
