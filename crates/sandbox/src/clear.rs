//! Empties a directory that an untrusted program has filled: modes 000, and a million levels, included.
//!
//! Each level is moved to the top before it is looked into, so that neither the depth nor the
//! length of a path matters, and nothing outside is ever followed.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Result, Scratch};

use crate::disk::{path_of, set_mode};

/// A directory for one run of the judge. What a program has left in it, or in that of a killed run, does not keep it.
///
/// # Errors
/// As [`Scratch::new`].
pub fn scratch() -> Result<Scratch> {
    Scratch::removed_by(|path| {
        clear(&File::open(path)?)?;
        fs::remove_dir(path)
    })
}

/// Removes everything in an open directory, wherever it is now.
pub(crate) fn clear(directory: &File) -> io::Result<()> {
    let mut moved = 0_u64;
    set_mode(directory, 0o700)?;
    let top = path_of(directory).join("."); // Not the link, but where it leads.
    let top = top.as_path();
    loop {
        let mut entries = fs::read_dir(top)?.peekable();
        if entries.peek().is_none() {
            return Ok(());
        }
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                flatten(&entry.path(), top, &mut moved)?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
}

/// Removes a directory, its files with it; its directories become its siblings.
fn flatten(directory: &Path, top: &Path, moved: &mut u64) -> io::Result<()> {
    open_up(directory)?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?; // To move a directory is to write in it.
            loop {
                *moved += 1;
                let to = top.join(format!("moved-{moved}"));
                match fs::rename(entry.path(), to) {
                    Ok(()) => break,
                    // The program has a directory of this name: take the next.
                    Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                    Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
                    Err(error) => return Err(error),
                }
            }
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(directory)
}

/// Only ever called on directories, never on links.
fn open_up(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700))
}
