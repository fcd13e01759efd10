//! What a race shows besides FILE: its lock, with the words for it, its holder, and the process that waits for it; or
//! the registers of the processes.

use explore::requests::{Blocked, FileLock, Request};
use explore::schedule::letter;
use explore::steps::Stepper;
use explore::trace::{Event, EventKind, Returned};
use explore::words::{Names, Vocabulary};
use tracer::arch::StoreForm;

use super::decisive::{LOCK, number, stored};

/// What is shown of a race besides FILE, or said of its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    /// Nothing.
    None,
    /// The registers with which the processes compute.
    Registers,
    /// A word in FILE that is tested with a load, and then set with a store.
    Tested,
    /// An open file description lock for each account of exercise 5.
    OfAccounts,
    /// A word in FILE, and futex.
    Word,
}

impl Locks {
    /// How the events of the race are told.
    pub(super) fn words(self, names: Names) -> Vocabulary {
        let words = Vocabulary::of(names);
        match self {
            Self::None | Self::Registers => words,
            Self::Tested => Vocabulary { meaning: of_tested_word, ..words },
            Self::OfAccounts => Vocabulary { lock: of_account, ..words },
            Self::Word => Vocabulary { meaning: of_word, ..words },
        }
    }

    /// What stands above the locks that are [`shown`](Self::shown).
    pub(super) fn caption(self) -> &'static str {
        match self {
            Self::None | Self::Tested => "",
            Self::Registers => "Not in FILE:",
            Self::OfAccounts => "The locks, which the kernel keeps:",
            Self::Word => "Not in FILE:",
        }
    }

    /// The locks and the processes that wait for them, as names and values.
    pub(super) fn shown(self, stepper: &Stepper<'_>) -> Vec<(String, String)> {
        let waits = |actor: &usize| stepper.waits(*actor);
        match self {
            Self::None | Self::Tested => Vec::new(),
            Self::Registers => [0, 1].map(|actor| register_of(stepper.events(), actor)).into(),
            Self::OfAccounts => {
                let events = stepper.events();
                let value = |name: String| {
                    let holder = holder_of(events, &name);
                    let mut value =
                        holder.map_or("free".into(), |actor| format!("{} holds it", letter(actor)));
                    let wants = |actor: &usize| wanted(events, *actor).as_ref() == Some(&name);
                    for actor in (0..2).filter(waits).filter(wants) {
                        value += &format!(", {} waits", letter(actor));
                    }
                    (name, value)
                };
                [1, 2].map(name_of_account).into_iter().map(value).collect()
            }
            Self::Word => {
                let holder = holder_of_word(stepper.events()).map_or("nobody".into(), |actor| {
                    let dead = if stepper.is_killed(actor) { ", which was killed" } else { "" };
                    format!("{}{dead}", letter(actor))
                });
                let asleep: Vec<_> =
                    (0..2).filter(waits).map(|actor| letter(actor).to_string()).collect();
                let asleep = if asleep.is_empty() { "nobody".into() } else { asleep.join(" and ") };
                vec![
                    ("has the lock (our tracer knows it, the kernel does not)".into(), holder),
                    ("asleep in futex".into(), asleep),
                ]
            }
        }
    }
}

/// The register of a process: what it holds, and whether that is stored. The process loads a number into it, adds 1,
/// and stores the sum.
fn register_of(events: &[Event], actor: usize) -> (String, String) {
    let held = |event: &Event| match &event.kind {
        EventKind::Load { bytes, .. } => Some((number(bytes)?, "")),
        EventKind::StopsBeforeStore { bytes: Some(bytes), .. } => {
            Some((number(bytes)?, ", not stored yet"))
        }
        EventKind::Store { after, .. } => Some((number(after)?, ", stored")),
        _ => None,
    };
    let last = events.iter().rev().filter(|event| event.actor == actor).find_map(held);
    let value = last.map_or("nothing yet".into(), |(value, state)| format!("{value}{state}"));
    (format!("the register of {}", letter(actor)), value)
}

fn name_of_account(account: i64) -> String {
    format!("the lock on account {account}")
}

/// The name of a lock on the eight bytes of an account.
fn of_account(lock: &FileLock) -> Option<String> {
    const SIZE: i64 = 8;
    let (first, count) = lock.bytes?;
    let is_account = count == SIZE && first >= SIZE && first % SIZE == 0;
    is_account.then(|| name_of_account(first / SIZE))
}

/// What a process finds when it loads a lock to test it.
fn of_tested_word(kind: &EventKind) -> Option<String> {
    const TESTED: u64 = 8;
    match kind {
        EventKind::Load { offset: TESTED, bytes } => Some(match number(bytes)? {
            0 => ": it is free".into(),
            _ => ": it is taken, so the process gives up".into(),
        }),
        _ => None,
    }
}

/// What it means for a process that it stores 2 in the lock's word, or changes the word from 0: whether the process
/// has the lock then.
fn of_word(kind: &EventKind) -> Option<String> {
    const WAITS: u64 = 2;
    let told = match kind {
        EventKind::StopsBeforeStore {
            offset: LOCK,
            bytes: Some(bytes),
            form: StoreForm::Exchange { .. },
            ..
        } if number(bytes) == Some(WAITS) => ". If 0 is there, the process has the lock",
        EventKind::Store { offset: LOCK, before, after, form, .. } => {
            let is_exchange = matches!(form, StoreForm::Exchange { .. });
            match (number(before)?, number(after)?) {
                (0, 1..) => ": it has the lock",
                (1.., 1..) if is_exchange => ": it has not got the lock",
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(told.into())
}

/// In what each of two processes waits for ever: `A waits for …, which B holds`.
pub(super) fn deadlocked(events: &[Event]) -> Option<String> {
    // In the end, the judge kills both processes. That gives back their locks.
    let is_end = |event: &Event| matches!(event.kind, EventKind::Killed | EventKind::Ended(_));
    let end = events.iter().position(is_end).unwrap_or(events.len());
    let events = events.get(..end)?;
    let waits = |actor: usize| {
        let name = wanted(events, actor)?;
        let holder = letter(holder_of(events, &name)?);
        Some(format!("{} waits for {name}, which {holder} holds", letter(actor)))
    };
    Some(format!("{}; {}", waits(0)?, waits(1)?))
}

/// The name of the lock for which a process waits.
fn wanted(events: &[Event], actor: usize) -> Option<String> {
    match &events.iter().rfind(|event| event.actor == actor)?.kind {
        EventKind::Blocked(Blocked::Lock(lock)) => of_account(lock),
        _ => None,
    }
}

/// Who holds the lock of this name.
fn holder_of(events: &[Event], name: &str) -> Option<usize> {
    let is_it = |lock: &FileLock| of_account(lock).as_deref() == Some(name);
    let mut holder = None;
    for event in events {
        match &event.kind {
            EventKind::Call(Returned { request: Request::Lock(lock), error: None, .. })
                if is_it(lock) =>
            {
                holder = Some(event.actor);
            }
            EventKind::Call(Returned { request: Request::Unlock { lock, .. }, .. })
                if is_it(lock) =>
            {
                holder = None;
            }
            EventKind::Ended(_) if holder == Some(event.actor) => holder = None,
            _ => {}
        }
    }
    holder
}

/// Who holds the lock that is a word: the process that has changed it from 0, and has not given it back since.
fn holder_of_word(events: &[Event]) -> Option<usize> {
    let mut holder = None;
    for event in events {
        match stored(event, LOCK) {
            Some((0, 1..)) => holder = Some(event.actor),
            Some((_, 0)) => holder = None,
            _ => {}
        }
    }
    holder
}
