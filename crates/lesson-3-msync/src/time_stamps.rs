//! When the time of modification changes: step 6 of `cargo lesson-3`. Before each action the step
//! sets the time back to a day long ago, so that it sees a change without waiting for a clock.

use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::{Context, Result, Stage, compare, sentence};

use crate::MappedFile;
use crate::table::unless_flushed;

/// The name of an action, the action, and whether it should change the time of modification.
type Action<'a> = (&'a str, &'a dyn Fn() -> Result<()>, bool);

/// The day long ago.
pub fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

/// Sets both times of `file` back, as `futimens` does.
///
/// # Errors
/// The system's, by step.
pub fn set_back(file: &File, path: &Path) -> Result<()> {
    let times = FileTimes::new().set_modified(long_ago()).set_accessed(long_ago());
    file.set_times(times).step_on("futimens", path)
}

/// Whether the time of modification has changed since [`set_back`].
///
/// # Errors
/// The system's, by step.
pub fn modified(file: &File, path: &Path) -> Result<bool> {
    let metadata = file.metadata().step_on("stat", path)?;
    Ok(metadata.modified().step_on("stat", path)? != long_ago())
}

/// Step 6: five actions on a mapped page, and whether each changed the time.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("times");
    let sample = MappedFile::new(&path, 1)?;
    // A page that never becomes clean is never made read-only again: no later store is a fault.
    let again = sample.instruments.gets_clean;
    let store = |byte| {
        sample.store(byte);
        Ok(())
    };
    let actions: [Action<'_>; 5] = [
        ("1st store to a page", &|| store(b'A'), true),
        ("next store to that page", &|| store(b'B'), false),
        ("MS_ASYNC", &|| sample.msync(libc::MS_ASYNC), false),
        ("MS_SYNC", &|| sample.msync(libc::MS_SYNC), false),
        ("1st store after MS_SYNC", &|| store(b'C'), again),
    ];
    let words = |changed| if changed { "changed" } else { "same" };
    sentence(
        "Each line: an action, and whether it changed the file's time of modification (mtime).",
    )?;
    for (name, perform, expected) in actions {
        set_back(&sample.file, &path)?;
        perform()?;
        let changed = modified(&sample.file, &path)?;
        match compare(&format!("   {name:<23} "), words(changed), words(expected)) {
            Err(_) if changed != expected => unless_flushed(false, "the time of modification"),
            shown => shown,
        }?;
        page_view::pause()?;
    }
    Ok(())
}
