//! A poster and a taker at once, in every order of their stores.

use explore::operations::CallKind;
use explore::replay::{ExecutionResult, Scenario};
use explore::schedule::letter;
use explore::search::PreemptionBound;
use explore::table::Mark;
use explore::trace::{Event, EventKind, Returned};
use explore::words::Shape;
use tracer::Ending;

use super::{SIZE, early_loads, emptied, full_of, untraced, word};
use crate::exercises::CheckContext;
use crate::expect::shown;
use crate::scenarios::{
    JudgedScenario, SearchSpec, Wording, common_finding, in_every_order, in_turn,
};
use crate::verdict::{Finding, Verdict};

pub(super) const FIRST: &str = "the message that was there before, a long one";
pub(super) const SECOND: &str = "THE SECOND ONE, SHORTER";
pub(super) const POST: &[&str] = &["post", "FILE", SECOND];
pub(super) const TAKE: &[&str] = &["take", "FILE"];
/// The first byte of `length`, and of the text.
const LENGTH: u64 = 4;
const TEXT: u64 = 8;

pub(super) fn together(context: &mut CheckContext) -> Verdict {
    in_every_order(context, &specs(), judge, Wording { names, marks })?;
    if context.settings().schedule.is_some() {
        return Ok(()); // Only this order was asked for.
    }
    early_loads::come_too_early(context)?;
    untraced::messages(context)
}

/// The names of the scenarios.
pub(super) fn scenarios() -> Vec<&'static str> {
    specs().iter().map(|spec| spec.scenario.name).collect()
}

/// A scenario with its judge, for `just play`.
pub(crate) fn scenario_named(name: &str) -> Option<JudgedScenario> {
    let spec = specs().into_iter().find(|spec| spec.scenario.name == name)?;
    Some(JudgedScenario { scenario: spec.scenario, names, judge })
}

fn specs() -> [SearchSpec; 3] {
    let scenario = |name, file| Scenario { name, arguments: [POST, TAKE], file, symmetric: false };
    [
        // What an older message has left behind shows when it is printed again.
        SearchSpec {
            scenario: scenario("empty-box", Some(emptied(FIRST))),
            bound: PreemptionBound::All,
        },
        SearchSpec {
            scenario: scenario("full-box", Some(full_of(FIRST))),
            bound: PreemptionBound::All,
        },
        SearchSpec { scenario: scenario("no-box", None), bound: PreemptionBound::OneStop },
    ]
}

/// How the table calls the bytes of the file.
fn names(offset: u64) -> (String, Shape) {
    match offset {
        0..4 => ("`full`".into(), Shape::Number),
        4..8 => ("`length`".into(), Shape::Number),
        8 => ("the text".into(), Shape::Text),
        _ if offset < SIZE as u64 => {
            (format!("the text from its byte {} on", offset - 8), Shape::Text)
        }
        _ => (format!("byte {offset}"), Shape::Other),
    }
}

/// The step that went wrong, where no value was overwritten unseen.
fn marks(finding: &Finding, run: &ExecutionResult) -> Vec<Mark> {
    let place = |is_it: &dyn Fn(usize, &EventKind) -> bool| {
        run.events.iter().position(|event| is_it(event.actor, &event.kind))
    };
    let prints = place(&|actor, kind| {
        actor == 1 && matches!(kind, EventKind::Call(Returned { kind: CallKind::Output, .. }))
    });
    let overwrites = place(&|actor, kind| {
        actor == 0 && matches!(kind, EventKind::Store { offset, .. } if *offset >= TEXT)
    });
    let changes = run.events.iter().rposition(is_store_of_full);
    match (finding.diagnosis, prints, overwrites) {
        ("stored-in-steps", ..) => {
            let steps = in_steps(&run.events).into_iter();
            let late = ". A later step of the same store, over what the other has stored";
            steps.map(|steps| (steps.late, late.into())).collect()
        }
        ("does-not-notice", ..) => {
            changes.map(|place| (place, ". The other does not NOTICE".into())).into_iter().collect()
        }
        ("torn-message", Some(prints), _) => {
            let stores_length = |event: &Event| event.actor == 0 && stores_at(event, LENGTH);
            let has_length = run.events.iter().take(prints).any(stores_length);
            let why = if has_length {
                ": not all of the message was there when it was loaded"
            } else {
                ": `length` was still the old one"
            };
            vec![(prints, why.into())]
        }
        ("emptied-too-early", prints, _) => {
            let empties = empties_first(run);
            let empties = empties.map(|place| (place, ". It still needs the message".into()));
            let prints = prints.map(|place| (place, ": partly the NEXT message".into()));
            empties.into_iter().chain(prints).collect()
        }
        ("message-erased", ..) => {
            let place = erases(run);
            place.map(|place| (place, ". A's message is LOST".into())).into_iter().collect()
        }
        ("old-message", Some(prints), _) => {
            vec![(prints, ": the text that it loaded was the old one".into())]
        }
        ("lost-message" | "posts-without-waiting", prints, Some(overwrites))
            if prints.is_none_or(|prints| overwrites < prints) =>
        {
            vec![(overwrites, ". The message that was there is LOST".into())]
        }
        ("lost-message", ..) => {
            let empties = |event: &Event| event.actor == 1 && is_store_of_full(event);
            let place = run.events.iter().rposition(empties);
            place.map(|place| (place, ". A's message is LOST".into())).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// A process that waits although `full` has become what it waits for, in a loop that looks again and
/// again.
fn does_not_notice(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    let full = word(run.file.as_deref()?, 0)?;
    let waiter = (0..2).find(|actor| {
        let wanted = u32::from(*actor == 1);
        let has_failed = !matches!(run.endings[*actor], Some(Ending::Exited(0)));
        has_failed && full == wanted && loops_after_the_change(run, *actor)
    })?;
    let called = format!("`{}`", scenario.arguments[waiter].join(" "));
    let how = match run.endings[waiter] {
        Some(Ending::Exited(status)) => format!("then it ended with status {status}"),
        _ => "it did not end".into(),
    };
    let expected = format!("{called} goes on when `full` is {full}");
    let seen = format!("`full` was {full}, and {called} went on waiting; {how}");
    Some(Finding::new("does-not-notice", expected, seen))
}

/// One number of the box, stored by one process in several steps.
struct Steps {
    actor: usize,
    /// The first byte of the number.
    word: u64,
    /// Where the steps are among the events.
    places: Vec<usize>,
    /// The step that was stored over what the other process had stored meanwhile.
    late: usize,
}

impl Steps {
    fn told(&self, scenario: &Scenario, events: &[Event]) -> String {
        let Self { actor, word, places, late } = self;
        let (name, _) = names(*word);
        let called = scenario.arguments[*actor].join(" ");
        let step = |place: &usize| match events.get(*place).map(|event| &event.kind) {
            Some(EventKind::Store { offset, after, .. }) => {
                let last = offset + after.len() as u64 - 1;
                let bytes = after.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
                let (from, bytes) = (offset - word, bytes.join(" "));
                match last - word {
                    to if to == from => format!("{bytes} in byte {from}"),
                    to => format!("{bytes} in bytes {from} to {to}"),
                }
            }
            _ => String::new(),
        };
        let (me, other) = (letter(*actor), letter(1 - actor));
        let steps: Vec<String> = places.iter().map(step).collect();
        let before = places.iter().position(|place| place == late).unwrap_or(0);
        format!(
            "{me} (`{called}`) stores {name} in {} steps: {}. {other} has stored in {name} between step \
             {before} and step {}",
            places.len(),
            steps.join(", then "),
            before + 1
        )
    }
}

/// If a process stores a number in several steps, and one of them changes what the other process has
/// stored in this number since the step before: these steps.
fn in_steps(events: &[Event]) -> Option<Steps> {
    [0, 1].into_iter().find_map(|actor| {
        let own = events.iter().enumerate().filter(|(_, event)| event.actor == actor);
        let moves: Vec<_> = own.filter_map(|(place, event)| Some((place, moved(event)?))).collect();
        let series = moves.chunk_by(|(_, one), (_, next)| one.is_some() && one == next);
        series.filter(|series| series.len() > 1).find_map(|series| {
            let word = series.first()?.1?;
            let places: Vec<usize> = series.iter().map(|(place, _)| *place).collect();
            let pairs = places.iter().zip(places.iter().skip(1));
            let stored_between = |(from, to): &(&usize, &usize)| {
                let between = events.get(**from..**to).unwrap_or_default();
                between.iter().any(|event| event.actor != actor && moved(event) == Some(Some(word)))
            };
            let changes = |place: usize| {
                events.get(place).is_some_and(|event| {
                    matches!(&event.kind, EventKind::Store { before, after, .. } if before != after)
                })
            };
            let (_, late) = pairs.filter(stored_between).find(|(_, late)| changes(**late))?;
            Some(Steps { actor, word, late: *late, places })
        })
    })
}

/// If an event is a step of a process: in which number of the box it is a plain store, if it is one.
fn moved(event: &Event) -> Option<Option<u64>> {
    match &event.kind {
        EventKind::StopsBeforeStore { .. }
        | EventKind::StopsBeforeCall(_)
        | EventKind::StopsAfter
        | EventKind::Blocked(_) => None,
        EventKind::Store { offset, after, locked: false, call: None, .. } => {
            let word = offset / LENGTH * LENGTH;
            let is_inside = *offset < TEXT && offset + after.len() as u64 <= word + LENGTH;
            Some(is_inside.then_some(word))
        }
        _ => Some(None),
    }
}

/// Does an event store in this byte of FILE?
fn stores_at(event: &Event, byte: u64) -> bool {
    matches!(
        &event.kind,
        EventKind::Store { offset, after, .. }
            if (*offset..*offset + after.len() as u64).contains(&byte)
    )
}

/// Where `take` marks the box empty, if `post` has not stored in the box before.
fn empties_first(run: &ExecutionResult) -> Option<usize> {
    let empties =
        run.events.iter().position(|event| event.actor == 1 && is_store_of_full(event))?;
    let is_store = |event: &Event| {
        event.actor == 0
            && matches!(event.kind, EventKind::Store { offset, .. } if offset < SIZE as u64)
    };
    let stores = run.events.iter().position(is_store)?;
    (empties < stores).then_some(empties)
}

/// Where `take` stores zeros over a message that is all there, without having printed anything.
fn erases(run: &ExecutionResult) -> Option<usize> {
    let posted = |event: &Event| {
        event.actor == 0 && matches!(event.kind, EventKind::Ended(Ending::Exited(0)))
    };
    let prints = |event: &Event| {
        event.actor == 1
            && matches!(event.kind, EventKind::Call(Returned { kind: CallKind::Output, .. }))
    };
    let posted = run.events.iter().position(posted)?;
    let end = run.events.iter().position(prints);
    let zeros = |event: &Event| {
        let EventKind::Store { offset, before, after, .. } = &event.kind else { return false };
        // If something is printed later, to mark the box empty is no mistake yet.
        let from = if end.is_some() { LENGTH } else { 0 };
        event.actor == 1
            && after.iter().all(|byte| *byte == 0)
            && (*offset..SIZE as u64).zip(before).any(|(at, byte)| at >= from && *byte != 0)
    };
    let events = run.events.iter().take(end.unwrap_or(usize::MAX)).enumerate();
    events.skip(posted).find(|(_, event)| zeros(event)).map(|(place, _)| place)
}

/// Is this, without its newline, made of bytes of both messages, each in its place?
fn is_mixed(printed: &str) -> bool {
    let (first, second) = (FIRST.as_bytes(), SECOND.as_bytes());
    let Some(text) = printed.strip_suffix('\n').map(str::as_bytes) else { return false };
    let either = |(at, byte): (usize, &u8)| [first.get(at), second.get(at)].contains(&Some(byte));
    [first.len(), second.len()].contains(&text.len())
        && text.iter().enumerate().all(either)
        && text != first
        && text != second
}

fn is_store_of_full(event: &Event) -> bool {
    matches!(event.kind, EventKind::Store { offset: 0..4, .. })
}

/// Has an actor, after the other's last store of `full`, done nothing but turn in a loop, or sleep and
/// look, until its end?
fn loops_after_the_change(run: &ExecutionResult, actor: usize) -> bool {
    let is_change = |event: &Event| event.actor != actor && is_store_of_full(event);
    let Some(change) = run.events.iter().rposition(is_change) else { return false };
    let (before, after) = run.events.split_at(change);
    let mut own = after.iter().filter(|event| event.actor == actor);
    let waited = before.iter().rfind(|event| event.actor == actor);
    let in_a_loop = |kind: &EventKind| match kind {
        EventKind::Blocked(why) => !why.is_asleep(),
        EventKind::Ended(_) | EventKind::Killed => true,
        _ => false,
    };
    waited
        .is_some_and(|event| matches!(event.kind, EventKind::Blocked(_)) && in_a_loop(&event.kind))
        && own.all(|event| in_a_loop(&event.kind))
}

/// Does `post` store in the box, of which `full` was 1 at the start, before `take` has stored anything?
fn posts_first(events: &[Event]) -> bool {
    let first = events.iter().find(
        |event| matches!(event.kind, EventKind::Store { offset, .. } if offset < SIZE as u64),
    );
    first.is_some_and(|event| event.actor == 0)
}

/// A message of 0 bytes is in the box: `post` waits until it is taken.
pub(super) fn beside_an_empty_message(context: &CheckContext) -> Verdict {
    let mut file = full_of(FIRST); // What an older message has left behind.
    file[4..8].copy_from_slice(&0_u32.to_ne_bytes());
    let scenario = Scenario {
        name: "empty-message",
        arguments: [POST, TAKE],
        file: Some(file),
        symmetric: false,
    };
    let judged = in_turn(context, scenario, judge_empty, Wording { names, marks });
    let held = "FILE held a message of 0 bytes: `full` was 1, and `length` was 0";
    judged.map_err(|error| error.details([held.to_owned()]))
}

fn judge_empty(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    if let Some(finding) = common_finding(scenario, run, false) {
        return Some(finding);
    }
    let printed = String::from_utf8_lossy(&run.stdout[1]).into_owned();
    let file = run.file.as_deref().unwrap_or_default(); // It is there: see `common_finding`.
    let is_kept = keeps_second(file);
    if printed == "\n" && is_kept {
        return None;
    }
    let id = if posts_first(&run.events) { "posts-without-waiting" } else { "lost-message" };
    let called = POST.join(" ");
    let expected = format!(
        "`{called}` waits until the message of 0 bytes is taken: `take` prints a newline, and then the second message \
         is in the box"
    );
    let stays = if is_kept { "is" } else { "is not" };
    let seen = format!(
        "`take` printed {}; in the end, the second message {stays} in the box",
        shown(&printed)
    );
    Some(Finding::new(id, expected, seen))
}

/// Does the box hold the second message?
fn keeps_second(file: &[u8]) -> bool {
    word(file, 0) == Some(1)
        && word(file, 4) == u32::try_from(SECOND.len()).ok()
        && file.get(8..8 + SECOND.len()) == Some(SECOND.as_bytes())
}

fn judge(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    let finding = what_is_wrong(scenario, run)?;
    let finding = match finding.diagnosis {
        "lost-message" if scenario.name == "full-box" && posts_first(&run.events) => {
            Finding { diagnosis: "posts-without-waiting", ..finding }
        }
        _ => finding,
    };
    if let Some(steps) = in_steps(&run.events) {
        let finding = Finding { diagnosis: "stored-in-steps", ..finding };
        return Some(finding.details([steps.told(scenario, &run.events)]));
    }
    let may_be = ["fails-beside-another", "deadlock", "torn-message"].contains(&finding.diagnosis);
    match may_be && scenario.name != "full-box" && erases(run).is_some() {
        true => Some(Finding { diagnosis: "message-erased", ..finding }),
        false => Some(finding),
    }
}

fn what_is_wrong(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    if let Some(finding) = does_not_notice(scenario, run) {
        return Some(finding);
    }
    if let Some(finding) = common_finding(scenario, run, false) {
        return Some(finding);
    }
    let was_full = scenario.name == "full-box";
    let right = if was_full { FIRST } else { SECOND };
    let printed = String::from_utf8_lossy(&run.stdout[1]).into_owned();
    if printed != format!("{right}\n") {
        let whole = [FIRST, SECOND].iter().any(|text| printed == format!("{text}\n"));
        let id = match (whole, was_full) {
            (true, true) => "lost-message",
            (true, false) => "old-message",
            // What is printed holds a part of what was stored over the message.
            (false, true) if is_mixed(&printed) => match empties_first(run) {
                Some(_) => "emptied-too-early",
                None => "lost-message",
            },
            (false, _) => "torn-message",
        };
        let expected = format!("`take` prints {}", shown(&format!("{right}\n")));
        return Some(Finding::new(id, expected, shown(&printed)));
    }
    let file = run.file.as_deref().unwrap_or_default(); // It is there: see `common_finding`.
    let full = word(file, 0);
    if !was_full {
        let seen = format!("`full` is {}", full.unwrap_or_default());
        let expected = "the message was taken, and the box is empty in the end";
        return (full != Some(0)).then(|| Finding::new("taken-twice", expected, seen));
    }
    (!keeps_second(file)).then(|| {
        let expected = format!("the second message, {}, is in the box in the end", shown(SECOND));
        let text = String::from_utf8_lossy(file.get(8..56).unwrap_or_default()).into_owned();
        let (full, length) = (full.unwrap_or_default(), word(file, 4).unwrap_or_default());
        let seen = format!("`full` is {full}, `length` {length}, the text {}", shown(&text));
        Finding::new("lost-message", expected, seen)
    })
}
