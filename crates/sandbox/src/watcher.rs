//! A thread beside the tracer: empties the pipes, and kills all processes when they exceed a limit.
//! The tracer itself waits for the next stop and for nothing else.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use common::{Context, Failure, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::Pid;
use tracer::{LimitExceeded, SharedTable, processors};

use crate::disk::{Allocated, MOST_FILES, MOST_LEVELS, allocated};
use crate::output::Source;
use crate::{Output, WorkDirectory};

/// How often limits are looked at, in milliseconds; outputs are read as they come.
const TICK: u8 = 25;

/// The thread. Dropped, it is told to end, and waited for.
pub(crate) struct Watcher {
    shared: Arc<Mutex<Shared>>,
    bell: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

/// What the tracer's thread and the watcher share.
#[derive(Default)]
struct Shared {
    /// Where outputs come from: of each process standard output, then standard error.
    sources: Vec<(Pid, [Source; 2])>,
    done: bool,
    /// Why it could not be seen how much disk was used.
    failure: Option<Failure>,
}

impl Watcher {
    pub(crate) fn start(
        table: SharedTable,
        work_directory: &WorkDirectory,
        disk: u64,
    ) -> Result<Self> {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_flags(flags).step("eventfd")?);
        let disk = DiskLimit::new(work_directory, disk)?;
        let (theirs, their_bell) = (Arc::clone(&shared), Arc::clone(&bell));
        let watch = move || {
            processors::unpin(); // So that a program that fills its processor does not keep it out.
            let mut enforced = Instant::now();
            while watch_once(&theirs, &their_bell) {
                if enforced.elapsed() < Duration::from_millis(TICK.into()) {
                    continue; // Output has come.
                }
                enforced = Instant::now();
                if let Err(failure) = enforce(&table, &disk) {
                    lock(&theirs).failure = Some(failure);
                }
            }
        };
        let thread = thread::Builder::new().name("watcher".into()).spawn(watch);
        Ok(Self { shared, bell, thread: Some(thread.step("start a thread")?) })
    }

    /// Reads what a process writes from now on.
    pub(crate) fn add(&self, pid: Pid, sources: [Source; 2]) {
        lock(&self.shared).sources.push((pid, sources));
        self.ring();
    }

    /// What a process wrote so far: standard output and standard error.
    pub(crate) fn outputs(&self, pid: Pid) -> (Output, Output) {
        let mut shared = lock(&self.shared);
        shared.pump();
        let found = shared.sources.iter().find(|(of, _)| *of == pid);
        found.map_or_else(Default::default, |(_, [output, errors])| {
            (output.output().clone(), errors.output().clone())
        })
    }

    /// Why a limit could not be looked at, if that has happened.
    pub(crate) fn failure(&self) -> Result<()> {
        lock(&self.shared).failure.take().map_or(Ok(()), Err)
    }

    /// Something has changed that the thread polls.
    fn ring(&self) {
        let _ = self.bell.write(1); // A full counter is a bell that has rung.
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        lock(&self.shared).done = true;
        self.ring();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // It returns nothing; a panic of its own has been printed.
        }
    }
}

impl Shared {
    fn pump(&mut self) {
        self.sources.iter_mut().flat_map(|(_, sources)| sources).for_each(Source::pump);
    }
}

/// Waits for output or a tick; whether to go on.
fn watch_once(shared: &Mutex<Shared>, bell: &EventFd) -> bool {
    let pipes: Vec<File> = {
        let shared = lock(shared);
        let sources = shared.sources.iter().flat_map(|(_, sources)| sources);
        let open = sources.filter_map(Source::descriptor);
        open.filter_map(|pipe| pipe.try_clone_to_owned().ok()).map(File::from).collect()
    };
    let mut polled: Vec<_> =
        pipes.iter().map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)).collect();
    polled.push(PollFd::new(bell.as_fd(), PollFlags::POLLIN));
    let _ = poll(&mut polled, PollTimeout::from(TICK)); // Interrupted: then this is the tick.
    let _ = bell.read(); // Empty: it did not ring.
    let mut shared = lock(shared);
    shared.pump();
    !shared.done
}

/// Kills all if a limit is exceeded.
fn enforce(table: &SharedTable, disk: &DiskLimit) -> Result<()> {
    let mut table = table.lock();
    table.enforce().step("count memory and CPU time")?;
    if table.exceeded().is_none()
        && let Some(exceeded) = disk.exceeded(table.processes())?
    {
        table.end(exceeded);
    }
    Ok(())
}

/// How much may be allocated in a work directory.
struct DiskLimit {
    /// Opened for this alone.
    directory: File,
    bytes_before: u64,
    limit: u64,
}

impl DiskLimit {
    fn new(directory: &WorkDirectory, limit: u64) -> Result<Self> {
        directory.open_up()?;
        let path = directory.path();
        let directory = File::open(path).step_on("open", path)?;
        let bytes_before = match allocated(&directory).step_on("list", path)? {
            Allocated::Bytes(bytes) => bytes,
            Allocated::Uncounted => {
                return Err(Failure::refusal("count the files in", path, "too many"));
            }
        };
        Ok(Self { directory, bytes_before, limit })
    }

    /// What cannot be counted is too much.
    fn exceeded(&self, processes: impl Iterator<Item = Pid>) -> Result<Option<LimitExceeded>> {
        let named = match allocated(&self.directory).step("list the work directory")? {
            Allocated::Bytes(bytes) => bytes,
            Allocated::Uncounted => return Ok(Some(LimitExceeded::Files(MOST_FILES, MOST_LEVELS))),
        };
        let bytes = named + processes.map(unlinked).sum::<u64>();
        let exceeded = bytes > self.bytes_before + self.limit;
        Ok(exceeded.then_some(LimitExceeded::Disk(self.limit)))
    }
}

/// The allocated bytes of open files that have no name any more.
fn unlinked(pid: Pid) -> u64 {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let found = descriptors.take(1024).filter_map(|entry| fs::metadata(entry.path()).ok());
    found.filter(|file| file.is_file() && file.nlink() == 0).map(|file| file.blocks() * 512).sum()
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // A panic elsewhere leaves a list of pipes, which is as good as before.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
