//! Pictures of charts below each other: light or dark as its reader likes, and the same in words for
//! who cannot see it.

use std::error::Error;
use std::io;

use common::{Context, Result};
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, RGBColor, SVGBackend, TextStyle};
use plotters::style::{FontFamily, IntoTextStyle};

/// Where a chart is drawn.
pub(crate) type Area<'p> = DrawingArea<SVGBackend<'p>, Shift>;
/// Why a chart could not be drawn.
pub(crate) type Drawn = std::result::Result<(), Box<dyn Error>>;

/// Something that can be drawn, and be said.
pub trait Chart {
    /// What it shows, in one line above it.
    fn title(&self) -> &str;
    /// How tall it is to be.
    fn height(&self) -> u32;
    /// Its figures in words.
    fn words(&self) -> String;
    /// Draws everything but the title.
    ///
    /// # Errors
    /// The drawing's own.
    fn draw(&self, area: &Area<'_>) -> Drawn;
}

const WIDTH: u32 = 960;
const HEADING: u32 = 40;
const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Text and axes.
pub(crate) const INK: RGBColor = RGBColor(31, 35, 40);
/// Lines that help the eye.
pub(crate) const RULE: RGBColor = RGBColor(208, 215, 222);
/// The series' colours: each stands out on white as well as on black.
const SERIES: [RGBColor; 6] = [
    RGBColor(9, 130, 200),
    RGBColor(200, 90, 10),
    RGBColor(40, 150, 80),
    RGBColor(160, 90, 200),
    RGBColor(200, 60, 90),
    RGBColor(125, 125, 60),
];
/// In the dark paper, ink and rules change places; the series stay.
const STYLE: &str = "<style>@media (prefers-color-scheme: dark) {
  [fill=\"#FFFFFF\"] { fill: #0d1117 } [fill=\"#1F2328\"] { fill: #f0f6fc }
  [stroke=\"#1F2328\"] { stroke: #f0f6fc } [stroke=\"#D0D7DE\"] { stroke: #30363d }
}</style>";

/// The colour of the series with this number.
pub(crate) fn colour(series: usize) -> RGBColor {
    SERIES[series % SERIES.len()]
}

/// Text of this size, in ink.
pub(crate) fn text(size: u32) -> TextStyle<'static> {
    (FontFamily::SansSerif, size).into_text_style(&(WIDTH, WIDTH)).color(&INK)
}

/// The charts below each other as one SVG picture; its `title` and `desc` are what a screen reader
/// reads.
///
/// # Errors
/// If a chart cannot be drawn: an axis without extent.
pub fn picture(title: &str, charts: &[&dyn Chart]) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg, charts).map_err(|error| io::Error::other(error.to_string())).step("draw")?;
    let words: Vec<_> =
        charts.iter().map(|chart| format!("{}: {}", chart.title(), chart.words())).collect();
    let said = format!(
        " role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n\
         <desc id=\"desc\">{}</desc>\n{STYLE}\n",
        escaped(title),
        escaped(&words.join("\n"))
    );
    Ok(svg.replacen('>', &said, 1))
}

fn draw(svg: &mut String, charts: &[&dyn Chart]) -> Drawn {
    let height = charts.iter().map(|chart| HEADING + chart.height()).sum();
    let mut rest = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    rest.fill(&PAPER)?;
    for chart in charts {
        let (heading, below) = rest.split_vertically(HEADING);
        heading.draw_text(chart.title(), &text(17), (16, 14))?;
        let (area, below) = below.split_vertically(chart.height());
        chart.draw(&area)?;
        rest = below;
    }
    rest.present()?;
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
