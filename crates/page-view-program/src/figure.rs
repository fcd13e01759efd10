//! A figure of a lesson's text, drawn from what its story does. What differs from run to run (process
//! numbers, addresses, frames) is not in it.

use std::path::Path;

use common::{Failure, Result};
use page_view::Report;

use crate::moment::{Moment, add};
use crate::story_process::{Story, file_name, process_name};
use crate::{drawing, layout, output, timeline};

/// A figure, by its name.
struct Figure {
    lesson: usize,
    step: usize,
    subject: Subject,
}

/// What a figure shows of a step.
enum Subject {
    /// The memory at these pauses, side by side.
    Looks(Vec<usize>),
    /// What happened in which order.
    Timeline,
    /// What lies where in memory.
    Layout,
}

/// Prints the figure `name`: `lesson-N-step-S-look-K` shows the K-th pause of step S,
/// `lesson-N-step-S-looks-J-K` two pauses side by side; `-timeline` and `-layout` show what the step
/// reports.
///
/// # Errors
/// The story's own; and a refusal if the story has nothing of that name.
pub(crate) fn print(name: &str) -> Result<()> {
    let refuse = |why: &str| Failure::refusal("draw", Path::new(name), why);
    let kinds = "lesson-N-step-S-look-K, …-looks-J-K, …-timeline, or …-layout";
    let figure = Figure::parse(name).ok_or_else(|| refuse(&format!("not {kinds}")))?;
    let mut story = Story::of(figure.lesson)?;
    let start = format!("{}. ", figure.step);
    let mut wanted =
        if let Subject::Looks(looks) = &figure.subject { looks.clone() } else { vec![0] };
    let (mut looks, mut moments) = (0, Vec::new());
    let mut at_end = (String::new(), Vec::new());
    while story.ended().is_none() && !wanted.is_empty() {
        if !story.is_waiting() {
            story.listen()?;
            continue;
        }
        let heading = story.step().first().cloned().unwrap_or_default();
        if heading.starts_with(&start) {
            looks += 1;
            at_end = (heading, story.reports().to_vec());
            if wanted.first() == Some(&looks) {
                wanted.remove(0);
                moments.push(moment(&story));
            }
        } else if looks > 0 {
            break;
        }
        story.go_on();
    }
    story.result()?;
    let (heading, reports) = at_end;
    let drawn = match figure.subject {
        Subject::Looks(_) if !wanted.is_empty() => Err("the step has no such pause"),
        Subject::Looks(_) => memory(&heading, moments),
        Subject::Timeline => timeline::draw(&heading, &reports).ok_or("the step reports no event"),
        Subject::Layout => layout::draw(&heading, &reports).ok_or("the step reports no layout"),
    };
    output::write(drawn.map_err(refuse)?.as_bytes())
}

impl Figure {
    fn parse(name: &str) -> Option<Self> {
        let (lesson, rest) = name.strip_prefix("lesson-")?.split_once("-step-")?;
        let (step, subject) = rest.split_once('-')?;
        let subject = match subject.split('-').collect::<Vec<_>>().as_slice() {
            ["look", look] => Subject::Looks(vec![look.parse().ok()?]),
            ["looks", one, two] => Subject::Looks(vec![one.parse().ok()?, two.parse().ok()?]),
            ["timeline"] => Subject::Timeline,
            ["layout"] => Subject::Layout,
            _ => return None,
        };
        Some(Self { lesson: lesson.parse().ok()?, step: step.parse().ok()?, subject })
    }
}

/// The memory that the story is about now.
pub(crate) fn moment(story: &Story) -> Moment {
    let title = story.title().unwrap_or_default().to_string();
    let mut moment = Moment { title, processes: Vec::new() };
    for seen in story.seen() {
        add(&mut moment, &process_name(seen.process), &seen.view, file_name);
    }
    moment
}

fn memory(heading: &str, mut moments: Vec<Moment>) -> std::result::Result<String, &'static str> {
    if moments.iter().any(|moment| moment.processes.is_empty()) {
        return Err("no file of this story is mapped then");
    }
    let heading = heading.split_once(". ").map_or(heading, |(_, heading)| heading);
    if moments.len() > 1 {
        for (moment, name) in moments.iter_mut().zip(["before", "after"]) {
            if moment.title.is_empty() {
                moment.title = name.into();
            }
        }
    }
    Ok(drawing::draw(heading, &moments))
}

/// Prints every pause of lesson `number`'s story, as the names of figures count them.
///
/// # Errors
/// The story's own.
pub(crate) fn list(number: usize) -> Result<()> {
    let mut story = Story::of(number)?;
    let (mut heading, mut looks, mut told) = (String::new(), 0, 0);
    while story.ended().is_none() {
        if !story.is_waiting() {
            story.listen()?;
            continue;
        }
        let step = story.step().to_vec();
        let now = step.first().cloned().unwrap_or_default();
        if now != heading {
            (heading, looks, told) = (now, 0, 0);
        }
        looks += 1;
        let complete = step.len() - 1; // The last line is still empty.
        step[told.min(complete)..complete].iter().try_for_each(|line| common::say!("{line}"))?;
        told = complete;
        let number_of_step = heading.split_once(". ").map_or("", |(number, _)| number);
        let title = story.title().map(|title| format!(": {title}")).unwrap_or_default();
        common::say!("--- lesson-{number}-step-{number_of_step}-look-{looks}{title}")?;
        let reports = story.reports();
        for (kind, found) in [
            ("timeline", reports.iter().any(|report| matches!(report, Report::Event { .. }))),
            ("layout", reports.iter().any(|report| matches!(report, Report::Layout { .. }))),
        ] {
            if found {
                common::say!("--- lesson-{number}-step-{number_of_step}-{kind}")?;
            }
        }
        story.go_on();
    }
    story.result()
}
