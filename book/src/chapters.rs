//! The chapters of the book, in the order of its sidebar.

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Context, Failure, Result};

use crate::{files, questions};

/// The text that a reader opens first, and the README, which follows.
const OVERVIEW: &str = "lessons/README.md";
const README: &str = "README.md";
/// The path from which the links of a task card begin. There is no such file.
const CARD: &str = "lessons/card.md";

/// A text of the course, and its page in the book.
#[derive(Debug)]
pub(crate) struct Chapter {
    /// The text's path in the checkout. Its relative links begin there.
    pub(crate) path: PathBuf,
    /// Its Markdown.
    pub(crate) text: String,
    /// The path of its copy for mdBook, below `src/`. The page has the same path, and ends in `.html`.
    pub(crate) page: PathBuf,
    /// What stands in the sidebar.
    pub(crate) title: String,
    /// The part of the book that begins with this chapter.
    pub(crate) begins: Option<&'static str>,
    /// Whether the chapter belongs to the one above it.
    pub(crate) is_nested: bool,
}

impl Chapter {
    /// Whether it is the text of a lesson.
    pub(crate) fn is_lesson(&self) -> bool {
        self.path.to_string_lossy().starts_with("lessons/lesson-")
    }

    /// Whether it is the task card of an exercise.
    pub(crate) fn is_card(&self) -> bool {
        self.path == Path::new(CARD)
    }

    /// Whether it has recorded runs, which the reader goes through step by step.
    pub(crate) fn has_recordings(&self) -> bool {
        self.path.starts_with("book/pages")
    }

    /// Whether its first paragraph says how long it takes.
    pub(crate) fn says_minutes(&self) -> bool {
        self.is_lesson() || self.is_card() || self.path == Path::new(OVERVIEW)
    }

    /// Whether a reader of the whole course comes to it from the chapter before it.
    pub(crate) fn is_on_the_way(&self) -> bool {
        self.is_lesson() || self.is_card() || self.path == Path::new(README)
    }
}

/// Every chapter: the overview, the README, each lesson with its exercise, the recorded runs, the
/// reference, and the notes for teachers.
pub(crate) fn all(root: &Path) -> Result<Vec<Chapter>> {
    let mut chapters = vec![
        chapter(root, OVERVIEW, "index.md", Some("The course"))?,
        Chapter { title: "About the course".into(), ..chapter(root, README, "about.md", None)? },
    ];
    let lessons = markdown_in(root, "lessons")?;
    let lessons = lessons.iter().filter(|path| path.starts_with("lessons/lesson-"));
    for (index, path) in lessons.enumerate() {
        let (page, number) = (path.trim_start_matches("lessons/"), index + 1);
        let mut lesson = chapter(root, path, page, (index == 0).then_some("The lessons"))?;
        lesson.text = questions::asked(&lesson.text, &questions::section(root, number)?);
        chapters.push(lesson);
        if root.join(format!("crates/exercises/src/bin/exercise-{number}.rs")).is_file() {
            chapters.push(card(root, number)?);
        }
    }
    let page_map = with_recordings(root, "page-map")?;
    chapters.push(Chapter { begins: Some("Step by step"), ..page_map });
    chapters.push(with_recordings(root, "scheduler")?);
    chapters.push(chapter(root, "lessons/glossary.md", "glossary.md", Some("Reference"))?);
    chapters.push(chapter(root, "lessons/ledger.md", "ledger.md", None)?);
    if root.join("lessons/ledger").is_dir() {
        for path in markdown_in(root, "lessons/ledger")? {
            let page = path.trim_start_matches("lessons/");
            chapters.push(Chapter { is_nested: true, ..chapter(root, &path, page, None)? });
        }
    }
    chapters.push(chapter(root, "lessons/kernels.md", "kernels.md", None)?);
    chapters.push(chapter(root, "lessons/teaching.md", "teaching.md", Some("For teachers"))?);
    Ok(chapters)
}

/// The summary from which mdBook makes the sidebar.
pub(crate) fn summary(chapters: &[Chapter]) -> String {
    let mut text = String::from("# Summary\n");
    for chapter in chapters {
        if let Some(part) = chapter.begins {
            text += &format!("\n# {part}\n\n");
        }
        let indent = if chapter.is_nested { "    " } else { "" };
        text += &format!("{indent}- [{}]({})\n", chapter.title, chapter.page.display());
    }
    text
}

/// The paths of the Markdown files in a directory of the checkout, in order.
fn markdown_in(root: &Path, directory: &str) -> Result<Vec<String>> {
    let found = files::entries(&root.join(directory))?;
    let names = found.iter().filter_map(|path| path.file_name()?.to_str());
    let names = names.filter(|name| name.ends_with(".md"));
    Ok(names.map(|name| format!("{directory}/{name}")).collect())
}

/// The comments in whose place a recording stands, with what its file's name begins with, and the class of
/// the element for which the scripts look.
const RECORDINGS: [(&str, &str, &str); 2] =
    [("<!-- recording: ", "", "page-map"), ("<!-- race: ", "race-", "scheduler")];

/// A page of the book alone. In place of each comment `<!-- recording: NAME -->` or `<!-- race: NAME -->`
/// stands the recording of that name, as the scripts expect it.
fn with_recordings(root: &Path, name: &str) -> Result<Chapter> {
    let path = format!("book/pages/{name}.md");
    let page = chapter(root, &path, &format!("{name}.md"), None)?;
    let mut text = String::new();
    for line in page.text.lines() {
        let found = RECORDINGS.iter().find_map(|(comment, start, class)| {
            let name = line.strip_prefix(comment)?.strip_suffix(" -->")?;
            Some((format!("lessons/recordings/{start}{name}.json"), class))
        });
        match found {
            Some((file, class)) => text += &embedded(&files::read(&root.join(file))?, class),
            None => text += line,
        }
        text += "\n";
    }
    Ok(Chapter { text, ..page })
}

/// A recording in one line of HTML. Markdown would end the HTML at an empty line.
fn embedded(recording: &str, class: &str) -> String {
    let json: String = recording.lines().map(str::trim).collect();
    let json = json.replace('<', "\\u003c");
    format!("<div class=\"{class}\"><script type=\"application/json\">{json}</script></div>")
}

fn chapter(root: &Path, path: &str, page: &str, begins: Option<&'static str>) -> Result<Chapter> {
    let text = files::read(&root.join(path))?;
    let title = title(&text).ok_or_else(|| {
        Failure::refusal(
            "read",
            Path::new(path),
            "does not begin with a heading, such as `# Title`",
        )
    })?;
    Ok(Chapter { path: path.into(), page: page.into(), title, text, begins, is_nested: false })
}

/// The text of the first heading. In the sidebar, code has no backticks.
fn title(text: &str) -> Option<String> {
    Some(text.lines().next()?.strip_prefix("# ")?.replace('`', ""))
}

/// The task card of an exercise, as the judge prints it in Markdown.
fn card(root: &Path, number: usize) -> Result<Chapter> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["check-exercise", "card", &number.to_string(), "--markdown"]).current_dir(root);
    let output = command.output().step("start cargo check-exercise")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match title(&text) {
        Some(title) if output.status.success() => Ok(Chapter {
            path: CARD.into(),
            page: format!("exercise-{number}.md").into(),
            title,
            text,
            begins: None,
            is_nested: true,
        }),
        _ => {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let what = format!("the card of exercise {number}");
            Err(Failure::refusal("print", Path::new(&what), errors))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sidebar_follows_the_course() {
        let root = common::root().unwrap();
        let chapter = |path, page, begins| chapter(&root, path, page, begins).unwrap();
        let card = Chapter { is_nested: true, ..chapter("README.md", "exercise-1.md", None) };
        let chapters = [chapter("lessons/glossary.md", "glossary.md", Some("Reference")), card];
        assert_eq!(
            summary(&chapters),
            "# Summary\n\n# Reference\n\n- [Glossary](glossary.md)\n    - [Mapped memory between processes](exercise-1.md)\n"
        );
    }

    #[test]
    fn a_text_without_a_heading_is_refused() {
        let refused = chapter(&common::root().unwrap(), "LICENSE", "LICENSE.md", None).unwrap_err();
        assert!(refused.to_string().contains("does not begin with a heading"), "{refused}");
    }

    #[test]
    fn a_recording_is_one_line_in_which_no_tag_can_begin() {
        let html = embedded("{\n  \"told\": \"a</script>\"\n}\n", "page-map");
        assert!(html.contains(r#"{"told": "a\u003c/script>"}"#), "{html}");
        assert!(!html.contains('\n'), "{html}");
    }

    #[test]
    fn a_title_has_no_backticks() {
        assert_eq!(title("# `munmap`\n"), Some("munmap".into()));
        assert_eq!(title("Text\n# Later\n"), None);
    }
}
