//! Scenarios with `futex` and `membarrier`, for the claims.

use std::fs::File;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use common::{Context, Result, page_size, say};

use super::ended;
use crate::atomics::AtomicU32;
use crate::process::until_asleep_in;
use crate::sys::{Shared, futex_wait, futex_wait_at, futex_wake, membarrier};

/// A word, and addresses that are not a word's.
pub(super) fn play() -> Result<()> {
    let word = AtomicU32::new(7);
    ended("changed", futex_wait(&word, 8, None))?;
    ended("nobody-wakes", futex_wait(&word, 7, Some(Duration::from_millis(1))))?;
    say!("woken-of-none {}", futex_wake(&word, 1).step("futex")?)?;
    ended("unaligned", futex_wait_at(word.as_ptr().addr() + 1))?;
    ended("nowhere", futex_wait_at(page_size()))?; // Below the lowest address that can be mapped.
    truncated()?;
    store_without_wake()?;
    ended("unknown-barrier", membarrier(1 << 30))?;
    ended("unregistered", membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED))?;
    ended("register", membarrier(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED))?;
    ended("global", membarrier(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED))
}

/// A word in a file that is truncated while the word is mapped.
fn truncated() -> Result<()> {
    let options = File::options().read(true).write(true).create_new(true).clone();
    let file = options.open("truncated").step("create")?;
    file.set_len(8).step("ftruncate")?;
    let memory = Shared::of(&file, 8).step("mmap")?;
    ended("wake-before-the-truncation", futex_wake(memory.word(0), 1))?;
    let wait = || futex_wait(memory.word(0), 0, Some(Duration::from_millis(1)));
    ended("wait-before-the-truncation", wait())?;
    file.set_len(0).step("ftruncate")?;
    ended("wait-after-the-truncation", wait())?;
    ended("wake-after-the-truncation", futex_wake(memory.word(0), 1))
}

/// A store alone wakes nobody, and a wake does.
fn store_without_wake() -> Result<()> {
    let word = AtomicU32::new(0);
    thread::scope(|threads| {
        let wait = |timeout| futex_wait(&word, 0, Some(timeout));
        let sleeper = threads.spawn(move || wait(Duration::from_secs(20)));
        until_asleep_in(std::process::id(), libc::SYS_futex, 1)?;
        word.store(1, SeqCst);
        say!("after-the-store {}", if sleeper.is_finished() { "awake" } else { "asleep" })?;
        say!("woken {}", futex_wake(&word, 8).step("futex")?)?;
        let slept = sleeper.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()));
        ended("slept", slept)
    })
}
