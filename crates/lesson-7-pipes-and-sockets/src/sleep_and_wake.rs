//! One sleep and its wake-up, as a time line of two processes: the protocol of `ring.rs` by hand, on two
//! words of shared memory. `cargo lesson-7` shows it.
//!
//! ```text
//! 0        4        8
//! ▏ count  ▏ flag   ▏
//! ```

use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use common::{Context, Failure, Peer, Result, Stage, say};
use nix::fcntl::posix_fallocate;

use crate::process::until_asleep_in;
use crate::sys::Shared;
use crate::{barrier, futex};

const COUNT: usize = 0;
const FLAG: usize = 4;
const BYTES: usize = 8;
/// The lanes of the time line.
const SENDER: &str = "sender";
const RECEIVER: &str = "receiver";

/// This process stores and wakes, a second process sleeps.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("futex");
    let file = File::create_new(&path).step_on("create", &path)?;
    let length = i64::try_from(BYTES).unwrap_or(i64::MAX);
    posix_fallocate(&file, 0, length).step_on("reserve the space of", &path)?;
    let memory = map(&path)?;
    say!("   {:<27}receiver", "sender")?;
    let mut second = Peer::start(["second".as_ref(), "wait-for-count".as_ref(), path.as_os_str()])?;
    for _ in 0..2 {
        right(&second.hear()?)?;
    }
    let waits = second.hear()?;
    page_view::event_asleep(RECEIVER, &waits)?;
    right_line(&waits)?;
    until_asleep_in(second.process.id(), libc::SYS_futex, 1)?;
    right_line("(asleep)")?;
    let (count, flag) = (memory.word(COUNT), memory.word(FLAG));
    left("stores count 1")?;
    count.store(1, Release); // Pairs with `Acquire` in `wait_for_count`.
    barrier::light(); // Pairs with `heavy` in `wait_for_count`.
    let seen = flag.load(Relaxed);
    left(&format!("loads flag: {seen}"))?;
    if seen != 0 {
        page_view::event_to(SENDER, RECEIVER, "calls FUTEX_WAKE")?;
        say!("   calls FUTEX_WAKE")?;
        futex::wake(count).step("futex")?;
    }
    right(&second.hear()?)?;
    second.wait().map(drop)
}

fn left(words: &str) -> Result<()> {
    page_view::event(SENDER, words)?;
    say!("   {words}")
}

fn right(words: &str) -> Result<()> {
    page_view::event(RECEIVER, words)?;
    right_line(words)
}

fn right_line(words: &str) -> Result<()> {
    say!("    {:<26}{words}", "")
}

fn map(path: &Path) -> Result<Shared> {
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    barrier::register().step("membarrier")?;
    Shared::of(&file, BYTES).step_on("mmap", path)
}

/// The second process's part: sleeps until the count changes.
///
/// # Errors
/// The system's; a refusal if nobody stores a count.
pub fn wait_for_count(path: &Path) -> Result<()> {
    let memory = map(path)?;
    let (count, flag) = (memory.word(COUNT), memory.word(FLAG));
    let seen = count.load(Acquire); // Pairs with `Release` in `show`.
    say!("loads count: {seen}, no message")?;
    flag.store(1, Relaxed);
    say!("stores flag 1, runs a fence")?;
    barrier::heavy().step("membarrier")?; // Pairs with `light` in `show`.
    say!("FUTEX_WAIT if count is {seen}")?;
    for _ in 0..200 {
        // Also returns when its timeout ends, or a signal comes: so check the count again.
        futex::wait(count, seen).step("futex")?;
        let now = count.load(Acquire);
        if now != seen {
            flag.store(0, Relaxed);
            return say!("wakes up, loads count: {now}");
        }
    }
    Err(Failure::refusal("wait for", path, "nobody has stored a count"))
}
