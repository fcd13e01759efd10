//! The event at which a race goes wrong: a value is lost, a lock lets in a second process, a process is
//! killed that others wait for. Each race has one such event in each order that goes wrong, and none in the
//! others.

use explore::requests::Request;
use explore::schedule::letter;
use explore::trace::{Event, EventKind, Returned};

/// What is said of the event at `index`, if the race goes wrong there. What happens later is not looked at.
pub(super) type Decides = fn(events: &[Event], index: usize) -> Option<String>;

/// The table itself marks a store over a value that its process has not seen.
pub(super) fn by_the_table(_: &[Event], _: usize) -> Option<String> {
    None
}

/// A process sets a lock that the other one has set.
pub(super) fn second_inside(events: &[Event], index: usize) -> Option<String> {
    const LOCK: u64 = 8;
    let (before, after) = stored(events.get(index)?, LOCK)?;
    (before == 1 && after == 1).then(|| ". Now both processes are inside the lock".into())
}

/// A withdrawal takes more from account 1 than it holds: the number wraps.
pub(super) fn overdrawn(events: &[Event], index: usize) -> Option<String> {
    const ACCOUNT_1: u64 = 8;
    let (before, after) = stored(events.get(index)?, ACCOUNT_1)?;
    (after > before).then(|| {
        format!(
            ". Account 1 held only {before}, and an unsigned number cannot go below 0: it wraps"
        )
    })
}

/// A process waits, and the other one waits already.
pub(super) fn both_wait(events: &[Event], index: usize) -> Option<String> {
    let (event, earlier) = events.get(..=index)?.split_last()?;
    let waits = |event: &Event| matches!(event.kind, EventKind::Blocked(_));
    let other = earlier.iter().rfind(|other| other.actor != event.actor)?;
    (waits(event) && waits(other))
        .then(|| ". Each process waits for the lock that the other one holds".into())
}

/// B finds the box full, and loads a length that A has not stored yet.
pub(super) fn old_length(events: &[Event], index: usize) -> Option<String> {
    const LENGTH: u64 = 4;
    let (event, earlier) = events.get(..=index)?.split_last()?;
    let loads = matches!(event.kind, EventKind::Load { offset: LENGTH, .. });
    let is_stored = earlier.iter().any(|event| stored(event, LENGTH).is_some());
    (loads && !is_stored)
        .then(|| ". This is the length of the older message: A has not stored its own yet".into())
}

/// A process sets a counter to 0 that the other one has changed.
pub(super) fn set_back(events: &[Event], index: usize) -> Option<String> {
    let event = events.get(index)?;
    let EventKind::Store { stale: None, .. } = &event.kind else { return None };
    let (before, after) = stored(event, 0)?;
    let other = letter(1 - event.actor);
    (before > 0 && after == 0).then(|| format!(". {other}'s {before} is LOST"))
}

/// A is killed, and B cannot get the lock any more.
pub(super) fn orphaned(events: &[Event], index: usize) -> Option<String> {
    Some(format!(" {}", how_it_leaves_the_lock(events, index)?.0))
}

/// Of a kill of A that leaves B without the lock: what A does at that moment, now and in the past.
pub(super) fn how_it_leaves_the_lock(
    events: &[Event],
    index: usize,
) -> Option<(&'static str, &'static str)> {
    let (event, earlier) = events.get(..=index)?.split_last()?;
    let last_of_b = earlier.iter().rfind(|event| event.actor == 1).map(|event| &event.kind);
    let is_kill_of_a = event.actor == 0 && event.kind == EventKind::Killed;
    if !is_kill_of_a || matches!(last_of_b, Some(EventKind::Ended(_))) {
        return None;
    }
    if earlier.iter().any(|event| event.actor == 1 && matches!(stored(event, LOCK), Some((_, 0)))) {
        return None; // B has had the lock, and needs it no more.
    }
    let (mut holds, mut must_wake) = (false, false);
    for event in earlier.iter().filter(|event| event.actor == 0) {
        match (stored(event, LOCK), &event.kind) {
            (Some((0, 1..)), _) => holds = true,
            (Some((before, 0)), _) => (holds, must_wake) = (false, before == 2),
            (_, EventKind::Call(Returned { request: Request::Wake { .. }, .. })) => {
                must_wake = false;
            }
            _ => {}
        }
    }
    let sleeps = matches!(last_of_b, Some(EventKind::Blocked(_)));
    match (holds, must_wake && sleeps) {
        (true, _) => Some(("while it holds the lock", "while it held the lock: an orphaned lock")),
        // The lock is free: this is no orphaned lock.
        (_, true) => Some((
            "after it has given the lock back, and before it wakes B. The lock is free, and B sleeps: \
             this is a lost wake-up",
            "after it had given the lock back, and before it woke B: a lost wake-up",
        )),
        _ => None,
    }
}

/// A number of at most 8 bytes.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    const WORD: usize = 8;
    let mut wide = [0; WORD];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(u64::from_le_bytes(wide)) // This is only reached on x86-64: the low bytes come first.
}

/// The place in FILE of the lock that is a word.
pub(super) const LOCK: u64 = 1024;

/// The numbers before and after a store that begins at a place in FILE.
pub(super) fn stored(event: &Event, place: u64) -> Option<(u64, u64)> {
    match &event.kind {
        EventKind::Store { offset, before, after, .. } if *offset == place => {
            Some((number(before)?, number(after)?))
        }
        _ => None,
    }
}
