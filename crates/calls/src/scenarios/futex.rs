//! Scenarios of `futex`.

use common::{Context, Result, outcome, page_size, say};
use lesson_1_mapping_a_file::sys::MmapCall;
use lesson_5_races_and_semaphores::second_process::until_waiting_in;
use lesson_5_races_and_semaphores::sys::{OnParentDeath, exit_status, fork, handle_sigusr1};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;

use super::Scenarios;
use crate::sys::futex::{wait, wake};

pub(super) const SCENARIOS: Scenarios = &[
    ("futex-interrupt", || wait_for_a_signal(false, None)),
    ("futex-restart", || wait_for_a_signal(true, None)),
    ("futex-restart-with-timeout", || wait_for_a_signal(true, Some(LONG))),
    ("futex-between-processes", between_processes),
];

/// Longer than any test.
const LONG: libc::timespec = libc::timespec { tv_sec: 100_000, tv_nsec: 0 };

/// Handles SIGUSR1 and waits at a word that nobody wakes.
fn wait_for_a_signal(restart: bool, timeout: Option<libc::timespec>) -> Result<()> {
    handle_sigusr1(restart, None).step("sigaction")?;
    let word = 0_u32;
    let address = (&raw const word).addr();
    say!("waiting")?;
    say!("{}", outcome(&wait(address, 0, 0, timeout.as_ref())))
}

/// A child waits at a word in memory that it shares with its parent and that has no file.
fn between_processes() -> Result<()> {
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let area = MmapCall { flags, ..MmapCall::anonymous(page_size()) }.make().step("mmap")?;
    let address = area.address();
    let sleeper = |flags| {
        let child = fork(OnParentDeath::Die, || i32::from(wait(address, flags, 0, None).is_err()));
        let child = child.step("fork")?;
        until_waiting_in(child.as_raw().cast_unsigned(), libc::SYS_futex)?;
        Ok(child)
    };
    let child = sleeper(0)?;
    println!("private-wakes-shared {}", wake(address, libc::FUTEX_PRIVATE_FLAG, 1).step("wake")?);
    println!("shared-wakes-shared {}", wake(address, 0, 1).step("wake")?);
    println!("child {}", exit_status(child).step("wait")?);
    let child = sleeper(libc::FUTEX_PRIVATE_FLAG)?;
    println!("private-wakes-private {}", wake(address, libc::FUTEX_PRIVATE_FLAG, 1).step("wake")?);
    println!("shared-wakes-private {}", wake(address, 0, 1).step("wake")?);
    kill(child, Signal::SIGKILL).step("kill")?;
    waitpid(child, None).step("wait").map(drop)
}
