//! Judges again on every save.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};

use common::{Context, Failure, Result};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecursiveMode, Watcher};

/// Calls `judge` now, and again whenever the file at `path` has other content than before: with whether
/// it was saved. Ends when `judge` fails.
///
/// # Errors
/// The file's directory cannot be watched; what `judge` says.
pub fn watch(path: &Path, mut judge: impl FnMut(bool) -> Result<()>) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let (sender, events) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.as_ref().map_or(true, is_a_change) {
            let _ = sender.send(event); // Nobody listens any more: the program is ending.
        }
    })
    .map_err(io::Error::other)
    .step("inotify")?;
    // The directory: an editor saves by renaming a new file over the old one.
    watcher
        .watch(directory, RecursiveMode::NonRecursive)
        .map_err(io::Error::other)
        .step_on("watch", directory)?;
    let mut judged = None;
    loop {
        // Between two steps of a save there is none, or nothing in it.
        let content = fs::read(path).ok().filter(|content| !content.is_empty());
        if content.is_some() && content != judged {
            judge(judged.is_some())?;
            judged = content;
            continue; // It may have been saved again meanwhile.
        }
        wait(&events)?;
    }
}

/// Whether the directory may have other content now. To open and read a file is an event, too, and this
/// program does it.
fn is_a_change(event: &Event) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    !matches!(event.kind, EventKind::Access(_)) || event.kind == written
}

/// Waits for an event, and takes all that came with it.
fn wait(events: &Receiver<notify::Result<Event>>) -> Result<()> {
    let gone = |_| Failure::refusal("watch", Path::new("."), "the watcher has ended");
    events.recv().map_err(gone)?.map_err(io::Error::other).step("inotify")?;
    while events.try_recv().is_ok() {}
    Ok(())
}
