//! A lesson's story, a step at each key press, above the pages of its files as they are now.

use common::{Failure, Result};
use page_view::Line;
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
        let why = format!("needs a terminal; `cargo lesson-{number}` tells the story without one");
        return Err(Failure::refusal("step", std::path::Path::new(&number.to_string()), why));
    }
    let mut story = Story::of(number)?;
    let mut screen = Screen::take()?;
    loop {
        screen.draw(&rows(number, &story, screen.size()))?;
        match screen.wait(story.descriptor(), BETWEEN_LOOKS)? {
            Event::Other => story.listen()?,
            Event::Next if story.ended().is_some() => break,
            Event::Next => story.go_on(),
            Event::Quit => break,
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

/// The whole screen: the step's text, the pages, and what the keys do.
fn rows(number: usize, story: &Story, (columns, height): (usize, usize)) -> Vec<Row<'static>> {
    let mut picture = Vec::new();
    for (label, view) in &story.views() {
        picture.extend(page_view::lines(view, label, columns));
    }
    if picture.is_empty() {
        picture = folded("No file of this story is mapped now.", columns, 0);
    }
    picture.truncate(height.saturating_sub(4)); // A line each: heading, text, rule, keys.
    let room = height.saturating_sub(picture.len() + 2);
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
    text.push(Row::from("-".repeat(columns)).dim());
    text.extend(picture.iter().map(styled));
    let keys = match story.ended() {
        Some(status) if status.success() => "the end: q leaves",
        Some(_) => "the story failed: q leaves",
        None if story.is_waiting() => "space: next   q: quit",
        None => "…             q: quit",
    };
    text.push(Row::from(format!("Lesson {number}   {keys}")).reversed());
    text
}
