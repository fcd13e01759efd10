//! Bars with spread: the median of the rounds as the bar, the lowest and the highest as a line
//! across its end.

use plotters::prelude::{ChartBuilder, IntoLogRange, PathElement, Rectangle};
use plotters::style::Color;

use crate::Spread;
use crate::chart::{Area, Chart, Drawn, INK, RULE, colour, text};

/// Bars below each other, on a logarithmic axis: a tenth is as far from one as one from ten.
pub struct Bars {
    /// What they show.
    pub title: String,
    /// How a value is written: `43 µs`.
    pub write: fn(f64) -> String,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
}

/// One bar.
pub struct Bar {
    /// Written at its left.
    pub label: String,
    /// Bars of one series have one colour.
    pub series: usize,
    /// Its length and the line across its end.
    pub spread: Spread,
}

const BAR: u32 = 24;
const LABEL: u32 = 190;
const VALUE: u32 = 90;
const AXIS: u32 = 44;

impl Bars {
    /// From a little below the lowest to a little above the highest: from power of ten to power of
    /// ten, so that the bars' lengths can be compared.
    fn extent(&self) -> (f64, f64) {
        let spreads = || self.bars.iter().map(|bar| bar.spread);
        let lowest = spreads().map(|spread| spread.lowest).fold(f64::INFINITY, f64::min);
        let highest = spreads().map(|spread| spread.highest).fold(0.0, f64::max);
        let power = |value: f64, round: fn(f64) -> f64| 10_f64.powf(round(value.log10()));
        (power(lowest * 0.7, f64::floor), power(highest * 1.05, f64::ceil))
    }
}

impl Chart for Bars {
    fn title(&self) -> &str {
        &self.title
    }

    fn height(&self) -> u32 {
        self.bars.iter().map(|_| BAR).sum::<u32>() + AXIS
    }

    fn words(&self) -> String {
        let words = self.bars.iter().map(|bar| {
            let Spread { lowest, median, highest } = bar.spread;
            let [lowest, median, highest] = [lowest, median, highest].map(self.write);
            format!("{} {median} (from {lowest} to {highest})", bar.label)
        });
        words.collect::<Vec<_>>().join("; ") + "."
    }

    fn draw(&self, area: &Area<'_>) -> Drawn {
        let (low, high) = self.extent();
        let mut chart = ChartBuilder::on(area)
            .margin_left(LABEL)
            .margin_right(VALUE)
            .x_label_area_size(AXIS)
            .build_cartesian_2d((low..high).log_scale(), 0..self.bars.len() * 4)?;
        let write = |value: &f64| (self.write)(*value);
        let mut mesh = chart.configure_mesh();
        mesh.disable_y_mesh().disable_y_axis().x_label_formatter(&write);
        mesh.bold_line_style(RULE).light_line_style(RULE.mix(0.0)).axis_style(INK);
        mesh.x_labels(9).label_style(text(12)).draw()?;
        // The axis counts from the bottom; the bars come from the top, each in four quarters.
        for (bar, place) in self.bars.iter().zip((0..self.bars.len()).rev()) {
            let (bottom, middle, top) = (place * 4, place * 4 + 2, place * 4 + 4);
            let Spread { lowest, median, highest } = bar.spread;
            let style = colour(bar.series).filled();
            chart.draw_series([Rectangle::new([(low, bottom + 1), (median, top - 1)], style)])?;
            let across = vec![(lowest, middle), (highest, middle)];
            chart.draw_series([PathElement::new(across, INK.stroke_width(2))])?;
            let (_, y) = chart.backend_coord(&(median, middle));
            let (x, _) = chart.backend_coord(&(highest, middle));
            let (left, up) = area.get_base_pixel();
            let line = y - up - 6;
            area.draw_text(&bar.label, &text(13), (16, line))?;
            area.draw_text(&(self.write)(median), &text(13), (x - left + 6, line))?;
        }
        Ok(())
    }
}
