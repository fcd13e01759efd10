//! Why a process that is alone does not come to its end: it may wait for a lock that it holds itself.

use std::time::{Duration, Instant};

use explore::replay::{Scenario, run_scenario};
use explore::requests::{Blocked, Request};
use explore::schedule::Schedule;
use explore::table::{Mark, Table};
use explore::timeline::Timeline;
use explore::trace::{Event, EventKind, Returned};
use explore::words::Vocabulary;

use super::together::names;
use crate::exercises::CheckContext;
use crate::scenarios::{can_be_shown, how, waits_last};
use crate::verdict::{CheckError, Finding, Verdict};

/// How long the process may take until it waits.
const SOON: Duration = Duration::from_secs(8);

/// A run's result, unless the program hangs: then it runs once more, each of its stores and lock calls is
/// noted, and the verdict is `lock-taken-twice` if it waits for a lock that it took before.
///
/// # Errors
/// The run's, or `lock-taken-twice`.
pub(super) fn unless_it_holds_the_lock<T>(
    context: &CheckContext,
    file: &[u8],
    arguments: &[&str],
    run: Verdict<T>,
) -> Verdict<T> {
    match run {
        Err(CheckError::Wrong(finding)) if finding.diagnosis == "hang" => {
            let limit = finding.limit;
            let told = taken_twice(context, file, arguments)?.unwrap_or(*finding);
            Err(Finding { limit, ..told }.into())
        }
        run => run,
    }
}

fn taken_twice(
    context: &CheckContext,
    file: &[u8],
    arguments: &[&str],
) -> Verdict<Option<Finding>> {
    if !can_be_shown(context) {
        return Ok(None);
    }
    let mut fixture = context.fixture("alone")?;
    fixture.deadline = Instant::now() + SOON;
    fixture.for_a_page = context.settings().for_a_page;
    let arguments: &'static [&'static str] = Vec::leak(
        arguments.iter().map(|word| &*String::leak((*word).to_owned())).collect::<Vec<&str>>(),
    );
    let scenario = Scenario {
        name: "alone",
        arguments: [arguments; 2],
        file: Some(file.into()),
        symmetric: true,
    };
    let run = run_scenario(&fixture, &scenario, Schedule::in_turn("alone", 0))?;
    // Up to the first step of the second process, the first one was alone.
    let alone = run.events.iter().take_while(|event| event.actor == 0).count();
    let events = run.events.get(..alone).unwrap_or_default();
    let called = format!("`{}`", arguments.join(" "));
    if let Some(at) = never_made(events) {
        let expected = format!("{called}, with no other process beside it, comes to its end");
        let seen = format!(
            "it sleeps on byte {at} of FILE, which is 0, until another process changes it; no other process \
             ran, and no store has made a lock there"
        );
        let asks = events.iter().rposition(|event| word_of(event).is_some()).into_iter();
        let marks: Vec<Mark> =
            asks.map(|asks| (asks, ". NOBODY has made this lock".into())).collect();
        let table = Table::of(&scenario, events, Vocabulary::of(names), &marks).alone();
        let timeline =
            Timeline::of(&scenario, events, Vocabulary::of(names), &marks).from(run.pages_at_start);
        let timeline = Timeline { heads: table.heads.clone(), ..timeline };
        let finding = Finding::new("lock-never-made", expected, seen);
        return Ok(Some(finding.table(table).timeline(timeline)));
    }
    let Some(twice) = twice(events) else { return Ok(None) };
    let expected = format!("{called} gives its lock back before it asks for it again");
    let seen =
        format!("it takes the lock, keeps it, and asks for it again: it {}", how(&twice.waits));
    let marks: [Mark; 2] = [
        (twice.takes, ". Here it TAKES the lock".into()),
        (twice.asks, ". It HOLDS this lock itself".into()),
    ];
    let table = Table::of(&scenario, events, Vocabulary::of(names), &marks).alone();
    let timeline =
        Timeline::of(&scenario, events, Vocabulary::of(names), &marks).from(run.pages_at_start);
    let timeline = Timeline { heads: table.heads.clone(), ..timeline };
    let finding = Finding::new("lock-taken-twice", expected, seen);
    Ok(Some(finding.table(table).timeline(timeline)))
}

/// The byte of the lock's word on which a process sleeps in the end, if this word is 0 and no store has
/// changed it: no process has made the lock.
fn never_made(events: &[Event]) -> Option<u64> {
    let is_asleep = matches!(waits_last(events, 0)?, Blocked::Futex { .. });
    let (at, ..) = events.iter().rev().find_map(word_of)?;
    let stores = |event: &Event| match &event.kind {
        EventKind::Store { offset, after, .. } => {
            let here = (*offset..).zip(after).filter(|(byte, _)| (at..at + 4).contains(byte));
            here.into_iter().any(|(_, byte)| *byte != 0)
        }
        _ => false,
    };
    (is_asleep && !events.iter().any(stores)).then_some(at)
}

/// The two places at which a process takes a lock and asks for it again.
struct Twice {
    takes: usize,
    asks: usize,
    /// How it waits there.
    waits: Blocked,
}

/// Where a process that is alone took the lock for which it waits in the end.
fn twice(events: &[Event]) -> Option<Twice> {
    let waits = waits_last(events, 0)?;
    let last = events.len().checked_sub(1)?;
    if matches!(waits, Blocked::Lock(_)) {
        let takes = events.iter().rposition(|event| is_file_lock(event).is_some())?;
        let held = events.get(takes).and_then(is_file_lock)? == FileLock::Taken;
        return held.then_some(Twice { takes, asks: last, waits });
    }
    // The last thing that it did was an atomic operation on a word of the lock, which it failed to take.
    let asks = events.iter().rposition(|event| word_of(event).is_some())?;
    let (at, _, now) = events.get(asks).and_then(word_of)?;
    let earlier = events.iter().take(asks).enumerate();
    let on_this = earlier.filter_map(|(place, event)| Some((place, word_of(event)?)));
    // The last change is a take: after a lock was given back, to ask for it would not fail.
    let mut changes = on_this.filter(|(_, (same, before, after))| *same == at && before != after);
    let (takes, (_, free, _)) = changes.next_back()?;
    (free != now).then_some(Twice { takes, asks, waits })
}

#[derive(PartialEq, Eq)]
enum FileLock {
    Taken,
    Given,
}

/// Whether an event takes or gives back a lock of `flock` or `fcntl`.
fn is_file_lock(event: &Event) -> Option<FileLock> {
    let EventKind::Call(Returned { request, error: None, .. }) = &event.kind else { return None };
    match request {
        Request::Lock(_) => Some(FileLock::Taken),
        Request::Unlock { .. } | Request::CloseLocked(_) => Some(FileLock::Given),
        _ => None,
    }
}

/// The word of the lock on which an event is an atomic operation: its place, and its value before and
/// after. Of a semaphore, whose operations have eight bytes, the first four count the free places.
fn word_of(event: &Event) -> Option<(u64, u32, u32)> {
    let value = |bytes: &[u8]| bytes.get(..4)?.try_into().ok().map(u32::from_ne_bytes);
    match &event.kind {
        EventKind::Store { offset: offset @ 1024..2048, before, after, locked: true, .. } => {
            Some((*offset, value(before)?, value(after)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use explore::operations::CallKind;
    use explore::requests;
    use tracer::arch::StoreForm;

    use super::*;

    fn event(kind: EventKind) -> Event {
        Event::new(0, kind)
    }

    fn changes(before: u32, after: u32) -> Event {
        let [before, after] = [before, after].map(|word| word.to_ne_bytes().to_vec());
        let (stale, call, form) = (None, None, StoreForm::CompareExchange { swap: None });
        event(EventKind::Store { offset: 1024, before, after, stale, form, locked: true, call })
    }

    fn places(events: &[Event]) -> Option<(usize, usize)> {
        twice(events).map(|twice| (twice.takes, twice.asks))
    }

    #[test]
    fn a_mutex_that_is_taken_and_asked_for_again_is_taken_twice() {
        let waits = || event(EventKind::Blocked(Blocked::Futex { is_private: false }));
        assert_eq!(places(&[changes(0, 1), changes(1, 2), waits()]), Some((0, 1)));
        let again = [changes(0, 1), changes(1, 0), changes(0, 1), changes(1, 1), waits()];
        assert_eq!(places(&again), Some((2, 3)));
    }

    #[test]
    fn a_lock_that_was_given_back_or_never_taken_is_not() {
        let waits = || event(EventKind::Blocked(Blocked::Futex { is_private: false }));
        assert_eq!(places(&[changes(0, 0), waits()]), None, "a semaphore that nobody has made");
        assert_eq!(places(&[changes(0, 1), changes(1, 0), waits()]), None);
    }

    #[test]
    fn a_process_that_sleeps_on_a_word_that_nobody_has_stored_waits_for_a_lock_that_is_not_made() {
        let waits = || event(EventKind::Blocked(Blocked::Futex { is_private: false }));
        // `sem_wait` counts itself as a sleeper, in the bytes after the word.
        let sleeper = event(EventKind::Store {
            offset: 1024,
            before: vec![0; 8],
            after: vec![0, 0, 0, 0, 1, 0, 0, 0],
            stale: None,
            form: StoreForm::Exchange { stores: None },
            locked: true,
            call: None,
        });
        assert_eq!(never_made(&[sleeper, waits()]), Some(1024));
        assert_eq!(never_made(&[changes(0, 0), waits()]), Some(1024));
        assert_eq!(
            never_made(&[changes(0, 1), changes(1, 0), changes(0, 0), waits()]),
            None,
            "made"
        );
        assert_eq!(never_made(&[changes(0, 1), changes(1, 2), waits()]), None, "taken twice");
        assert_eq!(never_made(&[waits()]), None, "no word of the lock is known");
    }

    #[test]
    fn of_file_locks_the_last_one_counts() {
        let call = |request| {
            let (kind, error, empties) = (CallKind::Lock, None, false);
            event(EventKind::Call(Returned { kind, request, error, empties }))
        };
        let lock = || requests::FileLock {
            kind: requests::LockKind::Flock,
            file: "FILE".into(),
            bytes: None,
            is_shared: false,
        };
        let waits = || event(EventKind::Blocked(Blocked::Lock(lock())));
        let taken = || call(Request::Lock(lock()));
        assert_eq!(places(&[taken(), waits()]), Some((0, 1)));
        let given = call(Request::Unlock { lock: lock(), holds_none: false });
        assert_eq!(places(&[taken(), given, waits()]), None);
        let closed = call(Request::CloseLocked("FILE".into()));
        assert_eq!(places(&[taken(), closed, waits()]), None, "that ends a record lock");
    }
}
