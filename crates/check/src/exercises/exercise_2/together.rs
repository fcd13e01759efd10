//! A poster and a taker at once, in every order of their stores.

use explore::operations::CallKind;
use explore::replay::{Outcome, Scenario};
use explore::search::PreemptionBound;
use explore::table::{Mark, Shape};
use explore::trace::{Event, EventKind};
use tracer::Ending;

use super::{SIZE, emptied, full_of, word};
use crate::exercises::CheckContext;
use crate::expect::shown;
use crate::scenarios::{SearchSpec, Telling, common_finding, in_every_order};
use crate::verdict::{Finding, Verdict};

const FIRST: &str = "the message that was there before, a long one";
const SECOND: &str = "THE SECOND ONE, SHORTER";
const POST: &[&str] = &["post", "FILE", SECOND];
const TAKE: &[&str] = &["take", "FILE"];

pub(super) fn together(context: &mut CheckContext) -> Verdict {
    let scenario = |name, file| Scenario { name, arguments: [POST, TAKE], file, symmetric: false };
    let specs = [
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
    ];
    in_every_order(context, &specs, judge, Telling { names, marks })
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
fn marks(finding: &Finding, run: &Outcome) -> Vec<Mark> {
    const TEXT: u64 = 8;
    let place = |is_it: &dyn Fn(usize, &EventKind) -> bool| {
        run.events.iter().position(|event| is_it(event.actor, &event.kind))
    };
    let prints =
        place(&|actor, kind| actor == 1 && matches!(kind, EventKind::Call(CallKind::Output, ..)));
    let overwrites = place(&|actor, kind| {
        actor == 0 && matches!(kind, EventKind::Store { offset, .. } if *offset >= TEXT)
    });
    let changes = run.events.iter().rposition(is_store_of_full);
    match (finding.diagnosis, prints, overwrites) {
        ("does-not-notice", ..) => {
            changes.map(|place| (place, ". The other does not NOTICE".into())).into_iter().collect()
        }
        ("torn-message", Some(prints), _) => {
            vec![(prints, ": not all of the text was there when it was loaded".into())]
        }
        ("old-message", Some(prints), _) => {
            vec![(prints, ": the text that it loaded was the old one".into())]
        }
        ("lost-message", prints, Some(overwrites))
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
fn does_not_notice(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
    let full = word(run.file.as_deref()?, 0)?;
    let waiter = (0..2).find(|side| {
        let wanted = u32::from(*side == 1);
        let has_failed = !matches!(run.endings[*side], Some(Ending::Exited(0)));
        has_failed && full == wanted && loops_after_the_change(run, *side)
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

fn is_store_of_full(event: &Event) -> bool {
    matches!(event.kind, EventKind::Store { offset: 0..4, .. })
}

/// Has an actor, after the other's last store of `full`, done nothing but turn in a loop, or sleep and
/// look, until its end?
fn loops_after_the_change(run: &Outcome, side: usize) -> bool {
    let is_change = |event: &Event| event.actor != side && is_store_of_full(event);
    let Some(change) = run.events.iter().rposition(is_change) else { return false };
    let (before, after) = run.events.split_at(change);
    let mut own = after.iter().filter(|event| event.actor == side);
    let waited = before.iter().rfind(|event| event.actor == side);
    let in_a_loop = |kind: &EventKind| match kind {
        EventKind::Blocked(why) => !why.starts_with("waits"),
        EventKind::Ended(_) | EventKind::Killed => true,
        _ => false,
    };
    waited
        .is_some_and(|event| matches!(event.kind, EventKind::Blocked(_)) && in_a_loop(&event.kind))
        && own.all(|event| in_a_loop(&event.kind))
}

fn judge(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
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
    let kept = full == Some(1)
        && word(file, 4) == u32::try_from(SECOND.len()).ok()
        && file.get(8..8 + SECOND.len()) == Some(SECOND.as_bytes());
    (!kept).then(|| {
        let expected = format!("the second message, {}, is in the box in the end", shown(SECOND));
        let text = String::from_utf8_lossy(file.get(8..56).unwrap_or_default()).into_owned();
        let (full, length) = (full.unwrap_or_default(), word(file, 4).unwrap_or_default());
        let seen = format!("`full` is {full}, `length` {length}, the text {}", shown(&text));
        Finding::new("lost-message", expected, seen)
    })
}
