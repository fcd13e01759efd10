//! A thread beside the tracer: empties the pipes, and kills all processes when they exceed a limit.
//! The tracer itself waits for the next stop and for nothing else.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::Pid;
use tracer::{SharedTable, processors};

use crate::Output;
use crate::disk::DiskLimit;
use crate::output::Source;

/// How often limits are looked at, in milliseconds; outputs are read as they come.
const TICK: u8 = 25;

/// The thread. Dropped, it is told to end, and waited for.
pub(crate) struct Watcher {
    shared: Arc<Mutex<Shared>>,
    bell: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

/// What the tracer's thread and the watcher share.
struct Shared {
    /// Where outputs come from: of each process standard output, then standard error.
    sources: Vec<(Pid, [Source; 2])>,
    /// The buffer through which they are read.
    buffer: Box<[u8]>,
    done: bool,
}

impl Watcher {
    pub(crate) fn start(table: SharedTable, disk: Arc<DiskLimit>) -> Result<Self> {
        let buffer = vec![0; 64 << 10].into();
        let shared = Shared { sources: Vec::new(), buffer, done: false };
        let shared = Arc::new(Mutex::new(shared));
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_flags(flags).step("eventfd")?);
        let (theirs, their_bell) = (Arc::clone(&shared), Arc::clone(&bell));
        let watch = move || {
            processors::unpin(); // So that a program that fills its processor does not keep it out.
            let mut enforced = Instant::now();
            while watch_once(&theirs, &their_bell) {
                if enforced.elapsed() < Duration::from_millis(TICK.into()) {
                    continue; // Output has come.
                }
                enforced = Instant::now();
                let looked = table.lock().enforce();
                if let Err(error) = looked.and_then(|()| disk.enforce(&table)) {
                    table.lock().fail(error);
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
        let sources = self.sources.iter_mut().flat_map(|(_, sources)| sources);
        sources.for_each(|source| source.pump(&mut self.buffer));
    }
}

/// Waits for output or a tick; whether to go on.
fn watch_once(shared: &Mutex<Shared>, bell: &EventFd) -> bool {
    let pipes: Vec<Arc<File>> = {
        let shared = lock(shared);
        let sources = shared.sources.iter().flat_map(|(_, sources)| sources);
        sources.filter_map(Source::pipe).collect()
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

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // A panic elsewhere leaves a list of pipes, which is as good as before.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
