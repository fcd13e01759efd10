//! The lock of a race: the names of its calls, its holder, and the process that waits for it.

use explore::schedule::letter;
use explore::steps::Stepper;
use explore::trace::{Event, EventKind};

use super::decisive::stored;

/// What lock the processes of a race take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    /// None that is shown.
    None,
    /// An open file description lock for each account of exercise 5.
    OfAccounts,
    /// A word at this place in FILE, and futex.
    Word(u64),
}

/// The locks of accounts: in the judge's words, and in those of the race.
const ACCOUNTS: [(&str, &str); 2] = [
    ("open file description lock on bytes 8 to 15 of FILE", "the lock on account 1"),
    ("open file description lock on bytes 16 to 23 of FILE", "the lock on account 2"),
];

impl Locks {
    /// What is said of an event of `actor`, after the `earlier` ones, in the words of the race.
    pub(super) fn renamed(self, text: &str, event: &Event, earlier: &[Event]) -> String {
        let is_asleep = matches!(event.kind, EventKind::Blocked(_));
        match self {
            Self::None => text.into(),
            Self::OfAccounts if is_asleep => {
                let wanted = wanted(earlier, event.actor).unwrap_or("a lock");
                text.replace("an open file description lock", wanted)
            }
            Self::OfAccounts => ACCOUNTS.iter().fold(text.into(), |text, (judges, ours)| {
                ["an exclusive ", "its "]
                    .iter()
                    .fold(text, |text, article| text.replace(&format!("{article}{judges}"), ours))
            }),
            Self::Word(_) if is_asleep => text.replace("waits in futex", "sleeps in futex"),
            Self::Word(_) => text
                .replace("waits in futex", "calls futex, to sleep while the lock is 2")
                .replace("wakes by futex", "calls futex, to wake one process")
                .replace("tries to change the lock", "tries to change the lock from 0 to 1"),
        }
    }

    /// The locks and the processes that wait for them, as names and values.
    pub(super) fn shown(self, stepper: &Stepper<'_>) -> Vec<(String, String)> {
        let events = stepper.events();
        let waits = |actor: &usize| stepper.waits(*actor);
        match self {
            Self::None => Vec::new(),
            Self::OfAccounts => {
                let value = |name: &str| {
                    let holder =
                        holder_of(events, name).map(|actor| format!("{} holds it", letter(actor)));
                    let mut value = holder.unwrap_or_else(|| "free".into());
                    for actor in
                        (0..2).filter(waits).filter(|actor| wanted(events, *actor) == Some(name))
                    {
                        value += &format!(", {} waits", letter(actor));
                    }
                    value
                };
                ACCOUNTS.iter().map(|(_, name)| ((*name).into(), value(name))).collect()
            }
            Self::Word(place) => {
                let holder = holder_of_word(events, place).map_or("nobody".into(), |actor| {
                    let dead = if stepper.is_killed(actor) { ", which was killed" } else { "" };
                    format!("{}{dead}", letter(actor))
                });
                let asleep: Vec<_> =
                    (0..2).filter(waits).map(|actor| letter(actor).to_string()).collect();
                let asleep = if asleep.is_empty() { "nobody".into() } else { asleep.join(" and ") };
                vec![("holder of the lock".into(), holder), ("asleep in futex".into(), asleep)]
            }
        }
    }
}

/// In what each of two processes waits for ever: `A waits for …, which B holds`.
pub(super) fn deadlocked(events: &[Event]) -> Option<String> {
    // In the end, the judge kills both processes. That gives back their locks.
    let is_end = |event: &Event| matches!(event.kind, EventKind::Killed | EventKind::Ended(_));
    let end = events.iter().position(is_end).unwrap_or(events.len());
    let events = events.get(..end)?;
    let waits = |actor: usize| {
        let name = wanted(events, actor)?;
        let holder = letter(holder_of(events, name)?);
        Some(format!("{} waits for {name}, which {holder} holds", letter(actor)))
    };
    Some(format!("{}; {}", waits(0)?, waits(1)?))
}

/// Which lock a process has asked for last.
fn wanted(events: &[Event], actor: usize) -> Option<&'static str> {
    let own = events.iter().rev().filter(|event| event.actor == actor);
    let asked = own.filter_map(|event| match &event.kind {
        EventKind::StopsBeforeCall(text) | EventKind::Call(_, text, _) => named(text),
        _ => None,
    });
    asked.into_iter().next()
}

/// Who holds the lock of this name.
fn holder_of(events: &[Event], name: &str) -> Option<usize> {
    let mut holder = None;
    for event in events {
        match &event.kind {
            EventKind::Call(_, text, _) if named(text) == Some(name) => {
                holder = text.starts_with("gets").then_some(event.actor);
            }
            EventKind::Ended(_) if holder == Some(event.actor) => holder = None,
            _ => {}
        }
    }
    holder
}

/// Which lock a call is about.
fn named(text: &str) -> Option<&'static str> {
    ACCOUNTS.iter().find(|(judges, _)| text.contains(judges)).map(|(_, name)| *name)
}

/// Who holds the lock that is a word at this place: the process that has changed it from 0, and has not given it
/// back since.
fn holder_of_word(events: &[Event], place: u64) -> Option<usize> {
    let mut holder = None;
    for event in events {
        match stored(event, place) {
            Some((0, 1..)) => holder = Some(event.actor),
            Some((_, 0)) => holder = None,
            _ => {}
        }
    }
    holder
}
