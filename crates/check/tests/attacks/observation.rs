//! Nothing unseen passes: what the judge cannot see, or sees only sometimes, is no right answer.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::judge::{Judge, Seen};

/// Exercise 5 without a lock around the addition, hidden in one of the ways of `hidden_store.c`.
fn adds_without_a_lock(how: &str) -> Seen {
    Judge::of(5, "hidden_store.c", &[&format!("-DHOW={how}")]).run()
}

/// A right answer, but for the bytes of FILE, which it reads by a call.
fn reads(exercise: u8, how: &str) -> Judge {
    let answer = format!("-DANSWER=\"../exercise-{exercise}/right-in-c.c\"");
    Judge::of(exercise, "carries_bytes.c", &[&format!("-DHOW={how}"), &answer])
}

/// What a report calls an addition that is gone.
const LOST: &[&str] = &["lost"];
/// What it calls bytes that came by a call.
const CALLED: &[&str] = &["mapping"];

#[test]
fn an_addition_by_process_vm_writev_without_a_lock_is_lost() {
    adds_without_a_lock("BY_WRITEV").must_be_refused_for(LOST);
}

#[test]
fn an_addition_by_reading_a_pipe_without_a_lock_is_lost() {
    adds_without_a_lock("BY_PIPE").must_be_refused_for(LOST);
}

#[test]
fn an_addition_by_receiving_from_a_socket_without_a_lock_is_lost() {
    adds_without_a_lock("BY_SOCKET").must_be_refused_for(LOST);
}

#[test]
fn an_addition_by_readv_without_a_lock_is_lost() {
    adds_without_a_lock("BY_READV").must_be_refused_for(LOST);
}

#[test]
fn an_addition_by_recvmsg_without_a_lock_is_lost() {
    adds_without_a_lock("BY_MESSAGE").must_be_refused_for(LOST);
}

#[test]
fn an_addition_by_a_call_that_stores_through_an_argument_is_lost() {
    adds_without_a_lock("BY_ARGUMENT").must_be_refused_for(LOST);
}

#[test]
fn an_addition_beside_a_thread_that_waits_to_read_into_file_is_lost() {
    adds_without_a_lock("BESIDE_A_READ").must_be_refused_for(LOST);
}

#[test]
fn additions_that_the_kernel_stores_under_a_lock_are_accepted() {
    for how in ["BY_WRITEV", "BY_PIPE", "BY_SOCKET", "BY_READV", "BY_MESSAGE", "BY_ARGUMENT"] {
        let how = format!("-DHOW={how}");
        Judge::of(5, "hidden_store.c", &[&how, "-DLOCKED"]).run().must_be_accepted();
    }
}

#[test]
fn a_call_of_which_it_is_not_known_where_it_stores_cannot_be_judged() {
    let judge = Judge::of(5, "hidden_store.c", &["-DHOW=BY_MESSAGES", "-DLOCKED"]);
    judge.run().must_be_the_machines_failure("may store in FILE");
}

#[test]
fn the_trace_names_the_call_for_which_the_kernel_stores_for_an_ordinary_user_too() {
    let seen = Judge::of(5, "hidden_store.c", &["-DHOW=BY_PIPE"]).by_ordinary_user().run();
    assert!(seen.said.contains(" by read"), "{}", seen.said);
    seen.must_be_refused_for(LOST);
}

#[test]
fn a_message_that_the_kernel_stores_after_its_mark_is_torn() {
    Judge::of(2, "kernel_posts.c", &[]).run().must_be_refused_for(&["torn", "old", "whole"]);
}

#[test]
fn a_mapping_made_writable_by_pkey_mprotect_is_watched() {
    adds_without_a_lock("PKEY").must_be_refused_for(LOST);
}

#[test]
fn a_mapping_copied_by_mremap_is_watched() {
    adds_without_a_lock("COPIED").must_be_refused_for(LOST);
}

#[test]
fn a_mapping_made_by_remap_file_pages_is_watched() {
    adds_without_a_lock("REMAPPED").must_be_refused_for(LOST);
}

#[test]
fn a_mapping_laid_over_another_is_watched() {
    adds_without_a_lock("FIXED").must_be_refused_for(LOST);
}

#[test]
fn a_mapping_of_file_by_another_name_is_watched() {
    adds_without_a_lock("LINKED").must_be_refused_for(LOST);
}

#[test]
fn a_program_that_is_not_dumpable_and_takes_no_lock_is_not_solved() {
    let judge = Judge::of(5, "hidden_store.c", &["-DHOW=NOT_DUMPABLE"]);
    not_solved(judge.by_ordinary_user().run());
}

#[test]
fn a_program_that_is_not_dumpable_and_reads_file_is_not_solved() {
    not_solved(reads(6, "NOT_DUMPABLE").by_ordinary_user().run());
}

#[test]
fn a_program_that_is_not_dumpable_and_takes_no_lock_is_not_solved_by_root() {
    not_solved(adds_without_a_lock("NOT_DUMPABLE"));
}

#[test]
fn a_program_that_may_be_executed_but_not_read_and_reads_file_is_not_solved() {
    let judge = reads(6, "NOT_HIDDEN").by_ordinary_user();
    let program = judge.directory().join("carries_bytes");
    fs::set_permissions(program, Permissions::from_mode(0o111)).expect("chmod");
    not_solved(judge.run());
}

/// Refused, or the judge says that it cannot see what it would have to.
fn not_solved(seen: Seen) {
    assert!(matches!(seen.status, Some(1 | 3)), "must not be solved: {}", seen.in_short());
    seen.must_be_clean();
}

#[test]
fn a_program_that_locks_only_if_it_is_traced_is_refused() {
    adds_without_a_lock("IF_TRACED").must_be_refused();
}

/// The same, told in another way that it is traced.
fn locks_only_if_told(how: &[&str]) {
    let defines = [&["-DHOW=IF_TRACED"], how].concat();
    Judge::of(5, "hidden_store.c", &defines).run().must_be_refused_for(LOST);
}

#[test]
fn a_program_that_locks_only_if_it_is_traced_as_single_bytes_tell_is_refused() {
    locks_only_if_told(&["-DBY_BYTES"]);
}

#[test]
fn a_program_that_locks_only_if_it_is_traced_as_vectors_tell_is_refused() {
    locks_only_if_told(&["-DBY_PIECES"]);
}

#[test]
fn a_program_that_locks_only_if_it_is_traced_as_a_child_tells_is_refused() {
    locks_only_if_told(&["-DBY_ANOTHER", "-DBY_BYTES"]);
}

#[test]
fn a_program_that_locks_only_if_it_is_traced_as_the_time_of_a_call_tells_is_refused() {
    locks_only_if_told(&["-DBY_TIME"]);
}

/// Exercise 5 with a transfer that takes a lock only if it is told that it is traced.
fn a_transfer_locks_only_if_told(how: &[&str]) {
    Judge::of(5, "locks_if_traced.c", how).run().must_be_refused_for(&["lost-money", "overdrawn"]);
}

#[test]
fn a_transfer_that_locks_only_if_its_status_names_a_tracer_is_refused() {
    a_transfer_locks_only_if_told(&[]);
}

#[test]
fn a_transfer_that_locks_only_if_a_child_finds_a_tracer_byte_by_byte_is_refused() {
    a_transfer_locks_only_if_told(&["-DBY_ANOTHER", "-DBY_BYTES"]);
}

#[test]
fn a_transfer_that_locks_only_if_the_time_of_a_call_tells_of_a_tracer_is_refused() {
    a_transfer_locks_only_if_told(&["-DBY_TIME"]);
}

#[test]
fn a_transfer_that_locks_only_if_ptrace_traceme_fails_is_refused() {
    a_transfer_locks_only_if_told(&["-DBY_TRACE_ME"]);
}

/// Exercise 2, right if it is told that it is traced, and wrong in this way if not.
fn is_right_only_if_told(how: &str, does: &str, diagnoses: &[&str]) {
    let defines = [&format!("-DBY_{how}"), &format!("-DDOES={does}")];
    let judge = Judge::of(2, "waits_if_traced.c", &defines.map(String::as_str));
    judge.run().must_be_refused_for(diagnoses);
}

#[test]
fn a_post_that_waits_only_if_it_is_traced_is_refused() {
    is_right_only_if_told("TIME", "POSTS_AT_ONCE", &["posts-without-waiting"]);
    is_right_only_if_told("TRACE_ME", "POSTS_AT_ONCE", &["posts-without-waiting"]);
}

#[test]
fn a_take_that_waits_only_if_it_is_traced_is_refused() {
    is_right_only_if_told("TIME", "TAKES_AT_ONCE", &["taken-twice"]);
}

/// One process can look while another one stores only if there are two processors.
fn has_two_processors() -> bool {
    match common::allowed_cpus() {
        Ok(cpus) => cpus.len() > 1,
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn a_post_that_marks_the_box_last_only_if_it_is_traced_is_refused() {
    if has_two_processors() {
        is_right_only_if_told("TIME", "MARKS_FIRST", &["torn-message"]);
    }
}

#[test]
fn a_take_that_marks_the_box_last_only_if_it_is_traced_is_refused() {
    if has_two_processors() {
        is_right_only_if_told("TIME", "EMPTIES_FIRST", &["emptied-too-early", "torn-message"]);
    }
}

#[test]
fn a_program_that_fails_beside_another_one_if_nobody_traces_them_is_refused() {
    Judge::of(5, "ends_untraced.c", &[]).run().must_be_refused_for(&["fails-beside-another"]);
}

#[test]
fn a_program_that_sleeps_for_ever_beside_another_one_if_nobody_traces_them_is_refused() {
    Judge::of(5, "hangs_untraced.c", &[]).run().must_be_refused_for(&["hang"]);
}

#[test]
fn a_program_that_maps_only_if_it_is_traced_is_refused() {
    reads(6, "IF_UNTRACED").run().must_be_refused();
}

#[test]
fn a_program_that_prints_something_else_if_nobody_traces_it_is_refused() {
    Judge::of(4, "prints_untraced.c", &[]).run().must_be_refused_for(&["otherwise-untraced"]);
}

#[test]
fn a_program_that_guesses_only_where_so_many_files_are_asked_for_that_nobody_looks_is_refused() {
    Judge::of(6, "guesses.c", &["-DHOW=IF_MANY"]).run().must_be_refused();
}

#[test]
fn a_program_that_answers_by_the_names_of_files_that_it_never_opens_is_refused() {
    Judge::of(6, "guesses.c", &["-DHOW=BY_NAME"]).run().must_be_refused();
}

#[test]
fn the_seed_of_a_report_draws_the_same_inputs_again() {
    let expected = |seed: &str| {
        let judge = Judge::of(6, "guesses.c", &["-DHOW=BY_NAME"]).with(&["--seed", seed]);
        let seen = judge.run().must_be_refused();
        assert_eq!(seen.report["seed"].to_string(), seed);
        let checks = seen.report["checks"].as_array().cloned().unwrap_or_default();
        checks.iter().find_map(|check| check["expected"].as_str().map(str::to_owned))
    };
    assert_eq!(expected("7"), expected("7"));
    assert_ne!(expected("7"), expected("8"));
}

#[test]
fn a_program_that_answers_by_the_sizes_of_files_that_it_never_maps_is_refused() {
    Judge::of(6, "guesses.c", &["-DHOW=BY_SIZE"]).run().must_be_refused();
}

#[test]
fn a_program_that_counts_the_first_file_and_guesses_the_others_is_refused() {
    Judge::of(6, "guesses.c", &["-DHOW=BY_PLACE"]).run().must_be_refused();
}

fn knows(exercise: u8) -> Judge {
    Judge::of(exercise, "knows_contents.c", &[&format!("-DEXERCISE={exercise}")])
}

#[test]
fn a_peek_that_knows_the_bytes_of_files_is_refused() {
    knows(1).run().must_be_refused_for(&["prints-something-else"]);
}

#[test]
fn a_list_that_knows_the_texts_of_slots_is_refused() {
    knows(3).run().must_be_refused_for(&["list-wrong"]);
}

#[test]
fn a_preview_that_takes_file_for_a_c_string_is_refused() {
    Judge::of(4, "c_string.c", &[]).run().must_be_refused_for(&["wrong-output"]);
}

#[test]
fn a_preview_that_knows_the_bytes_of_files_is_refused() {
    knows(4).run().must_be_refused_for(&["wrong-output"]);
}

#[test]
fn sendfile_on_file_in_a_child_that_is_killed_is_seen() {
    reads(6, "KILLED").run().must_be_refused_for(CALLED);
}

#[test]
fn sendfile_on_file_in_a_child_that_ends_by_another_thread_is_seen() {
    reads(6, "EXITS").run().must_be_refused_for(CALLED);
}

#[test]
fn sendfile_on_file_in_a_child_that_dies_of_an_alarm_is_seen() {
    reads(6, "ALARM").run().must_be_refused_for(CALLED);
}

#[test]
fn a_read_of_file_by_a_child_is_seen() {
    reads(6, "TEE").run().must_be_refused_for(CALLED);
}

#[test]
fn a_read_of_file_that_another_thread_lets_through_a_filter_is_seen() {
    reads(6, "LISTENER").run().must_be_refused_for(CALLED);
}

#[test]
fn a_read_of_file_that_a_filter_of_the_programs_own_allows_is_seen() {
    reads(6, "FILTER").run().must_be_refused_for(CALLED);
}

#[test]
fn a_descriptor_exchanged_by_another_thread_during_the_call_is_seen() {
    reads(6, "EXCHANGED").run().must_be_refused();
}

/// An actor of exercise 5 that does `what` when it finds the lock taken.
fn while_it_waits(what: &str) -> Judge {
    Judge::of(5, "while_waiting.c", &[&format!("-DDOES={what}")])
}

#[test]
fn an_actor_that_stops_itself_is_refused() {
    while_it_waits("stop").run().must_be_refused();
}

#[test]
fn an_actor_that_is_stopped_by_its_child_is_refused() {
    while_it_waits("stopped_by_a_child").run().must_be_refused();
}

#[test]
fn an_actor_whose_child_stops_itself_is_refused() {
    while_it_waits("stopped_child").run().must_be_refused();
}

#[test]
fn a_robust_mutex_that_is_never_made_consistent_fails_the_second_survivor() {
    Judge::of(5, "survivors.c", &["-DHOW=NEVER_CONSISTENT"]).run().must_be_refused();
}

#[test]
fn a_mark_that_the_first_survivor_leaves_fails_the_second_survivor() {
    Judge::of(5, "survivors.c", &["-DHOW=MARKED_BY_THE_FIRST"]).run().must_be_refused();
}

#[test]
fn a_lock_that_lets_only_two_survivors_through_fails_the_third() {
    Judge::of(5, "survivors.c", &["-DHOW=TWO_ONLY"]).run().must_be_refused();
}

/// The answers of the proof table in exercise 5's folder.
fn answer(exercise: u8, name: &str) -> Seen {
    let source = format!("../exercise-{exercise}/{name}.c");
    Judge::of(exercise, "at_once.c", &["-DDOES=nothing", &format!("-DANSWER=\"{source}\"")]).run()
}

#[test]
fn without_a_lock_the_checks_about_locks_do_not_pass() {
    let seen = answer(5, "load_then_store");
    for id in ["kills", "waiting"] {
        assert_ne!(seen.state(id), "passed", "there is no lock that `{id}` could try");
    }
}

#[test]
fn with_an_atomic_addition_and_a_locked_transfer_all_points_are_given() {
    let seen = answer(5, "atomic_add");
    for id in ["kills", "waiting"] {
        assert_eq!(seen.state(id), "passed", "{}", seen.said);
        let told = format!("{}", seen.check(id)["details"]);
        assert!(told.contains("nobody waited when `add FILE 1` "), "{told}");
    }
    assert_eq!(seen.report["totals"]["points"], 100, "{}", seen.said);
}

#[test]
fn where_nobody_waits_for_either_the_checks_about_locks_say_so_and_do_not_count() {
    let seen = answer(5, "lock_free");
    for id in ["kills", "waiting"] {
        assert_eq!(seen.state(id), "skipped", "{}", seen.said);
        let told = format!("{}", seen.check(id)["actual"]);
        assert!(told.contains("`add FILE 1` or `transfer FILE 1 2 10`"), "{told}");
        assert!(told.contains("neither gives nor takes points"), "{told}");
    }
    assert_eq!(seen.report["outcome"], "solved", "{}", seen.said);
    assert_eq!(seen.report["totals"]["points"], seen.report["totals"]["most"], "{}", seen.said);
}

#[test]
fn a_solved_exercise_2_says_that_orderings_and_interruptions_between_loads_were_not_judged() {
    let seen = Judge::of(2, "at_once.c", &["-DDOES=nothing", "-DANSWER=\"../exercise-2/in_c.c\""])
        .written_as("text")
        .run();
    assert!(seen.words().contains("orderings"), "{}", seen.words());
    assert!(seen.words().contains("interruptions between two loads"), "{}", seen.words());
}

#[test]
fn a_solved_exercise_5_says_that_orderings_were_not_judged() {
    let seen = Judge::of(5, "at_once.c", &["-DDOES=nothing", "-DANSWER=\"../exercise-5/flock.c\""])
        .written_as("text")
        .run();
    assert!(seen.words().contains("orderings"), "{}", seen.words());
}

#[test]
fn the_json_report_of_exercise_2_says_that_orderings_were_not_judged() {
    let seen = answer(2, "in_c");
    assert!(seen.words().contains("orderings"), "{}", seen.words());
}

#[test]
fn a_program_that_does_nothing_unusual_is_accepted() {
    answer(4, "right-in-c").must_be_accepted();
}
