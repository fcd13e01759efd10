//! Latency distributions on a logarithmic axis: how long all but the slowest half, tenth, hundredth …
//! took. A mean would hide what these show.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};
use plotters::prelude::{ChartBuilder, IntoLogRange, PathElement};
use plotters::style::Color;

use crate::chart::{Area, Chart, Drawn, INK, RULE, colour, text};

/// Curves over the same axes.
pub struct Curves {
    /// What they show.
    pub title: String,
    /// How a value is written: `43 µs`.
    pub write: fn(f64) -> String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// One distribution.
pub struct Curve {
    /// Written at its end.
    pub label: String,
    /// Curves of one series have one colour.
    pub series: usize,
    /// For a share of all measurements, such as 0.99, what these took at most; rising.
    pub points: Vec<(f64, f64)>,
}

const HEIGHT: u32 = 420;
const LABEL: u32 = 170;
/// Labels that end at the same height are moved this far apart.
const LINE: i32 = 16;
/// From the median to all but the slowest in a hundred thousand.
const SHARES: [(f64, &str); 5] =
    [(0.5, "50%"), (0.9, "90%"), (0.99, "99%"), (0.999, "99.9%"), (0.9999, "99.99%")];

/// Where a share stands: every nine more is as far as the one before.
fn nines(share: f64) -> f64 {
    -(1.0 - share).max(1e-9).log10()
}

/// The axis of nines, with a mark at each of [`SHARES`].
struct Nines(f64);

impl Ranged for Nines {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let (from, length) = (f64::from(limit.0), f64::from(limit.1 - limit.0));
        let at = from + length * (value / self.0).clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, reason = "between two pixels that are i32")]
        let at = at.round() as i32;
        at
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        let shares = SHARES.iter().map(|(share, _)| nines(*share));
        shares.filter(|at| *at <= self.0).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        0.0..self.0
    }
}

impl plotters::coord::ranged1d::ValueFormatter<f64> for Nines {
    fn format(value: &f64) -> String {
        let named = SHARES.iter().find(|(share, _)| (nines(*share) - value).abs() < 1e-6);
        named.map(|(_, name)| (*name).into()).unwrap_or_default()
    }
}

impl Chart for Curves {
    fn title(&self) -> &str {
        &self.title
    }

    fn height(&self) -> u32 {
        HEIGHT
    }

    fn words(&self) -> String {
        let words = self.curves.iter().map(|curve| {
            let at = |(share, name): &(f64, &str)| {
                let point = curve.points.iter().find(|(found, _)| found >= share)?;
                Some(format!("{name} within {}", (self.write)(point.1)))
            };
            let shares: Vec<_> = SHARES.iter().filter_map(at).collect();
            format!("{}: {}", curve.label, shares.join(", "))
        });
        words.collect::<Vec<_>>().join("; ") + "."
    }

    fn draw(&self, area: &Area<'_>) -> Drawn {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let far = points().map(|point| nines(point.0)).fold(1.0, f64::max).min(nines(0.99999));
        let low = points().map(|point| point.1).fold(f64::INFINITY, f64::min) * 0.8;
        let high = points().map(|point| point.1).fold(0.0, f64::max) * 1.2;
        let mut chart = ChartBuilder::on(area)
            .margin_left(16)
            .margin_right(LABEL)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(Nines(far), (low..high).log_scale())?;
        let write = |value: &f64| (self.write)(*value);
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(RULE).light_line_style(RULE.mix(0.0)).axis_style(INK);
        mesh.y_label_formatter(&write).label_style(text(12));
        mesh.x_desc("this share of them …").y_desc("… took at most").draw()?;
        let (left, up) = area.get_base_pixel();
        let mut ends = Vec::new();
        for curve in &self.curves {
            let line: Vec<_> = curve.points.iter().map(|(at, ns)| (nines(*at), *ns)).collect();
            if let Some(end) = line.last() {
                let (x, y) = chart.backend_coord(end);
                ends.push((y - up, x - left, curve));
            }
            chart.draw_series([PathElement::new(line, colour(curve.series).stroke_width(2))])?;
        }
        ends.sort_by_key(|(y, ..)| *y);
        let mut free = i32::MIN;
        for (y, x, curve) in ends {
            let line = y.max(free);
            free = line + LINE;
            let ink = colour(curve.series);
            area.draw_text(&curve.label, &text(13).color(&ink), (x + 8, line - 6))?;
        }
        Ok(())
    }
}
