//! A full `/dev/shm`, which in a container has room for 64 MiB only (Docker's default).

use course::Program;

/// Runs the actor with these commands in a mount namespace whose `/dev/shm` is small and full.
/// Returns the answers, and the shell's exit status of the actor (128 and the signal's number).
fn in_a_full_dev_shm(commands: &[&str]) -> String {
    assert!(course::is_root(), "run this as root");
    let script = "mount -t tmpfs -o size=64m tmpfs /dev/shm || exit
        echo 'sem-open /old 600 1' | \"$0\" scenario actor > /dev/null
        head -c 64M /dev/zero > /dev/shm/filler 2> /dev/null
        : > /dev/shm/page
        printf '%s\n' \"$@\" | \"$0\" scenario actor
        echo status $?";
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    let arguments = ["--mount", "sh", "-c", script, program].into_iter();
    Program::new("unshare", arguments.chain(commands.iter().copied())).run().stdout
}

/// If `/dev/shm` is full, `sem_open` of a new name fails with `ENOSPC`.
///
/// - call: `sem_open`, error
/// - source: POSIX, sem_open(), ERRORS
/// - level: POSIX
/// - manual says: sem_open(3): `ENOSPC` is not listed.
#[test]
#[ignore = "needs root: mounts a small /dev/shm"]
fn if_dev_shm_is_full_sem_open_of_a_new_name_fails_with_enospc() {
    assert_eq!(in_a_full_dev_shm(&["sem-open /new 600 1"]), "ENOSPC\nstatus 0\n");
    assert_eq!(in_a_full_dev_shm(&["sem-open /old 600 1"]), "ok\nstatus 0\n", "it exists");
}

/// If `/dev/shm` is full, `ftruncate` succeeds and a store is `SIGBUS`.
///
/// - call: `ftruncate`, edge
/// - source: tmpfs(5), DESCRIPTION; mmap(2), ERRORS (SIGBUS)
/// - level: observed
#[test]
#[ignore = "needs root: mounts a small /dev/shm"]
fn if_dev_shm_is_full_ftruncate_succeeds_and_a_store_is_sigbus() {
    let page = common::page_size();
    let truncate = format!("truncate d {page}");
    let commands = ["open d both /dev/shm/page", &truncate, "map d", "store d !"];
    let said = in_a_full_dev_shm(&commands);
    let killed = 128 + libc::SIGBUS;
    assert!(said.starts_with("ok\nok\nok\n"), "{said}");
    assert!(said.ends_with(&format!("status {killed}\n")), "{said}");
}
