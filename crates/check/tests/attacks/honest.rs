//! Right programs that do something unusual are accepted, or the machine cannot judge them.

use crate::judge::{Judge, Seen};

/// A right answer that does something unusual (HOW).
fn right(exercise: u8, how: &str) -> Seen {
    judge(exercise, how).run()
}

fn judge(exercise: u8, how: &str) -> Judge {
    let answer = match exercise {
        1 => "../exercise-1/in_c.c",
        2 => "../exercise-2/in_c.c",
        3 => "../exercise-3/right-in-c.c",
        5 => "../exercise-5/flock.c",
        6 => "../exercise-6/right-in-c.c",
        _ => "../exercise-4/right-in-c.c",
    };
    let defines = [format!("-DHOW={how}"), format!("-DANSWER=\"{answer}\"")];
    Judge::of(exercise, "unusual.c", &defines.each_ref().map(String::as_str))
}

#[test]
fn a_right_exercise_5_whose_first_thread_ends_while_another_works_is_accepted() {
    right(5, "FIRST_THREAD_ENDS").must_be_accepted();
}

#[test]
fn a_right_exercise_5_whose_lock_is_held_by_a_thread_that_sleeps_is_accepted() {
    Judge::of(5, "held_asleep.c", &[]).run().must_be_accepted();
}

#[test]
fn a_right_exercise_2_whose_first_thread_ends_while_another_works_is_accepted() {
    right(2, "FIRST_THREAD_ENDS").must_be_accepted();
}

#[test]
fn a_right_exercise_4_whose_first_thread_ends_while_another_works_is_accepted() {
    right(4, "FIRST_THREAD_ENDS").must_be_accepted();
}

#[test]
fn a_right_exercise_2_of_which_another_thread_maps_and_unmaps_memory_is_accepted() {
    right(2, "UNMAPS_MEANWHILE").must_be_accepted();
}

#[test]
fn a_right_exercise_5_of_which_another_thread_maps_and_unmaps_memory_is_accepted() {
    right(5, "UNMAPS_MEANWHILE").must_be_accepted();
}

#[test]
fn a_right_exercise_5_with_a_sigsegv_handler_of_its_own_is_not_blamed() {
    right(5, "OWN_HANDLER").must_not_be_blamed();
}

#[test]
fn a_right_exercise_2_with_a_sigsegv_handler_of_its_own_is_not_blamed() {
    right(2, "OWN_HANDLER").must_not_be_blamed();
}

/// A right exercise 5 whose pages are protected until its handler for SIGSEGV unprotects them.
fn unprotects_in_a_handler(protection: &str, flags: &str) -> Seen {
    let defines = [format!("-DPROT={protection}"), format!("-DFLAGS={flags}")];
    Judge::of(5, "handler.c", &defines.each_ref().map(String::as_str)).run()
}

#[test]
fn a_right_exercise_5_whose_handler_stores_at_once_while_sigsegv_is_blocked_is_accepted() {
    let defines = ["-DPROT=PROT_READ|PROT_WRITE", "-DFLAGS=0", "-DRAISED"];
    Judge::of(5, "handler.c", &defines).run().must_be_accepted();
}

#[test]
fn a_right_exercise_5_whose_handler_stores_while_sigsegv_is_blocked_is_accepted() {
    unprotects_in_a_handler("PROT_NONE", "0").must_be_accepted();
}

#[test]
fn a_right_exercise_5_whose_handler_unprotects_a_page_that_was_read_only_is_accepted() {
    unprotects_in_a_handler("PROT_READ", "0").must_be_accepted();
}

#[test]
fn a_right_exercise_5_whose_handler_may_be_interrupted_by_itself_is_accepted() {
    unprotects_in_a_handler("PROT_NONE", "SA_NODEFER").must_be_accepted();
}

#[test]
fn a_right_exercise_5_that_blocks_every_signal_is_not_blamed() {
    right(5, "BLOCKS_SIGNALS").must_not_be_blamed();
}

#[test]
fn a_right_exercise_2_that_ignores_sigsegv_is_not_blamed() {
    right(2, "IGNORES_SIGSEGV").must_not_be_blamed();
}

#[test]
fn a_right_exercise_5_that_works_for_long_before_it_opens_file_is_not_blamed() {
    right(5, "BURNS").must_not_be_blamed(); // Each run takes 200 ms: a busy machine may lack the time.
}

#[test]
fn a_right_exercise_5_that_stands_still_in_vfork_while_its_child_works_is_not_blamed() {
    right(5, "CHILD_WORKS").must_not_be_blamed(); // Each run takes 50 ms, as above.
}

#[test]
fn a_right_exercise_5_with_a_timer_of_a_millisecond_is_accepted() {
    right(5, "TIMER").must_be_accepted();
}

#[test]
fn a_right_exercise_2_with_a_timer_of_a_millisecond_is_accepted() {
    right(2, "TIMER").must_be_accepted();
}

#[test]
fn a_right_exercise_5_whose_seccomp_filter_refuses_mprotect_cannot_be_followed() {
    right(5, "REFUSES_MPROTECT").must_be_the_machines_failure("filters");
}

#[test]
fn a_right_exercise_2_whose_seccomp_filter_refuses_mprotect_cannot_be_followed() {
    right(2, "REFUSES_MPROTECT").must_be_the_machines_failure("filters");
}

#[test]
fn a_right_exercise_5_whose_seccomp_filter_kills_for_mprotect_cannot_be_followed() {
    right(5, "KILLS_FOR_MPROTECT").must_be_the_machines_failure("filters");
}

#[test]
fn a_right_exercise_5_that_executes_itself_in_a_second_thread_is_not_blamed() {
    right(5, "EXECUTES_IN_A_THREAD").must_not_be_blamed();
}

#[test]
fn a_right_exercise_2_that_executes_itself_in_a_second_thread_is_not_blamed() {
    right(2, "EXECUTES_IN_A_THREAD").must_not_be_blamed();
}

#[test]
fn a_right_exercise_5_that_executes_itself_in_a_child_of_vfork_is_not_blamed() {
    right(5, "EXECUTES_IN_A_CHILD").must_not_be_blamed();
}

#[test]
fn a_right_exercise_5_that_is_not_dumpable_is_not_blamed() {
    judge(5, "NOT_DUMPABLE").by_ordinary_user().run().must_not_be_blamed();
}

#[test]
fn a_right_exercise_2_that_is_not_dumpable_is_not_blamed() {
    judge(2, "NOT_DUMPABLE").by_ordinary_user().run().must_not_be_blamed();
}

#[test]
fn a_right_exercise_4_that_is_not_dumpable_is_not_blamed() {
    judge(4, "NOT_DUMPABLE").by_ordinary_user().run().must_not_be_blamed();
}

#[test]
fn a_right_exercise_5_whose_removed_lock_file_gives_its_inode_number_to_file_is_not_blamed() {
    right(5, "LOCK_FILE").must_not_be_blamed();
}

#[test]
fn a_right_exercise_2_whose_removed_lock_file_gives_its_inode_number_to_file_is_not_blamed() {
    right(2, "LOCK_FILE").must_not_be_blamed();
}

#[test]
fn a_right_exercise_1_whose_removed_lock_file_gives_its_inode_number_to_file_is_not_blamed() {
    right(1, "LOCK_FILE").must_not_be_blamed();
}

#[test]
fn a_right_exercise_3_whose_removed_lock_file_gives_its_inode_number_to_file_is_not_blamed() {
    right(3, "LOCK_FILE").must_not_be_blamed();
}

#[test]
fn a_right_exercise_4_that_sets_its_core_dump_filter_as_java_does_is_accepted() {
    right(4, "AS_JAVA").must_be_accepted();
}

#[test]
fn a_right_exercise_5_that_sets_its_core_dump_filter_as_java_does_is_accepted() {
    right(5, "AS_JAVA").must_be_accepted();
}

#[test]
fn a_right_exercise_4_that_names_its_thread_through_proc_is_accepted() {
    right(4, "NAMES_ITS_THREAD").must_be_accepted();
}

#[test]
fn a_right_exercise_1_whose_runtime_reserves_a_gigabyte_of_addresses_is_accepted() {
    right(1, "HAS_A_RUNTIME").must_be_accepted();
}

#[test]
fn a_right_exercise_5_whose_runtime_has_threads_that_wake_each_other_is_accepted() {
    let seen = right(5, "HAS_A_RUNTIME");
    assert_eq!(seen.state("kills"), "passed"); // It has a lock, so the check is not skipped.
    seen.must_be_accepted();
}

#[test]
fn a_right_exercise_6_whose_runtime_takes_32_mib_for_itself_is_accepted() {
    right(6, "HAS_A_RUNTIME").must_be_accepted();
}

#[test]
fn a_right_exercise_5_whose_masked_stores_leave_their_neighbours_alone_is_accepted() {
    Judge::of(5, "masked.c", &[]).run().must_be_accepted();
}

/// A right exercise 5 whose lock names its holder by a number of a process, which it looks up in `/proc`.
fn looks_up_its_holder() -> Judge {
    let answer = "-DANSWER=\"../more/exercise-5/holder_in_proc.c\"";
    Judge::of(5, "at_once.c", &["-DDOES=nothing", answer])
}

#[test]
fn a_right_exercise_5_that_looks_up_its_holder_in_proc_is_accepted_by_an_ordinary_user() {
    looks_up_its_holder().by_ordinary_user().run().must_be_accepted();
}

/// There, `/proc` has few processes, and numbers of processes are small.
#[test]
fn a_right_exercise_5_that_looks_up_its_holder_in_proc_is_accepted_in_a_pid_namespace() {
    if course::is_root() {
        let own = ["unshare", "--pid", "--fork", "--mount-proc"];
        looks_up_its_holder().under(own).run().must_be_accepted();
    }
}
