//! Judges again on every save.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};

use common::{Context, Failure, Result};
use notify::{RecursiveMode, Watcher};

/// Calls `judge` now, and again whenever the file at `path` has other content than before. Ends when
/// `judge` fails.
///
/// # Errors
/// The file's directory cannot be watched; what `judge` says.
pub fn watch(path: &Path, mut judge: impl FnMut() -> Result<()>) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let (sender, events) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event| {
        let _ = sender.send(event); // NoopObserver listens any more: the program is ending.
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
            judge()?;
            judged = content;
            continue; // It may have been saved again meanwhile.
        }
        wait(&events)?;
    }
}

/// Waits for an event, and takes all that came with it.
fn wait(events: &Receiver<notify::Result<notify::Event>>) -> Result<()> {
    let gone = |_| Failure::refusal("watch", Path::new("."), "the watcher has ended");
    events.recv().map_err(gone)?.map_err(io::Error::other).step("inotify")?;
    while events.try_recv().is_ok() {}
    Ok(())
}
