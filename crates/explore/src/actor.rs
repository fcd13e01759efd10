//! An actor: one of the processes of an execution, with whatever it has started.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use nix::unistd::Pid;
use tracer::{Ending, Stop, Syscall};

use crate::blocking::Idle;
use crate::pending_store::PendingStore;
use crate::redirect::{KernelStore, Redirected};
use crate::schedule::Preemption;
use crate::sigsegv::Sigsegv;
use crate::source::SourceLine;
use crate::trace::{Operation, PreemptionPoint};
use crate::watched_memory::WatchedMemory;

/// One of the two actors.
#[derive(Default)]
pub(crate) struct Actor {
    pub(crate) process: i32,
    pub(crate) preemption: Option<Preemption>,
    /// It is stopped before the next operation of this kind.
    pub(crate) stops_before: Option<fn(&Operation) -> bool>,
    pub(crate) points: Vec<PreemptionPoint>,
    pub(crate) ended: Option<Ending>,
    pub(crate) idle: Idle,
    /// How many system calls it has begun.
    pub(crate) calls: u64,
    /// How many of them the kernel began for it after a signal: the return from a handler, and a call that
    /// goes on.
    pub(crate) after_signals: u64,
    /// It has opened a file of the directory, or the directory.
    pub(crate) has_opened: bool,
    /// It has set a timer, whose signal can end a sleep.
    pub(crate) has_timer: bool,
    /// SIGALRM comes to it when some time is over.
    pub(crate) alarm: bool,
    /// How many of its waits for a time were over at once in a hurry.
    pub(crate) hurried: u32,
    /// How many of them were over at once after the other actor's end.
    pub(crate) waited_out: u32,
}

/// A tracee of an actor (its process, a child, or a thread), and what is known of it.
pub(crate) struct ActorTracee {
    pub(crate) pid: Pid,
    pub(crate) process: Pid,
    pub(crate) actor: usize,
    pub(crate) memory: Rc<RefCell<WatchedMemory>>,
    pub(crate) running: bool,
    /// It has passed its exit stop: a thread that nothing stops any more. The first thread of a
    /// process may stay in this state as long as another thread works.
    pub(crate) exiting: bool,
    /// A stop that is not handled yet.
    pub(crate) stop: Option<Stop>,
    /// A signal to deliver when it goes on.
    pub(crate) signal: i32,
    pub(crate) call: Option<Syscall>,
    /// If it maps a watched file: where the file's bytes begin. Another thread may close the descriptor
    /// before the call returns.
    pub(crate) maps: Option<u64>,
    /// How many regions its memory had had when it entered the call.
    pub(crate) began: u64,
    /// What the call that is being skipped shall return.
    pub(crate) skipped: Option<i64>,
    /// It is stopped before a sleep, because its turn is over: how many events there were then.
    pub(crate) before_sleep: Option<usize>,
    /// It is in a call that closes a descriptor of this file, on which its process holds a record lock.
    pub(crate) closes: Option<String>,
    /// It is in a call that gives back a record lock on a file on which its process holds none.
    pub(crate) holds_none: bool,
    /// A protection that was taken from a call's arguments.
    pub(crate) stripped: bool,
    /// The call failed on a protected page and is being made again.
    pub(crate) again: bool,
    /// A signal has interrupted this call, and the kernel makes it again.
    pub(crate) interrupted: Option<i64>,
    pub(crate) pending_store: Option<PendingStore>,
    /// Memory of its own in which calls store in place of watched memory.
    pub(crate) redirect_buffer: Range<u64>,
    /// So much more of it is needed: the call is being skipped, and made again.
    pub(crate) wanted: u64,
    /// The call that stores there.
    pub(crate) redirected: Option<Redirected>,
    /// What is still to be stored for the call that has returned.
    pub(crate) kernel_stores: VecDeque<KernelStore>,
    /// The string instruction that it is in the middle of.
    pub(crate) repeating: u64,
    /// The head of its list of robust mutexes.
    pub(crate) robust: u64,
    /// Where in its source it made its last store or call, if the execution is looked at.
    pub(crate) source: Option<SourceLine>,
    pub(crate) sigsegv: Sigsegv,
    /// It is interrupted in a call that waits for a time: the time is over.
    pub(crate) hastened: bool,
    /// The judge has told it to stop, and it has not stopped for that yet.
    pub(crate) told_to_stop: bool,
}

impl ActorTracee {
    /// A tracee that stands at its beginning.
    pub(crate) fn new(
        pid: Pid,
        process: Pid,
        actor: usize,
        memory: Rc<RefCell<WatchedMemory>>,
    ) -> Self {
        Self {
            pid,
            process,
            actor,
            memory,
            running: false,
            exiting: false,
            stop: None,
            signal: 0,
            call: None,
            maps: None,
            began: 0,
            skipped: None,
            before_sleep: None,
            closes: None,
            holds_none: false,
            stripped: false,
            again: false,
            interrupted: None,
            pending_store: None,
            redirect_buffer: 0..0,
            wanted: 0,
            redirected: None,
            kernel_stores: VecDeque::new(),
            repeating: 0,
            robust: 0,
            source: None,
            sigsegv: Sigsegv::default_action(),
            hastened: false,
            told_to_stop: false,
        }
    }

    /// Whether the kernel makes this call for it after a signal: the return from the handler, or once more the
    /// call that the signal has interrupted.
    pub(crate) fn is_made_after_a_signal(&mut self, call: &Syscall) -> bool {
        if call.number == libc::SYS_rt_sigreturn {
            return true;
        }
        let is_interrupted = self
            .interrupted
            .is_some_and(|number| [number, libc::SYS_restart_syscall].contains(&call.number));
        if is_interrupted {
            self.interrupted = None;
        }
        is_interrupted
    }

    /// Whether the call ends it while it holds a robust mutex and its pages are still protected.
    pub(crate) fn ends_with_a_robust_mutex(&self, call: &Syscall) -> bool {
        matches!(call.number, libc::SYS_exit | libc::SYS_exit_group)
            && self.holds_robust_mutex()
            && !self.memory.borrow().unprotected
    }

    /// Does it hold, or is it taking, a robust mutex that the kernel would clean up after it?
    pub(crate) fn holds_robust_mutex(&self) -> bool {
        let word = |address| self.memory.borrow().word(address);
        let pending = self.robust.wrapping_add(16);
        self.robust != 0
            && (word(self.robust) != Some(self.robust) || word(pending).is_some_and(|at| at != 0))
    }
}
