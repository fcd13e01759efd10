//! A check's own directory: the only place where its program may write.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use common::{Context, Result, Scratch};
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, chown, geteuid};

use crate::clear::clear;

/// The ordinary user as which an untrusted program runs, when the judge is root.
pub(crate) const ORDINARY: u32 = 65534;

/// A directory, opened before anything ran in it. Dropped, it is removed, whatever is in it.
pub struct WorkDirectory {
    path: PathBuf,
    directory: File,
}

impl WorkDirectory {
    /// An empty directory `name` in this run's scratch, which belongs to the user that the program
    /// will be.
    ///
    /// # Errors
    /// Those of `mkdir` and `chown`.
    pub fn new(scratch: &Scratch, name: &str) -> Result<Self> {
        let directory = Self::own(scratch, name)?;
        directory.hand_over(Path::new("."))?;
        Ok(directory)
    }

    /// The same, but it belongs to the judge's user, as a compiler's must.
    ///
    /// # Errors
    /// Those of `mkdir`.
    pub fn own(scratch: &Scratch, name: &str) -> Result<Self> {
        // Others may pass through, but not look: what a program is to reach, it is told.
        let passable = fs::Permissions::from_mode(0o711);
        fs::set_permissions(scratch.path(), passable).step_on("chmod", scratch.path())?;
        Self::at(scratch.path().join(name))
    }

    /// The same at a path of its own, on another file system.
    ///
    /// # Errors
    /// Those of `mkdir` and `chown`.
    pub fn at(path: PathBuf) -> Result<Self> {
        fs::DirBuilder::new().mode(0o700).create(&path).step_on("create", &path)?;
        let directory = File::open(&path).step_on("open", &path)?;
        Ok(Self { path, directory })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory itself.
    pub fn directory(&self) -> impl AsFd + '_ {
        self.directory.as_fd()
    }

    /// Makes a file with this content, of mode 0644, that belongs to the program's user; the
    /// descriptor that is returned was opened before the program ran.
    ///
    /// # Errors
    /// Those of `open` and `write`.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<File> {
        let path = self.path.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&path)
            .step_on("create", &path)?;
        file.write_all(content).step_on("write", &path)?;
        self.hand_over(Path::new(name))?;
        Ok(file)
    }

    /// Opens what the program made: never a link, never waiting for the other end of a FIFO.
    ///
    /// # Errors
    /// ENOENT: it made none. ELOOP: it made a link.
    pub fn open(&self, name: &str) -> Result<File> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let opened = openat(&self.directory, name, flags, Mode::empty());
        opened.map(File::from).map_err(io::Error::from).step_on("open", &self.path.join(name))
    }

    /// Everything in it, by name, sorted.
    ///
    /// # Errors
    /// Those of `readdir`.
    pub fn names(&self) -> Result<Vec<String>> {
        let listing = fs::read_dir(&self.path).step_on("list", &self.path)?;
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names = Vec::new();
        for entry in listing {
            names.push(name(entry.step_on("list", &self.path)?));
        }
        names.sort();
        Ok(names)
    }

    /// Gives a file in it to the program's user.
    ///
    /// # Errors
    /// Those of `chown`.
    pub fn hand_over(&self, name: &Path) -> Result<()> {
        if !geteuid().is_root() {
            return Ok(());
        }
        let path = self.path.join(name);
        let owner = (Some(Uid::from_raw(ORDINARY)), Some(Gid::from_raw(ORDINARY)));
        chown(&path, owner.0, owner.1).map_err(io::Error::from).step_on("chown", &path)
    }

    /// The bytes that are allocated in it, as far as a short look can tell.
    pub(crate) fn allocated(path: &Path, depth: usize) -> u64 {
        const MOST: usize = 5000;
        let listing = fs::read_dir(path).into_iter().flatten().flatten().take(MOST);
        let size = |entry: fs::DirEntry| {
            let found = entry.metadata().ok()?; // Of a link itself; it may be gone again.
            let inside = if found.is_dir() && depth > 0 {
                Self::allocated(&entry.path(), depth - 1)
            } else {
                0
            };
            Some(found.blocks() * 512 + inside)
        };
        listing.filter_map(size).sum()
    }
}

impl Drop for WorkDirectory {
    fn drop(&mut self) {
        let _ = clear(&self.path); // What cannot be removed now is the next run's sweep's.
    }
}
