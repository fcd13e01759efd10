//! A directory for one run. It is removed when the run ends, or, if the run was killed, when the next
//! run starts.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::{env, fs, fs::DirBuilder, fs::File, io, path::Path, path::PathBuf};

use crate::{Context, Result, kept_in};

/// The directory of one run, mode 0700, and a lock in it that the run holds as long as it lives.
pub struct Scratch(PathBuf, #[allow(dead_code, reason = "held, not used")] File);

impl Scratch {
    /// Removes what killed runs left, then makes a directory in `$LESSON_SCRATCH` or, if that is not
    /// set, in the workspace's `target/scratch`, or where [`kept_in`] says. The usual place, `/tmp`, is often a
    /// tmpfs, which hides much of what the lessons show.
    pub fn new() -> Result<Self> {
        // A missing one is not made: its name may be a typing error.
        let named = env::var_os("LESSON_SCRATCH").map(PathBuf::from);
        let base = named.map_or_else(|| kept_in("scratch"), Ok)?;
        let base = base.canonicalize().step_on("resolve LESSON_SCRATCH", &base)?;
        let turn = File::open(&base).step_on("open", &base)?;
        turn.lock().step_on("lock", &base)?; // No other run may sweep between making a directory and locking it.
        sweep(&base).step_on("sweep", &base)?;
        let path = base.join(format!("mmap-course-{:016x}", rand::random::<u64>()));
        DirBuilder::new().mode(0o700).create(&path).step_on("create", &path)?;
        let lock = File::create_new(path.join("lock")).step_on("create a lock in", &path)?;
        lock.try_lock().map_err(io::Error::from).step_on("lock", &path)?;
        Ok(Self(path, lock))
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
        let _ = remove(&self.0); // The next run removes what this one cannot.
    }
}

/// Removes the directories of this user whose lock is free: their runs were killed.
fn sweep(base: &Path) -> io::Result<()> {
    for path in fs::read_dir(base)?.map_while(|entry| Some(entry.ok()?.path())) {
        let ours = |at: fs::Metadata| at.is_dir() && at.uid() == nix::unistd::geteuid().as_raw();
        let held = || File::open(path.join("lock")).is_ok_and(|lock| lock.try_lock().is_err());
        let named = base_name(&path).starts_with("mmap-course-");
        if named && fs::symlink_metadata(&path).is_ok_and(ours) && !held() {
            let _ = remove(&path); // Its run may be ending and removing it at this moment.
        }
    }
    Ok(())
}

/// Removes the semaphores and shared memory objects of a run, then its directory.
fn remove(path: &Path) -> io::Result<()> {
    for object in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        let name = object.file_name().to_string_lossy().replace("sem.", "");
        if name.starts_with(&format!("{}.", base_name(path))) {
            fs::remove_file(object.path())?;
        }
    }
    fs::remove_dir_all(path)
}

fn base_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
