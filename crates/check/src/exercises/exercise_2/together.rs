//! A poster and a taker at once, in every order of their stores.

use explore::replay::{Outcome, Scenario};
use explore::search::PreemptionBound;
use explore::table::Shape;

use super::{emptied, full_of, word};
use crate::exercises::CheckContext;
use crate::exercises::expect::shown;
use crate::scenarios::{SearchSpec, common_finding, in_every_order};
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
    in_every_order(context, &specs, judge, names)
}

/// How the table calls the bytes of the file.
fn names(offset: u64) -> (String, Shape) {
    match offset {
        0..4 => ("`full`".into(), Shape::Number),
        4..8 => ("`length`".into(), Shape::Number),
        8 => ("the text".into(), Shape::Text),
        _ => (format!("the text from its byte {} on", offset - 8), Shape::Text),
    }
}

fn judge(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
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
    let file = run.file.as_deref().unwrap_or_default();
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
