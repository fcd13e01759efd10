//! Views as one SVG picture: light or dark as its reader likes, a letter in every cell, and the same
//! in words for who cannot see it.

use std::ops::Range;

use page_view::{CELLS, Cell, MOST_CELLS, View, legend, parts};

use crate::aligned::Same;
use crate::text::title;

const CELL: u64 = 20;
const COLUMNS: u64 = 32;
/// The picture's width, and its margin.
const WIDTH: u64 = COLUMNS * CELL + 2 * MARGIN;
const MARGIN: u64 = 12;
const LINE: u64 = 18;
/// Parts of one bar; what comes after is left grey, and the words say so.
const MOST_PARTS: usize = 512;

const STYLE: &str = "
  svg { background: #ffffff; --ink: #1f2328; --edge: #8c959f; font: 13px ui-monospace, monospace }
  text { fill: var(--ink) } rect { stroke: var(--edge) } .letter { text-anchor: middle }
  .mapped { fill: #aceebb } .mapped-unwritten { fill: #fae17d } .private { fill: #ecd8ff }
  .cached { fill: #b6e3ff } .cached-unwritten { fill: #fff8c5 } .swapped { fill: #ffcecb }
  .past-end { fill: #ffcecb } .absent, .unknown, .unmapped, .rest { fill: #f6f8fa }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; --ink: #f0f6fc; --edge: #656c76 }
    .mapped { fill: #116329 } .mapped-unwritten { fill: #7d4e00 } .private { fill: #512a97 }
    .cached { fill: #0a3069 } .cached-unwritten { fill: #4d2d00 } .swapped { fill: #82071e }
    .past-end { fill: #82071e } .absent, .unknown, .unmapped, .rest { fill: #21262d }
  }
";

/// The drawing as it grows: shapes, how far down they reach, and the words.
#[derive(Default)]
struct Drawing {
    shapes: String,
    height: u64,
    words: String,
}

/// Views below each other.
pub(crate) fn of(views: &[View]) -> String {
    let mut drawing = Drawing { height: MARGIN, ..Drawing::default() };
    views.iter().for_each(|view| drawing.view(&title(view), view));
    drawing.legend(views, &[]);
    drawing.finish("Pages of a mapping")
}

/// Views below each other, each under a title of its own and all under `heading`.
pub(crate) fn titled(heading: &str, views: &[(String, View)]) -> String {
    let mut drawing = Drawing { height: MARGIN, ..Drawing::default() };
    drawing.text(heading);
    views.iter().for_each(|(title, view)| drawing.view(title, view));
    drawing.legend(views.iter().map(|(_, view)| view), &[]);
    drawing.finish(heading)
}

/// Two aligned views, and where they are the same memory.
pub(crate) fn of_two(views: &[View; 2], same: &[(Range<u64>, Same)]) -> String {
    let mut drawing = Drawing { height: MARGIN, ..Drawing::default() };
    views.iter().for_each(|view| drawing.view(&title(view), view));
    drawing.text("the same memory:");
    if views[0].page_count() <= MOST_CELLS {
        let letters = same.iter().flat_map(|(pages, same)| pages.clone().map(|_| same.letter()));
        drawing.letters(&letters.collect::<Vec<_>>());
    } else {
        drawing.text("in words only: too many pages for cells");
    }
    drawing.says(same.iter().map(|(pages, same)| (pages.clone(), same.words())));
    drawing.legend(views, same);
    drawing.finish("Pages of a mapping")
}

impl Drawing {
    /// One view: its title, its cells or its bar, its words.
    fn view(&mut self, title: &str, view: &View) {
        let (parts, pages) = (parts(view), view.page_count());
        self.text(title);
        self.words += &format!("{title}. ");
        if pages <= MOST_CELLS {
            let cells = parts.iter().flat_map(|(pages, cell)| pages.clone().map(|_| *cell));
            for (index, cell) in (0..).zip(cells) {
                let (column, row) = (index % COLUMNS * CELL, index / COLUMNS * CELL);
                self.rect(MARGIN + column, self.height + row, CELL, class(cell));
            }
            let cells = parts.iter().flat_map(|(pages, cell)| pages.clone().map(|_| cell.letter()));
            self.letters(&cells.collect::<Vec<_>>());
        } else {
            self.bar(&parts, pages);
        }
        self.says(parts.iter().map(|(pages, cell)| (pages.clone(), cell.words())));
    }

    /// One row as wide as the picture, each part as wide as its share.
    fn bar(&mut self, parts: &[(Range<u64>, Cell)], pages: u64) {
        let at = |page: u64| {
            let share = u128::from(page) * u128::from(COLUMNS * CELL) / u128::from(pages);
            u64::try_from(share).unwrap_or(0) + MARGIN
        };
        for (range, cell) in parts.iter().take(MOST_PARTS) {
            let width = (at(range.end) - at(range.start)).max(1);
            self.rect(at(range.start), self.height, width, class(*cell));
        }
        if let Some((rest, _)) = parts.get(MOST_PARTS) {
            self.rect(at(rest.start), self.height, at(pages) - at(rest.start), "rest");
        }
        self.height += 2 * CELL;
    }

    fn rect(&mut self, x: u64, y: u64, width: u64, class: &str) {
        let rect =
            format!("<rect class='{class}' x='{x}' y='{y}' width='{width}' height='{CELL}'/>");
        self.shapes += &(rect + "\n");
    }

    /// A letter in each cell.
    fn letters(&mut self, letters: &[char]) {
        for (index, letter) in (0..).zip(letters).filter(|(_, letter)| **letter != ' ') {
            let x = MARGIN + index % COLUMNS * CELL + CELL / 2;
            let y = self.height + index / COLUMNS * CELL + 15;
            let letter = escaped(&letter.to_string());
            self.shapes += &format!("<text class='letter' x='{x}' y='{y}'>{letter}</text>\n");
        }
        self.height += (letters.len() as u64).div_ceil(COLUMNS) * CELL + CELL;
    }

    /// A line of text; a long one is folded.
    fn text(&mut self, text: &str) {
        for line in crate::text::folded(text, 82, 0) {
            let (y, line) = (self.height + 13, escaped(&line.before));
            self.shapes += &format!("<text x='{MARGIN}' y='{y}'>{line}</text>\n");
            self.height += LINE;
        }
    }

    /// The same in words.
    fn says<'a>(&mut self, parts: impl Iterator<Item = (Range<u64>, &'a str)>) {
        let mut parts = parts;
        for (pages, words) in parts.by_ref().take(MOST_PARTS) {
            let (first, last) = (pages.start, pages.end - 1);
            self.words += &match first == last {
                true => format!("Page {first}: {words}. "),
                false => format!("Pages {first} to {last}: {words}. "),
            };
        }
        match parts.count() {
            0 => {}
            rest => self.words += &format!("And {rest} ranges more, not drawn. "),
        }
    }

    fn legend<'a>(
        &mut self,
        views: impl IntoIterator<Item = &'a View>,
        same: &[(Range<u64>, Same)],
    ) {
        for line in legend(views) {
            self.text(&line.to_string());
        }
        for known in [Same::Yes, Same::No, Same::Unknown] {
            if same.iter().any(|(_, same)| *same == known) {
                self.text(&format!("{} {}", known.letter(), known.words()));
            }
        }
    }

    fn finish(self, title: &str) -> String {
        let (height, words) = (self.height + MARGIN, escaped(self.words.trim()));
        let title = escaped(title);
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' \
             viewBox='0 0 {WIDTH} {height}' role='img' aria-labelledby='title words'>\n\
             <title id='title'>{title}</title>\n<desc id='words'>{words}</desc>\n\
             <style>{STYLE}</style>\n<g aria-hidden='true'>\n{}</g>\n</svg>\n",
            self.shapes
        )
    }
}

/// The cell's class in [`STYLE`].
fn class(cell: Cell) -> &'static str {
    const CLASSES: [&str; CELLS.len()] = [
        "mapped",
        "mapped-unwritten",
        "private",
        "cached",
        "cached-unwritten",
        "swapped",
        "absent",
        "past-end",
        "unknown",
        "unmapped",
    ];
    CLASSES[cell as usize]
}

/// As text in XML, which no control character may be in.
fn escaped(text: &str) -> String {
    let plain =
        |c: char| if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' { '\u{fffd}' } else { c };
    let text: String = text.chars().map(plain).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
