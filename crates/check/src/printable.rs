//! Words of others: names of folders and files, and what a compiler said. A control character in them, such as an escape,
//! would reach the terminal of whoever reads the report.

/// A text of several lines, with its control characters spelled out: `\u{1b}`.
pub(crate) fn printable(text: &str) -> String {
    spelled_out(text, |letter| letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// A name, which stays on its line.
pub(crate) fn printable_name(name: &str) -> String {
    spelled_out(name, char::is_control)
}

fn spelled_out(text: &str, is_spelled_out: impl Fn(char) -> bool) -> String {
    let spelled = |letter: char| match is_spelled_out(letter) {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_reaches_a_terminal_and_a_name_has_one_line() {
        let text = "one\ttwo\n\u{1b}[31mé\r\u{9b}2J";
        assert_eq!(printable(text), "one\ttwo\n\\u{1b}[31mé\\r\\u{9b}2J");
        assert_eq!(printable_name("a\nb\u{7}"), "a\\nb\\u{7}");
    }
}
