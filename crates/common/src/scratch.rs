//! A directory for one run. It is removed when the run ends, or, if the run was killed, when the next
//! run starts.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::{env, fs, fs::DirBuilder, fs::File, io, path::Path, path::PathBuf};

use crate::{Context, Result, kept_in};

/// The directory of one run, mode 0700, and a lock in it that the run holds as long as it lives.
pub struct Scratch(PathBuf, Remove, #[allow(dead_code, reason = "held, not used")] File);

/// Removes a directory with all that is in it.
type Remove = fn(&Path) -> io::Result<()>;

impl Scratch {
    /// Removes what killed runs left, then makes a directory in `$LESSON_SCRATCH` or, if that is not
    /// set, in the workspace's `target/scratch`, or where [`kept_in`] says. The usual place, `/tmp`, is often a
    /// tmpfs, which hides much of what the lessons show.
    pub fn new() -> Result<Self> {
        Self::removed_by(|path| fs::remove_dir_all(path))
    }

    /// The same for a run that lets others write in its directory: this function removes it, and those of killed runs.
    pub fn removed_by(remove: Remove) -> Result<Self> {
        // A missing one is not made: its name may be a typing error.
        let named = env::var_os("LESSON_SCRATCH").map(PathBuf::from);
        let base = named.map_or_else(|| kept_in("scratch"), Ok)?;
        let base = base.canonicalize().step_on("resolve LESSON_SCRATCH", &base)?;
        let turn = File::open(&base).step_on("open", &base)?;
        turn.lock().step_on("lock", &base)?; // No other run may sweep between making a directory and locking it.
        sweep(&base, remove).step_on("sweep", &base)?;
        let path = base.join(format!("mmap-course-{:016x}", rand::random::<u64>()));
        DirBuilder::new().mode(0o700).create(&path).step_on("create", &path)?;
        let lock = File::create_new(path.join("lock")).step_on("create a lock in", &path)?;
        lock.try_lock().map_err(io::Error::from).step_on("lock", &path)?;
        Ok(Self(path, remove, lock))
    }

    /// The path of the directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A name for a semaphore or a shared memory object, which is then removed with the directory.
    pub fn object(&self, name: &str) -> String {
        format!("/{}.{name}", base_name(&self.0))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = remove(&self.0, self.1); // The next run removes what this one cannot.
    }
}

/// Removes the directories of this user whose lock is free: their runs were killed.
fn sweep(base: &Path, removes: Remove) -> io::Result<()> {
    for path in fs::read_dir(base)?.map_while(|entry| Some(entry.ok()?.path())) {
        let ours = |at: fs::Metadata| at.is_dir() && at.uid() == nix::unistd::geteuid().as_raw();
        let named = base_name(&path).starts_with("mmap-course-");
        if named && fs::symlink_metadata(&path).is_ok_and(ours) && !is_held(&path) {
            let _ = remove(&path, removes); // Its run may be ending and removing it at this moment.
        }
    }
    Ok(())
}

/// Does a run hold the lock in its directory? Programs that the run has started may have changed modes.
fn is_held(path: &Path) -> bool {
    let lock = path.join("lock");
    let opened = File::open(&lock).or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            fs::set_permissions(&lock, fs::Permissions::from_mode(0o600))?;
            File::open(&lock)
        }
        _ => Err(error),
    });
    match opened {
        Ok(lock) => lock.try_lock().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Removes the semaphores and shared memory objects of a run, then its directory.
fn remove(path: &Path, removes: Remove) -> io::Result<()> {
    for object in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        let name = object.file_name().to_string_lossy().replace("sem.", "");
        if name.starts_with(&format!("{}.", base_name(path))) {
            fs::remove_file(object.path())?;
        }
    }
    removes(path)
}

fn base_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
