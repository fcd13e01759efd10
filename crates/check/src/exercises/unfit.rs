//! FILEs that are none, and an output that is full: what every exercise's program meets, too.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use common::Context;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use sandbox::WorkDirectory;

use super::CheckContext;
use crate::observe::NoopObserver;
use crate::verdict::Verdict;

/// Makes a FIFO and a directory, and looks that the program refuses each, at once; and a file that
/// is missing. `call` makes the arguments from FILE's name.
///
/// # Errors
/// `hang`, `wrong-exit-status`, `no-error-line`, `died-of-a-signal`.
pub(super) fn refuses_what_is_no_file(
    context: &mut CheckContext,
    names: &[&str],
    call: impl for<'n> Fn(&'n str) -> Vec<&'n str>,
) -> Verdict {
    make_fifo(context.work_directory(), "FIFO")?;
    make_directory(context.work_directory(), "DIRECTORY")?;
    at_once(context);
    for name in names {
        let there = context.work_directory().names()?;
        let verdict = context.run(&call(name))?.fails_naming(&[name]);
        let made = context.work_directory().names()?.into_iter().filter(|now| !there.contains(now));
        let made: Vec<_> =
            made.map(|name| format!("{name} exists now: the program made it")).collect();
        verdict.map_err(|error| error.details(made))?;
    }
    Ok(())
}

/// From now on a run that waits for something is ended soon: there is nothing to wait for.
pub(super) fn at_once(context: &mut CheckContext) {
    context.limits_mut().wall = Duration::from_secs(5);
}

/// A FIFO in the directory, without anybody at its other end.
pub(super) fn make_fifo(directory: &WorkDirectory, name: &str) -> common::Result<()> {
    let path = directory.path().join(name);
    mkfifo(&path, Mode::from_bits_truncate(0o644)).step_on("mkfifo", &path)?;
    directory.hand_over(Path::new(name))
}

/// A directory in the directory.
pub(super) fn make_directory(directory: &WorkDirectory, name: &str) -> common::Result<()> {
    let path = directory.path().join(name);
    DirBuilder::new().mode(0o755).create(&path).step_on("mkdir", &path)?;
    directory.hand_over(Path::new(name))
}

/// Standard output that cannot be written is a failure that names it.
///
/// # Errors
/// `output-failure-ignored`, `died-of-a-signal`.
pub(super) fn notices_a_full_output(context: &CheckContext, words: &[&str]) -> Verdict {
    let full = File::options().write(true).open("/dev/full");
    let full = full.step_on("open", Path::new("/dev/full"))?;
    context.observe(&context.start(words).stdout(full), &mut NoopObserver)?.notices_a_full_output()
}
