//! Which SIGBUS a guard handles, and which it passes on.
//!
//! # Safety
//! A scenario has one thread, so a forked child may do whatever its parent may do.
#![expect(unsafe_code, reason = "forks a process that has a guard")]

use std::fs;

use common::{Context, Result, page_size, say};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use super::file_and_view;
use crate::{Guard, View};

/// While a guard lives, an unguarded view loses its page.
pub(super) fn foreign_fault() -> Result<()> {
    let (guarded_file, guarded) = file_and_view("guarded", 1)?;
    let (file, view) = file_and_view("not-guarded", 1)?;
    let guard = Guard::over(guarded).step("guard")?;
    guarded_file.set_len(0).step("ftruncate")?;
    say!("own-fault {:?}", guard.copy_to(0, &mut [0]))?;
    file.set_len(0).step("ftruncate")?;
    view.copy_to(0, &mut [0]);
    say!("survived yes")
}

/// While a guard lives, another process sends this one SIGBUS. Later, this process sends itself
/// SIGBUS. In between, the guard has work.
///
/// The earlier action is the handler of Rust's runtime, which looks for stack overflows. At the first
/// signal it restores the default action and returns; the second signal then kills.
pub(super) fn sent_sigbus() -> Result<()> {
    let (file, view) = file_and_view("guarded", 1)?;
    let guard = Guard::over(view).step("guard")?;
    let this = Pid::this();
    // SAFETY: this process has one thread: see the preface.
    match unsafe { fork() }.step("fork")? {
        ForkResult::Child => return kill(this, Signal::SIGBUS).step("kill"),
        // The child sends before it ends, so the signal has come when this wait is over.
        ForkResult::Parent { child } => {
            while waitpid(child, None) == Err(Errno::EINTR) {} // Where a handler has run.
        }
    }
    say!("whole {:?}", guard.copy_to(0, &mut [0]))?;
    file.set_len(0).step("ftruncate")?;
    say!("cut {:?}", guard.copy_to(0, &mut [0]))?;
    raise(Signal::SIGBUS).step("raise")?;
    say!("survived both")
}

/// A child is forked while a guard lives. Then the child and its parent load from the lost page.
pub(super) fn forked() -> Result<()> {
    let (file, view) = file_and_view("guarded", 1)?;
    let guard = Guard::over(view).step("guard")?;
    file.set_len(0).step("ftruncate")?;
    // SAFETY: this process has one thread: see the preface.
    let child = match unsafe { fork() }.step("fork")? {
        ForkResult::Child => return say!("child {:?}", guard.copy_to(0, &mut [0])),
        ForkResult::Parent { child } => child,
    };
    if let WaitStatus::Signaled(_, signal, _) = waitpid(child, None).step("waitpid")? {
        say!("killed-child {signal}")?;
    }
    say!("parent {:?}", guard.copy_to(0, &mut [0]))
}

/// Two guards, and only the second file loses a page. A third guard then reuses the second's slot.
pub(super) fn two() -> Result<()> {
    let (whole, first) = file_and_view("first", 2)?;
    let (cut, second) = file_and_view("second", 2)?;
    let first = Guard::over(first).step("guard")?;
    let second = Guard::over(second).step("guard")?;
    cut.set_len(page_size() as u64).step("ftruncate")?;
    say!("second {:?}", second.copy_to(page_size() + 3, &mut [0]))?;
    say!("first {:?}", first.copy_to(page_size() + 3, &mut [0]))?;
    drop(second);
    say!("first-alone {:?}", first.copy_to(page_size() + 3, &mut [0]))?;
    let third = View::of(&whole, 2 * page_size()).and_then(Guard::over).step("guard")?;
    say!("third {:?}", third.copy_to(page_size() + 3, &mut [0]))
}

/// The action of SIGBUS before, with two guards, with one, and after.
pub(super) fn actions() -> Result<()> {
    let (_a, first) = file_and_view("first", 1)?;
    let (_b, second) = file_and_view("second", 1)?;
    say!("before {}", action()?)?;
    let first = Guard::over(first).step("guard")?;
    let second = Guard::over(second).step("guard")?;
    say!("two {}", action()?)?;
    drop(first);
    say!("one {}", action()?)?;
    drop(second);
    say!("after {}", action()?)
}

/// The action of SIGBUS, from `/proc/self/status`.
fn action() -> Result<&'static str> {
    let status = fs::read_to_string("/proc/self/status").step("read /proc/self/status")?;
    let has = |name| {
        let mask = status.lines().find_map(|line: &str| line.strip_prefix(name)).unwrap_or("0");
        let mask = u64::from_str_radix(mask.trim(), 16).unwrap_or(0);
        mask & (1 << (Signal::SIGBUS as u64 - 1)) != 0
    };
    Ok(match (has("SigCgt:"), has("SigIgn:")) {
        (true, _) => "caught",
        (_, true) => "ignored",
        _ => "default",
    })
}
