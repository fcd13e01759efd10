//! What `futex` and `membarrier` do. `cargo test` judges it.

use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use common::{Context, Result, page_size, say};
use nix::poll::{PollTimeout, poll};

use super::ended;
use crate::atomics::AtomicU32;
use crate::sys::{futex_wait, futex_wait_at, futex_wake, membarrier};

/// One word, and what is none.
pub(super) fn play() -> Result<()> {
    let word = AtomicU32::new(7);
    ended("changed", futex_wait(&word, 8, None))?;
    ended("nobody-wakes", futex_wait(&word, 7, Some(Duration::from_millis(1))))?;
    say!("woken-of-none {}", futex_wake(&word, 1).step("futex")?)?;
    ended("unaligned", futex_wait_at(word.as_ptr().addr() + 1))?;
    ended("nowhere", futex_wait_at(page_size()))?; // Below the lowest address that can be mapped.
    store_without_wake()?;
    ended("unknown-barrier", membarrier(1 << 30))?;
    ended("unregistered", membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED))?;
    ended("register", membarrier(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED))?;
    ended("global", membarrier(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED))
}

/// A store alone wakes nobody; a wake does, once for each that is asked for.
fn store_without_wake() -> Result<()> {
    let word = AtomicU32::new(0);
    thread::scope(|threads| {
        let wait = |patience| futex_wait(&word, 0, Some(patience));
        let sleeper = threads.spawn(move || wait(Duration::from_secs(20)));
        let deadline = Instant::now() + Duration::from_secs(20);
        while !asleep()? && Instant::now() < deadline {
            poll(&mut [], PollTimeout::from(1_u8)).step("poll")?;
        }
        word.store(1, SeqCst);
        say!("after-the-store {}", if sleeper.is_finished() { "awake" } else { "asleep" })?;
        say!("woken {}", futex_wake(&word, 8).step("futex")?)?;
        let slept = sleeper.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()));
        ended("slept", slept)
    })
}

/// Whether this process's other thread sleeps in `futex`: /proc/self/task/TID/syscall names the call.
fn asleep() -> Result<bool> {
    let futex = format!("{} ", libc::SYS_futex);
    let tasks = std::fs::read_dir("/proc/self/task").step("list the threads")?;
    let calls = tasks.flatten().map(|task| std::fs::read_to_string(task.path().join("syscall")));
    Ok(calls.flatten().any(|call| call.starts_with(&futex)))
}
