//! A wrong program gets the reason that is the true one, with the evidence for it.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use serde_json::Value;

use crate::judge::{Judge, Seen};

/// What the judge says of exercise 5 with this fault.
fn bank(fault: &str) -> Seen {
    Judge::of(5, "reasons.c", &[&format!("-DDOES={fault}")]).run().must_be_refused()
}

/// The result of one check.
fn check<'s>(seen: &'s Seen, id: &str) -> &'s Value {
    let checks = seen.report["checks"].as_array().expect("a list of checks");
    checks.iter().find(|check| check["id"] == id).expect("a check of this name")
}

/// The rows of a check's table that are marked as the step that went wrong.
fn marked<'s>(seen: &'s Seen, id: &str) -> Vec<&'s str> {
    let rows = check(seen, id)["table"]["rows"].as_array().expect("a table");
    let marked = rows.iter().filter(|row| row["decisive"] == true);
    marked.filter_map(|row| row["text"].as_str()).collect()
}

fn says(seen: &Seen, id: &str, diagnosis: &str) {
    let check = check(seen, id);
    assert_eq!(check["diagnosis"], diagnosis, "{check:#}");
}

#[test]
fn a_semaphore_that_both_make_is_an_initialization_race() {
    let seen = bank("MADE_TWICE");
    says(&seen, "additions", "initialization-race");
    let marked = marked(&seen, "additions");
    assert!(marked.iter().any(|row| row.contains("is initialised a SECOND time")), "{marked:?}");
}

#[test]
fn a_counter_that_is_stored_in_steps_is_lost_with_the_process_that_is_killed() {
    let seen = bank("IN_STEPS");
    says(&seen, "kills", "stored-in-steps");
    let marked = marked(&seen, "kills");
    assert!(marked.iter().any(|row| row.contains("where 41 was. Killed here")), "{marked:?}");
    assert_eq!(seen.state("additions"), "passed", "{}", seen.said);
}

#[test]
fn a_lock_that_is_never_given_back_is_told_as_such_with_the_call_that_waits() {
    let seen = bank("NEVER_GIVEN");
    says(&seen, "adds", "lock-kept");
    let details = check(&seen, "adds")["details"].to_string();
    assert!(details.contains("in the system call futex"), "{details}");
}

#[test]
fn a_lock_that_wakes_nobody_is_a_deadlock_and_the_other_is_said_to_have_ended() {
    let seen = bank("NEVER_WAKES");
    says(&seen, "additions", "deadlock");
    let actual = check(&seen, "additions")["actual"].to_string();
    assert!(actual.contains("waits in futex") && actual.contains("has ended"), "{actual}");
}

#[test]
fn a_lock_file_that_stays_is_an_orphaned_lock() {
    says(&bank("LOCK_FILE"), "kills", "orphaned-lock");
}

#[test]
fn a_wait_at_the_start_does_not_hide_a_busy_wait_for_the_lock() {
    says(&bank("SPINS_LATER"), "waiting", "busy-wait");
}

#[test]
fn a_spin_that_never_ends_is_a_deadlock_and_no_hang() {
    // One order: on a busy machine, spinning takes the time that the others need.
    let judge = Judge::of(5, "reasons.c", &["-DDOES=SPINS_CROSSWISE"]);
    let seen = judge.with(&["--schedule", "to-and-fro/A3/B-"]).run().must_be_refused();
    says(&seen, "transfers-at-once", "deadlock");
    assert!(!seen.said.contains("\"hang\""), "{}", seen.said);
}

#[test]
fn an_atomic_load_and_an_atomic_store_lose_what_was_stored_between_them() {
    let seen = bank("STORES_ATOMICALLY");
    says(&seen, "additions", "lost-addition");
    let marked = marked(&seen, "additions");
    let [row] = &marked[..] else { panic!("{marked:?}") };
    assert!(row.contains("41 was there") && row.contains("B's 42 is LOST"), "{row}");
}

#[test]
fn a_file_that_is_gone_after_two_transfers_fails_the_check() {
    let seen = bank("UNLINKS");
    says(&seen, "transfers-at-once", "file-gone");
}

/// What the judge says of exercise 2 that waits like this. One order: on a busy machine, spinning takes the
/// time that the others need.
fn mailbox(how: &str) -> Seen {
    let judge = Judge::of(2, "hoisted.c", &[&format!("-DHOW={how}")]);
    judge.with(&["--schedule", "empty-box/A1/B-"]).run().must_be_refused()
}

#[test]
fn a_loop_that_loads_full_once_and_sleeps_does_not_notice_the_change() {
    let seen = mailbox("SLEEPS");
    says(&seen, "together", "does-not-notice");
    let marked = marked(&seen, "together");
    assert!(marked.iter().any(|row| row.contains("does not NOTICE")), "{marked:?}");
}

#[test]
fn a_loop_that_loads_full_once_and_spins_does_not_notice_the_change() {
    says(&mailbox("SPINS"), "together", "does-not-notice");
}

/// What the judge says of an answer to exercise 2 in one order of its steps.
fn answer_in_one_order(name: &str, schedule: &str) -> Seen {
    let answer = format!("-DANSWER=\"../exercise-2/{name}\"");
    let judge = Judge::of(2, "at_once.c", &["-DDOES=nothing", &answer]);
    judge.with(&["--schedule", schedule]).run().must_be_refused()
}

#[test]
fn a_box_that_is_marked_empty_too_early_is_told_by_the_store_that_marks_it() {
    let seen = answer_in_one_order("length_before_empty.c", "full-box/B2+/A-");
    says(&seen, "together", "emptied-too-early");
    let marked = marked(&seen, "together");
    let [empties, prints] = &marked[..] else { panic!("{marked:?}") };
    assert!(empties.contains("stores 0 in `full`"), "{marked:?}");
    assert!(prints.contains("partly the NEXT message"), "{marked:?}");
}

#[test]
fn a_message_under_the_zeros_of_a_new_box_is_erased_and_the_store_is_marked() {
    let seen = answer_in_one_order("zeroes_a_new_box.c", "no-box/B2/A-");
    says(&seen, "together", "message-erased");
    let marked = marked(&seen, "together");
    assert!(marked.iter().any(|row| row.contains("A's message is LOST")), "{marked:?}");
}

#[test]
fn a_length_that_comes_after_the_mark_is_named() {
    let seen = answer_in_one_order("length_after_full.c", "empty-box/A4+/B-");
    says(&seen, "together", "torn-message");
    let marked = marked(&seen, "together");
    assert!(marked.iter().any(|row| row.contains("`length` was still the old one")), "{marked:?}");
}

/// What the judge says of an answer to exercise 4.
fn preview(name: &str) -> Seen {
    let answer = format!("-DANSWER=\"../exercise-4/{name}\"");
    Judge::of(4, "at_once.c", &["-DDOES=nothing", &answer]).run().must_be_refused()
}

#[test]
fn a_shared_mapping_of_file_is_named_and_no_copy_by_hand() {
    let seen = preview("shared-mapping.c");
    assert!(seen.said.contains("shared-mapping-edited"), "{}", seen.said);
    assert!(seen.said.contains("FILE is mapped with MAP_SHARED and PROT_WRITE"), "{}", seen.said);
    assert!(!seen.said.contains("not-edited-in-place"), "{}", seen.said);
}

#[test]
fn a_failed_check_names_the_last_call_and_what_file_was() {
    let seen = Judge::of(1, "at_once.c", &["-DDOES=nothing", "-DANSWER=\"../exercise-2/plain.c\""]);
    let seen = seen.run().must_be_refused();
    let details: Vec<_> = seen.report["checks"]
        .as_array()
        .expect("a list of checks")
        .iter()
        .filter(|check| check["state"] == "failed")
        .map(|check| check["details"].to_string())
        .collect();
    assert!(!details.is_empty());
    for details in details {
        assert!(details.contains("the last call: `"), "{details}");
    }
}
