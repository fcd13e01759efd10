//! Bars on a linear axis that starts at zero: a value twice as large is a bar twice as long.

use std::fmt::Write;

use crate::svg::{Chart, MARGIN, class, explained, line, text};
use crate::{Group, Run, Spread};

/// The left end of every bar: zero.
const ZERO: f64 = 210.0;
/// Where the axis ends.
const END: f64 = 600.0;
/// Where the values stand, right-aligned.
const VALUE: f64 = 690.0;
const BAR: f64 = 22.0;
const HEAD: f64 = 64.0;

/// The bars of a group, with the verdicts beside them. `end` is the value at the end of the axis; if
/// it is `None`, the highest of the group's values decides. Several charts of one figure that are to
/// be compared share it.
pub fn bars(run: &Run, group: &Group, end: Option<f64>) -> Chart {
    let highest = group.rows.iter().map(|row| row.spread.highest).fold(0.0, f64::max);
    let scale = Scale::to(end.unwrap_or(highest));
    let mut marks = String::new();
    heading(&mut marks, group);
    let bottom = HEAD + BAR * group.rows.len() as f64;
    for tick in scale.ticks() {
        let x = scale.at(tick);
        line(&mut marks, "rule", (x, HEAD), (x, bottom));
        text(&mut marks, (x, bottom + 15.0), "small", "middle", &group.unit.write_round(tick));
    }
    for (index, row) in group.rows.iter().enumerate() {
        let top = HEAD + BAR * index as f64;
        let base = top + BAR * 0.7;
        text(&mut marks, (ZERO - 8.0, base), "", "end", &row.method);
        let Spread { lowest, median, highest } = row.spread;
        let _ = writeln!(
            marks,
            "<rect class=\"bar {}\" x=\"{ZERO}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{:.1}\"/>",
            class(&row.kind),
            top + 3.0,
            scale.at(median) - ZERO,
            BAR - 6.0
        );
        let middle = top + BAR / 2.0;
        line(&mut marks, "spread", (scale.at(lowest), middle), (scale.at(highest), middle));
        text(&mut marks, (VALUE, base), "", "end", &group.unit.write(median));
        if let Some(comparison) = run.beside(group, row) {
            text(&mut marks, (VALUE + 14.0, base), "", "start", &comparison.short());
        }
    }
    line(&mut marks, "axis", (ZERO, HEAD), (ZERO, bottom));
    Chart { marks, height: bottom + 24.0, words: words(run, group), methods: explained(group) }
}

/// What is compared, where, and which direction is better.
fn heading(marks: &mut String, group: &Group) {
    text(marks, (MARGIN, 24.0), "", "start", &format!("{}: {}", group.title, group.setting));
    let what = format!(
        "Bar: median of {} rounds. Line: lowest to highest. {}.",
        group.rows.first().map_or(0, |row| row.values.len()),
        capital(group.unit.direction())
    );
    text(marks, (MARGIN, 42.0), "small", "start", &what);
    if let Some(baseline) = group.baseline() {
        let than = format!("than {baseline}");
        text(marks, (VALUE + 14.0, 58.0), "small", "start", &than);
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn words(run: &Run, group: &Group) -> String {
    let row = |row: &crate::Row| {
        let Spread { lowest, median, highest } = row.spread;
        let [lowest, median, highest] = [lowest, median, highest].map(|v| group.unit.write(v));
        let verdict = run.beside(group, row).map(|comparison| {
            format!(", {} than {}", comparison.short(), group.baseline().unwrap_or_default())
        });
        let verdict = verdict.unwrap_or_default();
        format!("{} {median} (from {lowest} to {highest}){verdict}", row.method)
    };
    let rows: Vec<_> = group.rows.iter().map(row).collect();
    format!("{}: {}; {}: {}.", group.title, group.setting, group.unit.direction(), rows.join("; "))
}

/// A linear scale from zero.
struct Scale {
    end: f64,
}

impl Scale {
    /// A scale to a little above `highest`.
    fn to(highest: f64) -> Self {
        Self { end: highest.max(f64::MIN_POSITIVE) * 1.02 }
    }

    /// Where a value is. Nothing is drawn past the end of the axis.
    fn at(&self, value: f64) -> f64 {
        ZERO + (END - ZERO) * (value / self.end).clamp(0.0, 1.0)
    }

    /// Zero, and three to six round values.
    fn ticks(&self) -> Vec<f64> {
        let power = 10_f64.powf((self.end / 3.0).log10().floor());
        let step = [5.0, 2.0, 1.0].into_iter().map(|step| step * power);
        let step = step.into_iter().find(|step| self.end / step >= 3.0).unwrap_or(power);
        (0..).map(|index| f64::from(index) * step).take_while(|tick| *tick <= self.end).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Unit, svg::figure, table};

    /// The bars' left ends and lengths, of a chart of these values.
    fn drawn(values: &[f64], end: Option<f64>) -> Vec<(f64, f64)> {
        let mut run = table::tests::run();
        let group = &mut run.groups[0];
        group.unit = Unit::GigabytesPerSecond;
        let row = group.rows[0].clone();
        group.rows = values
            .iter()
            .map(|value| crate::Row { spread: Spread::of(&[*value]), ..row.clone() })
            .collect();
        let svg = figure("Figure", &[bars(&run, &run.groups[0], end)], &run);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let bars = document
            .descendants()
            .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("bar ")));
        let number = |node: roxmltree::Node<'_, '_>, name: &str| -> f64 {
            node.attribute(name).unwrap().parse().unwrap()
        };
        bars.map(|bar| (number(bar, "x"), number(bar, "width"))).collect()
    }

    #[test]
    fn every_bar_starts_at_zero_and_its_length_is_proportional_to_its_value() {
        for values in [[1.0, 2.0, 10.0], [0.03, 9.0, 10.0], [3e6, 5e7, 1.0]] {
            let bars = drawn(&values, None);
            assert_eq!(bars.len(), 3);
            let longest = values.iter().fold(0.0_f64, |a, b| a.max(*b));
            let per_unit = (END - ZERO) / (longest * 1.02);
            for ((x, width), value) in bars.iter().zip(values) {
                assert_eq!(*x, ZERO);
                assert!((width - value * per_unit).abs() <= 0.01, "{width} for {value}");
            }
        }
        let bars = drawn(&[20.0, 40.0], None);
        assert!((bars[1].1 / bars[0].1 - 2.0).abs() < 0.001, "a ratio of 2 looks like 2: {bars:?}");
    }

    #[test]
    fn charts_that_share_an_end_share_the_scale() {
        let ([short], [long]) = (&drawn(&[1.0], Some(8.0))[..], &drawn(&[4.0], Some(8.0))[..])
        else {
            panic!("one bar each");
        };
        assert!((long.1 / short.1 - 4.0).abs() < 0.001);
    }

    #[test]
    fn the_axis_has_zero_and_some_round_values() {
        for (highest, wanted) in
            [(10.0, vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]), (1.7, vec![0.0, 0.5, 1.0, 1.5])]
        {
            assert_eq!(Scale::to(highest).ticks(), wanted);
        }
    }

    #[test]
    fn the_verdict_stands_beside_its_bar_and_in_words() {
        let run = table::tests::run();
        let svg = figure("A & B", &[bars(&run, &run.groups[0], None)], &run);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let texts: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .map(|node| (node.text().unwrap(), node.attribute("y").unwrap()))
            .collect();
        let y = |wanted: &str| texts.iter().find(|(text, _)| *text == wanted).unwrap().1;
        assert_eq!(y("faster (2.00×)"), y("mapped"));
        assert_ne!(y("faster (2.00×)"), y("read"));
        let words = document.descendants().find(|node| node.has_tag_name("desc")).unwrap();
        let words = words.text().unwrap();
        assert!(
            words.contains(
                "mapped 4.00 GB/s (from 3.60 GB/s to 4.80 GB/s), faster (2.00×) than read"
            )
        );
        assert!(words.contains("longer bars are better"));
        let height: f64 = document.root_element().attribute("height").unwrap().parse().unwrap();
        assert!(texts.iter().all(|(_, y)| y.parse::<f64>().unwrap() < height));
        assert!(texts.iter().any(|(text, _)| text.contains("longer bars are better")));
    }
}
