//! The findings for people: one line each, and below it what follows and what to do.

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSplitter};

use crate::finding::{Finding, State};

/// Columns where there is no terminal, and the most that are used.
pub(crate) const COLUMNS: usize = 80;
/// Where the state stands, and where what was found begins.
const STATE: usize = 17;
const FOUND: usize = 26;
/// How far consequences are indented.
const INDENT: &str = "    ";

/// All of it, in lines of at most `columns`. Words carry the meaning, colours repeat it.
pub(crate) fn text(findings: &[Finding], columns: usize) -> String {
    let columns = columns.clamp(40, COLUMNS);
    let mut lines: Vec<String> =
        findings.iter().flat_map(|finding| lines_of(finding, columns)).collect();
    lines.push(String::new());
    lines.extend(summary(findings).iter().flat_map(|sentence| folded(sentence, "", "", columns)));
    lines.join("\n") + "\n"
}

fn lines_of(finding: &Finding, columns: usize) -> Vec<String> {
    let word = finding.state.word();
    let start = format!("{:STATE$}{word:<width$}", finding.name, width = FOUND - STATE);
    let mut lines = folded(&finding.found, &start, &" ".repeat(FOUND), columns);
    if let Some(first) = lines.first_mut() {
        *first = coloured(first, finding.state);
    }
    for sentence in &finding.concerns {
        lines.extend(folded(sentence, INDENT, INDENT, columns));
    }
    for (number, sentence) in finding.advice.iter().enumerate() {
        let start = if number == 0 { "Do: " } else { INDENT };
        lines.extend(folded(sentence, &format!("{INDENT}{start}"), &INDENT.repeat(2), columns));
    }
    lines
}

/// What all of it means.
fn summary(findings: &[Finding]) -> Vec<String> {
    let names = |wanted: &dyn Fn(&Finding) -> bool| {
        let names = findings.iter().filter(|finding| wanted(finding)).map(|finding| finding.name);
        names.collect::<Vec<_>>()
    };
    let lacking = names(&|finding| finding.lacking);
    let optional = names(&|finding| !finding.lacking && finding.state != State::Fine);
    let mut sentences = match lacking.is_empty() {
        true => vec!["What the lessons and the checks of the exercises need is there.".into()],
        false => vec![format!(
            "Lessons or checks of the exercises lack what they need: {}.",
            lacking.join(", ")
        )],
    };
    if !optional.is_empty() {
        sentences.push(format!("Optional, and not all there: {}.", optional.join(", ")));
    }
    sentences
}

/// A blank at which no line is broken.
const KEPT: &str = "\u{a0}";

/// A text in lines. A command between backticks stays on one line, so that it can be copied.
fn folded(text: &str, first: &str, later: &str, columns: usize) -> Vec<String> {
    let options = Options::new(columns).initial_indent(first).subsequent_indent(later);
    let options = options.word_splitter(WordSplitter::NoHyphenation);
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(place, part)| match place % 2 == 1 {
        true => part.replace(' ', KEPT),
        false => part.into(),
    });
    let text = parts.collect::<Vec<_>>().join("`");
    textwrap::wrap(&text, options).into_iter().map(|line| line.replace(KEPT, " ")).collect()
}

fn coloured(line: &str, state: State) -> String {
    let word = state.word();
    let style: Style = match state {
        State::Fine => AnsiColor::Green.on_default(),
        State::Limited => AnsiColor::Yellow.on_default(),
        State::Missing => AnsiColor::Red.on_default().bold(),
        State::Unknown => AnsiColor::Magenta.on_default(),
    };
    match line.split_at_checked(STATE) {
        Some((name, rest)) if rest.starts_with(word) => {
            format!("{name}{style}{word}{style:#}{}", &rest[word.len()..])
        }
        _ => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        let long = "a b ".repeat(40);
        vec![
            Finding::fine("kernel", "Linux 6.18.5"),
            Finding::missing("user namespaces", long.clone()).concerns(long.clone()).advice(long),
            Finding::unknown("loop devices", "not tried: that needs root").optional(),
        ]
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_the_columns_stand_below_each_other() {
        for columns in [60, 80] {
            let shown = plain(&text(&findings(), columns));
            assert!(shown.lines().all(|line| line.chars().count() <= columns), "{shown}");
            let at = |word: &str| {
                shown.lines().find_map(|line| line.find(word)).expect("a line with the word")
            };
            assert_eq!(["fine", "MISSING", "unknown"].map(at), [STATE; 3], "{shown}");
            assert_eq!(["Linux 6", "not tried"].map(at), [FOUND; 2], "{shown}");
        }
    }

    #[test]
    fn a_command_stays_on_one_line() {
        let advice =
            "Install a compiler or two: `apt install gcc libc6-dev`, or `dnf install gcc`.";
        let shown = plain(&text(&[Finding::limited("cc", "none").advice(advice)], 60));
        assert!(shown.contains("`apt install gcc libc6-dev`"), "{shown}");
    }

    #[test]
    fn the_summary_names_what_is_lacking_and_what_is_optional() {
        let shown = plain(&text(&findings(), 80));
        assert!(shown.contains("lack what they need: user namespaces.\n"), "{shown}");
        assert!(shown.ends_with("Optional, and not all there: loop devices.\n"), "{shown}");
    }
}
