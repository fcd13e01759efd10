//! A verdict as one HTML file that needs no other: to attach to an issue, or to show in class. What two
//! processes did can be gone through step by step, by the component that the book uses.

use common::{Context, Result};

use super::model::{CheckResult, Report, State};
use super::source_text::{JudgedFiles, has_a_line};

/// The page map is first: the steps show it.
const SCRIPTS: [&str; 2] = [
    include_str!("../../../../book/theme/page-map.js"),
    include_str!("../../../../book/theme/replay.js"),
];
const STYLES: [&str; 2] = [
    include_str!("../../../../book/theme/page-map.css"),
    include_str!("../../../../book/theme/replay.css"),
];

/// The page about a report. `command` is how the judge was called, `judged` what it was given.
///
/// # Errors
/// A model that JSON cannot hold.
pub fn written(report: &Report, command: &str, judged: &JudgedFiles) -> Result<String> {
    let wrong = report.checks.iter().filter(|check| check.state == State::Failed);
    let wrong: Vec<String> =
        wrong.map(|check| section(check, command, judged)).collect::<Result<Vec<_>>>()?;
    let compiler = report
        .compiler
        .iter()
        .map(|said| format!("<h2>There is no program to judge</h2>\n{}", block(said)));
    let body: String = compiler.chain(wrong).collect();
    let title = format!("Exercise {}: {}", report.exercise, report.title);
    let seed = report.seed.map_or(String::new(), |seed| format!(" --seed {seed}"));
    let again = format!("{command}{seed}");
    let facts = format!(
        "<p>Program: <code>{}</code>. Verdict: <strong>{}</strong>. {} of {} checks passed.</p>\n\
         <p>Judge the program again, with the same inputs:</p>\n{}",
        escaped(&report.program),
        escaped(report.verdict()),
        report.totals.passed,
        report.checks.len(),
        block(&again),
    );
    // The texts come last: nothing in them is taken for a mark.
    Ok(PAGE
        .replace("{style}", &STYLES.concat())
        .replace("{script}", &SCRIPTS.concat())
        .replace("{title}", &escaped(&title))
        .replace("{body}", &(facts + &body)))
}

/// What is wrong in one check.
fn section(check: &CheckResult, command: &str, judged: &JudgedFiles) -> Result<String> {
    let line = |name: &str, text: Option<&String>| {
        text.map_or(String::new(), |text| format!("<dt>{name}</dt><dd>{}</dd>\n", marked(text)))
    };
    let mut html = format!("<h2>{}</h2>\n<dl>\n", marked(&check.promise));
    html += &line("What is wrong", check.is.as_ref());
    html += &line("Expected", check.expected.as_ref());
    html += &line("Seen", check.actual.as_ref());
    html += &line("Why it matters", check.why.as_ref());
    html += "</dl>\n";
    if !check.details.is_empty() {
        html += &block(&check.details.join("\n"));
    }
    if let Some(timeline) = &check.timeline {
        let timeline = judged.with_text(timeline.clone());
        let data = serde_json::to_string(&timeline).step("write JSON")?.replace('<', "\\u003c");
        html += &format!(
            "<div class=\"replay\"><script type=\"application/json\">{data}</script></div>\n"
        );
        if let Some(why) = &timeline.without_loads {
            html += &format!(
                "<p>The steps do not show what the processes load: {}.</p>\n",
                escaped(why)
            );
        }
        if let Some(why) = judged.why_no_lines().filter(|_| !has_a_line(&timeline)) {
            html += &format!("<p>{why}</p>\n");
        }
        if timeline.steps.iter().any(|step| step.pages.is_some()) && timeline.disk.is_empty() {
            html += BY_THE_JUDGE;
        }
    }
    if let Some(schedule) = &check.schedule {
        html += "<p>Replay this schedule:</p>\n";
        html += &block(&format!("{command} --schedule {schedule}"));
    }
    Ok(html)
}

/// What the page map shows that is not the program's doing.
const BY_THE_JUDGE: &str = "<p>The judge stops a process before a store, and then makes the store for it. So a \
                            page can be dirty, or have an entry in the page table, one step before the store. \
                            The judge wrote FILE, and flushed it, before both processes began.</p>\n";

/// A block of lines. It can be scrolled, so the keyboard must reach it.
fn block(text: &str) -> String {
    format!("<pre tabindex=\"0\">{}</pre>\n", escaped(text))
}

/// A text in which no character means HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The same of a text that marks code by backticks.
fn marked(text: &str) -> String {
    if text.matches('`').count() % 2 == 1 {
        return escaped(text); // One of them is no mark.
    }
    let part = |(place, part): (usize, &str)| match place % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    text.split('`').enumerate().map(part).collect()
}

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<script>
"use strict";
document.documentElement.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
</script>
<style>
:root { color-scheme: light; --page: #ffffff; --text: #1f2328; --rule: #d1d9e0; --block: #f6f8fa; }
:root.dark { color-scheme: dark; --page: #0d1117; --text: #f0f6fc; --rule: #3d444d; --block: #151b23; }
:root { font-size: 62.5%; }
body { margin: 0 auto; max-width: 96rem; padding: 1.6rem; background: var(--page); color: var(--text); font: 1.6rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h2 { margin-top: 2em; padding-top: 0.5em; border-top: 1px solid var(--rule); font-size: 1.2em; }
body > main > dl > dt { font-weight: 700; }
body > main > dl > dd { margin: 0 0 0.5em; }
main > pre { padding: 0.7em; background: var(--block); white-space: pre-wrap; font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
{style}</style>
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
{body}</main>
<script>
{script}</script>
</body>
</html>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_of_a_text_means_html() {
        assert_eq!(escaped("a < b & \"c\""), "a &lt; b &amp; &quot;c&quot;");
    }

    #[test]
    fn backticks_mark_code() {
        assert_eq!(marked("`a < b` and `c`"), "<code>a &lt; b</code> and <code>c</code>");
        assert_eq!(marked("one ` alone"), "one ` alone");
    }
}
