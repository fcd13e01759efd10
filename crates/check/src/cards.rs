//! Task cards: made from the same list of checks by which the judge judges.

use textwrap::{Options, WordSeparator, WordSplitter};

use crate::build::source_name;
use crate::exercises::{Check, Exercise, Part};

/// How wide a card, or the table of the verdicts, is at least and at most.
const NARROWEST: usize = 40;
const WIDEST: usize = 78;
/// From this width on, a path has room beside its name.
const BESIDE: usize = 66;

/// How wide a card is on a terminal with so many columns, or without a terminal.
#[must_use]
pub fn width(terminal: Option<usize>) -> usize {
    terminal.map_or(WIDEST, |columns| columns.clamp(NARROWEST, WIDEST))
}

/// The card of an exercise, for so many columns.
#[must_use]
pub fn card(exercise: &Exercise, columns: usize) -> String {
    let number = exercise.number;
    let mut lines = vec![format!("Exercise {number}: {}", exercise.title), String::new()];
    for (name, text) in places(exercise) {
        lines.extend(match columns < BESIDE {
            true => wrapped(&format!("{name} {text}"), columns, "", "    "),
            false => wrapped(&text, columns, &format!("{name:25}"), &" ".repeat(25)),
        });
    }
    lines.extend([String::new(), "The program:".into()]);
    let usage = exercise.usage.iter();
    lines.extend(usage.flat_map(|usage| wrapped(usage, columns, "    ", "        ")));
    let [core, edges] = [Part::Core, Part::Edge].map(|part| exercise.points(part));
    let heading = format!("THE CORE: {core} points. When it holds, the exercise is solved.");
    lines.push(String::new());
    lines.extend(wrapped(&heading, columns, "", ""));
    let texts = [exercise.core, CORE_OF_ALL];
    section(&mut lines, columns, &texts, exercise.checks_of(Part::Core));
    let heading = format!("THE EDGES: {edges} points, for a robust program.");
    lines.push(String::new());
    lines.extend(wrapped(&heading, columns, "", ""));
    section(&mut lines, columns, &edges_of(exercise), others(exercise));
    lines.join("\n") + "\n"
}

/// The card of an exercise in Markdown, with the same words, for a web page.
#[must_use]
pub fn markdown(exercise: &Exercise) -> String {
    let Exercise { number, title, minutes, lesson, .. } = *exercise;
    let [core, edges] = [Part::Core, Part::Edge].map(|part| exercise.points(part));
    let mut text = format!("# Exercise {number}: {title}\n\n");
    text += &format!("About {minutes} minutes, after [the lesson]({lesson}.md).\n\n");
    let source = source_name(number);
    text += &format!("Edit [`{source}`](../{source}), and judge it:\n\n");
    text += &format!("```console\n$ cargo check-exercise {number}\n```\n\n");
    text += "If something is not right, ask for a hint. Each call prints the next one:\n\n";
    text += &format!("```console\n$ cargo check-exercise hint {number}\n```\n\n");
    text += "Or write the program in another language. The judge compiles a `.c`, `.cpp` or `.rs` file first, and runs a `.py` file by `python3`:\n\n";
    text += &format!("```console\n$ cargo check-exercise {number} --program PATH\n```\n\n");
    text += "## The program\n\n";
    text += &format!("```text\n{}\n```\n\n", exercise.usage.join("\n"));
    text +=
        &format!("## The core: {core} points\n\nWhen the core holds, the exercise is solved.\n");
    text += &markdown_section(&[exercise.core, CORE_OF_ALL], exercise.checks_of(Part::Core));
    text += &format!("\n## The edges: {edges} points, for a robust program\n");
    text + &markdown_section(&edges_of(exercise), others(exercise))
}

/// What the program must do, and a list of what is judged.
fn markdown_section<'c>(texts: &[&str], checks: impl Iterator<Item = &'c Check>) -> String {
    let mut text = format!("\n{}\n\nJudged:\n\n", texts.join("\n\n"));
    for check in checks {
        let points = check.points;
        let extra = if check.part == Part::Extra { ", extra credit" } else { "" };
        text += &format!("- {} ({points}{extra})\n", check.promise);
    }
    text
}

/// What a robust program does besides the core, in paragraphs.
fn edges_of(exercise: &Exercise) -> Vec<&str> {
    let numbers = takes_numbers(exercise).then_some(NUMBERS);
    [exercise.edges].into_iter().chain(numbers).chain([EDGES_OF_ALL]).collect()
}

/// The checks that are not of the core.
fn others(exercise: &Exercise) -> impl Iterator<Item = &Check> {
    exercise.checks_of(Part::Edge).chain(exercise.checks_of(Part::Extra))
}

/// Where everything is, and how it is judged: names and texts.
fn places(exercise: &Exercise) -> [(String, String); 5] {
    let number = exercise.number;
    [
        (format!("About {} minutes. Edit:", exercise.minutes), source_name(number)),
        (
            "In another language:".into(),
            format!(
                "cargo check-exercise {number} --program PATH (a program; a .c, .cpp or .rs file, to be \
                 compiled; or a .py file)"
            ),
        ),
        ("The lesson:".into(), format!("lessons/{}.md", exercise.lesson)),
        ("Judge it:".into(), format!("just check {number}, or cargo check-exercise {number}")),
        (
            "Judge it on each save:".into(),
            format!(
                "just watch {number}, or cargo check-exercise watch {number} (also with --program PATH)"
            ),
        ),
    ]
}

/// Whether a call has numbers among its arguments.
fn takes_numbers(exercise: &Exercise) -> bool {
    const NUMBERS: [&str; 4] = ["OFFSET", "LEN", "TIMES", "AMOUNT"];
    let mut words = exercise.usage.iter().flat_map(|usage| usage.split(' '));
    words.any(|word| NUMBERS.contains(&word))
}

/// What the program must do, in paragraphs, and how that is judged, a line each.
fn section<'c>(
    lines: &mut Vec<String>,
    columns: usize,
    texts: &[&str],
    checks: impl Iterator<Item = &'c Check>,
) {
    for paragraph in texts.iter().flat_map(|text| text.split("\n\n")) {
        lines.push(String::new());
        lines.extend(wrapped(paragraph, columns, "", ""));
    }
    lines.extend([String::new(), "Judged:".into()]);
    for check in checks {
        let extra = if check.part == Part::Extra { ", extra credit" } else { "" };
        let text = format!("{} ({}{extra})", check.promise, check.points);
        lines.extend(wrapped(&text, columns, "  - ", "    "));
    }
}

/// A text in lines, of which the first begins with `first`, and the others with `later`. No word is cut:
/// a reader copies paths and commands.
pub(crate) fn wrapped(text: &str, columns: usize, first: &str, later: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let options = Options::new(columns).initial_indent(first).subsequent_indent(later);
    let options = options.break_words(false).word_splitter(WordSplitter::NoHyphenation);
    let options = options.word_separator(WordSeparator::AsciiSpace);
    textwrap::wrap(&text, options).into_iter().map(Into::into).collect()
}

const CORE_OF_ALL: &str = "\
A failure is any exit status other than 0. The program never dies of a signal. When it ends, its work is \
done: no process that it has started goes on with it.\n\n\
It reaches the bytes of FILE through a mapping only: never by `read`, `write` and their relatives on FILE, `sendfile`, `splice`, \
`copy_file_range` or io_uring. (`open`, `fstat`, `ftruncate`, `fallocate`, `fsync` and calls that lock are \
fine, and so is a `write` to standard output straight from the mapping.) It writes nowhere but in FILE's own \
directory.\n\n\
It may use 2 seconds of processor time and 10 seconds by the clock. Time in which it waits for a processor does \
not count. The start of its language counts: about 0.01 seconds in Python, up to 0.1 in Java, less in Go, C and Rust. (A `python3` of pyenv is a script \
that looks for Python first, which takes 0.2 seconds: `#!/usr/bin/python3` needs none.) It may have 64 processes and \
threads at a time, and start 500 in all.";

const EDGES_OF_ALL: &str = "\
A wrong call gets one line of usage on standard error, and exit status 2. A failure gets one line that \
names the failed step and the file, and exit status 1. A FILE that exists and is no regular file is a \
failure at once. If standard output cannot be written, that is a failure that names `standard output`.";

const NUMBERS: &str = "\
Numbers are decimal, with or without leading zeros. One that is no number, or outside its range, makes a \
wrong call.";
