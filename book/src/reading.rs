//! What helps a reader of the book on the way through it: how long a chapter takes and what it needs, in a
//! box under the title, what comes next, and which part of a lesson is for looking something up.

use crate::chapters::Chapter;

/// A chapter's text with its first paragraph in a box: how long the chapter takes, and what it needs.
pub(crate) fn with_needs(text: &str) -> String {
    let mut parts = text.splitn(3, "\n\n");
    match (parts.next(), parts.next(), parts.next()) {
        (Some(title), Some(needs), Some(rest)) if title.starts_with("# ") => {
            format!("{title}\n\n<div class=\"needs\">\n\n{needs}\n\n</div>\n\n{rest}")
        }
        _ => text.into(),
    }
}

/// A lesson in which the table of claims is folded: it is as long as a quarter of the lesson, and stands
/// between the questions and the exercise.
pub(crate) fn with_folded_claims(text: &str) -> String {
    let Some((before, claims)) = text.split_once("\n## Claims\n") else { return text.into() };
    let (claims, after) = claims.split_at(claims.find("\n## ").unwrap_or(claims.len()));
    let Some((words, table)) = claims.split_once("\n\n| ") else { return text.into() };
    // Above the rows are the line of the heads and the line of the rules.
    let rows = table.lines().filter(|line| !line.is_empty()).count().saturating_sub(2);
    format!(
        "{before}\n## Claims\n{words}\n\n<details class=\"claims\">\n<summary>Show the {rows} claims</summary>\n\n| {}\n\n</details>\n{after}",
        table.trim_end()
    )
}

/// A lesson that links to the recorded runs about it on other pages of the book, at the end of what the
/// reader sees, and to the card of its exercise.
pub(crate) fn with_ways_to_try(text: &str, recorded: &[String], card: Option<&Chapter>) -> String {
    let mut text = text.to_owned();
    if let Some(card) = card {
        let minutes = minutes(&card.text).map(|minutes| format!("About {minutes} minutes. "));
        let about = format!(
            "\n## Exercise\n\n{}[{}]({}) lists what is judged, with the points.\n",
            minutes.unwrap_or_default(),
            card.title,
            card.page.display(),
        );
        text = text.replacen("\n## Exercise\n", &about, 1);
    }
    if let [first @ .., last] = recorded {
        let list = first.join(", ") + if first.is_empty() { "" } else { " and " } + last;
        let link = format!(
            "\nYou can go through it step by step on another page: {list}.\n\n## How it works\n"
        );
        text = text.replacen("\n## How it works\n", &link, 1);
    }
    text
}

/// Links to the sections of a page with recordings that name the lesson: `([Lesson 3](lesson-3.md))`.
pub(crate) fn recorded(page: &Chapter, lesson: &Chapter) -> Vec<String> {
    let file = lesson.path.file_name().unwrap_or_default().to_string_lossy();
    let sections = page.text.split("\n## ").skip(1);
    let about = sections.filter(|section| {
        let mut ends = section.split("([Lesson ").skip(1);
        ends.any(|end| end.split(')').next().is_some_and(|link| link.ends_with(file.as_ref())))
    });
    let titles = about.filter_map(|section| section.lines().next());
    titles.map(|title| format!("[{title}]({}#{})", page.page.display(), anchor(title))).collect()
}

/// The anchor that mdBook gives a heading.
fn anchor(heading: &str) -> String {
    let letters = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ => letter.is_alphanumeric().then_some(letter),
    });
    letters.collect::<String>().to_lowercase()
}

/// The line at the end of a chapter: which chapter comes next, and how long it takes.
pub(crate) fn next(chapter: &Chapter) -> String {
    let minutes = minutes(&chapter.text).map(|minutes| format!(", {minutes} minutes"));
    format!(
        "\n<div class=\"following\">\n\nNext: [{}]({}){}\n\n</div>\n",
        chapter.title,
        chapter.page.display(),
        minutes.unwrap_or_default()
    )
}

/// How many minutes a chapter takes, as its first paragraph says: `25 minutes.`, `About 25 minutes, …`.
fn minutes(text: &str) -> Option<&str> {
    let first = text.split("\n\n").nth(1)?;
    let number = first.split_once(" minutes")?.0.rsplit(' ').next()?;
    number.bytes().all(|digit| digit.is_ascii_digit()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(path: &str, text: &str) -> Chapter {
        Chapter {
            path: path.into(),
            text: text.into(),
            page: std::path::Path::new(path).file_name().unwrap().into(),
            title: text.lines().next().unwrap().trim_start_matches("# ").into(),
            begins: None,
            is_nested: false,
        }
    }

    #[test]
    fn the_first_paragraph_is_a_box() {
        let text = with_needs("# T\n\n5 minutes.\n\nText.\n");
        assert_eq!(text, "# T\n\n<div class=\"needs\">\n\n5 minutes.\n\n</div>\n\nText.\n");
    }

    #[test]
    fn the_claims_are_folded_and_counted_and_what_follows_is_not() {
        let text = "# T\n\n## Claims\n\nWords.\n\n| claim |\n| --- |\n| a |\n| b |\n\n## Exercise\n\nDo it.\n";
        let folded = with_folded_claims(text);
        assert!(folded.contains("Words.\n\n<details class=\"claims\">\n<summary>Show the 2 claims</summary>\n\n| claim |\n"), "{folded}");
        assert!(folded.ends_with("| b |\n\n</details>\n\n## Exercise\n\nDo it.\n"), "{folded}");
        assert_eq!(with_folded_claims("# T\n"), "# T\n");
    }

    #[test]
    fn a_lesson_links_to_the_recordings_that_name_it_and_to_its_card() {
        let lesson = chapter("lessons/lesson-1-a.md", "# L\n");
        let page = chapter(
            "book/pages/map.md",
            "# Map\n\n## fork: a, `b`\n\nIt is. ([Lesson 1](../../lessons/lesson-1-a.md))\n\n\
             ## Other\n\n[Lesson 1](../../lessons/lesson-1-a.md) says more. ([Lesson 2](../../lessons/lesson-2-b.md))\n",
        );
        let recorded = recorded(&page, &lesson);
        assert_eq!(recorded, ["[fork: a, `b`](map.md#fork-a-b)"]);
        let card = chapter("exercise-1.md", "# Exercise 1: a\n\nAbout 60 minutes, after it.\n");
        let text = "# L\n\nSee.\n\n## How it works\n\nSo.\n\n## Exercise\n\nDo it.\n";
        let text = with_ways_to_try(text, &recorded, Some(&card));
        assert!(
            text.contains(
                "See.\n\nYou can go through it step by step on another page: [fork: a, `b`](map.md#fork-a-b).\n\n## How"
            ),
            "{text}"
        );
        assert!(text.contains("About 60 minutes. [Exercise 1: a](exercise-1.md) lists what is judged, with the points.\n\nDo it."), "{text}");
    }

    #[test]
    fn the_next_chapter_is_named_with_its_minutes() {
        let line = |text: &str| next(&chapter("lessons/lesson-2-b.md", text));
        let with = "Next: [Lesson 2: B](lesson-2-b.md), 60 minutes\n";
        assert!(line("# Lesson 2: B\n\n60 minutes. Needs it.\n").contains(with));
        assert!(line("# Lesson 2: B\n\nText.\n").contains("(lesson-2-b.md)\n"));
    }
}
