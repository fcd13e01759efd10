//! When the time of modification changes: step 6 of `cargo lesson-3`. The step sets the time back
//! to a day long ago before each act, so that a change can be told without waiting for a clock.

use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::{Context, Result, Stage, say};

use crate::Specimen;
use crate::table::undisturbed;

/// Its name, the act itself, and whether it should change the time of modification.
type Act<'a> = (&'a str, &'a dyn Fn() -> Result<()>, bool);

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

/// The step of the story: five acts on a mapped page, and whether each changed the time.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("times");
    let specimen = Specimen::new(&path, 1)?;
    // A page that never gets clean is never made read-only again: no later store is a fault.
    let again = specimen.sight.gets_clean;
    let store = |byte| {
        specimen.store(byte);
        Ok(())
    };
    let acts: [Act<'_>; 5] = [
        ("first store to a page", &|| store(b'A'), true),
        ("next store to it", &|| store(b'B'), false),
        ("MS_ASYNC", &|| specimen.msync(libc::MS_ASYNC), false),
        ("MS_SYNC", &|| specimen.msync(libc::MS_SYNC), false),
        ("first store after it", &|| store(b'C'), again),
    ];
    let words = |changed| if changed { "changed" } else { "as it was" };
    say!("   time of modification: found (expected)")?;
    for (act, perform, expected) in acts {
        set_back(&specimen.file, &path)?;
        perform()?;
        let found = modified(&specimen.file, &path)?;
        say!("   {act:<28} {} ({})", words(found), words(expected))?;
        undisturbed(found == expected, "the time of modification")?;
        page_view::pause()?;
    }
    Ok(())
}
