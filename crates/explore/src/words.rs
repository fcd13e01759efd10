//! The words for what processes do. A table, the page of a verdict, the terminal and the book say the same, because
//! all of them take their words from here.

use std::fmt;

use nix::errno::Errno;
use tracer::arch::{StoreForm, Swap};
use tracer::{Denied, Ending};

use crate::requests::{Blocked, FileLock, Request, Word};
use crate::trace::{Event, EventKind, Returned};
use crate::watched_memory::ELSEWHERE;

/// How a scenario calls the places in its file: the name of the bytes from `offset` on, and what they
/// are.
pub type Names = fn(offset: u64) -> (String, Shape);

/// What bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A number in native byte order.
    Number,
    /// A number to which every store adds something, or takes something away.
    Sum,
    /// Text.
    Text,
    /// The program's own lock: numbers whose meaning is its own.
    Own,
    /// Anything else.
    Other,
}

/// How a scenario calls what its processes do.
#[derive(Clone, Copy)]
pub struct Vocabulary {
    /// The places in its file.
    pub names: Names,
    /// The name of a lock on its file, if the lock has one.
    pub lock: fn(&FileLock) -> Option<String>,
    /// What an event means in this program, if that is known: it follows the words for the event.
    pub meaning: fn(&EventKind) -> Option<String>,
}

impl Vocabulary {
    /// The words of a scenario of which only the places in its file are known.
    #[must_use]
    pub fn of(names: Names) -> Self {
        Self { names, lock: |_| None, meaning: |_| None }
    }
}

/// For whom the words are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// For the reader of a run that is over: a schedule has interrupted its processes.
    Table,
    /// For a reader that lets each process make its steps. Each step ends where the process stops, and the
    /// reader knows what was there.
    Steps,
}

/// What is said of an event.
pub(crate) fn in_words(kind: &EventKind, words: Vocabulary, style: Style) -> String {
    let names = words.names;
    match kind {
        EventKind::Store { .. } => store(kind, words, style),
        EventKind::Load { offset, bytes } => {
            loads(*offset, bytes, names) + &(words.meaning)(kind).unwrap_or_default()
        }
        EventKind::SeesSize(0) => "finds FILE empty (size 0)".into(),
        EventKind::SeesSize(1) => "finds that FILE has 1 byte".into(),
        EventKind::SeesSize(size) => format!("finds that FILE has {size} bytes"),
        EventKind::StopsBeforeStore { .. } => stops_before_store(kind, words, style),
        EventKind::StopsBeforeCall(request) => {
            format!("{} just before it {}", stops(style), asks(request, words))
        }
        EventKind::StopsAfter => "is interrupted".into(),
        EventKind::Call(returned) => has_returned(returned, words),
        EventKind::Denied(what) => format!("{}: the judge does not allow it", denied(what)),
        EventKind::Blocked(why) => cannot_go_on(why, words),
        EventKind::Ended(Ending::Exited(status)) => format!("ends with status {status}"),
        EventKind::Ended(Ending::Killed(signal)) => format!("dies of signal {signal}"),
        EventKind::Killed => "is killed".into(),
        EventKind::Begins(arguments) => format!("a new process: {arguments}"),
    }
}

fn stops(style: Style) -> &'static str {
    match style {
        Style::Table => "is interrupted",
        Style::Steps => "stops",
    }
}

fn loads(offset: u64, bytes: &[u8], names: Names) -> String {
    format!("loads {} from {}", values(offset, bytes, names), place(offset, bytes.len(), names))
}

/// What an event loads and stores by one instruction, between which others can come: `loads 41 from the counter`.
/// A process that was stopped there has told it before.
pub(crate) fn loaded_by_a_store(kind: &EventKind, names: Names) -> Option<String> {
    match kind {
        EventKind::Store {
            offset,
            before,
            after,
            stale: None,
            form: StoreForm::Update { .. },
            locked: false,
            ..
        } => {
            let (at, before, _) = changed(*offset, before, after, names);
            Some(loads(at, before, names))
        }
        _ => None,
    }
}

/// What is said of a store.
fn store(kind: &EventKind, words: Vocabulary, style: Style) -> String {
    let EventKind::Store { offset, before, after, stale, form, locked, call } = kind else {
        return String::new();
    };
    let names = words.names;
    let all = (*offset, after.len());
    let (at, before, after) = changed(*offset, before, after, names);
    let [old, new] = values_of_both(at, [before, after], names);
    let place = place(at, after.len(), names) + &by(call);
    let how = atomically(*locked);
    let is_update = matches!(form, StoreForm::Update { .. });
    let stale = stale.as_deref().filter(|_| is_update || style == Style::Table);
    let stale = stale.map(|seen| values(at, same_part(seen, *offset, at, after.len()), names));
    let told = match (stale, form) {
        (_, StoreForm::CompareExchange { swap }) if before == after => {
            let tries = tries(*swap, all, &place, names);
            format!("{tries}{how}: it is {old}, and stays")
        }
        (_, StoreForm::CompareExchange { .. }) => {
            format!("changes {place} from {old} to {new}{how}")
        }
        (_, StoreForm::Update { adds }) if *locked => {
            let adds = adds.filter(|_| !are_halves(at, [before, after], names));
            format!("{}{how}: {old} becomes {new}", updates(adds, all, &place, names))
        }
        (Some(seen), StoreForm::Update { .. }) => {
            format!("stores {new} in {place}; it saw {seen} there, not {old}")
        }
        (Some(seen), _) => {
            format!("stores {new} in {place}{how}; {seen} was there before the interruption")
        }
        (None, _) => format!("stores {new} in {place}{how}, where {old} {}", was(&old)),
    };
    told + &(words.meaning)(kind).unwrap_or_default()
}

/// What is said of a process that was stopped before a store.
fn stops_before_store(kind: &EventKind, words: Vocabulary, style: Style) -> String {
    let EventKind::StopsBeforeStore { offset, there, form, locked, .. } = kind else {
        return String::new();
    };
    let (stops, about) = (stops(style), about_to_store(kind, words, ""));
    let known = !there.is_empty();
    match form {
        StoreForm::Update { .. } if !*locked && known => {
            let loads = loads(*offset, there, words.names);
            let just = if style == Style::Steps { " just" } else { "" };
            format!("{loads}, and {stops}{just} before it {about}")
        }
        _ if known && style == Style::Table => {
            let now = format!(" (now {})", values(*offset, there, words.names));
            format!("{stops} just before it {}", about_to_store(kind, words, &now))
        }
        _ => format!("{stops} just before it {about}"),
    }
}

/// What a process was about to do when it was stopped before a store, as a verb with its object; `now` is
/// said of the place.
fn about_to_store(kind: &EventKind, words: Vocabulary, now: &str) -> String {
    let EventKind::StopsBeforeStore { offset, bytes, form, locked, middle, call, there } = kind
    else {
        return "goes on".into();
    };
    let names = words.names;
    let size = bytes.as_ref().map_or(there.len(), Vec::len);
    let place = place(*offset, size, names) + now + &by(call);
    let how = atomically(*locked);
    let told = match (bytes, form) {
        (_, StoreForm::CompareExchange { swap }) => {
            tries(*swap, (*offset, size), &place, names) + how
        }
        (Some(bytes), _) => format!("stores {} in {place}{how}", values(*offset, bytes, names)),
        (None, StoreForm::Update { adds }) if *locked => {
            let after = added(there, adds.unwrap_or(0));
            let adds = adds.filter(|_| !are_halves(*offset, [there, &after], names));
            updates(adds, (*offset, size), &place, names) + how
        }
        (None, _) if *middle => format!("stores the rest of {place}"),
        (None, _) => format!("stores in {place}"),
    };
    told + &(words.meaning)(kind).unwrap_or_default()
}

/// No other process comes between the load and the store of a locked instruction.
fn atomically(locked: bool) -> &'static str {
    if locked { " atomically" } else { "" }
}

/// A compare-and-exchange of so many bytes from `offset` on.
fn tries(swap: Option<Swap>, (offset, size): (u64, usize), place: &str, names: Names) -> String {
    let low_bytes = |value: u64| value.to_ne_bytes().get(..size).map(<[u8]>::to_vec);
    let both = swap.and_then(|swap| Some([low_bytes(swap.expects)?, low_bytes(swap.stores)?]));
    let Some([old, new]) = &both else { return format!("tries to change {place}") };
    let [old, new] = values_of_both(offset, [old, new], names);
    format!("tries to change {place} from {old} to {new}")
}

/// A store of a value that is computed from the one that is there: if it is a sum, what is added.
fn updates(adds: Option<u64>, (offset, size): (u64, usize), place: &str, names: Names) -> String {
    const BITS: usize = 8;
    let bytes = vec![0; size];
    let variables = variables(offset, &bytes, names);
    let is_number = matches!(&variables[..], [(_, shape, _)] if *shape != Shape::Text);
    let rest = usize::try_from(u64::BITS).unwrap_or(0).checked_sub(BITS * size);
    let Some((adds, rest)) = adds.zip(rest).filter(|_| is_number && size > 0) else {
        return format!("changes {place}");
    };
    let [more, less] = [adds, adds.wrapping_neg()].map(|number| number << rest >> rest);
    match more <= less {
        true => format!("adds {more} to {place}"),
        false => format!("subtracts {less} from {place}"),
    }
}

/// A number of so many bytes, and another one added to it.
fn added(there: &[u8], adds: u64) -> Vec<u8> {
    let mut wide = [0; size_of::<u64>()];
    let Some(low) = wide.get_mut(..there.len()) else { return there.into() };
    low.copy_from_slice(there); // This is only reached on x86-64: the low bytes come first.
    let sum = u64::from_le_bytes(wide).wrapping_add(adds).to_le_bytes();
    sum.get(..there.len()).unwrap_or_default().into()
}

/// By which call the kernel stores, if it does.
fn by(call: &Option<String>) -> String {
    call.as_ref().map_or(String::new(), |call| format!(" by {call}"))
}

/// What a process does that has stopped, as a verb with its object. `None`: it has not stopped before something.
#[must_use]
pub fn about_to(kind: &EventKind, words: Vocabulary) -> Option<String> {
    match kind {
        EventKind::StopsBeforeStore { .. } => Some(about_to_store(kind, words, "")),
        EventKind::StopsBeforeCall(request) => Some(asks(request, words)),
        _ => None,
    }
}

/// What an actor was about to do when it was stopped last, as a verb with its object.
#[must_use]
pub fn last_stop(events: &[Event], actor: usize, words: Vocabulary) -> String {
    let mut own = events.iter().rev().filter(|event| event.actor == actor);
    own.find_map(|event| about_to(&event.kind, words)).unwrap_or_else(|| "ends".into())
}

/// What a call asks for, as a verb with its object.
fn asks(request: &Request, words: Vocabulary) -> String {
    match request {
        Request::Lock(lock) => format!("asks for {}", wanted(lock, words)),
        Request::Unlock { lock, .. } => match (words.lock)(lock) {
            Some(name) => format!("gives {name} back"),
            None => format!("gives its {} on {} back", lock.kind, locked_place(lock)),
        },
        Request::CloseLocked(file) => format!("closes a descriptor of {file}"),
        Request::Sleep { word, value, found } => {
            let place = place(word.offset, size_of::<u32>(), words.names);
            match found.filter(|found| found != value) {
                Some(found) => {
                    format!("calls futex: {place} is {found}, not {value}, so it does not sleep")
                }
                None => format!("calls futex, to sleep while {place} is {value}{}", private(*word)),
            }
        }
        Request::Wake { word, count } => {
            let many = i32::try_from(*count).is_ok_and(|count| count < i32::MAX);
            let count = match (*count, word.is_private) {
                (1, false) => "one process".into(),
                (1, true) => "one thread of its own process".into(),
                (_, false) if !many => "all processes that sleep there".into(),
                (_, true) if !many => "all threads of its own process that sleep there".into(),
                (count, false) => format!("{count} processes"),
                (count, true) => format!("{count} threads of its own process"),
            };
            format!("calls futex, to wake {count}{}", private(*word))
        }
        Request::Open { file, must_be_new: true, .. } => {
            format!("makes {file}, which must not exist")
        }
        Request::Open { file, makes, empties, .. } => {
            let makes = if *makes { ", making it if there is none" } else { "" };
            let empties = match (*empties, makes) {
                (true, "") => " and empties it",
                (true, _) => ", and empties it",
                _ => "",
            };
            format!("opens {file}{makes}{empties}")
        }
        Request::Resize { file, size } => format!("sets {file}'s size to {size}"),
        Request::Print(text) => prints(text.as_deref()),
        Request::Other(text) => text.clone(),
    }
}

fn private(word: Word) -> &'static str {
    if word.is_private { " (private)" } else { "" }
}

/// What is said of a call that has returned.
fn has_returned(returned: &Returned, words: Vocabulary) -> String {
    let Returned { request, error, .. } = returned;
    let told = match (request, error) {
        (Request::Lock(lock), None) => format!("gets {}", wanted(lock, words)),
        (Request::Unlock { holds_none: true, .. }, _) => {
            asks(request, words) + ", but it holds none"
        }
        (Request::CloseLocked(_), _) => asks(request, words) + ": this ENDS its record lock",
        (Request::Sleep { .. }, None) => "wakes up: the futex call returns".into(),
        _ => asks(request, words),
    };
    match (request, error) {
        (_, None) => told,
        (Request::Sleep { value, found: Some(found), .. }, Some(Errno::EAGAIN))
            if found != value =>
        {
            told
        }
        (_, Some(error)) => format!("{told}, which fails ({error:?})"),
    }
}

/// What a process was refused: a verb with its object.
#[must_use]
pub fn denied(what: &Denied) -> String {
    match what {
        Denied::NetworkSocket => "is refused a network socket (EACCES)".into(),
        // As `ss` and /proc/net/unix show it.
        Denied::AbstractSocket(name) => {
            format!("is refused the abstract Unix socket {:?} (EPERM)", format!("@{name}"))
        }
        Denied::Signal => "is refused a signal to another process (EPERM)".into(),
    }
}

/// Why a process cannot go on.
#[must_use]
pub fn cannot_go_on(why: &Blocked, words: Vocabulary) -> String {
    match why {
        Blocked::Lock(lock) => format!("waits for {}", wanted(lock, words)),
        why => why.to_string(),
    }
}

/// A lock that a process asks for.
fn wanted(lock: &FileLock, words: Vocabulary) -> String {
    (words.lock)(lock).unwrap_or_else(|| lock.to_string())
}

/// What a lock is on.
fn locked_place(lock: &FileLock) -> String {
    let file = &lock.file;
    match lock.bytes {
        Some((first, 1)) => format!("byte {first} of {file}"),
        Some((first, count)) => {
            format!("bytes {first} to {} of {file}", first.saturating_add(count) - 1)
        }
        None => file.clone(),
    }
}

impl fmt::Display for FileLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = if self.is_shared { "a shared" } else { "an exclusive" };
        write!(f, "{article} {} on {}", self.kind, locked_place(self))
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Futex { is_private: false } => "sleeps in futex",
            Self::Futex { is_private: true } => "sleeps in futex (private)",
            Self::Lock(lock) => return write!(f, "waits for {lock}"),
            Self::Child => "waits for its child",
            Self::Input => "waits for input",
            Self::Output => "waits until its output is taken",
            Self::Call => "waits in a system call",
            Self::Naps => "sleeps, looks and sleeps again",
            Self::Tries => "tries, fails and tries again",
            Self::Opens => "turns in a loop that opens or maps the file",
            Self::Spins => "turns in a loop, without a call or a store",
            Self::Calls => "makes calls and gets nowhere",
            Self::Unfinished => "has not come to its end",
        })
    }
}

/// What the bytes from `offset` on hold, and what they are called.
#[must_use]
pub fn named_value(offset: u64, bytes: &[u8], names: Names) -> (String, String) {
    (place(offset, bytes.len(), names), values(offset, bytes, names))
}

/// The variables that bytes from `offset` on are of, with the bytes of each.
pub(crate) fn variables(offset: u64, bytes: &[u8], names: Names) -> Vec<(String, Shape, &[u8])> {
    if let Some(offset) = offset.checked_sub(ELSEWHERE) {
        return vec![(format!("byte {offset} of another file"), Shape::Other, bytes)];
    }
    let mut found = Vec::new();
    let (mut at, mut rest) = (offset, bytes);
    while !rest.is_empty() {
        let (name, shape) = names(at);
        let is_same = |place: u64| match shape {
            Shape::Number | Shape::Sum => names(place).0 == name,
            Shape::Text | Shape::Own | Shape::Other => names(place).1 == shape,
        };
        let length = (at..).zip(rest).take_while(|(place, _)| is_same(*place)).count();
        let (these, others) = rest.split_at(length);
        found.push((name, shape, these));
        (at, rest) = (at + length as u64, others);
    }
    found
}

/// The part of a store that the table shows: from the first variable of the contract that it changes to the
/// last one. (A store of a whole vector may leave some bytes as they were.) If a store changes nothing, the
/// table shows all of it.
fn changed<'b>(
    offset: u64,
    before: &'b [u8],
    after: &'b [u8],
    names: Names,
) -> (u64, &'b [u8], &'b [u8]) {
    let all = (offset, before, after);
    if offset >= ELSEWHERE || before.len() != after.len() {
        return all;
    }
    let mut spans = Vec::new();
    let mut start = 0;
    for (_, _, bytes) in variables(offset, after, names) {
        let end = start + bytes.len();
        if before.get(start..end) != after.get(start..end) {
            spans.push((start, end));
        }
        start = end;
    }
    let (Some((start, _)), Some((_, end))) = (spans.first(), spans.last()) else { return all };
    match (before.get(*start..*end), after.get(*start..*end)) {
        (Some(before), Some(after)) => (offset + *start as u64, before, after),
        _ => all,
    }
}

/// Of bytes from `offset` on, so many from `at` on.
fn same_part(bytes: &[u8], offset: u64, at: u64, length: usize) -> &[u8] {
    let start = usize::try_from(at.saturating_sub(offset)).unwrap_or(0);
    bytes.get(start..start + length).unwrap_or(bytes)
}

/// The values that bytes from `offset` on hold.
fn values(offset: u64, bytes: &[u8], names: Names) -> String {
    let variables = variables(offset, bytes, names);
    let values: Vec<_> = variables.iter().map(|(_, shape, bytes)| shown(bytes, *shape)).collect();
    if values.is_empty() { "bytes".into() } else { listed(&values) }
}

/// The place of so many bytes.
fn place(offset: u64, size: usize, names: Names) -> String {
    const WORD: usize = 8;
    let bytes = vec![0; size.max(1)];
    let variables = variables(offset, &bytes, names);
    let places = variables.iter().map(|(name, shape, bytes)| match shape {
        Shape::Own | Shape::Other if bytes.len() > WORD => {
            format!("the {} bytes from {name} on", bytes.len())
        }
        _ => name.clone(),
    });
    listed(&places.collect::<Vec<_>>())
}

fn listed(words: &[String]) -> String {
    match words {
        [all @ .., before, last] if !all.is_empty() => {
            format!("{}, {before} and {last}", all.join(", "))
        }
        _ => words.join(" and "),
    }
}

/// The verb for a value, as a table calls it.
fn was(value: &str) -> &'static str {
    if value.ends_with(" bytes") { "were" } else { "was" }
}

/// How many letters of a text are shown at most.
pub(crate) const MOST_OF_A_TEXT: usize = 48;

/// What a process prints, as a verb with its object. The end of its last line is left out.
fn prints(text: Option<&[u8]>) -> String {
    let text = text.map(|text| text.strip_suffix(b"\n").unwrap_or(text));
    let text = text.filter(|text| text.iter().any(|byte| *byte != 0));
    text.map_or("prints".into(), |text| format!("prints {}", shown(text, Shape::Text)))
}

/// Bytes as a person reads them.
pub(crate) fn shown(bytes: &[u8], shape: Shape) -> String {
    const WORD: usize = 8;
    const LONGEST: usize = 16;
    if bytes.len() > 1 && bytes.iter().all(|byte| *byte == 0) && shape == Shape::Text {
        return format!("{} zero bytes", bytes.len());
    }
    match (shape, bytes.len()) {
        (Shape::Text, _) => {
            let text = String::from_utf8_lossy(bytes).trim_end_matches('\0').to_string();
            match text.chars().count() {
                count if count > MOST_OF_A_TEXT => {
                    format!("{:?}…", text.chars().take(MOST_OF_A_TEXT).collect::<String>())
                }
                _ => format!("{text:?}"),
            }
        }
        (_, 1..=WORD) => {
            let mut wide = [0; WORD];
            let (low, _) = wide.split_at_mut(bytes.len());
            low.copy_from_slice(bytes); // This is only reached on x86-64: the low bytes come first.
            u64::from_le_bytes(wide).to_string()
        }
        (_, length) if bytes.iter().all(|byte| *byte == 0) => format!("{length} zero bytes"),
        (_, length) if length <= LONGEST && length % WORD == 0 => {
            let words = bytes.chunks_exact(WORD).map(|word| shown(word, shape));
            words.collect::<Vec<_>>().join(", ")
        }
        (_, length) => format!("{length} bytes"),
    }
}

/// The values before and after a store, both in the same way: two numbers of a lock that are stored at once
/// are no large one.
fn values_of_both(offset: u64, both: [&[u8]; 2], names: Names) -> [String; 2] {
    both.map(|bytes| match are_halves(offset, both, names) {
        true => {
            let halves = bytes.chunks(HALF).map(|half| shown(half, Shape::Own));
            halves.collect::<Vec<_>>().join("|")
        }
        false => values(offset, bytes, names),
    })
}

/// The size of a lock's number.
const HALF: usize = size_of::<u32>();

/// Are the bytes before and after a store two numbers of a lock, side by side?
fn are_halves(offset: u64, both: [&[u8]; 2], names: Names) -> bool {
    let is_long = |bytes: &[u8]| bytes.len() == 2 * HALF;
    let has_upper = |bytes: &[u8]| bytes.iter().skip(HALF).any(|byte| *byte != 0);
    let is_own = offset < ELSEWHERE && names(offset).1 == Shape::Own;
    is_own && both.into_iter().all(is_long) && both.into_iter().any(has_upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::CallKind;
    use crate::requests::LockKind;

    fn names(offset: u64) -> (String, Shape) {
        match offset {
            0..8 => ("the counter".into(), Shape::Sum),
            8..72 => (format!("account {}", offset / 8), Shape::Sum),
            _ => ("the lock".into(), Shape::Own),
        }
    }

    fn bytes(number: u64) -> Vec<u8> {
        number.to_ne_bytes().to_vec()
    }

    /// A store by a locked instruction.
    fn locked(offset: u64, [before, after]: [Vec<u8>; 2], form: StoreForm) -> EventKind {
        EventKind::Store { offset, before, after, stale: None, form, locked: true, call: None }
    }

    fn stops_before(offset: u64, there: Vec<u8>, form: StoreForm) -> EventKind {
        let (bytes, call) = (None, None);
        EventKind::StopsBeforeStore {
            offset,
            bytes,
            there,
            form,
            locked: true,
            middle: false,
            call,
        }
    }

    fn in_a_table(kind: &EventKind) -> String {
        in_words(kind, Vocabulary::of(names), Style::Table)
    }

    fn of_a_step(kind: &EventKind) -> String {
        in_words(kind, Vocabulary::of(names), Style::Steps)
    }

    const LESS_80: StoreForm = StoreForm::Update { adds: Some(80_u64.wrapping_neg()) };
    const ONE_MORE: StoreForm = StoreForm::Update { adds: Some(1) };

    #[test]
    fn a_wide_store_is_told_by_the_variable_that_it_changes() {
        let (before, after) = ([bytes(7), bytes(8)].concat(), [bytes(7), bytes(9)].concat());
        let (stale, call) = (None, None);
        let (form, locked) = (StoreForm::Store, false);
        let kind = EventKind::Store { offset: 0, before, after, stale, form, locked, call };
        assert_eq!(in_a_table(&kind), "stores 9 in account 1, where 8 was");
        assert_eq!([was("16 zero bytes"), was("1")], ["were", "was"]);
    }

    #[test]
    fn an_atomic_addition_says_what_it_adds_before_it_happens_and_then() {
        let happens = locked(8, [bytes(100), bytes(20)], LESS_80);
        let told = "subtracts 80 from account 1 atomically: 100 becomes 20";
        assert_eq!([in_a_table(&happens), of_a_step(&happens)], [told, told]);
        let stops = stops_before(8, bytes(100), LESS_80);
        assert_eq!(
            in_a_table(&stops),
            "is interrupted just before it subtracts 80 from account 1 (now 100) atomically"
        );
        assert_eq!(
            of_a_step(&stops),
            "stops just before it subtracts 80 from account 1 atomically"
        );
        let wraps = locked(8, [bytes(20), bytes(20_u64.wrapping_sub(80))], LESS_80);
        let told = "subtracts 80 from account 1 atomically: 20 becomes 18446744073709551556";
        assert_eq!(in_a_table(&wraps), told);
    }

    #[test]
    fn of_a_number_of_four_bytes_only_these_are_added() {
        let four = |number: u32| number.to_ne_bytes().to_vec();
        let less = StoreForm::Update { adds: Some(u64::MAX) };
        let happens = locked(1024, [four(1), four(0)], less);
        assert_eq!(in_a_table(&happens), "subtracts 1 from the lock atomically: 1 becomes 0");
        let more = locked(1024, [four(1), four(2)], ONE_MORE);
        assert_eq!(in_a_table(&more), "adds 1 to the lock atomically: 1 becomes 2");
    }

    #[test]
    fn an_update_that_is_no_addition_and_one_of_two_numbers_are_told_by_their_values() {
        let or = StoreForm::Update { adds: None };
        let happens = locked(8, [bytes(1), bytes(3)], or);
        assert_eq!(in_a_table(&happens), "changes account 1 atomically: 1 becomes 3");
        assert_eq!(
            of_a_step(&stops_before(8, bytes(1), or)),
            "stops just before it changes account 1 atomically"
        );
        let sleeper = StoreForm::Update { adds: Some(1 << 32) };
        let happens = locked(1024, [bytes(1), bytes(1 + (1 << 32))], sleeper);
        assert_eq!(in_a_table(&happens), "changes the lock atomically: 1|0 becomes 1|1");
        assert_eq!(
            of_a_step(&stops_before(1024, bytes(1), sleeper)),
            "stops just before it changes the lock atomically"
        );
    }

    #[test]
    fn a_plain_addition_is_a_load_and_a_store() {
        let stops = EventKind::StopsBeforeStore {
            offset: 0,
            bytes: Some(bytes(42)),
            there: bytes(41),
            form: ONE_MORE,
            locked: false,
            middle: false,
            call: None,
        };
        assert_eq!(
            of_a_step(&stops),
            "loads 41 from the counter, and stops just before it stores 42 in the counter"
        );
    }

    #[test]
    fn what_follows_from_an_event_stands_after_its_words() {
        let words = Vocabulary {
            meaning: |kind| matches!(kind, EventKind::Store { .. }).then(|| ": it is 1 too".into()),
            ..Vocabulary::of(names)
        };
        let exchange = StoreForm::Exchange { stores: Some(2) };
        let happens = locked(1024, [vec![1, 0, 0, 0], vec![2, 0, 0, 0]], exchange);
        let told = in_words(&happens, words, Style::Steps);
        assert_eq!(told, "stores 2 in the lock atomically, where 1 was: it is 1 too");
    }

    #[test]
    fn a_sleep_in_futex_is_told_by_its_word_and_by_what_comes_of_it() {
        let word = |is_private| Word { offset: 1024, is_private };
        let asks = |found, is_private| {
            let request = Request::Sleep { word: word(is_private), value: 2, found };
            of_a_step(&EventKind::StopsBeforeCall(request))
        };
        let sleeps = "stops just before it calls futex, to sleep while the lock is 2";
        assert_eq!([asks(Some(2), false), asks(None, false)], [sleeps, sleeps]);
        assert_eq!(asks(Some(2), true), format!("{sleeps} (private)"));
        let returns = |found, error| {
            let request = Request::Sleep { word: word(false), value: 2, found };
            let kind = CallKind::Futex;
            in_a_table(&EventKind::Call(Returned { kind, request, error, empties: false }))
        };
        assert_eq!(returns(Some(0), None), "wakes up: the futex call returns");
        let again = Some(Errno::EAGAIN);
        let does_not = "calls futex: the lock is 0, not 2, so it does not sleep";
        assert_eq!(returns(Some(0), again), does_not);
        let late = "calls futex, to sleep while the lock is 2, which fails (EAGAIN)";
        assert_eq!(returns(Some(2), again), late);
        let wakes = |count, is_private| {
            let request = Request::Wake { word: word(is_private), count };
            about_to(&EventKind::StopsBeforeCall(request), Vocabulary::of(names)).unwrap()
        };
        assert_eq!(wakes(1, false), "calls futex, to wake one process");
        let all = "calls futex, to wake all processes that sleep there";
        assert_eq!(wakes(i32::MAX.cast_unsigned(), false), all);
        let own = "calls futex, to wake one thread of its own process (private)";
        assert_eq!(wakes(1, true), own);
    }

    #[test]
    fn a_lock_is_told_by_its_name_or_else_by_its_kind_and_its_place() {
        let lock = FileLock {
            kind: LockKind::OpenFileDescription,
            file: "FILE".into(),
            bytes: Some((8, 8)),
            is_shared: false,
        };
        let named = Vocabulary {
            lock: |lock| lock.bytes.map(|(first, _)| format!("the lock on account {}", first / 8)),
            ..Vocabulary::of(names)
        };
        let both = |kind: &EventKind| {
            [Vocabulary::of(names), named].map(|words| in_words(kind, words, Style::Table))
        };
        let done = |request| {
            let (error, empties) = (None, false);
            EventKind::Call(Returned { kind: CallKind::Lock, request, error, empties })
        };
        let long = "open file description lock on bytes 8 to 15 of FILE";
        let exclusive = format!("an exclusive {long}");
        let name = "the lock on account 1";
        let kind = done(Request::Lock(lock.clone()));
        assert_eq!(both(&kind), [format!("gets {exclusive}"), format!("gets {name}")]);
        let kind = done(Request::Unlock { lock: lock.clone(), holds_none: false });
        assert_eq!(both(&kind), [format!("gives its {long} back"), format!("gives {name} back")]);
        let kind = EventKind::Blocked(Blocked::Lock(lock));
        assert_eq!(both(&kind), [format!("waits for {exclusive}"), format!("waits for {name}")]);
    }

    #[test]
    fn what_a_process_finds_out_about_files_size_is_told() {
        let sees = |size| in_a_table(&EventKind::SeesSize(size));
        assert_eq!(sees(0), "finds FILE empty (size 0)");
        assert_eq!(sees(120), "finds that FILE has 120 bytes");
    }

    #[test]
    fn a_printed_text_is_shown_without_the_end_of_its_last_line_and_is_cut_after_48_letters() {
        assert_eq!(prints(Some(b"a \x07b\n")), r#"prints "a \u{7}b""#);
        assert_eq!(prints(Some(&[b'x'; 60])), format!("prints {:?}…", "x".repeat(48)));
        assert_eq!([prints(None), prints(Some(&[0, 0])), prints(Some(b""))], ["prints"; 3]);
    }

    #[test]
    fn a_store_in_two_variables_names_both() {
        let two = [bytes(7), bytes(8)].concat();
        assert_eq!(values(0, &two, names), "7 and 8");
        assert_eq!(place(0, two.len(), names), "the counter and account 1");
    }
}
