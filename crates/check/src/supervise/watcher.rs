//! A thread beside the judge: empties the pipes, and kills the family when it breaks a limit. The
//! judge itself waits for the family's next stop and for nothing else.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use common::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::members::Members;
use super::processors;

/// How often limits are looked at, in milliseconds; outputs are read as they come.
const TICK: u8 = 25;

/// The thread. Dropped, it is told to end, and waited for.
pub(super) struct Watcher {
    members: Arc<Mutex<Members>>,
    bell: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    pub(super) fn start(members: Members) -> Result<Self> {
        let members = Arc::new(Mutex::new(members));
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_flags(flags).step("eventfd")?);
        let (theirs, their_bell) = (Arc::clone(&members), Arc::clone(&bell));
        let watch = move || {
            processors::roam(); // So that a program that fills its processor does not keep it out.
            while watch_once(&theirs, &their_bell) {}
        };
        let thread = thread::Builder::new().name("watcher".into()).spawn(watch);
        Ok(Self { members, bell, thread: Some(thread.step("start a thread")?) })
    }

    pub(super) fn members(&self) -> MutexGuard<'_, Members> {
        lock(&self.members)
    }

    /// Something has changed that the thread polls.
    pub(super) fn ring(&self) {
        let _ = self.bell.write(1); // A full counter is a bell that has rung.
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.members().done = true;
        self.ring();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // It returns nothing; a panic of its own has been printed.
        }
    }
}

/// Waits for output or a tick; whether to go on.
fn watch_once(members: &Mutex<Members>, bell: &EventFd) -> bool {
    let pipes: Vec<File> = {
        let members = lock(members);
        let open = members.sources.iter().filter_map(|(_, source)| source.descriptor());
        open.filter_map(|pipe| pipe.try_clone_to_owned().ok()).map(File::from).collect()
    };
    let mut polled: Vec<_> =
        pipes.iter().map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)).collect();
    polled.push(PollFd::new(bell.as_fd(), PollFlags::POLLIN));
    let _ = poll(&mut polled, PollTimeout::from(TICK)); // Interrupted: then this is the tick.
    let _ = bell.read(); // Empty: it did not ring.
    let mut members = lock(members);
    members.pump();
    if members.done {
        return false;
    }
    if members.breach.is_none()
        && let Some(breach) = members.breach_now()
    {
        members.break_off(breach);
    }
    true
}

fn lock(members: &Mutex<Members>) -> MutexGuard<'_, Members> {
    // A panic elsewhere leaves lists of processes, which are as good as before.
    members.lock().unwrap_or_else(PoisonError::into_inner)
}
