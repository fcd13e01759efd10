//! A process that holds a lock, and what can happen to it. `cargo lesson-5 hold PRIMITIVE FILE`, in
//! two terminals, is the crash matrix by hand: let the first one lock, kill it, and see what the
//! second one gets.

use std::ffi::CString;
use std::io;
use std::mem::ManuallyDrop;
use std::path::Path;

use common::{Context, Result, say};
use nix::unistd::execv;

use crate::sys::{OnParentDeath, fork, keep_across_exec, live_until_end_of_input};
use crate::{Attempt, Primitive};

/// Locks, then does what each line of standard input says.
///
/// # Errors
/// Those of the step that failed.
pub fn hold(primitive: Primitive, place: &Path) -> Result<()> {
    // Never dropped: exiting must not unlock; only `unlock` does.
    let mut lock = ManuallyDrop::new(primitive.open(place)?);
    let mut attempt = lock.try_lock().step_on("try to lock", place)?;
    if attempt == Attempt::Busy {
        say!("busy: another process holds the lock; waiting")?;
        attempt = lock.lock().step_on("lock", place)?;
    }
    let told = if attempt == Attempt::OwnerDied { " (the last owner died)" } else { "" };
    say!("locked by process {}{told}; press Enter to unlock", std::process::id())?;
    loop {
        let mut line = String::new();
        io::stdin().read_line(&mut line).step("read standard input")?;
        match line.trim() {
            "" => {
                lock.unlock().step_on("unlock", place)?;
                return say!("unlocked");
            }
            "exit" => return Ok(()),
            "exec" => return exec(),
            "keep-exec" => {
                keep_descriptors()?;
                return exec();
            }
            "fork" => {
                fork(OnParentDeath::LiveOn, live_until_end_of_input).step("fork")?;
                say!("forked: the child has this process's memory and open files")?;
            }
            word => say!("{word:?}: not one of exit, exec, keep-exec, fork")?,
        }
    }
}

/// Runs another program in the same process: this program again, waiting for the end of its input.
fn exec() -> Result<()> {
    let text = |text: &str| CString::new(text).map_err(io::Error::from).step("exec");
    let arguments = [text("lesson-5")?, text("second")?, text("linger")?];
    execv(&text("/proc/self/exe")?, &arguments).step("exec")?;
    Ok(())
}

/// The program that `exec` runs.
///
/// # Errors
/// Those of the step that failed.
pub(super) fn linger() -> Result<()> {
    say!("another program now, in the same process")?;
    io::stdin().read_line(&mut String::new()).step("read standard input")?;
    Ok(())
}

/// Rust opens every file close-on-exec. This removes that mark from all of them.
fn keep_descriptors() -> Result<()> {
    let directory = Path::new("/proc/self/fd");
    let entries = std::fs::read_dir(directory).step_on("read", directory)?.flatten();
    let names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    for number in names.iter().filter_map(|name| name.parse::<i32>().ok()) {
        // The descriptor of the directory itself is closed by now, so one call fails.
        let _ = keep_across_exec(number);
    }
    Ok(())
}
