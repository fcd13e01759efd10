//! One who is inside, and what may become of it. `cargo lesson-5 hold PRIMITIVE FILE`, in two
//! terminals, is the crash matrix by hand: let the first one enter, kill it, and see what the
//! second gets.

use std::ffi::CString;
use std::io;
use std::mem::ManuallyDrop;
use std::path::Path;

use common::{Context, Result, say};
use nix::unistd::execv;

use crate::sys::{Child, fork, keep_across_exec};
use crate::{Attempt, Primitive};

/// Enters, then does what each line of standard input says.
///
/// # Errors
/// The system's, on the step that failed.
pub fn hold(primitive: Primitive, place: &Path) -> Result<()> {
    // Never dropped: to exit is not to clean up first, and `leave` must be asked for.
    let mut lock = ManuallyDrop::new(primitive.open(place)?);
    let mut attempt = lock.try_enter().step_on("try to enter", place)?;
    if attempt == Attempt::Busy {
        say!("busy: somebody is in; waiting")?;
        attempt = lock.enter().step_on("enter", place)?;
    }
    let process = std::process::id();
    say!("in ({attempt:?}), process {process}: Enter leaves; exit, exec and keep-exec do not")?;
    loop {
        let mut line = String::new();
        io::stdin().read_line(&mut line).step("read standard input")?;
        match line.trim() {
            "" => {
                lock.leave().step_on("leave", place)?;
                return say!("out");
            }
            "exit" => return Ok(()),
            "exec" => return exec(),
            "keep-exec" => {
                keep_descriptors()?;
                return exec();
            }
            "fork" => {
                fork(&Child::Lingers).step("fork")?;
                say!("a child has inherited what can be inherited")?;
            }
            word => say!("no such word: {word:?}")?,
        }
    }
}

/// Another program in the same process: this one again, waiting for the end of its input.
///
/// # Errors
/// The system's, on the step that failed.
pub fn exec() -> Result<()> {
    let text = |text: &str| CString::new(text).map_err(io::Error::from).step("exec");
    let arguments = [text("lesson-5")?, text("second")?, text("linger")?];
    execv(&text("/proc/self/exe")?, &arguments).step("exec")?;
    Ok(())
}

/// What `exec` leads to.
///
/// # Errors
/// The system's, on the step that failed.
pub fn linger() -> Result<()> {
    say!("another program now, in the same process")?;
    io::stdin().read_line(&mut String::new()).step("read standard input")?;
    Ok(())
}

/// Rust opens every file close-on-exec; takes that mark away from all of them.
fn keep_descriptors() -> Result<()> {
    let directory = Path::new("/proc/self/fd");
    let entries = std::fs::read_dir(directory).step_on("read", directory)?.flatten();
    let names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    for number in names.iter().filter_map(|name| name.parse::<i32>().ok()) {
        // The one of the directory itself is closed again by now, and may fail.
        let _ = keep_across_exec(number);
    }
    Ok(())
}
