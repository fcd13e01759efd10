//! An SVG drawing as it grows: shapes with classes, light or dark as its reader prefers, and the
//! same in words for readers who cannot see it.

/// One picture.
pub(crate) struct Canvas {
    shapes: String,
    words: String,
    width: f64,
    height: f64,
}

/// Where a text stands relative to its position.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Around the whole picture.
const MARGIN: f64 = 16.0;

const STYLE: &str = "
  svg { background: #ffffff; font-family: system-ui, 'Segoe UI', Helvetica, Arial, sans-serif }
  text { fill: #1f2328; font-size: 13px }
  .title { font-size: 14.5px; font-weight: 600 } .name { font-weight: 600 }
  .small { font-size: 11.5px; fill: #59636e } .tiny { font-size: 10.5px; fill: #59636e }
  .band { font-size: 12px; font-weight: 600; fill: #59636e }
  .box { fill: #f6f8fa; stroke: #d1d9e0 } .rule { stroke: #d1d9e0; fill: none }
  .entry { fill: #ffffff; stroke: #59636e } .none { fill: none; stroke: #9aa4ae; stroke-dasharray: 4 3 }
  .cache { fill: #eaf5ff; stroke: #b6d9f7 } .frame { fill: #bfe0ff; stroke: #0969da }
  .dirty { fill: #ffdf8a; stroke: #9a6700 } .bad { fill: #ffebe9; stroke: #cf222e; stroke-dasharray: 4 3 }
  .own { fill: #faf0ff; stroke: #dfc6f7 } .copy { fill: #e6d0ff; stroke: #8250df }
  .disk { fill: #eff1f3; stroke: #d1d9e0 } .block { fill: #d5dbe1; stroke: #6e7781 }
  .block.part { fill: #ffffff } .inside { fill: #d5dbe1; stroke: none }
  .arrow { fill: none; stroke: #0969da; stroke-width: 1.6 } .tip { fill: #0969da }
  .arrow.to-copy { stroke: #8250df } .tip.to-copy { fill: #8250df }
  .link { fill: none; stroke: #6e7781 } .stale { fill: #9a6700; font-weight: 600 } .sign { fill: #59636e }
  .sleep { fill: #d5dbe1; stroke: #6e7781; stroke-dasharray: 4 3 } .lane { stroke: #9aa4ae; fill: none }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 } text { fill: #f0f6fc }
    .small, .tiny, .band { fill: #9ba6b1 } .box { fill: #151b23; stroke: #3d444d } .rule { stroke: #3d444d }
    .entry { fill: #0d1117; stroke: #9ba6b1 } .none { stroke: #656c76 }
    .cache { fill: #0c1d33; stroke: #1c3d63 } .frame { fill: #123e70; stroke: #58a6ff }
    .dirty { fill: #5c4300; stroke: #e3b341 } .bad { fill: #3c1618; stroke: #f85149 }
    .own { fill: #1d1430; stroke: #3f2a63 } .copy { fill: #44297a; stroke: #b083f0 }
    .disk { fill: #1a2028; stroke: #3d444d } .block { fill: #343c46; stroke: #848d97 }
    .block.part { fill: #0d1117 } .inside { fill: #343c46 }
    .arrow { stroke: #58a6ff } .tip { fill: #58a6ff }
    .arrow.to-copy { stroke: #b083f0 } .tip.to-copy { fill: #b083f0 }
    .link { stroke: #848d97 } .stale { fill: #e3b341 } .sign { fill: #9ba6b1 }
    .sleep { fill: #343c46; stroke: #848d97 } .lane { stroke: #656c76 }
  }
";

impl Canvas {
    /// An empty picture.
    pub(crate) fn new() -> Self {
        Self { shapes: String::new(), words: String::new(), width: 0.0, height: 0.0 }
    }

    /// How wide a text of this size is at most: fonts differ from reader to reader.
    pub(crate) fn text_width(text: &str, size: f64) -> f64 {
        let wide = |c: char| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | ':' | '\'' | '-' => 0.42,
            'm' | 'w' | 'M' | 'W' | '@' => 1.0,
            c if c.is_uppercase() => 0.74,
            _ => 0.64,
        };
        text.chars().map(wide).sum::<f64>() * size
    }

    /// A rectangle with round corners.
    pub(crate) fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4], round: f64) {
        self.reach(x + width, y + height);
        self.shapes += &format!(
            "<rect class='{class}' x='{}' y='{}' width='{}' height='{}' rx='{}'/>\n",
            number(x),
            number(y),
            number(width),
            number(height),
            number(round),
        );
    }

    /// A line of text; `y` is its baseline.
    pub(crate) fn text(&mut self, class: &str, anchor: Anchor, [x, y]: [f64; 2], text: &str) {
        let size = if class == "title" { 14.5 } else { 12.0 };
        let width = Self::text_width(text, size);
        let (name, right) = match anchor {
            Anchor::Start => ("start", x + width),
            Anchor::Middle => ("middle", x + width / 2.0),
            Anchor::End => ("end", x),
        };
        self.reach(right, y + 4.0);
        let (x, y, text) = (number(x), number(y), escaped(text));
        self.shapes +=
            &format!("<text class='{class}' x='{x}' y='{y}' text-anchor='{name}'>{text}</text>\n");
    }

    /// A straight line.
    pub(crate) fn line(&mut self, class: &str, from: [f64; 2], to: [f64; 2]) {
        self.reach(from[0].max(to[0]), from[1].max(to[1]));
        let [from, to] = [from, to].map(|[x, y]| format!("{} {}", number(x), number(y)));
        self.shapes += &format!("<path class='{class}' d='M {from} L {to}'/>\n");
    }

    /// A curved arrow from a point down to another, with a dot where it begins.
    pub(crate) fn arrow_down(&mut self, class: &str, [x, y]: [f64; 2], [to_x, to_y]: [f64; 2]) {
        self.reach(x.max(to_x), to_y);
        let bend = (to_y - y) * 0.45;
        let [x, y, low, to_x, high] = [x, y, y + bend, to_x, to_y - 7.0 - bend * 0.6].map(number);
        let end = number(to_y - 7.0);
        self.shapes += &format!(
            "<path class='arrow{class}' d='M {x} {y} C {x} {low} {to_x} {high} {to_x} {end}'/>\n\
             <circle class='tip{class}' cx='{x}' cy='{y}' r='2.5'/>\n"
        );
        self.tip(class, [to_x.parse().unwrap_or(0.0), to_y], [0.0, 1.0]);
    }

    /// A straight arrow to the left or to the right.
    pub(crate) fn arrow_across(&mut self, [x, y]: [f64; 2], to_x: f64) {
        let back = if to_x > x { -7.0 } else { 7.0 };
        self.line("arrow", [x, y], [to_x + back, y]);
        self.tip("", [to_x, y], [-back.signum(), 0.0]);
    }

    /// The point of an arrow that arrives at `[x, y]` in this direction.
    fn tip(&mut self, class: &str, [x, y]: [f64; 2], [dx, dy]: [f64; 2]) {
        let (back_x, back_y) = (x - dx * 8.0, y - dy * 8.0);
        let corners = [
            [x, y],
            [back_x - dy * 4.0, back_y - dx * 4.0],
            [back_x + dy * 4.0, back_y + dx * 4.0],
        ];
        let points: Vec<_> =
            corners.iter().map(|[x, y]| format!("{},{}", number(*x), number(*y))).collect();
        self.shapes += &format!("<polygon class='tip{class}' points='{}'/>\n", points.join(" "));
    }

    /// A sentence of the description.
    pub(crate) fn say(&mut self, sentence: &str) {
        if !self.words.is_empty() {
            self.words.push(' ');
        }
        self.words += sentence;
    }

    fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    /// The whole document. Every coordinate moves by the margin.
    pub(crate) fn finish(self, title: &str) -> String {
        let [width, height] =
            [self.width, self.height].map(|length| number((length + 2.0 * MARGIN).ceil()));
        // In a text the description stands between brackets.
        let words = escaped(&self.words).replace('[', "(").replace(']', ")");
        let title = escaped(title);
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' \
             viewBox='0 0 {width} {height}' role='img' aria-labelledby='title words'>\n\
             <title id='title'>{title}</title>\n<desc id='words'>{words}</desc>\n\
             <style>{STYLE}</style>\n\
             <g aria-hidden='true' transform='translate({MARGIN} {MARGIN})'>\n{}</g>\n</svg>\n",
            self.shapes
        )
    }
}

/// A coordinate with at most one decimal.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.into() }
}

/// As text in XML, in which no control character may stand.
fn escaped(text: &str) -> String {
    let plain =
        |c: char| if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' { '\u{fffd}' } else { c };
    let text: String = text.chars().map(plain).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
