//! Task cards: made from the same list of checks by which the judge judges.

use textwrap::Options;

use crate::build::source_name;
use crate::exercises::{Check, Exercise, Part};

/// How wide a card is.
const COLUMNS: usize = 78;

/// The card of an exercise.
#[must_use]
pub fn card(exercise: &Exercise) -> String {
    let number = exercise.number;
    let mut lines = vec![
        format!("Exercise {number}: {}", exercise.title),
        String::new(),
        format!("About {} minutes. Edit:   {}", exercise.minutes, source_name(number)),
        format!("In another language:    cargo check-exercise {number} --program PATH"),
        "                        (a program; or a .c, .cpp or .rs file, to be compiled)".into(),
        format!("The lesson:             lessons/{}.md", exercise.lesson),
        format!("Judge it:               just check {number}, or cargo check-exercise {number}"),
        String::new(),
        "The program:".into(),
    ];
    lines.extend(exercise.usage.iter().map(|usage| format!("    {usage}")));
    let [core, edges] = [Part::Core, Part::Edge].map(|part| exercise.points(part));
    lines.extend([
        String::new(),
        format!("THE CORE: {core} points. When it holds, the exercise is solved."),
    ]);
    section(&mut lines, &[exercise.core, CORE_OF_ALL], exercise.checks_of(Part::Core));
    lines.extend([String::new(), format!("THE EDGES: {edges} points, for a robust program.")]);
    let others = exercise.checks_of(Part::Edge).chain(exercise.checks_of(Part::Extra));
    let numbers = takes_numbers(exercise).then_some(NUMBERS);
    let texts: Vec<&str> =
        [exercise.edges].into_iter().chain(numbers).chain([EDGES_OF_ALL]).collect();
    section(&mut lines, &texts, others);
    lines.join("\n") + "\n"
}

/// Whether a call has numbers among its arguments.
fn takes_numbers(exercise: &Exercise) -> bool {
    const NUMBERS: [&str; 4] = ["OFFSET", "LEN", "TIMES", "AMOUNT"];
    let mut words = exercise.usage.iter().flat_map(|usage| usage.split(' '));
    words.any(|word| NUMBERS.contains(&word))
}

/// What the program must do, in paragraphs, and how that is judged, a line each.
fn section<'c>(lines: &mut Vec<String>, texts: &[&str], checks: impl Iterator<Item = &'c Check>) {
    for paragraph in texts.iter().flat_map(|text| text.split("\n\n")) {
        lines.push(String::new());
        lines.extend(wrapped(paragraph, Options::new(COLUMNS)));
    }
    lines.extend([String::new(), "Judged:".into()]);
    for check in checks {
        let extra = if check.part == Part::Extra { ", extra credit" } else { "" };
        let text = format!("{} ({}{extra})", check.promise, check.points);
        let options = Options::new(COLUMNS).initial_indent("  - ").subsequent_indent("    ");
        lines.extend(wrapped(&text, options));
    }
}

fn wrapped(text: &str, options: Options) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    textwrap::wrap(&text, options.break_words(false)).into_iter().map(Into::into).collect()
}

const CORE_OF_ALL: &str = "\
A failure is any exit status other than 0. The program never dies of a signal. It reaches the bytes of FILE \
through a mapping only: never by `read`, `write` and their relatives on FILE, `sendfile`, `splice`, \
`copy_file_range` or io_uring. (`open`, `fstat`, `ftruncate`, `fallocate`, `fsync` and calls that lock are \
fine, and so is a `write` to standard output straight from the mapping.) It writes nowhere but in FILE's own \
directory. It may use 2 seconds of processor time and 10 seconds by the clock. Time in which it waits for a processor does not \
count. The start of its language \
counts: about 0.01 seconds in Python, up to 0.1 in Java, less in Go, C and Rust.";

const EDGES_OF_ALL: &str = "\
A wrong call gets one line of usage on standard error, and exit status 2. A failure gets one line that \
names the failed step and the file, and exit status 1. A FILE that exists and is no regular file is a \
failure at once. If standard output cannot be written, that is a failure that names `standard output`.";

const NUMBERS: &str = "\
Numbers are decimal, with or without leading zeros. One that is no number, or outside its range, makes a \
wrong call.";
