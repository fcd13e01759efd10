//! Where two processes stand between two steps.

use common::Result;
use explore::steps::Stepper;
use explore::table::{Names, last_stop, named_value};
use explore::trace::EventKind;
use serde::Serialize;
use tracer::Ending;

use super::Race;

/// What a player sees before a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Moment {
    /// The places in FILE, and what they hold.
    pub(super) file: Vec<(String, String)>,
    /// What each process does next.
    pub(super) next: [String; 2],
}

impl Moment {
    pub(super) fn of(stepper: &Stepper<'_>, race: &Race) -> Result<Self> {
        let file = stepper.file()?;
        let place = |(at, size): &(usize, usize)| {
            let held = file.as_ref().and_then(|bytes| bytes.get(*at..at + size));
            let (name, value) =
                named_value(*at as u64, held.unwrap_or(&vec![0; *size]), race.names);
            (name, if held.is_some() { value } else { "not there".into() })
        };
        let file = race.places.iter().map(place).collect();
        Ok(Self { file, next: [0, 1].map(|actor| next(stepper, actor, race.names)) })
    }
}

/// What a process does next, or why it does nothing, as a verb with its object.
fn next(stepper: &Stepper<'_>, actor: usize, names: Names) -> String {
    let last = stepper.events().iter().rfind(|event| event.actor == actor);
    match last.map(|event| &event.kind) {
        _ if stepper.is_killed(actor) => "was killed".into(),
        None => "begins".into(),
        Some(EventKind::Ended(Ending::Exited(0))) => "has ended".into(),
        Some(EventKind::Ended(ending)) => format!("has ended: {ending}"),
        Some(EventKind::Blocked(why)) if stepper.waits(actor) => (*why).into(),
        Some(EventKind::Blocked(_)) => "looks again whether it can go on".into(),
        Some(_) => last_stop(stepper.events(), actor, names),
    }
}
