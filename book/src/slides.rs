//! Slides made from the lessons: `cargo book --slides`, or `just slides`. No slide has a text of its own.
//!
//! Each section of a lesson becomes a few slides. A paragraph gives its first sentence; all of it stands in
//! the notes of the speaker, which the key S shows. Figures, code and tables get slides of their own,
//! below the sentence that leads to them.
//! reveal.js shows the slides. npm installs it in `book/slides`.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use common::{Context, Failure, Result};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, html};

use crate::{files, succeed};

/// Sections that are for reading: the list of claims, and what follows it.
const LEFT_OUT: [&str; 4] = ["Claims", "Going deeper", "Further", "What will happen?"];
/// The most lines of code, or of a program's output, on one slide: more are too small to be read.
const LINES: usize = 24;
/// The most sentences on one slide.
const SENTENCES: usize = 4;
/// What of reveal.js the slides need, from its directory `dist`.
const PARTS: [&str; 5] =
    ["reset.css", "reveal.css", "reveal.js", "theme/white.css", "plugin/notes.js"];

/// Writes the slides of one lesson, and reveal.js beside them, into `slides/` of the book.
///
/// # Errors
/// reveal.js cannot be installed, or a file cannot be written.
pub(crate) fn write(root: &Path, book: &Path, page: &Path, text: &str) -> Result<()> {
    let reveal = root.join("book/slides/node_modules/reveal.js/dist");
    if !reveal.is_dir() {
        let mut npm = Command::new("npm");
        succeed(npm.args(["ci", "--silent", "--prefix"]).arg(root.join("book/slides")))?;
    }
    let slides = book.join("slides");
    for part in PARTS {
        let to = slides.join("reveal").join(part);
        let directory = to.parent().unwrap_or(&to);
        std::fs::create_dir_all(directory).step_on("make the directory", directory)?;
        files::copy(&reveal.join(part), &to)?;
    }
    files::copy(&root.join("book/theme/slides.css"), &slides.join("slides.css"))?;
    files::copy(&root.join("book/theme/slides.js"), &slides.join("slides.js"))?;
    let (title, sections) = sections(text)
        .ok_or_else(|| Failure::refusal("make slides of", page, "does not begin with a heading"))?;
    files::write(&slides.join(page), &document(&title, &sections))
}

/// One slide: what it shows, and what the speaker may read.
#[derive(Debug, PartialEq, Eq)]
struct Slide {
    heading: String,
    shown: String,
    notes: String,
}

/// The title of a lesson, and its sections, each with its slides.
fn sections(text: &str) -> Option<(String, Vec<Vec<Slide>>)> {
    let title = text.lines().next()?.strip_prefix("# ")?.to_owned();
    let mut sections = Vec::new();
    let mut current: Option<Section> = None;
    for (block, range) in blocks(text) {
        let source = &text[range];
        match block {
            Block::Heading(HeadingLevel::H1) => {}
            Block::Heading(level) => {
                let heading = source.trim_start_matches('#').trim();
                if level == HeadingLevel::H2 {
                    sections.extend(current.take().map(Section::ended));
                    let is_shown = !LEFT_OUT.contains(&heading);
                    current = is_shown.then(|| Section::new(text, heading));
                } else if let Some(section) = &mut current {
                    section.begins(heading);
                }
            }
            Block::Sentences => {
                current.iter_mut().for_each(|section| section.says(source));
            }
            Block::Whole => current.iter_mut().for_each(|section| section.shows(source)),
        }
    }
    sections.extend(current.take().map(Section::ended));
    sections.retain(|slides| !slides.is_empty());
    Some((title, sections))
}

/// A part of the text, by what becomes of it.
#[derive(Debug, PartialEq, Eq)]
enum Block {
    Heading(HeadingLevel),
    /// A paragraph or an item of a list. Its first sentence is shown.
    Sentences,
    /// A figure, code or a table.
    Whole,
}

/// The parts of a text, in order.
fn blocks(text: &str) -> Vec<(Block, Range<usize>)> {
    let mut blocks = Vec::new();
    let mut until = 0;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        if range.start < until {
            continue; // A part of the block before.
        }
        let block = match event {
            Event::Start(Tag::Heading { level, .. }) => Block::Heading(level),
            Event::Start(Tag::Paragraph) if text[range.clone()].starts_with("![") => Block::Whole,
            Event::Start(Tag::Paragraph | Tag::Item) => Block::Sentences,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_)) | Tag::Table(_)) => Block::Whole,
            _ => continue,
        };
        until = range.end;
        blocks.push((block, range));
    }
    blocks
}

/// A section while its slides are made.
struct Section<'a> {
    text: &'a str,
    heading: String,
    slides: Vec<Slide>,
    /// The sentences of the next slide, as Markdown, and the paragraphs that they begin.
    said: Vec<(String, String)>,
}

impl<'a> Section<'a> {
    fn new(text: &'a str, heading: &str) -> Self {
        Self { text, heading: heading.into(), slides: Vec::new(), said: Vec::new() }
    }

    /// A part of the section has a heading of its own.
    fn begins(&mut self, heading: &str) {
        self.finish();
        self.heading = heading.into();
    }

    fn says(&mut self, paragraph: &str) {
        let paragraph = paragraph.trim().trim_start_matches("- ").trim();
        if self.said.len() == SENTENCES {
            self.finish();
        }
        let mut shown = first_sentence(paragraph);
        // A quotation is what others say. What is true follows.
        if shown.trim_start_matches('*').starts_with('"') {
            let rest = &paragraph[shown.len()..];
            let spaces = rest.len() - rest.trim_start().len();
            shown = &paragraph[..shown.len() + spaces + first_sentence(rest.trim_start()).len()];
        }
        self.said.push((shown.into(), paragraph.into()));
    }

    /// A figure, code or a table has a slide of its own, with what leads to it.
    fn shows(&mut self, source: &str) {
        let last = self.said.pop();
        self.finish();
        let (mut sentence, all) = last.unwrap_or_default();
        let notes = self.html(&all);
        for part in in_parts(source) {
            let shown = self.html(&format!("{sentence}\n\n{part}"));
            self.push(shown, notes.clone());
            sentence.clear();
        }
    }

    /// Makes a slide of the sentences.
    fn finish(&mut self) {
        if self.said.is_empty() {
            return;
        }
        let said = std::mem::take(&mut self.said);
        let list: String = said.iter().map(|(sentence, _)| format!("- {sentence}\n")).collect();
        let notes: String = said.iter().map(|(_, all)| format!("{all}\n\n")).collect();
        let (shown, notes) = (self.html(&list), self.html(&notes));
        self.push(shown, notes);
    }

    fn push(&mut self, shown: String, notes: String) {
        let heading = self.html(&self.heading);
        let heading = heading.trim().trim_start_matches("<p>").trim_end_matches("</p>").into();
        self.slides.push(Slide { heading, shown, notes });
    }

    fn ended(mut self) -> Vec<Slide> {
        self.finish();
        self.slides
    }

    /// A part of the lesson as HTML. Its links are defined at the end of the whole text.
    fn html(&self, part: &str) -> String {
        let mut all = format!("{part}\n\n");
        let parser = Parser::new_ext(self.text, Options::ENABLE_TABLES);
        for (_, definition) in parser.reference_definitions().iter() {
            let _ = writeln!(all, "{}", &self.text[definition.span.clone()]); // A String takes every text.
        }
        let mut out = String::new();
        html::push_html(&mut out, Parser::new_ext(&all, Options::ENABLE_TABLES).map(to_a_page));
        out
    }
}

/// A block of code in parts that fit on a slide; anything else as it is.
fn in_parts(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.trim_end().lines().collect();
    match lines.as_slice() {
        [fence, body @ .., end] if fence.starts_with("```") && body.len() > LINES => {
            // Parts of equal lengths: no slide is left with a line or two.
            let length = body.len().div_ceil(body.len().div_ceil(LINES));
            let part = |part: &[&str]| format!("{fence}\n{}\n{end}", part.join("\n"));
            body.chunks(length).map(part).collect()
        }
        _ => vec![source.into()],
    }
}

/// A link to a chapter's text leads to the chapter's page.
fn to_a_page(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let (path, anchor) = dest_url.split_once('#').unwrap_or((&dest_url, ""));
            let dest_url = match path.strip_suffix(".md") {
                Some(page) if anchor.is_empty() => format!("{page}.html").into(),
                Some(page) => format!("{page}.html#{anchor}").into(),
                None => dest_url,
            };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    }
}

/// The first sentence of a paragraph. A full stop in code ends none.
fn first_sentence(paragraph: &str) -> &str {
    let inside: Vec<_> = Parser::new(paragraph)
        .into_offset_iter()
        .filter(|(event, _)| matches!(event, Event::Code(_) | Event::Start(Tag::Link { .. })))
        .map(|(_, range)| range)
        .collect();
    let ends = paragraph.match_indices(['.', '?', '!']).map(|(at, _)| at + 1);
    let end = ends.filter(|end| !inside.iter().any(|range| range.contains(end))).find(|end| {
        let rest = paragraph[*end..].trim_start_matches(['"', ')', '*']);
        rest.is_empty() || rest.starts_with(char::is_whitespace)
    });
    let end = end.unwrap_or(paragraph.len());
    let closing = paragraph[end..].chars().take_while(|it| ['"', ')', '*'].contains(it));
    &paragraph[..end + closing.map(char::len_utf8).sum::<usize>()]
}

/// The whole page. Its links are read from the book's directory.
fn document(title: &str, sections: &[Vec<Slide>]) -> String {
    let mut body = format!("<section><h1>{title}</h1></section>\n");
    for slides in sections {
        body += "<section>\n";
        for Slide { heading, shown, notes } in slides {
            let notes = match notes.is_empty() {
                true => String::new(),
                false => format!("<aside class=\"notes\">{notes}</aside>"),
            };
            let _ = writeln!(body, "<section><h2>{heading}</h2>\n{shown}{notes}</section>");
        }
        body += "</section>\n";
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
        <base href=\"../\">\n\
        <link rel=\"icon\" href=\"data:,\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <link rel=\"stylesheet\" href=\"slides/reveal/reset.css\">\n\
        <link rel=\"stylesheet\" href=\"slides/reveal/reveal.css\">\n\
        <link rel=\"stylesheet\" href=\"slides/reveal/theme/white.css\">\n\
        <link rel=\"stylesheet\" href=\"slides/slides.css\">\n</head>\n<body>\n\
        <div class=\"reveal\"><div class=\"slides\">\n{body}</div></div>\n\
        <script src=\"slides/reveal/reveal.js\"></script>\n\
        <script src=\"slides/reveal/plugin/notes.js\"></script>\n\
        <script src=\"slides/slides.js\"></script>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_block_of_code_is_shown_in_parts_of_equal_lengths() {
        let body: Vec<String> = (0..LINES + 2).map(|line| format!("line {line}")).collect();
        let parts = in_parts(&format!("```console\n{}\n```\n", body.join("\n")));
        let lengths: Vec<_> = parts.iter().map(|part| part.lines().count() - 2).collect();
        assert_eq!(lengths, [(LINES + 2) / 2; 2]);
        let is_whole = |part: &String| part.starts_with("```console\n") && part.ends_with("\n```");
        assert!(parts.iter().all(is_whole), "{parts:?}");
        assert_eq!(in_parts("| a |\n| --- |\n"), ["| a |\n| --- |\n"]);
    }

    const TEXT: &str = "# Lesson 9: Pages\n\n5 minutes.\n\n## A question\n\nWhat does `a.b. C` do? It maps. \
        More.\n\n- *\"It copies.\"* No: [it does not][one]. Really.\n\n### Deeper\n\nThe code. It is long.\n\n```c\nint x;\n```\n\n\
        ## Claims\n\n| a |\n| --- |\n| b |\n\n[one]: two.md#x\n";

    #[test]
    fn a_section_gives_its_sentences_and_its_code() {
        let (title, sections) = sections(TEXT).unwrap();
        assert_eq!(title, "Lesson 9: Pages");
        assert_eq!(sections.len(), 1, "no slides of the claims: {sections:#?}");
        let [said, code] = &sections[0][..] else { panic!("{sections:#?}") };
        assert_eq!(said.heading, "A question");
        assert!(said.shown.contains("What does <code>a.b. C</code> do?</li>"), "{}", said.shown);
        assert!(
            said.shown.contains("No: <a href=\"two.html#x\">it does not</a>.</li>"),
            "{}",
            said.shown
        );
        assert!(!said.shown.contains("More") && !said.shown.contains("Really"), "{}", said.shown);
        assert!(said.notes.contains("It maps. More."), "{}", said.notes);
        assert!(said.notes.contains("<a href=\"two.html#x\">it does not</a>"), "{}", said.notes);
        assert_eq!(code.heading, "Deeper");
        assert!(code.shown.starts_with("<p>The code.</p>\n<pre>"), "{}", code.shown);
    }

    #[test]
    fn a_sentence_ends_where_it_ends() {
        for (paragraph, first) in [
            ("One. Two.", "One."),
            ("Linux 6.18 has it. Yes.", "Linux 6.18 has it."),
            ("*\"It copies.\"* No.", "*\"It copies.\"*"),
            ("Read [a. b](c.md) first! Then", "Read [a. b](c.md) first!"),
            ("No end", "No end"),
        ] {
            assert_eq!(first_sentence(paragraph), first);
        }
    }
}
