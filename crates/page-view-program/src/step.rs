//! A lesson's story, one step for each key press, with the pages that it is about below.

use common::{Failure, Result};
use page_view::{Line, View};
use ratatui_core::style::Stylize;
use ratatui_core::text::Line as Row;

use crate::output::is_screen;
use crate::screen::{Event, Screen, end_by, styled};
use crate::story_process::Story;
use crate::text::folded;

/// Milliseconds between two looks at the pages.
const BETWEEN_LOOKS: u16 = 250;

/// Tells lesson `number`'s story.
pub(crate) fn tell(number: usize) -> Result<()> {
    if !is_screen() {
        let why = format!("needs a terminal; `cargo lesson-{number}` shows all steps without one");
        return Err(Failure::refusal("step", std::path::Path::new(&number.to_string()), why));
    }
    let mut story = Story::of(number)?;
    let mut screen = Screen::take()?;
    let mut picture = Picture::default();
    let mut help = false;
    loop {
        picture.look(&story);
        screen.draw(&rows(number, &story, &picture, help, screen.size()))?;
        match screen.wait(story.descriptor(), BETWEEN_LOOKS)? {
            Event::Other => story.listen()?,
            Event::Next if story.ended().is_some() => break,
            Event::Next => {
                help = false;
                story.go_on();
            }
            Event::Quit => break,
            Event::Help => help = !help,
            Event::Signal(signal) => {
                drop(screen);
                drop(story);
                return end_by(signal);
            }
            Event::Look => {}
        }
    }
    drop(screen);
    story.result()
}

/// The pages below the text: as they are now, or, where the step has ended and nothing of it is
/// mapped any more, as they were when something was.
#[derive(Default)]
struct Picture {
    heading: String,
    views: Vec<(String, View)>,
    is_old: bool,
}

impl Picture {
    fn look(&mut self, story: &Story) {
        let heading = story.step().first().cloned().unwrap_or_default();
        if heading != self.heading {
            *self = Self { heading, ..Self::default() };
        }
        let views = story.views();
        self.is_old = views.is_empty();
        if !self.is_old {
            self.views = views;
        }
    }

    /// Its lines, with a rule above: at most `most`.
    fn lines(&self, columns: usize, most: usize) -> Vec<Row<'static>> {
        let mut lines: Vec<Line> = Vec::new();
        for (label, view) in &self.views {
            lines.extend(page_view::lines(view, label, columns));
        }
        let title = match (lines.is_empty(), self.is_old) {
            (true, _) => "no pages to show: the story has mapped no file",
            (false, true) => "the last picture of this step",
            (false, false) => "the pages now",
        };
        let rule = format!("-- {title} {:-<columns$}", "");
        let mut rows = vec![Row::from(rule.chars().take(columns).collect::<String>()).dim()];
        if lines.len() > most {
            let left = lines.len() - most + 1;
            lines.truncate(most - 1);
            lines.push(Line::plain(format!("… {left} lines more: make the terminal higher")));
        }
        rows.extend(lines.iter().map(styled));
        rows
    }
}

/// The whole screen: the step's text, the pages, and what the keys do.
fn rows(
    number: usize,
    story: &Story,
    picture: &Picture,
    help: bool,
    (columns, height): (usize, usize),
) -> Vec<Row<'static>> {
    // The text keeps at least half of the screen: a sentence and its picture are seen together.
    let picture = picture.lines(columns, (height / 2).saturating_sub(1).max(2));
    let room = height.saturating_sub(picture.len() + 1);
    let mut text: Vec<Line> = Vec::new();
    for line in story.step() {
        let indent = line.len() - line.trim_start().len();
        text.extend(folded(line.trim(), columns, indent.min(columns / 2)));
    }
    let mut text: Vec<Row<'static>> = text.iter().map(styled).collect();
    let heading = text.first().cloned().unwrap_or_default();
    let cut = text.len().saturating_sub(room); // The newest lines stay in sight.
    text.drain(..cut);
    if cut > 0 && !text.is_empty() {
        text[0] = heading;
    }
    if let Some(first) = text.first_mut() {
        *first = first.clone().bold();
    }
    text.resize(room, Row::default());
    text.extend(picture);
    let keys = match story.ended() {
        _ if help => "space, Enter, n, right arrow: next   q, Esc, Ctrl-C: quit",
        Some(status) if status.success() => "the end   q: leave   ?: help",
        Some(_) => "the story failed   q: leave   ?: help",
        None if story.is_waiting() => "space: next   q: quit   ?: help",
        None => "…             q: quit   ?: help",
    };
    let keys = if help { keys.into() } else { format!("Lesson {number}   {keys}") };
    text.push(Row::from(keys).reversed());
    text
}
