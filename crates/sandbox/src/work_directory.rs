//! A check's own directory: the only place where its program may write.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use common::{Context, Result, Scratch};
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Pid, Uid, chown, geteuid};

use crate::clear::clear;
use crate::disk::set_mode;
use crate::isolation::{Isolation, Kept, WorkNamespaces};

/// The ordinary user as which an untrusted program runs, when the judge is root.
pub(crate) const ORDINARY: u32 = 65534;

/// A directory, opened before anything ran in it. Dropped, it is removed, whatever is in it.
pub struct WorkDirectory {
    path: PathBuf,
    directory: File,
    /// What its programs make in the kernel lives in here, as long as the files that they make.
    namespaces: Mutex<Option<Kept>>,
    /// It and the directories above it that a program could close, with the modes that they had.
    modes: Vec<(File, u32)>,
}

impl WorkDirectory {
    /// An empty directory `name` in this run's scratch, which belongs to the user that the program
    /// will be.
    ///
    /// # Errors
    /// Those of `mkdir` and `chown`.
    pub fn new(scratch: &Scratch, name: &str) -> Result<Self> {
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
        let modes = modes(&path)?;
        let new = Self { path, directory, namespaces: Mutex::default(), modes };
        new.hand_over(Path::new("."))?;
        Ok(new)
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

    /// Forgets what its programs have made in the kernel: the next one makes new namespaces.
    pub fn forget_namespaces(&self) {
        if let Some(kept) = self.kept().take() {
            kept.let_go();
        }
    }

    /// Where the next program finds the namespaces of those before.
    pub(crate) fn namespaces(&self) -> Result<Option<WorkNamespaces>> {
        let isolation = Isolation::of_this_machine()?;
        Ok(self.kept().as_ref().map(|kept| kept.made(&self.path, isolation)))
    }

    /// Keeps the namespaces of the first program for those that come after.
    pub(crate) fn keep_namespaces(&self, pid: Pid) -> Result<()> {
        let mut kept = self.kept();
        if kept.is_none() && Isolation::of_this_machine()?.kernel_objects {
            *kept = Kept::of(pid).step("find the namespaces of the confined process")?;
        }
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        // A panic elsewhere leaves two descriptors, or none.
        self.namespaces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it, and the directories above it that belong to the judge's user, the modes that they had.
    ///
    /// # Errors
    /// Those of `chmod`.
    pub fn open_up(&self) -> Result<()> {
        for (directory, mode) in &self.modes {
            let found = directory.metadata().step("stat a directory of the judge")?;
            if found.mode() != *mode {
                set_mode(directory, *mode & 0o7777).step("chmod a directory of the judge")?;
            }
        }
        Ok(())
    }

    /// Removes all that is in it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn empty(&self) -> Result<()> {
        self.open_up()?;
        clear(&self.directory).step_on("empty", &self.path)
    }
}

/// This directory, and those above it that a program of the judge's user could close, each with its
/// mode. From the top down, so that each is reached again through those before it.
fn modes(path: &Path) -> Result<Vec<(File, u32)>> {
    let user = geteuid();
    let above = match user.is_root() || Isolation::of_this_machine()?.files {
        true => 0,
        false => usize::MAX,
    };
    let mut modes = Vec::new();
    for directory in path.ancestors().take(above.saturating_add(1)) {
        let mut options = OpenOptions::new();
        let options = options.read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY);
        let opened = options.open(directory).step_on("open", directory)?;
        let found = opened.metadata().step_on("stat", directory)?;
        if found.uid() == user.as_raw() {
            modes.push((opened, found.mode()));
        }
    }
    modes.reverse();
    Ok(modes)
}

impl Drop for WorkDirectory {
    fn drop(&mut self) {
        self.forget_namespaces();
        // What cannot be removed now is the next run's sweep's. A link in its place stays.
        if self.empty().is_ok() {
            let _ = fs::remove_dir(&self.path);
        }
    }
}
