//! What lies where in a piece of memory: a row for each field, with its offset, lowest first.

use page_view::{Field, Report};

use crate::canvas::{Anchor, Canvas};

const LEFT: f64 = 76.0;
const WIDTH: f64 = 330.0;
const ROW: f64 = 32.0;
/// Above so many neighbours of one size, the middle ones are left out.
const MOST_ALIKE: usize = 4;

/// One row of the drawing.
enum Row<'r> {
    Field(&'r Field),
    /// So many bytes that no field has.
    Unused(u64, u64),
    /// So many fields like their neighbours.
    Left(usize, u64, u64),
}

/// Draws every layout among these reports; `None` if there is none.
pub(crate) fn draw(heading: &str, reports: &[Report]) -> Option<String> {
    let title = heading.split_once(". ").map_or(heading, |(_, title)| title);
    let mut canvas = Canvas::new();
    canvas.text("title", Anchor::Start, [0.0, 12.0], title);
    let mut y = 34.0;
    let mut found = false;
    for report in reports {
        let Report::Layout { title, fields } = report else { continue };
        found = true;
        y = one(&mut canvas, y, title, fields);
    }
    found.then(|| canvas.finish(title))
}

fn one(canvas: &mut Canvas, mut y: f64, title: &str, fields: &[Field]) -> f64 {
    canvas.text("name", Anchor::Start, [LEFT, y + 8.0], title);
    canvas.text("tiny", Anchor::End, [LEFT - 10.0, y + 8.0], "offset");
    canvas.say(&format!("{title}:"));
    y += 18.0;
    for row in rows(fields) {
        let (class, offset, name, length) = match row {
            Row::Field(field) => ("frame", field.offset, field.name.clone(), field.length),
            Row::Unused(offset, length) => ("none", offset, "unused".into(), length),
            Row::Left(count, offset, length) => ("copy", offset, format!("… {count} more"), length),
        };
        canvas.rect(class, [LEFT, y, WIDTH, ROW], 3.0);
        canvas.text("small", Anchor::End, [LEFT - 10.0, y + 13.0], &offset.to_string());
        canvas.text("", Anchor::Start, [LEFT + 12.0, y + 21.0], &name);
        let unit = if length == 1 { "byte" } else { "bytes" };
        let size = format!("{length} {unit}");
        canvas.text("small", Anchor::End, [LEFT + WIDTH - 12.0, y + 21.0], &size);
        canvas.say(&format!("from byte {offset}: {name}, {size}."));
        y += ROW;
    }
    let end = fields.last().map_or(0, |field| field.offset + field.length);
    canvas.text("small", Anchor::End, [LEFT - 10.0, y + 5.0], &end.to_string());
    y + 34.0
}

/// The rows: fields, the gaps between them, and one row for the middle of a long series.
fn rows(fields: &[Field]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut end = fields.first().map_or(0, |field| field.offset);
    if end > 0 {
        rows.push(Row::Unused(0, end));
    }
    let series = |one: &Field, next: &Field| {
        one.length == next.length
            && one.offset + one.length == next.offset
            && prefix(&one.name) == prefix(&next.name)
    };
    for alike in fields.chunk_by(series) {
        if let Some(first) = alike.first().filter(|first| first.offset > end) {
            rows.push(Row::Unused(end, first.offset - end));
        }
        if alike.len() > MOST_ALIKE {
            let left = &alike[2..alike.len() - 1];
            let bytes = left.iter().map(|field| field.length).sum();
            rows.extend(alike[..2].iter().map(Row::Field));
            rows.push(Row::Left(left.len(), left[0].offset, bytes));
            rows.extend(alike.last().map(Row::Field));
        } else {
            rows.extend(alike.iter().map(Row::Field));
        }
        end = alike.last().map_or(end, |last| last.offset + last.length);
    }
    rows
}

/// A name without the number at its end.
fn prefix(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(offset: u64, length: u64, name: &str) -> Field {
        Field { offset, length, name: name.into() }
    }

    #[test]
    fn gaps_are_unused_and_the_middle_of_a_long_series_is_left_out() {
        let mut fields = vec![field(0, 8, "count")];
        fields.extend((0..10).map(|slot| field(64 + slot * 16, 16, &format!("slot {slot}"))));
        let shown: Vec<String> = rows(&fields)
            .iter()
            .map(|row| match row {
                Row::Field(field) => field.name.clone(),
                Row::Unused(offset, length) => format!("unused {offset} {length}"),
                Row::Left(count, offset, length) => format!("left {count} {offset} {length}"),
            })
            .collect();
        let expected = ["count", "unused 8 56", "slot 0", "slot 1", "left 7 96 112", "slot 9"];
        assert_eq!(shown, expected);
    }
}
