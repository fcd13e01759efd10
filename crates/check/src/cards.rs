//! Task cards: made from the same list of checks by which the judge judges.

use crate::build::source_name;
use crate::exercises::Exercise;

/// How wide a card is.
const WIDTH: usize = 90;

/// The card of an exercise.
#[must_use]
pub fn card(exercise: &Exercise) -> String {
    let number = exercise.number;
    let mut lines = vec![
        format!("Exercise {number}: {}", exercise.title),
        String::new(),
        format!("About {} minutes. Edit:   {}", exercise.minutes, source_name(number)),
        format!("The lesson:             lessons/{}.md", exercise.lesson),
        format!("Judge it:               just check {number}, or cargo check-exercise {number}"),
        String::new(),
        "The program:".into(),
    ];
    lines.extend(exercise.usage.iter().map(|usage| format!("    {usage}")));
    lines.push(String::new());
    for paragraph in exercise.contract.split("\n\n").chain([FOR_ALL]) {
        lines.extend(wrapped(paragraph, WIDTH));
        lines.push(String::new());
    }
    lines.push(format!("What is judged, for {} points:", exercise.points()));
    for check in exercise.checks {
        let extra = if check.extra { ", extra credit" } else { "" };
        let worth = format!("({}{extra})", check.points);
        let text = wrapped(&format!("{} {worth}", check.promise), WIDTH - 4);
        for (index, line) in text.iter().enumerate() {
            lines.push(format!("{} {line}", if index == 0 { "  -" } else { "   " }));
        }
    }
    lines.join("\n") + "\n"
}

const FOR_ALL: &str = "\
A wrong call gets one line of usage on standard error and exit status 2; a failure one line naming the \
failed step and the file, and exit status 1. No program dies of a signal. Numbers are decimal; one \
that is no number, or outside its range, is a wrong call. A FILE that is no regular file is a failure, \
at once. A failed write to standard output is a failure that names `standard output`. FILE's bytes are \
reached through a mapping only: never by read- or write-sandbox calls on FILE, `sendfile`, `splice`, \
`copy_file_range` or io_uring. Programs write nowhere but in FILE's own directory. Within 2 seconds of \
processor time and 10 by the clock.";

/// A paragraph in lines.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
