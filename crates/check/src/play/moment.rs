//! Where two processes stand between two steps.

use common::Result;
use explore::steps::Stepper;
use explore::table::{last_stop, named_value};
use explore::trace::EventKind;
use serde::Serialize;
use tracer::Ending;

use super::Race;

/// What a player sees before a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Moment {
    /// The places in FILE, and what they hold.
    pub(super) file: Vec<(String, String)>,
    /// The locks: their holders, and the processes that wait for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) locks: Vec<(String, String)>,
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
        let next = [0, 1].map(|actor| next(stepper, actor, race));
        Ok(Self { file, locks: race.locks.shown(stepper), next })
    }
}

/// What a process does next, or why it does nothing, as a verb with its object.
fn next(stepper: &Stepper<'_>, actor: usize, race: &Race) -> String {
    let events = stepper.events();
    let Some(at) = events.iter().rposition(|event| event.actor == actor) else {
        return "begins".into();
    };
    let (last, earlier) = (&events[at], &events[..at]);
    let text = match &last.kind {
        _ if stepper.is_killed(actor) => "was killed".into(),
        EventKind::Ended(Ending::Exited(0)) => "has ended".into(),
        EventKind::Ended(ending) => format!("has ended: {ending}"),
        EventKind::Blocked(why) if stepper.waits(actor) => (*why).into(),
        // Nobody but the kernel's call has held it up: it sleeps no longer.
        EventKind::Blocked(why) if why.starts_with("waits") => "wakes up, and goes on".into(),
        EventKind::Blocked(_) => "looks again whether it can go on".into(),
        _ => last_stop(events, actor, race.names),
    };
    race.locks.renamed(&text, last, earlier)
}
