//! Figures: charts below each other in one SVG, for light and dark pages, with the same in words for
//! people who cannot see it.

use std::fmt::Write;

use crate::{Group, Run};

/// Width of every figure.
pub(crate) const WIDTH: f64 = 880.0;
/// Distance of everything from the border.
pub(crate) const MARGIN: f64 = 16.0;
const LINE: f64 = 18.0;

/// Ink, faint lines and the colour of each kind of method: on white, and on black.
const STYLE: &str = "<style>
text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 } .small { font-size: 12px; fill: #59636e }
.paper { fill: #ffffff } .axis { stroke: #59636e } .rule { stroke: #d1d9e0 }
.spread { stroke: #1f2328; stroke-width: 2 }
.dot { stroke: #ffffff }
.plain { fill: #818b98 } .one { fill: #0a7cc4 } .two { fill: #d1690e } .three { fill: #2f9e5a }
.four { fill: #9a5cc6 } .five { fill: #7d7d3c }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .paper { fill: #0d1117 }
  .dot { stroke: #0d1117 } .axis { stroke: #9198a1 } .rule { stroke: #30363d } .spread { stroke: #f0f6fc }
}
</style>";

/// The class that colours a kind of method.
pub(crate) fn class(kind: &str) -> &'static str {
    match kind {
        "read" | "pipe" => "one",
        "mapped" | "ring" => "two",
        "socket" => "three",
        "queue" => "four",
        "copied" => "five",
        _ => "plain",
    }
}

/// A chart: its marks, its height, and what it shows in words.
pub struct Chart {
    pub(crate) marks: String,
    pub(crate) height: f64,
    pub(crate) words: String,
    /// Each method that it shows, and what the method does.
    pub(crate) methods: Vec<(String, String)>,
}

/// A figure of `charts` below each other, under a title, above a line about the run.
pub fn figure(title: &str, charts: &[Chart], run: &Run) -> String {
    let mut body = String::new();
    let mut y = MARGIN + LINE;
    text(&mut body, (MARGIN, y), "title", "start", title);
    y += LINE * 0.6;
    for chart in charts {
        let _ = writeln!(body, "<g transform=\"translate(0 {y:.1})\">\n{}</g>", chart.marks);
        y += chart.height;
    }
    for line in methods(charts).into_iter().chain(footer(run)) {
        y += LINE;
        text(&mut body, (MARGIN, y), "small", "start", &line);
    }
    let height = y + MARGIN;
    let words: Vec<_> = charts.iter().map(|chart| chart.words.as_str()).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.1}\" \
         width=\"{WIDTH}\" height=\"{height:.1}\" role=\"img\" aria-labelledby=\"title words\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"words\">{}</desc>\n{STYLE}\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height:.1}\"/>\n{body}</svg>\n",
        escaped(title),
        escaped(&words.join("\n"))
    )
}

/// What each method does, once.
fn methods(charts: &[Chart]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (method, words) in charts.iter().flat_map(|chart| &chart.methods) {
        let line = format!("{method}: {words}.");
        if !words.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Whose values they are, and how the verdicts were reached.
fn footer(run: &Run) -> Vec<String> {
    let date = run.conditions.date.split('T').next().unwrap_or_default();
    let mut lines = vec![
        format!("{} on {}: {}", run.program, date, run.machine.sentence()),
        format!(
            "{:.1} % of the CPUs' time was stolen, {:.1} % went to other processes. Verdicts: sign \
             test, Holm's correction for {} comparisons, {} % level.",
            run.conditions.steal_percent,
            run.conditions.others_percent,
            run.test.comparisons,
            100.0 * run.test.level
        ),
    ];
    if run.quick {
        lines.push("QUICK RUN: no value here is worth keeping.".into());
    }
    lines
}

/// A line of text; `anchor` says which end of it stands at the position.
pub(crate) fn text(svg: &mut String, (x, y): (f64, f64), class: &str, anchor: &str, text: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{}</text>",
        escaped(text)
    );
}

/// A line.
pub(crate) fn line(svg: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line class=\"{class}\" x1=\"{:.2}\" y1=\"{:.1}\" x2=\"{:.2}\" y2=\"{:.1}\"/>",
        from.0, from.1, to.0, to.1
    );
}

/// The methods of a group, for the lines below a chart.
pub(crate) fn explained(group: &Group) -> Vec<(String, String)> {
    group.rows.iter().map(|row| (row.method.clone(), row.words.clone())).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
