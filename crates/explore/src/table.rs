//! A run as a table of two columns: what each process did, in which order, and where a value got lost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tracer::arch::StoreForm;

use crate::replay::Scenario;
use crate::schedule::letter;
use crate::trace::{Event, EventKind, Returned};
use crate::watched_memory::ELSEWHERE;
use crate::words::{Names, Shape, Style, Vocabulary, in_words, shown};

/// A run as a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// How the two processes were called.
    pub heads: [String; 2],
    /// What happened, in order.
    pub rows: Vec<Row>,
    /// What the rows show, a sentence each.
    pub notes: Vec<String>,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which of the two did it.
    pub actor: usize,
    /// What it did.
    pub text: String,
    /// Whether this is the step that went wrong.
    pub decisive: bool,
}

/// What is said of one event besides what happened: the event's place, and the words. Its row is the
/// step that went wrong.
pub type Mark = (usize, String);

impl Table {
    /// The table of these events.
    #[must_use]
    pub fn of(scenario: &Scenario, events: &[Event], words: Vocabulary, marks: &[Mark]) -> Self {
        let rows = rows(events, words, marks);
        let notes = notes(&rows).map(String::from);
        let steps = [0, 1].into_iter().filter_map(|actor| in_steps(events, actor, words.names));
        Self {
            heads: [0, 1].map(|actor| called(scenario, actor)),
            notes: steps.chain(notes).collect(),
            rows,
        }
    }

    /// The same for a process that was alone: nothing is said of a second one.
    #[must_use]
    pub fn alone(self) -> Self {
        let [first, _] = self.heads;
        Self { heads: [first, String::new()], ..self }
    }

    /// The table of these rows.
    #[must_use]
    pub fn of_rows(heads: [String; 2], rows: Vec<Row>) -> Self {
        let notes = notes(&rows).map(String::from).collect();
        Self { heads, rows, notes }
    }

    /// Its lines, none longer than `width`. A `>` marks the step that went wrong.
    #[must_use]
    pub fn lines(&self, width: usize) -> Vec<String> {
        const LEFT: usize = 7;
        const BETWEEN: usize = 2;
        const WIDEST: usize = 40;
        let column = match self.heads[1].is_empty() {
            true => width.saturating_sub(LEFT).max(12),
            false => (width.saturating_sub(LEFT + BETWEEN) / 2).clamp(12, WIDEST),
        };
        let line = |left: String, [one, two]: [&str; 2]| {
            format!("{left:LEFT$}{one:column$}{:BETWEEN$}{two}", "").trim_end().to_owned()
        };
        let mut lines = Vec::new();
        let heads = [0, 1].map(|actor| folded(&self.heads[actor], column));
        for index in 0..heads.iter().map(Vec::len).max().unwrap_or(0) {
            let cell = |actor: usize| heads[actor].get(index).map_or("", String::as_str);
            lines.push(line(String::new(), [cell(0), cell(1)]));
        }
        for (number, row) in (1..).zip(&self.rows) {
            for (index, text) in folded(&row.text, column).iter().enumerate() {
                let mark = if row.decisive { '>' } else { ' ' };
                let number = if index == 0 { format!("{number:3}") } else { String::new() };
                let cells = if row.actor == 0 { [text, ""] } else { ["", text] };
                lines.push(line(format!("{mark} {number:3}"), cells));
            }
        }
        for note in &self.notes {
            let text = folded(note, width.saturating_sub(LEFT).max(column));
            lines.extend(text.iter().map(|text| line(String::new(), [text, ""])));
        }
        lines
    }
}

/// How a table calls a process: its letter, and how it was called.
pub(crate) fn called(scenario: &Scenario, actor: usize) -> String {
    format!("{}: {}", letter(actor), scenario.arguments[actor].join(" "))
}

/// One row per event, without summaries.
pub(crate) fn each_row(events: &[Event], words: Vocabulary, marks: &[Mark]) -> Vec<Row> {
    one_by_one(events, words, marks, Style::Table)
}

/// One row per event, without summaries, for a reader that lets each process make each of its steps.
#[must_use]
pub fn step_rows(events: &[Event], words: Vocabulary, marks: &[Mark]) -> Vec<Row> {
    one_by_one(events, words, marks, Style::Steps)
}

/// One row per event. A copy of a text loads it in pieces, which may overlap: the row of the first piece tells all
/// of them, and the rows of the others are empty.
fn one_by_one(events: &[Event], words: Vocabulary, marks: &[Mark], style: Style) -> Vec<Row> {
    let mut last = LastStores::default();
    let row = |(index, event): (usize, &Event)| {
        let (mut text, mut decisive) = last.row(event, words, style);
        for (_, words) in marks.iter().filter(|(place, _)| *place == index) {
            text += words;
            decisive = true;
        }
        Row { actor: event.actor, text, decisive }
    };
    let mut rows: Vec<Row> = events.iter().enumerate().map(row).collect();
    let is_marked = |index: usize| marks.iter().any(|(place, _)| *place == index);
    let mut index = 0;
    while index < events.len() {
        let (count, text) = text_loaded(&events[index..], words);
        if let Some(text) = text.filter(|_| !(index..index + count).any(is_marked)) {
            rows[index].text = text;
            rows[index + 1..index + count].iter_mut().for_each(|row| row.text.clear());
        }
        index += count;
    }
    rows
}

/// How many of the first events load pieces of one text, at least 1; and what is said of them, if there are
/// several.
fn text_loaded(events: &[Event], words: Vocabulary) -> (usize, Option<String>) {
    let text = |event: &Event| match &event.kind {
        EventKind::Load { offset, bytes } if (words.names)(*offset).1 == Shape::Text => {
            Some((event.actor, *offset, bytes.clone()))
        }
        _ => None,
    };
    let mut pieces = events.iter().map_while(text);
    let Some((actor, start, mut all)) = pieces.next() else { return (1, None) };
    let mut count = 1;
    for (_, offset, bytes) in pieces.take_while(|(other, ..)| *other == actor) {
        let end = start + all.len() as u64;
        if !(start..=end).contains(&offset) {
            break;
        }
        let known = usize::try_from(end - offset).unwrap_or(0);
        all.extend_from_slice(bytes.get(known..).unwrap_or_default());
        count += 1;
    }
    let loads = EventKind::Load { offset: start, bytes: all };
    (count, (count > 1).then(|| in_words(&loads, words, Style::Table)))
}

/// What the rows' own words mean.
fn notes(rows: &[Row]) -> impl Iterator<Item = &'static str> {
    let any = |has: fn(&str) -> bool| rows.iter().any(|row| has(&row.text));
    let halves = any(|text| text.contains('|') && !text.contains('"')).then_some(
        "a|b: two numbers of 4 bytes each, side by side, which one instruction stores together.",
    );
    let futex = any(|text| text.contains("futex")).then_some(
        "futex: the call in which `sem_wait`, `pthread_mutex_lock` and their like wait.",
    );
    halves.into_iter().chain(futex)
}

/// A cell's lines.
fn folded(text: &str, column: usize) -> Vec<String> {
    textwrap::wrap(text, column).into_iter().map(Into::into).collect()
}

/// A row each; of a long series of steps in a program's own lock, or in a text, the first and the last.
fn rows(events: &[Event], words: Vocabulary, marks: &[Mark]) -> Vec<Row> {
    const MOST: usize = 4;
    let mut told: Vec<(&Event, Option<Shape>, Row)> = Vec::new();
    for (index, (event, row)) in events.iter().zip(each_row(events, words, marks)).enumerate() {
        if is_news(events, index) && !row.text.is_empty() {
            told.push((event, series(event, words.names), row));
        }
    }
    let together = told.chunk_by(|(one, shape, first), (two, same, second)| {
        one.actor == two.actor
            && shape.is_some()
            && shape == same
            && !first.decisive
            && !second.decisive
    });
    let mut rows = Vec::new();
    for series in together {
        match series {
            [(event, shape, first), between @ .., (_, _, end)] if series.len() > MOST => {
                let count = between.len();
                let what = match shape {
                    Some(Shape::Text) => format!("… {count} more stores in the text"),
                    _ if between.iter().all(|(event, ..)| is_try(&event.kind)) => {
                        format!("… {count} more tries at its lock")
                    }
                    _ => format!("… {count} more stores in its lock"),
                };
                let between = Row { actor: event.actor, text: what, decisive: false };
                rows.extend([first.clone(), between, end.clone()]);
            }
            _ => rows.extend(series.iter().map(|(_, _, row)| row.clone())),
        }
    }
    // The shortest repetitions first: a loop may be a part of what is repeated.
    (1..=LONGEST_REPETITION).fold(rows, shown_once)
}

/// The longest series of rows that is told once if it is repeated.
const LONGEST_REPETITION: usize = 12;

/// The rows, and of `length` rows that follow on each other again and again only the first, with a count.
fn shown_once(rows: Vec<Row>, length: usize) -> Vec<Row> {
    let mut told = Vec::new();
    let mut left = &rows[..];
    while let Some((block, rest)) = left.split_at_checked(length) {
        let is_told = block.iter().all(|row| !row.decisive && !row.text.starts_with('…'));
        let again = rest.chunks_exact(length).take_while(|next| is_told && *next == block).count();
        match (block, again) {
            ([first, ..], 0) => {
                told.push(first.clone());
                left = left.get(1..).unwrap_or_default();
                continue;
            }
            ([row], _) => {
                let text = format!("{} ({} times)", row.text, again + 1);
                told.push(Row { text, ..row.clone() });
            }
            (rows, _) => {
                told.extend(rows.iter().cloned());
                let times = if again == 1 { "once".into() } else { format!("{again} times") };
                let text = format!("… the last {length} rows happen {times} more");
                told.extend(rows.first().map(|row| Row {
                    actor: row.actor,
                    text,
                    decisive: false,
                }));
            }
        }
        left = left.get((again + 1) * length..).unwrap_or_default();
    }
    told.extend(left.iter().cloned());
    told
}

/// Of which kind of series a store may be a part.
fn series(event: &Event, names: Names) -> Option<Shape> {
    match &event.kind {
        EventKind::Store { offset, stale: None, .. } if *offset < ELSEWHERE => {
            Some(names(*offset).1).filter(|shape| matches!(shape, Shape::Own | Shape::Text))
        }
        _ => None,
    }
}

/// A compare-and-exchange that stored nothing.
fn is_try(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Store { form: StoreForm::CompareExchange { .. }, before, after, .. }
            if before == after
    )
}

/// Whether an event is shown. The table leaves out that an actor is blocked again, and that it dies of the
/// judge's kill.
pub(crate) fn is_news(events: &[Event], index: usize) -> bool {
    let Some((event, earlier)) = events.get(..=index).and_then(<[Event]>::split_last) else {
        return false;
    };
    let before = earlier.iter().rev().find(|earlier| earlier.actor == event.actor);
    let killed = before.is_some_and(|before| before.kind == EventKind::Killed);
    let again = before.is_some_and(|before| {
        matches!(event.kind, EventKind::Blocked(_)) && before.kind == event.kind
    });
    !killed && !again
}

/// Who stored last in each of the contract's variables, and what: to see whose value is overwritten.
#[derive(Default)]
struct LastStores(BTreeMap<u64, (usize, Vec<u8>)>);

impl LastStores {
    /// What is said of an event, and whether a value is lost in it.
    fn row(&mut self, event: &Event, words: Vocabulary, style: Style) -> (String, bool) {
        let mut text = in_words(&event.kind, words, style);
        let lost = self.lost(event, words.names);
        if let Some((owner, name, value)) = &lost {
            let owner = letter(*owner);
            text += &match event.kind {
                EventKind::Call(..) => format!(": {owner}'s {value} in {name} is LOST"),
                _ => format!(". {owner}'s {value} is LOST"),
            };
        }
        if let EventKind::Store { offset, after, .. } = &event.kind
            && *offset < ELSEWHERE
        {
            self.0.insert(*offset, (event.actor, after.clone()));
        }
        if let EventKind::Call(Returned { empties: true, .. }) = event.kind {
            self.0.clear();
        }
        (text, lost.is_some())
    }

    /// Whose value is lost by an event, where, and which.
    fn lost(&self, event: &Event, names: Names) -> Option<(usize, String, String)> {
        let is_other = |actor: usize| actor != event.actor;
        match &event.kind {
            EventKind::Store { offset, before, after, stale, form, .. } if *offset < ELSEWHERE => {
                let (name, shape) = names(*offset);
                let owner = self.0.get(offset).map(|(owner, _)| *owner);
                let owner = owner.filter(|owner| is_other(*owner))?;
                let brings_its_own = matches!(form, StoreForm::Store | StoreForm::Exchange { .. });
                let unseen = stale.is_some() && matches!(shape, Shape::Number | Shape::Sum);
                let nothing_added = shape == Shape::Sum
                    && before == after
                    && after.iter().any(|byte| *byte != 0)
                    && brings_its_own;
                (unseen || nothing_added).then(|| (owner, name, shown(before, shape)))
            }
            EventKind::Call(Returned { empties: true, .. }) => {
                self.0.iter().find_map(|(offset, (owner, value))| {
                    let (name, shape) = names(*offset);
                    let counts = matches!(shape, Shape::Number | Shape::Sum | Shape::Text)
                        && is_other(*owner)
                        && value.iter().any(|byte| *byte != 0);
                    counts.then(|| (*owner, name, shown(value, shape)))
                })
            }
            _ => None,
        }
    }
}

/// What is said of an actor that stores one of the contract's variables in several steps, one right
/// after another.
fn in_steps(events: &[Event], actor: usize, names: Names) -> Option<String> {
    let stores =
        events.iter().filter(|event| event.actor == actor).filter_map(|event| match &event.kind {
            EventKind::StopsBeforeStore { .. } | EventKind::StopsAfter => None,
            look if look.is_look() => None,
            EventKind::Store { offset, form, .. } if *offset < ELSEWHERE => {
                let (name, shape) = names(*offset);
                let counts =
                    matches!(shape, Shape::Number | Shape::Sum) && matches!(form, StoreForm::Store);
                Some(counts.then_some(name))
            }
            _ => Some(None),
        });
    let stores: Vec<Option<String>> = stores.collect();
    let series = stores.chunk_by(|one, two| one.is_some() && one == two);
    let longest = series.filter(|series| series.len() > 1).max_by_key(|series| series.len())?;
    let name = longest.first()?.as_ref()?;
    Some(format!(
        "{} stores {name} in {} steps. Another process can see it between two of these steps, and a kill \
         can leave it so.",
        letter(actor),
        longest.len()
    ))
}

#[cfg(test)]
mod tests {
    use tracer::Ending;
    use tracer::arch::Swap;

    use super::*;

    const UPDATE: StoreForm = StoreForm::Update { adds: Some(1) };
    const ANY_SWAP: StoreForm = StoreForm::CompareExchange { swap: None };

    const SCENARIO: Scenario = Scenario {
        name: "two-additions",
        arguments: [&["add", "FILE", "1"], &["add", "FILE", "1"]],
        file: None,
        symmetric: true,
    };

    fn names(offset: u64) -> (String, Shape) {
        match offset {
            0..8 => ("the counter".into(), Shape::Sum),
            8..72 => (format!("account {}", offset / 8), Shape::Sum),
            _ => (format!("byte {offset} (lock)"), Shape::Own),
        }
    }

    fn words() -> Vocabulary {
        Vocabulary::of(names)
    }

    fn bytes(number: u64) -> Vec<u8> {
        number.to_ne_bytes().to_vec()
    }

    fn store(actor: usize, offset: u64, [before, after]: [u64; 2], form: StoreForm) -> Event {
        let (before, after) = (bytes(before), bytes(after));
        let (stale, call) = (None, None);
        let locked = matches!(form, StoreForm::CompareExchange { .. });
        let kind = EventKind::Store { offset, before, after, stale, form, locked, call };
        Event::new(actor, kind)
    }

    /// A is stopped between its load and its store, and B adds meanwhile.
    fn lost_addition() -> Vec<Event> {
        let stops = EventKind::StopsBeforeStore {
            offset: 0,
            bytes: Some(bytes(42)),
            there: bytes(41),
            form: UPDATE,
            locked: false,
            middle: false,
            call: None,
        };
        let late = EventKind::Store {
            offset: 0,
            before: bytes(42),
            after: bytes(42),
            stale: Some(bytes(41)),
            form: UPDATE,
            locked: false,
            call: None,
        };
        let ends = |actor| Event::new(actor, EventKind::Ended(Ending::Exited(0)));
        vec![
            Event::new(0, stops),
            store(1, 0, [41, 42], UPDATE),
            ends(1),
            Event::new(0, late),
            ends(0),
        ]
    }

    #[test]
    fn the_table_of_a_process_that_was_alone_has_one_column() {
        let ends = Event::new(0, EventKind::Ended(Ending::Exited(0)));
        let table = Table::of(&SCENARIO, &[ends], words(), &[]).alone();
        let lines = table.lines(80);
        assert_eq!(lines[0].trim(), "A: add FILE 1", "{lines:#?}");
        assert_eq!(lines.len(), 2, "{lines:#?}");
    }

    #[test]
    fn no_line_of_a_table_is_wider_than_asked_for_and_no_word_is_lost() {
        let table = Table::of(&SCENARIO, &lost_addition(), words(), &[]);
        for width in [60, 80, 100] {
            let lines = table.lines(width);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:#?}");
            let words = |text: &str| text.split_whitespace().filter(|word| *word != ">").count();
            let all = table.heads.iter().chain(table.rows.iter().map(|row| &row.text));
            let numbers = table.rows.len();
            let expected: usize = all.map(|text| words(text)).sum::<usize>() + numbers;
            assert_eq!(lines.iter().map(|line| words(line)).sum::<usize>(), expected);
        }
    }

    #[test]
    fn the_store_over_a_value_that_was_never_seen_is_marked() {
        let table = Table::of(&SCENARIO, &lost_addition(), words(), &[]);
        let marked: Vec<_> = table.rows.iter().filter(|row| row.decisive).collect();
        let [row] = &marked[..] else { panic!("{table:#?}") };
        assert!(row.text.contains("it saw 41") && row.text.contains("B's 42 is LOST"), "{row:?}");
        assert!(
            table.rows[0].text.starts_with("loads 41 from the counter, and is interrupted"),
            "{table:#?}"
        );
    }

    #[test]
    fn the_same_sum_stored_over_anothers_is_marked_though_nothing_was_interrupted() {
        let events =
            [store(1, 0, [41, 42], StoreForm::Store), store(0, 0, [42, 42], StoreForm::Store)];
        let table = Table::of(&SCENARIO, &events, words(), &[]);
        assert!(table.rows[1].decisive, "{table:#?}");
    }

    #[test]
    fn a_compare_and_exchange_that_fails_is_told_as_a_try() {
        let swap = Some(Swap { expects: 0, stores: 2 });
        let events = [ANY_SWAP, StoreForm::CompareExchange { swap }]
            .map(|form| store(0, 1024, [1, 1], form));
        let table = Table::of(&SCENARIO, &events, words(), &[]);
        let texts: Vec<_> = table.rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "tries to change byte 1024 (lock) atomically: it is 1, and stays",
                "tries to change byte 1024 (lock) from 0 to 2 atomically: it is 1, and stays",
            ]
        );
        assert!(!table.rows[0].decisive);
    }

    #[test]
    fn two_numbers_of_a_lock_that_one_instruction_changes_get_a_note() {
        let event = store(0, 1088, [1, 1 + (1 << 32)], ANY_SWAP);
        let table = Table::of(&SCENARIO, &[event], words(), &[]);
        assert_eq!(table.rows[0].text, "changes byte 1088 (lock) from 1|0 to 1|1 atomically");
        assert!(table.notes[0].starts_with("a|b: two numbers of 4 bytes each"), "{table:#?}");
        let table = Table::of(&SCENARIO, &lost_addition(), words(), &[]);
        assert_eq!(table.notes, [""; 0], "{table:#?}");
    }

    fn row(actor: usize, text: &str) -> Row {
        Row { actor, text: text.into(), decisive: false }
    }

    #[test]
    fn rows_that_are_repeated_are_shown_once_with_a_count() {
        let [gets, gives, sleeps] = ["gets a lock", "gives it back", "sleeps"];
        let turn = |actor| [row(actor, gets), row(actor, gives), row(actor, sleeps)];
        let rows: Vec<Row> = (0..5).flat_map(|_| turn(0).into_iter().chain(turn(1))).collect();
        let told = (1..=LONGEST_REPETITION).fold(rows, shown_once);
        let texts: Vec<_> = told.iter().map(|row| row.text.as_str()).collect();
        let last = "… the last 6 rows happen 4 times more";
        assert_eq!(texts, [gets, gives, sleeps, gets, gives, sleeps, last]);
        let told = shown_once(vec![row(0, gets), row(1, sleeps), row(1, sleeps), row(0, gives)], 1);
        assert_eq!(told.get(1).map(|row| row.text.as_str()), Some("sleeps (2 times)"));
        assert_eq!(told.len(), 3, "{told:?}");
    }

    #[test]
    fn the_step_that_went_wrong_is_never_hidden_in_a_repetition() {
        let wrong = Row { decisive: true, ..row(0, "prints") };
        let rows = vec![wrong.clone(), wrong];
        assert_eq!((1..=LONGEST_REPETITION).fold(rows.clone(), shown_once), rows);
    }

    #[test]
    fn a_variable_that_is_stored_in_two_steps_gets_a_note() {
        let events =
            [store(0, 0, [41, 0], StoreForm::Store), store(0, 0, [0, 42], StoreForm::Store)];
        let table = Table::of(&SCENARIO, &events, words(), &[]);
        assert!(table.notes[0].starts_with("A stores the counter in 2 steps"), "{table:#?}");
    }
}
