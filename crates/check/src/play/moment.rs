//! Where two processes stand between two turns.

use common::Result;
use explore::requests::{Blocked, Request};
use explore::schedule::letter;
use explore::steps::Stepper;
use explore::trace::{Event, EventKind};
use explore::words::{about_to, named_value};
use serde::Serialize;
use tracer::Ending;

use super::Race;

/// What a player sees before a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Moment {
    /// The places in FILE, and what they hold.
    pub(super) file: Vec<(String, String)>,
    /// The locks: their holders, and the processes that wait for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) locks: Vec<(String, String)>,
    /// For each process, the words by which the player gives it a turn; or why it can have none.
    pub(super) choices: [String; 2],
}

impl Moment {
    pub(super) fn of(stepper: &Stepper<'_>, race: &Race) -> Result<Self> {
        let bytes = stepper.file()?;
        let place = |(at, size): &(usize, usize)| {
            let held = bytes.as_ref().and_then(|bytes| bytes.get(*at..at + size));
            let (name, value) =
                named_value(*at as u64, held.unwrap_or(&vec![0; *size]), race.names);
            (name, if held.is_some() { value } else { "not there".into() })
        };
        let file = race.places.iter().map(place).collect();
        let bytes = bytes.as_deref().unwrap_or_default();
        let choices = [0, 1].map(|actor| choice(stepper, actor, race, bytes));
        Ok(Self { file, locks: race.locks.shown(stepper), choices })
    }
}

/// The words by which a player gives a process a turn; or why the process can have none.
fn choice(stepper: &Stepper<'_>, actor: usize, race: &Race, file: &[u8]) -> String {
    let who = letter(actor);
    let Some(last) = stepper.events().iter().rfind(|event| event.actor == actor) else {
        return format!("Start {who}: it {}", race.begins[actor]);
    };
    match stepper.can_move(actor) {
        true => format!("Let {who} go on: it {}", goes_on(last, race, file)),
        false => format!("{who} {}", cannot_go_on(stepper, last, race)),
    }
}

/// What a process does next that has done this last.
fn goes_on(last: &Event, race: &Race, file: &[u8]) -> String {
    match &last.kind {
        EventKind::Blocked(Blocked::Futex { .. }) => "wakes up: the futex call returns".into(),
        EventKind::Blocked(Blocked::Lock(lock)) => {
            let name = (race.words().lock)(lock).unwrap_or_else(|| lock.to_string());
            format!("wakes up, and gets {name}")
        }
        EventKind::Blocked(Blocked::Naps) => "looks again whether it can go on".into(),
        EventKind::Blocked(_) => "tries again".into(),
        // The other process may have changed the word since this one has stopped.
        EventKind::StopsBeforeCall(Request::Sleep { word, value, .. }) => {
            let found = word_at(file, word.offset);
            let to_sleep = Request::Sleep { word: *word, value: *value, found };
            about_to(&EventKind::StopsBeforeCall(to_sleep), race.words()).unwrap_or_default()
        }
        kind => about_to(kind, race.words()).unwrap_or_else(|| "ends".into()),
    }
}

/// Why a process that has done this last can have no turn.
fn cannot_go_on(stepper: &Stepper<'_>, last: &Event, race: &Race) -> String {
    match &last.kind {
        _ if stepper.is_killed(last.actor) => "was killed".into(),
        EventKind::Ended(Ending::Exited(0)) => "has ended".into(),
        EventKind::Ended(Ending::Exited(status)) => format!("has ended with status {status}"),
        EventKind::Ended(ending) => format!("has ended: {ending}"),
        EventKind::Blocked(Blocked::Naps) => {
            format!("looks again after {}'s next turn", letter(1 - last.actor))
        }
        EventKind::Blocked(why) => explore::words::cannot_go_on(why, race.words()),
        _ => "has ended".into(),
    }
}

/// The word of four bytes at a place in FILE.
fn word_at(file: &[u8], offset: u64) -> Option<u32> {
    let bytes = file.get(usize::try_from(offset).ok()?..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}
