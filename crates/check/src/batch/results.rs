//! The file of `--results`: one batch at a time appends to it, and a crash loses no line of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result};

use super::entry::{self, Entry};

/// An open file of results, locked as long as it is open.
pub(super) struct Results {
    path: PathBuf,
    file: File,
    /// The file that was replaced. Its lock is kept: a process that opened it and waits for the lock would append to a
    /// file without a name.
    _replaced: Option<File>,
}

impl Results {
    /// The file and the results that it holds.
    ///
    /// # Errors
    /// Why it cannot be used: all of it is up to the caller.
    pub(super) fn open(path: &Path, resume: bool) -> Result<(Self, Vec<Entry>)> {
        let refused = |why: &str| Err(Failure::refusal("use", path, why));
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return refused("it is no regular file"); // A device is neither replaced nor read.
        }
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = file.step_on("open", path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return refused("another batch appends to it"),
            Err(TryLockError::Error(error)) => return Err(error).step_on("lock", path),
        }
        let is_empty = file.metadata().step_on("fstat", path)?.len() == 0;
        if !is_empty && !resume {
            return refused(
                "it already holds results: --resume keeps them and goes on; or remove it",
            );
        }
        let known = entry::read(path)?;
        // What a link names is replaced, not the link.
        let path = path.canonicalize().step_on("resolve", path)?;
        Ok((Self { path, file, _replaced: None }, known))
    }

    /// Replaces all lines. It is done at once, so that a crash leaves the old ones or the new ones.
    ///
    /// # Errors
    /// Those of writing and renaming.
    pub(super) fn replace<'e>(self, known: impl Iterator<Item = &'e Entry>) -> Result<Self> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}", rand::random::<u64>()));
        let beside = self.path.with_file_name(name);
        let written = || -> io::Result<File> {
            let mut file = OpenOptions::new().append(true).create_new(true).open(&beside)?;
            file.set_permissions(self.file.metadata()?.permissions())?;
            file.try_lock()?;
            for entry in known {
                entry::append(&mut file, entry)?;
            }
            fs::rename(&beside, &self.path)?;
            Ok(file)
        };
        let file = written();
        if file.is_err() {
            let _ = fs::remove_file(&beside); // It may not be there.
        }
        let file = file.step_on("write", &self.path)?;
        Ok(Self { file, _replaced: Some(self.file), path: self.path })
    }

    /// Appends a line, at once.
    ///
    /// # Errors
    /// Those of writing.
    pub(super) fn append(&mut self, entry: &Entry) -> Result<()> {
        entry::append(&mut self.file, entry).step_on("write the results to", &self.path)
    }
}
