//! Judges again on every save.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};

use common::{Context, Failure, Result};
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Calls `judge` now, and again whenever the file at `path` has other content, or another mode, than before: with
/// whether it was saved. Ends when `judge` fails.
///
/// # Errors
/// The file's directory cannot be watched; what `judge` says.
pub fn watch(path: &Path, mut judge: impl FnMut(bool) -> Result<()>) -> Result<()> {
    let path = std::path::absolute(path).step_on("resolve", path)?;
    let (sender, events) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.as_ref().map_or(true, is_a_change) {
            let _ = sender.send(event); // Nobody listens any more: the program is ending.
        }
    })
    .map_err(io::Error::other)
    .step("inotify")?;
    let mut judged = None;
    loop {
        // Each time: a directory may have been removed and made again, and a link may name another file.
        let places = places(&path);
        for place in &places {
            watch_directory_of(place, &mut watcher)?;
        }
        let found = Version::of(&path);
        if found.is_some() && found != judged {
            judge(judged.is_some())?;
            judged = found;
            continue; // It may have been saved again meanwhile.
        }
        wait(&events, &places)?;
    }
}

/// What a save changes.
#[derive(PartialEq, Eq)]
struct Version {
    content: Vec<u8>,
    /// A linker makes a program executable after it has written it.
    mode: u32,
}

impl Version {
    /// Between two steps of a save there is no file, or nothing in it.
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let content = fs::read(path).ok().filter(|content| !content.is_empty())?;
        Some(Self { content, mode: found.permissions().mode() })
    }
}

/// The names of the file: the one that was given, and the one that it has where no name is a link.
fn places(path: &Path) -> Vec<PathBuf> {
    let resolved = path.canonicalize().ok().filter(|resolved| resolved != path);
    [Some(path.to_path_buf()), resolved].into_iter().flatten().collect()
}

/// Watches the directory of a file: an editor saves by renaming a new file over the old one. If the directory is
/// missing, watches the one in which it would be made.
fn watch_directory_of(file: &Path, watcher: &mut RecommendedWatcher) -> Result<()> {
    let nearest = || file.ancestors().skip(1).find(|above| above.is_dir());
    while let Some(directory) = nearest() {
        match watcher.watch(directory, RecursiveMode::NonRecursive) {
            // Made just before its directory was watched, another one would be missed.
            Ok(()) if nearest() == Some(directory) => break,
            Ok(()) => {}
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(io::Error::other(error)).step_on("watch", directory),
        }
    }
    Ok(())
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => {
            matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        }
        _ => false,
    }
}

/// Whether a directory may have other content now, and whoever writes has ended a step of it. To open and read a
/// file is an event, too, and this program does it.
fn is_a_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Data(_)) => false, // It is closed later.
        EventKind::Create(CreateKind::File) => event.paths.iter().any(|path| is_a_link(path)),
        _ => true,
    }
}

/// A new name of a file that was there before. All other new files are closed later.
fn is_a_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink() || found.nlink() > 1)
}

/// Waits for an event that concerns one of these names, and takes all that came with it.
fn wait(events: &Receiver<notify::Result<Event>>, places: &[PathBuf]) -> Result<()> {
    let gone = |_| Failure::refusal("watch", Path::new("."), "the watcher has ended");
    loop {
        let event = events.recv().map_err(gone)?.map_err(io::Error::other).step("inotify")?;
        // Without a path, events were lost.
        let concerns = |place: &PathBuf| event.paths.iter().any(|path| place.starts_with(path));
        if event.paths.is_empty() || places.iter().any(concerns) {
            break;
        }
    }
    while events.try_recv().is_ok() {}
    Ok(())
}
