//! The recorded runs of the benchmarks, and what the texts say of them. `recorded_read` and
//! `recorded_ipc` use it for lessons 6 and 7.

use std::fs;

use serde_json::Value;

use crate::workspace::{lessons, read, root};

/// What a text says of two methods: the first method, the method that it is compared with, the verdict
/// if the text names one, and the least and the most times that the first method may be as fast.
pub(crate) type Conclusion = (&'static str, &'static str, Option<&'static str>, [f64; 2]);

/// The recorded run of a benchmark.
pub(crate) fn record(bench: &str) -> Value {
    let text = read(&root().join(format!("lessons/measurements/{bench}.json")));
    serde_json::from_str(&text).expect("the record is JSON")
}

/// Compares a lesson's text with `right` of that text. `just bless` writes `right`.
#[track_caller]
pub(crate) fn assert_shown(number: usize, right: impl Fn(&str) -> String) {
    let lesson = lessons().into_iter().find(|lesson| lesson.number == number);
    let path = lesson.expect("the lesson").text;
    let found = read(&path);
    let right = right(&found);
    if std::env::var_os("COURSE_BLESS").is_some() {
        fs::write(&path, right).expect("write the text");
    } else {
        assert!(found == right, "run `just bless`: the recorded run has {right}");
    }
}

/// The text with other rows in the table whose first line starts with `table`.
pub(crate) fn with_rows(text: &str, table: &str, rows: impl IntoIterator<Item = String>) -> String {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    let first = lines.iter().position(|line| line.starts_with(table));
    let first = first.expect("the text has the table") + 2;
    let length = lines[first..].iter().take_while(|line| line.starts_with('|')).count();
    lines.splice(first..first + length, rows);
    lines.join("\n") + "\n"
}

/// The verdict on `subject`, and how many times as fast as `baseline` it is.
pub(crate) fn comparison(record: &Value, subject: &str, baseline: &str) -> (String, f64) {
    let mut all = record["comparisons"].as_array().expect("comparisons").iter();
    let found = all.find(|one| one["subject"] == subject && one["baseline"] == baseline);
    let found = found.unwrap_or_else(|| panic!("{subject} was not compared with {baseline}"));
    let verdict = found["verdict"].as_str().expect("a verdict").into();
    (verdict, found["speed"].as_f64().expect("a number"))
}

/// The conclusions that the record does not support.
pub(crate) fn wrong(record: &Value, conclusions: &[Conclusion]) -> Vec<String> {
    let wrong = conclusions.iter().filter(|(subject, baseline, expected, [least, most])| {
        let (verdict, speed) = comparison(record, subject, baseline);
        expected.is_some_and(|expected| verdict != expected) || speed < *least || speed > *most
    });
    wrong.map(|(a, b, ..)| format!("the lesson says otherwise of {a} and {b}")).collect()
}
