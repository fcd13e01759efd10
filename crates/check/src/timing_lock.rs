//! While a class is judged, several judges run at a time. A check that measures time waits until no
//! other check runs, and the others wait for it.

use std::fs::File;
use std::path::Path;

use common::{Context, Result};
use nix::fcntl::{Flock, FlockArg};

/// The right to make a check now. It ends when it is dropped.
pub(crate) struct TimingLock {
    _others: Flock<File>,
}

impl TimingLock {
    /// Waits for the lock of a check that may run beside others, or of one that must be `alone`.
    ///
    /// # Errors
    /// The two files at and beside `path` cannot be opened or locked.
    pub(crate) fn wait(path: &Path, alone: bool) -> Result<Self> {
        // Everybody passes the gate. A check that must be alone keeps it closed until the others have
        // ended, so that no stream of others keeps it waiting.
        let gate = locked(&path.with_extension("gate"), FlockArg::LockExclusive)?;
        let kind = if alone { FlockArg::LockExclusive } else { FlockArg::LockShared };
        let others = locked(path, kind)?;
        drop(gate);
        Ok(Self { _others: others })
    }
}

fn locked(path: &Path, kind: FlockArg) -> Result<Flock<File>> {
    let file = File::options().create(true).append(true).open(path).step_on("open", path)?;
    Flock::lock(file, kind).map_err(|(_, error)| error).step_on("flock", path)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_check_that_must_be_alone_waits_for_the_others_and_they_for_it() {
        let directory = tempfile::tempdir().expect("make a directory");
        let path = directory.path().join("timing");
        let lock = |alone| TimingLock::wait(&path, alone).expect("a lock");
        let (first, second) = (lock(false), lock(false));
        let (sender, events) = mpsc::channel();
        thread::scope(|scope| {
            let alone = sender.clone();
            scope.spawn(move || {
                let held = lock(true);
                alone.send("alone").expect("send");
                drop(held);
            });
            let waits = events.recv_timeout(Duration::from_millis(100));
            assert!(waits.is_err(), "it did not wait: {waits:?}");
            drop(first);
            assert!(events.recv_timeout(Duration::from_millis(100)).is_err());
            drop(second);
            let seen = events.recv_timeout(Duration::from_secs(30));
            assert_eq!(seen, Ok("alone"));
        });
    }
}
