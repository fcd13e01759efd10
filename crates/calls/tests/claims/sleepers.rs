//! Threads that sleep in a call until a test wakes them.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{PollTimeout, poll};
use nix::unistd::{Pid, gettid};

/// Much longer than anything here takes: it finds hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A thread that makes one call. If it is never woken, it ends with the test program.
pub(crate) struct Sleeper<T> {
    thread: Pid,
    call: String,
    answer: Receiver<T>,
}

impl<T: Send + 'static> Sleeper<T> {
    /// Starts a thread that makes `call`, and returns once it sleeps in the system call `number`.
    pub(crate) fn in_call(number: libc::c_long, call: impl FnOnce() -> T + Send + 'static) -> Self {
        let (tell, answer) = channel();
        let (tell_thread, thread) = channel();
        thread::spawn(move || {
            tell_thread.send(gettid()).unwrap();
            let _ = tell.send(call()); // Nobody may listen any more.
        });
        let thread = thread.recv_timeout(PATIENCE).unwrap();
        let sleeper = Self { thread, call: format!("{number} "), answer };
        sleeper.until_asleep();
        sleeper
    }

    /// The thread's id.
    pub(crate) fn thread(&self) -> Pid {
        self.thread
    }

    /// Returns once it sleeps in the call. The file `syscall` also names the call of a thread that was woken
    /// and has not run yet, so the state must be S.
    pub(crate) fn until_asleep(&self) {
        let read =
            |name| fs::read_to_string(format!("/proc/self/task/{}/{name}", self.thread)).unwrap();
        let is_in_it = || read("syscall").starts_with(&self.call);
        let is_asleep = || read("stat").rsplit(") ").next().unwrap().starts_with('S');
        let start = Instant::now();
        while !(is_in_it() && is_asleep() && is_in_it()) {
            assert!(start.elapsed() < PATIENCE, "thread {} does not sleep", self.thread);
            poll(&mut [], PollTimeout::from(1_u8)).unwrap();
        }
    }

    /// What the call returned, once it has.
    pub(crate) fn answer(&self) -> T {
        self.answer.recv_timeout(PATIENCE).unwrap()
    }

    /// Whether the call has not returned.
    pub(crate) fn is_asleep(&self) -> bool {
        self.until_asleep();
        self.answer.try_recv().is_err()
    }
}
