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
    assert!(
        actual.contains("waits in a futex call: it sleeps until a lock")
            && actual.contains("has ended"),
        "{actual}"
    );
}

#[test]
fn a_wake_that_reaches_only_its_own_process_is_a_private_futex() {
    let seen = bank("WAKES_ITS_OWN");
    says(&seen, "additions", "private-futex");
    let rows = check(&seen, "additions")["table"]["rows"].to_string();
    assert!(rows.contains("sleeps in futex (private)"), "{rows}");
    assert!(rows.contains("of its own process (private)"), "{rows}");
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

/// What the judge says of exercise 5 whose processes meet by something outside of FILE.
fn meets(how: &str) -> Judge {
    Judge::of(5, "meets.c", &[&format!("-DHOW={how}")])
}

#[test]
fn a_socket_with_an_abstract_name_is_told_as_a_means_that_the_judge_does_not_allow() {
    let seen = meets("CONNECTS").run().must_be_refused();
    for id in ["additions", "transfers-at-once", "kills"] {
        says(&seen, id, "means-not-allowed");
    }
    let rows = rows(&seen, "additions").concat();
    assert!(rows.contains("is refused the abstract Unix socket \"@bank-"), "{rows}");
    assert!(rows.contains("the judge does not allow it"), "{rows}");
}

#[test]
fn a_network_socket_is_told_as_a_means_that_the_judge_does_not_allow() {
    let seen = meets("NETWORK").run().must_be_refused();
    says(&seen, "adds", "means-not-allowed");
    let details = check(&seen, "adds")["details"].to_string();
    assert!(details.contains("it is refused a network socket (EACCES)"), "{details}");
}

#[test]
fn a_signal_to_another_process_is_told_as_a_means_that_the_judge_does_not_allow() {
    let seen = meets("SIGNALS").run().must_be_refused();
    says(&seen, "additions", "means-not-allowed");
    let rows = rows(&seen, "additions").concat();
    assert!(rows.contains("is refused a signal to another process (EPERM)"), "{rows}");
}

#[test]
fn a_lock_by_an_abstract_name_to_which_nobody_connects_is_right() {
    meets("BINDS_A_NAME").run().must_be_accepted();
}

#[test]
fn a_connection_to_a_socket_that_has_a_path_is_allowed() {
    let seen = meets("CONNECTS_A_PATH").run().must_be_a_verdict();
    assert!(!seen.said.contains("means-not-allowed"), "{}", seen.said);
    assert_eq!(seen.state("additions"), "passed", "{}", seen.said);
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

#[test]
fn an_amount_of_which_only_32_bits_are_kept_is_told_as_such() {
    let seen = Judge::of(5, "keeps_32_bits.c", &[]).run().must_be_refused();
    says(&seen, "transfers", "wrong-balance");
    let details = check(&seen, "transfers")["details"].to_string();
    assert!(details.contains("have the same lower 32 bits"), "{details}");
}

#[test]
fn an_amount_that_fits_into_no_int_is_told_as_the_cause_of_an_exit_status_or_a_signal() {
    for (does, diagnosis) in [
        ("USAGE", "right-call-refused"),
        ("ERROR", "wrong-exit-status"),
        ("TRAP", "died-of-a-signal"),
    ] {
        let judge = Judge::of(5, "refuses_large.c", &[&format!("-DDOES={does}")]);
        // By chance, a drawn amount is small.
        let seen = judge.with(&["--seed", "1"]).run().must_be_refused();
        says(&seen, "transfers", diagnosis);
        let details = check(&seen, "transfers")["details"].to_string();
        assert!(details.contains("With AMOUNT 1, the same call succeeded"), "{does}: {details}");
        assert!(details.contains("above 2³¹−1"), "{does}: {details}");
    }
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
fn a_message_of_0_bytes_that_another_one_overwrites_is_told_as_such() {
    let seen = Judge::of(2, "empty_is_free.c", &[]).run().must_be_accepted();
    says(&seen, "empty-text", "posts-without-waiting");
    let marked = marked(&seen, "empty-text");
    assert!(marked.iter().any(|row| row.contains("is LOST")), "{marked:?}");
    let details = check(&seen, "empty-text")["details"].to_string();
    assert!(details.contains("FILE held a message of 0 bytes"), "{details}");
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

#[test]
fn a_file_of_a_wrong_size_that_is_taken_for_a_box_is_told_with_its_new_size() {
    let answer = "-DANSWER=\"../exercise-2/in_c.c\"";
    let seen = Judge::of(2, "at_once.c", &["-DDOES=nothing", answer, "-DANY_SIZE=1"]).run();
    says(&seen, "files", "odd-size-accepted");
    let check = check(&seen, "files");
    let said = [&check["expected"], &check["actual"]].map(|said| said.as_str().unwrap_or_default());
    assert!(said[0].contains("a FILE of 1 byte is"), "{check:#}");
    assert!(said[1].contains("FILE has 4096 bytes now"), "{check:#}");
}

/// The rows of a check's table.
fn rows<'s>(seen: &'s Seen, id: &str) -> Vec<&'s str> {
    let rows = check(seen, id)["table"]["rows"].as_array().expect("a table");
    rows.iter().filter_map(|row| row["text"].as_str()).collect()
}

#[test]
fn a_lock_is_told_with_its_file_and_who_waits_for_it_and_gets_it() {
    let judge = Judge::of(2, "lock_beside.c", &[]);
    let seen = judge.with(&["--schedule", "empty-box/A8/B-"]).run().must_be_refused();
    says(&seen, "together", "old-message");
    let rows = rows(&seen, "together");
    let place = |text: &str| {
        let found = rows.iter().position(|row| *row == text);
        found.unwrap_or_else(|| panic!("no row {text:?} in {rows:#?}"))
    };
    let told = [
        "opens FILE.lock, making it if there is none",
        "sets FILE's size to 4096",
        "gets a shared flock lock on FILE.lock",
        "is interrupted just before it gives its flock lock on FILE.lock back",
        "waits for a shared flock lock on FILE.lock",
    ];
    let places: Vec<_> = told.map(place).into();
    assert!(places.is_sorted(), "{rows:#?}");
    let after = rows.split_at(place(told[4])).1;
    assert!(after.contains(&"gives its flock lock on FILE.lock back"), "{rows:#?}");
    assert!(after.contains(&"gets an exclusive flock lock on FILE.lock"), "{rows:#?}");
}

#[test]
fn of_a_number_that_is_stored_in_steps_each_step_is_told() {
    let seen = answer_in_one_order("clears_then_stores.c", "full-box/B3+/A-");
    says(&seen, "together", "stored-in-steps");
    let details = check(&seen, "together")["details"].to_string();
    let steps = "in 5 steps: 00 00 00 00 in bytes 0 to 3, then 00 in byte 0, then";
    assert!(details.contains(steps), "{details}");
    assert!(details.contains("A has stored in `full` between step 1 and step 2"), "{details}");
    let marked = marked(&seen, "together");
    assert!(marked.iter().any(|row| row.contains("A later step of the same store")), "{marked:?}");
}

/// What the judge says of a C answer to another exercise than 2.
fn answer(exercise: u8, name: &str) -> Seen {
    let answer = format!("-DANSWER=\"../exercise-{exercise}/{name}\"");
    Judge::of(exercise, "at_once.c", &["-DDOES=nothing", &answer]).run().must_be_refused()
}

#[test]
fn the_call_that_makes_file_shorter_is_named() {
    let seen = answer(1, "empties.c");
    says(&seen, "poke-stores", "shrinks");
    let actual = check(&seen, "poke-stores")["actual"].to_string();
    let words = "openat with O_TRUNC made FILE shorter: from 12388 bytes to 0 bytes";
    assert!(actual.contains(words), "{actual}");
}

#[test]
fn an_access_past_the_mapping_is_told_by_its_place_in_the_mapping() {
    let seen = answer(1, "indexes_by_the_file.c");
    says(&seen, "poke-stores", "past-the-mapping");
    let actual = check(&seen, "poke-stores")["actual"].to_string();
    assert!(actual.contains("1235 bytes past the end of the mapping of FILE"), "{actual}");
    assert!(actual.contains("the access was at byte 5330 of the mapping"), "{actual}");
}

#[test]
fn output_that_nobody_flushed_before_a_death_is_said_to_be_unseen() {
    // After `vfork`, the parent sleeps as if it waited for a disk.
    let cases = [
        ("abort()", "died-of-a-signal"),
        ("for (;;)", "hang"),
        ("if (vfork() == 0) for (;;) pause()", "hang"),
    ];
    for (dies, diagnosis) in cases {
        let seen = Judge::of(1, "prints_late.c", &[&format!("-DDIES={dies}")]).run();
        let seen = seen.must_be_refused();
        says(&seen, "peek-prints", diagnosis);
        let details = check(&seen, "peek-prints")["details"].to_string();
        assert!(details.contains("it had printed nothing by then"), "{details}");
    }
}

#[test]
fn a_program_that_waits_at_a_fifo_is_told_so_in_each_exercise() {
    let cases = [
        (3, "right-in-c.c", "unfit-files"),
        (4, "right-in-c.c", "failures"),
        (6, "right-in-c.c", "failures"),
    ];
    for (exercise, name, id) in cases {
        let answer = format!("-DANSWER=\"../exercise-{exercise}/{name}\"");
        let seen = Judge::of(exercise, "blocks.c", &[&answer]).run().must_be_accepted();
        says(&seen, id, "waits-for-a-fifo");
    }
}

#[test]
fn a_flush_after_the_line_is_named() {
    let seen = answer(3, "says-before-msync.c");
    says(&seen, "durable", "said-before-flushing");
    let details = check(&seen, "durable")["details"].to_string();
    assert!(details.contains("it called msync(…, 4096, MS_SYNC), which flushed"), "{details}");
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

#[test]
fn a_size_that_is_looked_at_before_the_count_does_not_help_when_file_is_cut_in_the_middle_of_it() {
    let seen = Judge::of(6, "looks_once.c", &[]).run().must_be_accepted();
    says(&seen, "cut", "cut-crashes");
    let details = check(&seen, "cut")["details"].to_string();
    assert!(details.contains("just after a load from its byte"), "{details}");
    assert!(seen.report["diagnosis"].is_null(), "extra credit is beside the verdict");
}

#[test]
fn a_cut_within_the_last_page_is_not_told_by_a_program_that_only_survives_sigbus() {
    let seen = Judge::of(6, "looks_once.c", &["-DSURVIVES"]).run().must_be_accepted();
    says(&seen, "cut", "cut-not-told");
}

#[test]
fn a_handler_of_sigbus_that_returns_is_told_as_such_and_not_as_a_busy_machine() {
    let seen = Judge::of(6, "returns_from_sigbus.c", &[]).run().must_not_be_blamed();
    says(&seen, "cut", "faults-for-ever");
}

#[test]
fn a_robust_mutex_that_nobody_makes_consistent_locks_nothing_after_a_kill() {
    let seen = answer(5, "robust_never_consistent.c");
    says(&seen, "kills", "no-lock-after-a-kill");
    let check = check(&seen, "kills");
    let details = check["details"].to_string();
    assert!(details.contains("without a call of `pthread_mutex_consistent`"), "{check:#}");
    let marked = marked(&seen, "kills");
    assert!(marked.iter().any(|row| row.contains("is LOST")), "{marked:?}");
    let rows = rows(&seen, "kills");
    assert!(rows.contains(&"a new process: add FILE 1"), "{rows:#?}");
}

/// What the judge says if two processes come at once after a death, and do this.
fn meet_after_a_death(how: &str, more: &[&str]) -> Seen {
    let how = format!("-DHOW={how}");
    let defines: Vec<_> = [how.as_str()].into_iter().chain(more.iter().copied()).collect();
    Judge::of(5, "meet_after_a_death.c", &defines).run()
}

/// The check of kills says that two were inside at once, and marks the store that takes away what the other has stored.
fn says_two_inside(seen: &Seen) {
    says(seen, "kills", "two-inside-after-a-kill");
    let marked = marked(seen, "kills");
    assert!(marked.iter().any(|row| row.contains("is LOST")), "{marked:?}");
}

#[test]
fn a_robust_mutex_that_is_given_back_before_the_work_lets_two_in_after_a_kill() {
    let seen = meet_after_a_death("GIVES_IT_AWAY", &[]).must_be_refused();
    says_two_inside(&seen);
    let actual = check(&seen, "kills")["actual"].to_string();
    assert!(actual.contains("the counter is 42: two were inside at once"), "{actual}");
    meet_after_a_death("KEEPS_IT", &[]).must_be_accepted();
}

#[test]
fn a_process_that_stores_its_number_over_a_dead_one_may_not_be_the_only_one() {
    says_two_inside(&meet_after_a_death("STORES_ITS_NUMBER", &[]).must_be_refused());
    meet_after_a_death("EXCHANGES_ITS_NUMBER", &[]).must_be_accepted();
}

#[test]
fn a_process_that_looks_for_the_dead_when_its_time_is_over_may_not_be_the_only_one() {
    says_two_inside(&meet_after_a_death("STORES_ITS_NUMBER", &["-DTIMED"]).must_be_refused());
    meet_after_a_death("EXCHANGES_ITS_NUMBER", &["-DTIMED"]).must_be_accepted();
}

#[test]
fn a_word_that_is_made_free_for_a_dead_holder_may_name_a_living_one_by_then() {
    says_two_inside(&meet_after_a_death("FREES_THE_WORD", &[]).must_be_refused());
    meet_after_a_death("FREES_ITS_WORD", &[]).must_be_accepted();
}

#[test]
fn a_lock_file_of_a_dead_holder_may_be_another_one_when_it_is_removed() {
    says_two_inside(&meet_after_a_death("REMOVES_ANY_FILE", &[]).must_be_refused());
    meet_after_a_death("REMOVES_A_DEAD_FILE", &[]).must_be_accepted();
}

#[test]
fn a_lock_file_that_is_removed_while_another_process_waits_for_it_is_told_as_such() {
    let seen = meet_after_a_death("LOCKS_ANY_FILE", &[]).must_be_refused();
    says(&seen, "kills", "lock-file-removed");
    let rows = rows(&seen, "kills");
    assert!(rows.contains(&"removes the name FILE.lock"), "{rows:#?}");
    meet_after_a_death("LOCKS_THE_FILE", &[]).must_be_accepted();
}

#[test]
fn a_mutex_that_is_made_again_after_a_death_forgets_who_waits_for_it() {
    let seen = meet_after_a_death("MAKES_IT_AGAIN", &[]).must_be_refused();
    says(&seen, "kills", "orphaned-lock");
    let actual = check(&seen, "kills")["actual"].to_string();
    assert!(actual.contains("one of two processes `add FILE 1` sleeps"), "{actual}");
}

#[test]
fn a_process_that_goes_on_without_the_lock_when_its_time_is_over_stops_waiting() {
    let seen = answer(5, "timed_semaphore.c");
    says(&seen, "waiting", "stops-waiting");
    let marked = marked(&seen, "waiting");
    assert!(marked.iter().any(|row| row.contains("is LOST")), "{marked:?}");
    let rows = rows(&seen, "waiting");
    assert!(!rows.contains(&"is killed"), "both have ended: {rows:#?}");
    let details = check(&seen, "waiting")["details"].to_string();
    assert!(details.contains("FILE: a regular file of 4096 bytes"), "{details}");
}

/// What the judge says of a further answer to exercise 5.
fn further(name: &str) -> Seen {
    let answer = format!("-DANSWER=\"../more/exercise-5/{name}\"");
    Judge::of(5, "at_once.c", &["-DDOES=nothing", &answer]).run()
}

#[test]
fn a_wait_of_three_seconds_by_the_programs_own_clock_is_too_short() {
    let seen = further("tries_for_three_seconds.c").must_be_refused();
    says(&seen, "waiting", "stops-waiting");
}

/// What the judge says if a process tries to get its lock for so many seconds by a clock, and then does this.
fn waits_by_the_clock(seconds: u32, clock: &str, then: &str) -> Seen {
    let defines =
        [format!("-DTIME={seconds}"), format!("-DCLOCK={clock}"), format!("-DOVER={then}")];
    Judge::of(5, "waits_by_the_clock.c", &defines.each_ref().map(String::as_str)).run()
}

#[test]
fn a_wait_of_seven_seconds_or_of_ten_minutes_by_any_clock_is_too_short() {
    for (seconds, clock) in
        [(7, "TIME_CALL"), (7, "TIME_OF_DAY"), (600, "MONOTONIC"), (7, "COARSE")]
    {
        let seen = waits_by_the_clock(seconds, clock, "GOES_ON").must_be_refused();
        says(&seen, "waiting", "stops-waiting");
    }
}

#[test]
fn a_process_that_fails_or_tries_again_after_seven_seconds_by_its_clock_has_lost_nothing() {
    waits_by_the_clock(7, "MONOTONIC", "FAILS").must_be_accepted();
    waits_by_the_clock(7, "TIME_CALL", "TRIES_AGAIN").must_be_accepted();
}

#[test]
fn a_process_that_fails_because_another_one_stands_still_for_seconds_has_lost_nothing() {
    further("gives_up_with_a_failure.c").must_be_accepted();
}

#[test]
fn a_waiter_that_has_failed_is_not_said_to_wait() {
    let seen = further("gives_up_too_early.c").must_be_refused();
    says(&seen, "waiting", "fails-beside-another");
    let check = check(&seen, "waiting");
    let actual = check["actual"].to_string();
    assert!(actual.contains("exit status 1, after") && !actual.contains("not ended"), "{check:#}");
    assert!(check["details"].to_string().contains("another process holds the lock"), "{check:#}");
}

#[test]
fn an_account_that_is_stored_in_steps_is_lost_with_the_process_that_is_killed() {
    let seen = further("account_in_steps.c").must_be_refused();
    says(&seen, "kills", "stored-in-steps");
    let marked = marked(&seen, "kills");
    assert!(marked.iter().any(|row| row.contains("where 100 was. Killed here")), "{marked:?}");
}

/// On most machines two milliseconds are over while the judge lets a process stand still, in any of these checks.
#[test]
fn a_process_that_goes_on_without_the_lock_has_lost_nothing_by_a_kill() {
    let seen = further("timed_mutex_2ms.c"); // On a busy machine, there may be no verdict on its wait.
    assert_ne!(seen.state("kills"), "failed", "{:#}", check(&seen, "kills"));
    for id in ["additions", "transfers-at-once"] {
        let is_true =
            seen.state(id) != "failed" || check(&seen, id)["diagnosis"] == "stops-waiting";
        assert!(is_true, "{:#}", check(&seen, id));
    }
}

#[test]
fn a_record_lock_that_ends_by_a_close_is_told_as_such() {
    let seen = answer(5, "closes_a_descriptor.c");
    says(&seen, "additions", "record-lock-ended");
    let marked = marked(&seen, "additions");
    let close = "closes a descriptor of FILE: this ENDS its record lock";
    assert!(marked.contains(&close), "{marked:?}");
    let rows = rows(&seen, "additions");
    let gives = "gives its record lock on FILE back, but it holds none";
    assert!(rows.contains(&gives), "{rows:#?}");
}

#[test]
fn a_mutex_that_both_make_is_the_reason_and_not_the_failure_that_follows() {
    let seen = answer(5, "mutex_made_twice.c");
    says(&seen, "additions", "initialization-race");
    let check = check(&seen, "additions");
    let actual = check["actual"].to_string();
    assert!(actual.contains("exit status 1. Both processes initialised the lock"), "{check:#}");
}

#[test]
fn a_file_that_an_open_has_emptied_is_told_as_such() {
    let seen = preview("empties.c");
    says(&seen, "output", "file-changed");
    assert_eq!(check(&seen, "output")["actual"], "FILE was opened with O_TRUNC");
}

#[test]
fn a_private_mapping_that_is_shown_in_place_of_the_edited_one_is_named() {
    let seen = preview("shows-another-mapping.c");
    says(&seen, "output", "wrong-output");
    let details = check(&seen, "output")["details"].to_string();
    assert!(details.contains("FILE is mapped 2 times from byte 0 on"), "{details}");
}

#[test]
fn a_mapping_of_which_only_a_page_is_given_back_is_told_with_both_lengths() {
    let seen = answer(6, "unmaps-one-page.c");
    says(&seen, "released", "too-many-mappings");
    let actual = check(&seen, "released")["actual"].to_string();
    assert!(actual.contains("munmap gave back 4096 bytes of a mapping of"), "{actual}");
}

#[test]
fn a_loop_that_goes_on_through_other_mappings_is_past_its_own() {
    let seen = answer(6, "maps-a-megabyte.c");
    says(&seen, "one-pass", "past-the-mapping");
    let actual = check(&seen, "one-pass")["actual"].to_string();
    assert!(actual.contains("past the end of the mapping of LARGE"), "{actual}");
}

#[test]
fn a_file_that_is_just_being_made_is_the_reason_of_a_failure() {
    let seen = answer(5, "half_made.c");
    says(&seen, "additions", "half-made-file");
    let marked = marked(&seen, "additions");
    assert!(marked.iter().any(|row| row.ends_with("FILE has 0 bytes NOW")), "{marked:?}");
}

#[test]
fn a_child_that_prints_when_its_parent_has_ended_prints_too_late() {
    says(&preview("prints-in-a-child.c"), "output", "prints-after-its-end");
}

#[test]
fn counts_between_which_only_the_blanks_are_wrong_are_not_said_to_be_wrong() {
    let seen = answer(6, "pads.c");
    says(&seen, "counts", "wrong-count");
    let details = check(&seen, "counts")["details"].to_string();
    assert!(details.contains("only the blanks differ"), "{details}");
}

/// What the judge says of `poke` if one call is not what it should be.
fn poke(fault: &str) -> Seen {
    Judge::of(1, "calls.c", &[&format!("-DDOES={fault}")]).run().must_be_refused()
}

/// The diagnosis of the first check, and words of it.
fn poke_is_told(fault: &str, diagnosis: &str, words: &[&str]) -> Seen {
    let seen = poke(fault);
    says(&seen, "poke-stores", diagnosis);
    let told = check(&seen, "poke-stores").to_string();
    for words in words {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
    seen
}

#[test]
fn a_poke_that_fails_at_an_unaligned_offset_is_not_said_to_have_given_it_to_mmap() {
    let words = ["5 is no multiple of", "no system call has mapped FILE"];
    poke_is_told("REFUSES_UNALIGNED", "wrong-exit-status", &words);
    let words = ["(EINVAL: Invalid argument): its offset, 5, is no multiple of"];
    poke_is_told("PASSES_OFFSET", "unaligned-offset", &words);
}

#[test]
fn a_store_to_a_mapping_without_prot_write_is_told_so() {
    poke_is_told("WITHOUT_PROT_WRITE", "died-of-a-signal", &["without PROT_WRITE: no store"]);
}

#[test]
fn a_fault_after_an_mmap_that_was_refused_names_the_reason() {
    poke_is_told("READ_ONLY", "died-of-a-signal", &["EACCES", "FILE is open for reading only"]);
}

#[test]
fn a_fault_where_the_program_has_unmapped_too_much_names_the_munmap() {
    let words = ["munmap of", "removed what was mapped at this address", "what lay after it"];
    poke_is_told("UNMAPS_TOO_MUCH", "died-of-a-signal", &words);
}

#[test]
fn an_mremap_past_the_mapping_is_named_whether_its_result_is_looked_at_or_not() {
    let words = ["failed (EFAULT", "not all in one mapping"];
    poke_is_told("REMAPS_TOO_MUCH", "fails-wrongly", &words);
    let seen =
        poke_is_told("BELIEVES_MREMAP", "died-of-a-signal", &["before, mremap of", "EFAULT"]);
    assert!(!seen.said.contains("C library itself"), "mmap did not fail: {}", seen.said);
}

#[test]
fn the_call_that_touches_file_is_named() {
    let seen = answer(4, "touches-time.c");
    says(&seen, "untouched", "file-touched");
    let actual = check(&seen, "untouched")["actual"].to_string();
    assert!(actual.contains("The call that did it: utimensat"), "{actual}");
    let answer = "-DANSWER=\"../more/exercise-4/edits_and_undoes.c\"";
    let seen = Judge::of(4, "at_once.c", &["-DDOES=nothing", answer]).run().must_be_refused();
    says(&seen, "untouched", "file-touched");
    let actual = check(&seen, "untouched")["actual"].to_string();
    assert!(actual.contains("a store through a shared mapping"), "{actual}");
}

/// A process that waits once for eight seconds in this way, and then goes on without the lock.
fn waits_for_a_time(how: &str) -> Seen {
    let seen = Judge::of(5, "waits_for_a_time.c", &[&format!("-DWAITS={how}")]).run();
    let seen = seen.must_be_refused();
    says(&seen, "waiting", "stops-waiting");
    seen
}

#[test]
fn a_wait_that_an_alarm_ends_is_over_however_late_the_alarm_is() {
    waits_for_a_time("ALARM");
}

#[test]
fn a_mutex_that_inherits_priority_is_not_waited_for_for_ever() {
    waits_for_a_time("PI_MUTEX");
}

#[test]
fn eight_thousand_naps_come_to_their_end() {
    waits_for_a_time("NAPS");
}

#[test]
fn a_select_of_eight_seconds_ends_with_nothing_ready_and_too_late_after_a_kill() {
    let seen = waits_for_a_time("SELECT");
    says(&seen, "kills", "wakes-too-late");
    let actual = check(&seen, "kills")["actual"].to_string();
    assert!(actual.contains("it slept in pselect6"), "{actual}");
}

#[test]
fn a_wait_for_a_signal_ends_with_eagain() {
    waits_for_a_time("SIGNAL");
}
