//! A figure of a lesson's text: the pages as they are at one pause of its story. What differs from
//! run to run (process numbers, addresses, frames) is not in it.

use std::path::Path;

use common::{Failure, Result};

use crate::story::Story;
use crate::{output, svg};

/// Prints the figure `lesson-N-step-S-look-K`: lesson N's K-th pause in step S.
///
/// # Errors
/// The story's own; and a refusal if the story has no such pause or maps nothing there.
pub(crate) fn print(name: &str) -> Result<()> {
    let refuse = |why: &str| Failure::refusal("draw", Path::new(name), why);
    let named = || refuse("a figure's name is lesson-N-step-S-look-K");
    let [lesson, step, look] = numbers(name).ok_or_else(named)?;
    let mut story = Story::of(lesson)?;
    let (mut heading, mut looks) = (String::new(), 0);
    while story.ended().is_none() {
        if !story.is_waiting() {
            story.listen()?;
            continue;
        }
        let now = story.step().first().cloned().unwrap_or_default();
        looks = if now == heading { looks + 1 } else { 1 };
        heading = now;
        if looks == look && heading.starts_with(&format!("{step}. ")) {
            let plain = |label: String| label.split_whitespace().collect::<Vec<_>>().join(" ");
            let views = story.views().into_iter().map(|(label, view)| (plain(label), view));
            let views: Vec<_> = views.collect();
            return match views.is_empty() {
                true => Err(refuse("no file of this story is mapped then")),
                false => output::write(svg::titled(&heading, &views).as_bytes()),
            };
        }
        story.go_on();
    }
    story.result()?;
    Err(refuse("the story has no such pause"))
}

/// Three numbers and the words between them.
fn numbers(name: &str) -> Option<[usize; 3]> {
    let (lesson, rest) = name.strip_prefix("lesson-")?.split_once("-step-")?;
    let (step, look) = rest.split_once("-look-")?;
    Some([lesson.parse().ok()?, step.parse().ok()?, look.parse().ok()?])
}
