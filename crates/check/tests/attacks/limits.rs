//! Limits bind all processes that a program starts, alone and in scenarios with several actors.

use crate::judge::Judge;

/// What each limit's report may call it.
const PROCESSES: &[&str] = &["processes", "threads"];
const MEMORY: &[&str] = &["memory", "MiB"];
/// On a machine that is busy with other things, the clock may be faster than the processor.
const CPU_TIME: &[&str] = &["processor time", "CPU time", "had not ended"];
const DISK: &[&str] = &["disk"];
const ANY: &[&str] = &["processes", "threads", "memory", "processor time", "CPU time"];

/// An actor of exercise 5 that does `what` when it finds the lock taken.
fn while_it_waits(what: &str) -> Judge {
    Judge::of(5, "while_waiting.c", &[&format!("-DDOES={what}")])
}

/// An actor of exercise 5 that does `what` when the lock's owner was killed.
fn after_a_kill(what: &str) -> Judge {
    Judge::of(5, "after_a_death.c", &[&format!("-DDOES={what}")])
}

/// A program of exercise 4 that does `what` and then its work.
fn at_once(what: &str) -> Judge {
    Judge::of(
        4,
        "at_once.c",
        &[&format!("-DDOES={what}"), "-DANSWER=\"../exercise-4/right-in-c.c\""],
    )
}

/// The same where tracing is refused.
fn untraced(what: &str) -> Judge {
    at_once(what).refused(libc::EPERM, &["ptrace"])
}

#[test]
fn two_hundred_threads_in_one_actor_are_ended_by_the_limit() {
    while_it_waits("threads_200").run().must_be_refused_for(PROCESSES);
}

#[test]
fn a_thousand_threads_in_one_actor_are_ended_by_the_limit() {
    while_it_waits("threads_1000").run().must_be_refused_for(PROCESSES);
}

#[test]
fn two_hundred_threads_in_a_post_are_ended_by_the_limit() {
    let answer = "-DANSWER=\"../exercise-2/in_c.c\"";
    Judge::of(2, "at_once.c", &["-DDOES=threads_200", answer]).run().must_be_refused_for(PROCESSES);
}

#[test]
fn a_hundred_processes_in_a_grandchild_of_one_actor_are_ended_by_the_limit() {
    while_it_waits("processes").run().must_be_refused_for(PROCESSES);
}

#[test]
fn a_fork_bomb_in_a_grandchild_of_one_actor_is_ended_by_the_limit() {
    // Should the limit not hold, forks fail at 400.
    let judge = while_it_waits("fork_bomb").under(["prlimit", "--nproc=400"]);
    judge.run().must_be_refused_for(PROCESSES);
}

#[test]
fn two_grandchildren_of_one_actor_with_640_mib_are_ended_by_the_limit() {
    while_it_waits("memory").run().must_be_refused_for(MEMORY);
}

#[test]
fn two_grandchildren_of_one_actor_that_burn_four_seconds_are_ended_by_the_limit() {
    while_it_waits("processor").run().must_be_refused_for(CPU_TIME);
}

#[test]
fn three_thousand_short_lived_children_of_one_actor_are_the_programs_fault() {
    while_it_waits("short_lives").run().must_be_refused_for(ANY);
}

#[test]
fn an_actor_that_fills_300_mib_of_disk_is_ended_by_the_limit() {
    while_it_waits("disk").run().must_be_refused_for(DISK);
}

#[test]
fn a_hundred_processes_after_a_kill_are_ended_by_the_limit() {
    after_a_kill("processes").run().must_be_refused_for(PROCESSES);
}

#[test]
fn grandchildren_with_640_mib_after_a_kill_are_ended_by_the_limit() {
    after_a_kill("memory").run().must_be_refused_for(MEMORY);
}

#[test]
fn grandchildren_that_burn_four_seconds_after_a_kill_are_ended_by_the_limit() {
    after_a_kill("processor").run().must_be_refused_for(CPU_TIME);
}

#[test]
fn three_hundred_threads_after_a_kill_are_ended_by_the_limit() {
    after_a_kill("threads_300").run().must_be_refused_for(PROCESSES);
}

#[test]
fn a_hundred_processes_in_a_plain_run_are_ended_by_the_limit() {
    at_once("processes").run().must_be_refused_for(PROCESSES);
}

#[test]
fn two_children_with_640_mib_in_a_plain_run_are_ended_by_the_limit() {
    at_once("memory").run().must_be_refused_for(MEMORY);
}

#[test]
fn two_children_that_burn_four_seconds_in_a_plain_run_are_ended_by_the_limit() {
    at_once("processor").run().must_be_refused_for(CPU_TIME);
}

#[test]
fn system_v_segments_that_are_touched_and_detached_count_as_memory() {
    at_once("detached_segments").run().must_be_refused();
}

#[test]
fn system_v_messages_count_as_memory() {
    at_once("messages").run().must_be_refused();
}

#[test]
fn memory_files_that_nobody_maps_count_as_memory() {
    at_once("memory_files").run().must_be_refused();
}

#[test]
fn a_thousand_children_that_nobody_reaps_are_ended_by_the_limit() {
    at_once("unreaped_1000").run().must_be_refused_for(PROCESSES);
}

#[test]
fn a_hundred_children_that_nobody_reaps_are_ended_by_the_limit() {
    at_once("unreaped_100").run().must_be_refused_for(PROCESSES);
}

#[test]
fn three_hundred_children_of_one_actor_that_nobody_reaps_are_ended_by_the_limit() {
    while_it_waits("unreaped_300").run().must_be_refused_for(PROCESSES);
}

#[test]
fn a_file_of_300_mib_ten_directories_deep_counts_as_disk() {
    at_once("deep_file").run().must_be_refused_for(DISK);
}

#[test]
fn a_file_of_300_mib_behind_six_thousand_others_counts_as_disk() {
    at_once("file_behind_others").run().must_be_refused_for(DISK);
}

#[test]
fn a_file_of_300_mib_in_a_closed_directory_counts_as_disk() {
    at_once("file_in_closed_directory").by_ordinary_user().run().must_be_refused_for(DISK);
}

#[test]
fn a_file_of_300_mib_that_a_child_holds_without_a_name_counts_as_disk() {
    at_once("nameless_file").run().must_be_refused_for(DISK);
}

#[test]
fn nameless_files_of_300_mib_that_a_child_only_maps_count_as_disk() {
    at_once("mapped_files").run().must_be_refused_for(DISK);
}

#[test]
fn nameless_files_of_300_mib_that_a_child_only_maps_count_as_disk_if_the_judge_is_no_root() {
    at_once("mapped_files").by_ordinary_user().run().must_be_refused_for(DISK);
}

#[test]
fn a_program_that_makes_files_without_end_is_ended_by_a_limit() {
    at_once("files_without_end").run().must_be_refused();
}

#[test]
fn two_hundred_untraced_threads_are_ended_by_the_limit() {
    untraced("threads_that_stay").run().must_be_refused_for(PROCESSES);
}

#[test]
fn an_untraced_fork_bomb_is_ended_by_the_limit() {
    let judge = untraced("fork_bomb").under(["prlimit", "--nproc=4000"]);
    judge.run().must_be_refused_for(PROCESSES);
}

#[test]
fn three_thousand_short_lived_untraced_grandchildren_are_ended_by_the_limit() {
    untraced("short_lives").run().must_be_refused_for(PROCESSES);
}

#[test]
fn two_untraced_grandchildren_with_640_mib_are_ended_by_the_limit() {
    untraced("memory").run().must_be_refused_for(MEMORY);
}

#[test]
fn two_untraced_grandchildren_that_burn_four_seconds_are_ended_by_the_limit() {
    untraced("processor").run().must_be_refused_for(CPU_TIME);
}
