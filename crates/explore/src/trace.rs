//! What happened in a run, in the order in which it happened.

use nix::errno::Errno;
use tracer::arch::StoreForm;
use tracer::{Denied, Ending};

use crate::operations::CallKind;
use crate::pages::Pages;
use crate::requests::{Blocked, Request};
use crate::source::SourceLine;

/// One line of a run's record.
#[derive(Clone, Debug)]
pub struct Event {
    /// Which of the two: 0 is A, 1 is B. Either can be the one that begins ([`Schedule::first`](crate::schedule::Schedule)).
    pub actor: usize,
    /// What it did.
    pub kind: EventKind,
    /// What else was seen, if the fixture has the execution looked at.
    pub seen: Seen,
}

impl Event {
    /// An event at which nothing else was seen.
    #[must_use]
    pub fn new(actor: usize, kind: EventKind) -> Self {
        Self { actor, kind, seen: Seen::default() }
    }
}

/// What is seen of an event besides what the process did.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The line of the program's source.
    pub source: Option<SourceLine>,
    /// FILE's pages just after the event. Of a process that is stopped before a store: when the store
    /// trapped. `None`: they were not looked at.
    pub pages: Option<Pages>,
}

/// What a process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A store: what stood there, what stands there now, and what stood there when the process
    /// last looked, if that is not what stood there at the store.
    Store {
        /// The first byte's place in the file.
        offset: u64,
        /// The bytes before.
        before: Vec<u8>,
        /// The bytes after.
        after: Vec<u8>,
        /// What the process had seen there, if another has stored since.
        stale: Option<Vec<u8>>,
        /// What it stored, in terms of what was there.
        form: StoreForm,
        /// Nothing could come between its load, if it has one, and its store.
        locked: bool,
        /// The call for which the kernel stored.
        call: Option<String>,
    },
    /// A load, if the fixture has loads noted.
    Load {
        /// The first byte's place in the file.
        offset: u64,
        /// What it loaded.
        bytes: Vec<u8>,
    },
    /// It has learnt from the kernel how many bytes FILE has, if the fixture has loads noted.
    SeesSize(u64),
    /// A call that is a point has returned.
    Call(Returned),
    /// A call has failed because the sandbox does not allow it.
    Denied(Denied),
    /// It was stopped just before a store: of which bytes, where that is known already; `middle`
    /// says that it is one instruction's second half.
    StopsBeforeStore {
        /// The first byte's place in the file.
        offset: u64,
        /// What it is about to store.
        bytes: Option<Vec<u8>>,
        /// What is there; nothing, if that is not known.
        there: Vec<u8>,
        /// What it is about to store, in terms of what is there.
        form: StoreForm,
        /// Nothing can come between its load, if it has one, and its store.
        locked: bool,
        /// It is in the middle of a string instruction.
        middle: bool,
        /// The call for which the kernel is about to store.
        call: Option<String>,
    },
    /// It was stopped just before a call.
    StopsBeforeCall(Request),
    /// It was stopped just after what it did last.
    StopsAfter,
    /// It cannot go on until another does something.
    Blocked(Blocked),
    /// It ended like this.
    Ended(Ending),
    /// The judge killed it.
    Killed,
    /// The actor is a new process from here on, called with these arguments.
    Begins(String),
}

/// A call that is a point, when it has returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// What kind of call.
    pub kind: CallKind,
    /// What it asked for.
    pub request: Request,
    /// Why it failed, if it did.
    pub error: Option<Errno>,
    /// It took away the bytes of a file.
    pub empties: bool,
}

impl EventKind {
    /// Has the process only looked at something, or asked for something in vain, which no other process can
    /// notice?
    #[must_use]
    pub fn is_look(&self) -> bool {
        matches!(self, Self::Load { .. } | Self::SeesSize(_) | Self::Denied(_))
            || self.is_futex_that_does_not_sleep()
    }

    /// Did the process go to sleep in futex, and not sleep, because the word had another value?
    #[must_use]
    pub fn is_futex_that_does_not_sleep(&self) -> bool {
        matches!(self, Self::Call(Returned { request: Request::Sleep { .. }, error: Some(_), .. }))
    }
}

/// A point of one process: something that it is stopped before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreemptionPoint {
    /// Its number among the process's points, from 1.
    pub number: usize,
    /// What it is.
    pub operation: Operation,
}

/// What a point is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A store of some bytes, by the instruction at an address.
    Store {
        /// The first byte's place in the file.
        offset: u64,
        /// How many bytes.
        size: usize,
        /// Where the instruction stands.
        instruction: u64,
    },
    /// A call.
    Call(CallKind),
}
