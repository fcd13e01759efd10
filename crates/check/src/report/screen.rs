//! A report on a terminal: folded at its width, and with the states in colour. The words say the same
//! without colour.

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter};

/// The text for a terminal of this many columns.
#[must_use]
pub fn on_screen(text: &str, columns: usize) -> String {
    let lines = text.lines().enumerate().flat_map(|(number, line)| {
        let bold = number == 0; // The verdict.
        folded(line, columns).into_iter().map(move |line| coloured(&line, bold))
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// A line in several, each below the first word of what it says. No word is cut: a reader copies paths.
fn folded(line: &str, columns: usize) -> Vec<String> {
    if line.chars().count() <= columns {
        return vec![line.to_owned()];
    }
    let longest = line.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    let later = " ".repeat(margin(line).min(columns.saturating_sub(longest)));
    let options = Options::new(columns).subsequent_indent(&later).break_words(false);
    let indent: String = line.chars().take_while(|letter| *letter == ' ').collect();
    let options = options.initial_indent(&indent).word_splitter(WordSplitter::NoHyphenation);
    let options = options.word_separator(WordSeparator::AsciiSpace);
    textwrap::wrap(line.trim_start(), options).into_iter().map(Into::into).collect()
}

/// Where the later lines of a line begin: below the text after the state of a check, or after the name of
/// a detail. Those of a sentence without a name are set in a little, so that the next sentence can be told
/// from them.
fn margin(line: &str) -> usize {
    const STATE: usize = 11;
    const DETAIL: usize = 20;
    const LATER: usize = 2;
    let indent = line.chars().take_while(|letter| *letter == ' ').count();
    let is_detail = |line: &str| {
        let names = ["expected ", "seen ", "because ", "why ", "read ", "replay "];
        names.iter().any(|name| line.trim_start().starts_with(name))
    };
    match indent {
        2 => STATE,
        STATE if is_detail(line) => DETAIL,
        indent => indent + LATER,
    }
}

fn coloured(line: &str, bold: bool) -> String {
    let styled = |word: &str, style: Style| {
        let (before, after) = line.split_at(line.find(word).unwrap_or(0));
        let after = after.strip_prefix(word).unwrap_or(after);
        format!("{before}{style}{word}{style:#}{after}")
    };
    let states = [
        ("  passed ", "passed", AnsiColor::Green),
        ("  FAILED ", "FAILED", AnsiColor::Red),
        ("  skipped ", "skipped", AnsiColor::Yellow),
        ("  cannot ", "cannot", AnsiColor::Magenta),
    ];
    if bold {
        return styled(line, Style::new().bold());
    }
    for (start, word, colour) in states {
        if line.starts_with(start) {
            return styled(word, colour.on_default().bold());
        }
    }
    if line.starts_with("> ") {
        let wrong = AnsiColor::Red.on_default().bold(); // The step of a table that went wrong.
        return format!("{wrong}{line}{wrong:#}");
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Exercise 5: lost-addition: an addition is lost when two processes add at once\n\
                        \x20 passed   `add` adds 1 to the counter, TIMES times\n\
                        \x20 FAILED   two additions at once, each stopped at most once: none is lost\n\
                        \x20          expected the counter goes from 41 to 43, whatever the order is\n\
                        \x20 skipped  six processes at once, as fast as they can: nothing is lost\n";

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_word_is_lost() {
        for columns in [60, 80] {
            let shown = plain(&on_screen(TEXT, columns));
            assert!(shown.lines().all(|line| line.chars().count() <= columns), "{shown}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&shown), words(TEXT));
        }
    }

    #[test]
    fn a_line_goes_on_below_its_text() {
        let shown = plain(&on_screen(TEXT, 60));
        assert!(shown.contains("\n           none is lost\n"), "{shown}");
        assert!(shown.contains("\n                    the order is\n"), "{shown}");
    }

    #[test]
    fn no_path_is_cut_and_the_next_sentence_can_be_told_from_a_later_line() {
        let path = "lessons/lesson-5-races-and-semaphores.md#how-it-works";
        let last = "           the last call: `exercise-1 poke FILE 0 M`; FILE was a regular file";
        let text =
            format!("Not judged: {}\n           read     {path}\n{last}\n", "words ".repeat(12));
        let shown = plain(&on_screen(&text, 60));
        assert!(shown.contains(path), "{shown}");
        assert!(shown.contains("\n  words") && shown.contains("\n             was a"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
    }

    #[test]
    fn each_state_has_its_colour() {
        let shown = on_screen(TEXT, 80);
        let colours: Vec<_> = ["passed", "FAILED", "skipped"]
            .iter()
            .map(|word| {
                let before = &shown[..shown.find(&format!("{word}\x1b")).expect("a coloured word")];
                before.rsplit('\x1b').nth(1).unwrap_or_default().to_owned()
                    + before.rsplit('\x1b').next().unwrap_or_default()
            })
            .collect();
        assert!(colours.iter().all(|colour| !colour.is_empty()), "{colours:?}");
        assert!(colours[0] != colours[1] && colours[1] != colours[2], "{colours:?}");
    }
}
