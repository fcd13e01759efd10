//! A run as a table of two columns: who did what, in which order, and whose value got lost.

use tracer::Ending;

use crate::replay::{Outcome, Scenario};
use crate::schedule::letter;
use crate::trace::{Event, EventKind};
use crate::watched_memory::ELSEWHERE;

/// How a scenario calls the places in its file: the name of the bytes from `offset` on, and whether
/// they are a number, as long as the store, or text.
pub type Names = fn(offset: u64) -> (String, Shape);

/// What bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A number in native byte order.
    Number,
    /// Text.
    Text,
    /// The program's own lock: numbers whose meaning is its own.
    Own,
}

/// The lines of a run's table.
#[must_use]
pub fn table(scenario: &Scenario, run: &Outcome, names: Names) -> Vec<String> {
    table_of(scenario, &run.events, names)
}

/// The same of bare events.
#[must_use]
pub fn table_of(scenario: &Scenario, events: &[Event], names: Names) -> Vec<String> {
    let called =
        |actor: usize| format!("{}: {}", letter(actor), scenario.arguments[actor].join(" "));
    let [one, two] = [called(0), called(1)].map(|called| folded(&called));
    let mut lines = Vec::new();
    for index in 0..one.len().max(two.len()) {
        let cell = |column: &[String]| column.get(index).cloned().unwrap_or_default();
        lines.push(format!("     {:COLUMN$}   {}", cell(&one), cell(&two)));
    }
    for (number, (actor, text)) in (1..).zip(rows(events, names)) {
        for (index, text) in folded(&text).iter().enumerate() {
            let number = if index == 0 { format!("{number:3}") } else { "   ".into() };
            lines.push(match actor {
                0 => format!("{number}  {text}"),
                _ => format!("{number}  {:COLUMN$}   {text}", ""),
            });
        }
    }
    lines
}

/// A cell's lines.
fn folded(text: &str) -> Vec<String> {
    let options = textwrap::Options::new(COLUMN).break_words(false);
    textwrap::wrap(text, options).into_iter().map(Into::into).collect()
}

/// How wide a column is: with the margins of a report, two of them fit into 80 characters.
const COLUMN: usize = 30;

/// A row each; of a long series of steps in a program's own lock the first and the last.
fn rows(events: &[Event], names: Names) -> Vec<(usize, String)> {
    const MOST: usize = 4;
    let own = |event: &Event| match &event.kind {
        EventKind::Store { offset, stale: None, .. } => names(*offset).1 == Shape::Own,
        _ => false,
    };
    // To be blocked again, or to die of the judge's own kill, is no news.
    let news = |index: &usize| {
        let event = &events[*index];
        let before = events[..*index].iter().rev().find(|earlier| earlier.actor == event.actor);
        let killed = before.is_some_and(|before| before.kind == EventKind::Killed);
        let again = before.is_some_and(|before| {
            matches!(event.kind, EventKind::Blocked(_)) && before.kind == event.kind
        });
        !killed && !again
    };
    let events: Vec<Event> =
        (0..events.len()).filter(news).map(|index| events[index].clone()).collect();
    let series = events.chunk_by(|one, two| one.actor == two.actor && own(one) && own(two));
    let mut rows = Vec::new();
    for events in series {
        let text = |event: &Event| (event.actor, row(&event.kind, names));
        match events {
            [first, .., last] if events.len() > MOST => {
                let between = events.len() - 2;
                rows.push(text(first));
                rows.push((first.actor, format!("… {between} more stores in its own lock")));
                rows.push(text(last));
            }
            _ => rows.extend(events.iter().map(text)),
        }
    }
    rows
}

fn row(kind: &EventKind, names: Names) -> String {
    let names = |offset: u64| match offset.checked_sub(ELSEWHERE) {
        None => names(offset),
        Some(offset) => (format!("byte {offset} of another file"), Shape::Number),
    };
    match kind {
        EventKind::Store { offset, before, after, stale, call } => {
            let (name, shape) = names(*offset);
            let name = name + &by(call);
            let (old, new) = (shown(before, shape), shown(after, shape));
            match stale {
                Some(seen) => {
                    let seen = shown(seen, shape);
                    format!("stores {new} in {name}; it saw {seen} there, and {old} is LOST")
                }
                None if before == after => format!("stores {new} in {name}, as it was"),
                None => format!("stores {new} in {name}, where {old} was"),
            }
        }
        EventKind::StopsBeforeStore { offset, bytes, middle, call } => {
            let (name, shape) = names(*offset);
            let name = name + &by(call);
            match bytes {
                Some(bytes) => {
                    format!(
                        "is about to store {} in {name}, and is interrupted",
                        shown(bytes, shape)
                    )
                }
                None if *middle => format!("is stopped in the middle of storing {name}"),
                None => format!("is stopped before it stores in {name}"),
            }
        }
        EventKind::StopsBeforeCall(call) => format!("is stopped before it {call}"),
        EventKind::StopsAfter => "is stopped".into(),
        EventKind::Call(_, text) => text.clone(),
        EventKind::Blocked(why) => (*why).into(),
        EventKind::Ended(Ending::Exited(status)) => format!("ends with status {status}"),
        EventKind::Ended(Ending::Killed(signal)) => format!("dies of signal {signal}"),
        EventKind::Killed => "is killed".into(),
    }
}

/// By which call the kernel stores, if it does.
fn by(call: &Option<String>) -> String {
    call.as_ref().map_or(String::new(), |call| format!(" by {call}"))
}

/// What a actor was about to do when it was stopped last, as a verb with its object.
#[must_use]
pub fn last_stop(events: &[Event], actor: usize, names: Names) -> String {
    let stops = events.iter().rev().filter(|event| event.actor == actor);
    let told = stops.filter_map(|event| match &event.kind {
        EventKind::StopsBeforeStore { offset, bytes, .. } => {
            let (name, shape) = names(*offset);
            Some(match bytes {
                Some(bytes) => format!("stores {} in {name}", shown(bytes, shape)),
                None => format!("stores in {name}"),
            })
        }
        EventKind::StopsBeforeCall(call) => Some(call.clone()),
        _ => None,
    });
    told.into_iter().next().unwrap_or_else(|| "ends".into())
}

/// Bytes as a person reads them.
fn shown(bytes: &[u8], shape: Shape) -> String {
    match (shape, bytes.len()) {
        (Shape::Text, _) => {
            const MOST: usize = 12;
            let text = String::from_utf8_lossy(bytes).trim_end_matches('\0').to_string();
            match text.chars().count() {
                0 => format!("{} zero bytes", bytes.len()),
                count if count > MOST => {
                    format!("{:?}…", text.chars().take(MOST).collect::<String>())
                }
                _ => format!("{text:?}"),
            }
        }
        (_, 1..=8) => {
            let mut wide = [0; 8];
            let (low, _) = wide.split_at_mut(bytes.len());
            low.copy_from_slice(bytes); // This is only reached on x86-64: the low bytes come first.
            u64::from_le_bytes(wide).to_string()
        }
        (_, 16 | 32 | 64) => {
            let words = bytes.chunks_exact(8).map(|word| shown(word, Shape::Number));
            words.collect::<Vec<_>>().join(", ")
        }
        _ => format!("{} bytes", bytes.len()),
    }
}
