//! The time line of a step: one lane for each process, one row for each event, time running down.

use page_view::Report;

use crate::canvas::{Anchor, Canvas};

const LANE: f64 = 210.0;
const ROW: f64 = 46.0;
const TOP: f64 = 62.0;

/// One event, in its lane.
struct Event<'r> {
    lane: usize,
    what: &'r str,
    to: Option<usize>,
    sleeps: bool,
}

/// Draws the events among these reports; `None` if there are none.
pub(crate) fn draw(heading: &str, reports: &[Report]) -> Option<String> {
    let (lanes, events) = read(reports);
    if events.is_empty() {
        return None;
    }
    let title = heading.split_once(". ").map_or(heading, |(_, title)| title);
    let mut canvas = Canvas::new();
    canvas.text("title", Anchor::Start, [0.0, 12.0], title);
    let middle = |lane: usize| 56.0 + LANE / 2.0 + lane as f64 * (LANE + 40.0);
    let bottom = TOP + events.len() as f64 * ROW + 6.0;
    for (lane, name) in lanes.iter().enumerate() {
        canvas.text("name", Anchor::Middle, [middle(lane), TOP - 18.0], name);
        canvas.line("lane", [middle(lane), TOP - 8.0], [middle(lane), bottom]);
    }
    canvas.text("band", Anchor::Start, [0.0, TOP + 6.0], "time");
    canvas.line("link", [14.0, TOP + 16.0], [14.0, bottom - 8.0]);
    canvas.line("link", [14.0, bottom - 8.0], [10.0, bottom - 16.0]);
    canvas.line("link", [14.0, bottom - 8.0], [18.0, bottom - 16.0]);
    sleeps(&mut canvas, &events, middle, bottom);
    for (row, event) in events.iter().enumerate() {
        let y = TOP + row as f64 * ROW;
        let width = (Canvas::text_width(event.what, 13.0) + 24.0).clamp(80.0, LANE + 30.0);
        let x = middle(event.lane) - width / 2.0;
        canvas.rect("frame", [x, y, width, 30.0], 6.0);
        canvas.text("", Anchor::Middle, [middle(event.lane), y + 20.0], event.what);
        if let Some(to) = event.to.filter(|to| *to != event.lane) {
            let right = middle(to) > middle(event.lane);
            let start = if right { x + width } else { x };
            let end = middle(to) + if right { -8.0 } else { 8.0 };
            canvas.arrow_across([start, y + 15.0], end);
        }
    }
    for event in &events {
        let to = event.to.map(|to| format!(", which has an effect on {}", lanes[to]));
        let sleeps = if event.sleeps { " and sleeps" } else { "" };
        let to = to.unwrap_or_default();
        canvas.say(&format!("{}: {}{sleeps}{to}.", lanes[event.lane], event.what));
    }
    Some(canvas.finish(title))
}

/// The lanes in the order of their first events, and the events.
fn read(reports: &[Report]) -> (Vec<&str>, Vec<Event<'_>>) {
    let mut lanes: Vec<&str> = Vec::new();
    let mut events = Vec::new();
    for report in reports {
        let Report::Event { lane, what, to, sleeps } = report else { continue };
        let lane = lane_of(&mut lanes, lane);
        let to = to.as_deref().map(|to| lane_of(&mut lanes, to));
        events.push(Event { lane, what, to, sleeps: *sleeps });
    }
    (lanes, events)
}

fn lane_of<'r>(lanes: &mut Vec<&'r str>, name: &'r str) -> usize {
    lanes.iter().position(|lane| *lane == name).unwrap_or_else(|| {
        lanes.push(name);
        lanes.len() - 1
    })
}

/// A bar from each event that sleeps to the next one of its lane.
fn sleeps(canvas: &mut Canvas, events: &[Event<'_>], middle: impl Fn(usize) -> f64, bottom: f64) {
    for (row, event) in events.iter().enumerate().filter(|(_, event)| event.sleeps) {
        let next = events.iter().skip(row + 1).position(|next| next.lane == event.lane);
        let end = next.map_or(bottom, |after| TOP + (row + 1 + after) as f64 * ROW);
        let start = TOP + row as f64 * ROW + 30.0;
        canvas.rect("sleep", [middle(event.lane) - 7.0, start, 14.0, end - start], 2.0);
        canvas.text("tiny", Anchor::Start, [middle(event.lane) + 12.0, start + 13.0], "asleep");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(lane: &str, to: Option<&str>, sleeps: bool) -> Report {
        let (what, to) = ("does it".into(), to.map(String::from));
        Report::Event { lane: lane.into(), what, to, sleeps }
    }

    #[test]
    fn an_arrow_leads_to_the_lane_of_the_process_that_sleeps() {
        let reports = [
            event("receiver", None, true),
            event("sender", Some("receiver"), false),
            event("receiver", None, false),
        ];
        let (lanes, events) = read(&reports);
        assert_eq!(lanes, ["receiver", "sender"]);
        assert_eq!((events[1].lane, events[1].to), (1, Some(0)));
        let picture = draw("4. A wake-up", &reports).unwrap_or_default();
        assert_eq!(picture.matches("class='frame'").count(), 3);
        assert_eq!(picture.matches("class='sleep'").count(), 1);
        assert_eq!(picture.matches("<polygon").count(), 1);
        assert!(picture.contains("<title id='title'>A wake-up</title>"), "{picture}");
    }

    #[test]
    fn a_step_without_events_has_no_time_line() {
        assert_eq!(draw("4. A wake-up", &[Report::Title("x".into())]), None);
    }
}
