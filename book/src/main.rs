//! Makes the book of the course in `target/book/`: `cargo book`, or `just book`. Its chapters are the
//! texts in `lessons/`, the README, and the task cards of the exercises. mdBook renders them.
//!
//! mdBook gets a directory of its own, `target/book-source/`, with a copy of each text. In a copy, each
//! link leads to a page of the book: a chapter, or a page that shows a source file. So the book works
//! without a network.
#![forbid(unsafe_code)]

mod chapters;
mod files;
mod links;
mod questions;
mod reading;
mod slides;
mod sources;
mod terms;

use std::path::Path;
use std::process::{Command, ExitCode};

use common::clap::{self, Parser};
use common::{Context, Failure, Result};

use chapters::Chapter;
use sources::Sources;
use terms::Terms;

/// Make the book of the course in `target/book/`.
#[derive(Parser)]
#[command(bin_name = "cargo book")]
struct Book {
    /// Show the book in a browser.
    #[arg(long)]
    open: bool,
    /// Make slides of the lessons, too, in `target/book/slides/`. Needs npm.
    #[arg(long)]
    slides: bool,
}

/// The text from which the terms come.
const GLOSSARY: &str = "lessons/glossary.md";

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let options = Book::parse();
    let root = common::root()?;
    let (settings, copies) = (root.join("book"), root.join("target/book-source"));
    let (texts, book) = (copies.join("src"), root.join("target/book"));
    files::make_empty(&copies)?;
    files::make_empty(&book)?;
    files::copy(&settings.join("book.toml"), &copies.join("book.toml"))?;
    files::copy(&settings.join("theme"), &copies.join("theme"))?;
    let chapters = chapters::all(&root)?;
    let mut sources = Sources::new(&root);
    let terms = Terms::of(&files::read(&root.join(GLOSSARY))?)?;
    let mut lessons = Vec::new();
    for (index, chapter) in chapters.iter().enumerate() {
        let text = links::rewritten(chapter, &chapters, &mut sources)?;
        let following = chapters.get(index + 1);
        let mut page = if chapter.is_lesson() {
            lesson(chapter, &text, &terms, &chapters)
        } else if chapter.path == Path::new(GLOSSARY) {
            terms.anchored(&text)
        } else {
            text.clone()
        };
        if chapter.says_minutes() {
            page = reading::with_needs(&page);
        }
        if let Some(following) = following.filter(|following| following.is_on_the_way()) {
            page += &reading::next(following);
        }
        files::write(&texts.join(&chapter.page), &page)?;
        if chapter.is_lesson() {
            lessons.push((chapter.page.with_extension("html"), text));
        }
    }
    files::write(&texts.join("SUMMARY.md"), &chapters::summary(&chapters))?;
    files::copy(&root.join("lessons/figures"), &texts.join("figures"))?;
    mdbook(&copies, &book)?;
    sources.write(&book)?;
    for name in ["source.css", "source.js"] {
        files::copy(&settings.join("theme").join(name), &book.join("theme").join(name))?;
    }
    if options.slides {
        for (page, text) in &lessons {
            slides::write(&root, &book, page, text)?;
        }
    }
    let first = book.join("index.html");
    common::say!("The book is in {}", first.display())?;
    if options.open { succeed(Command::new("xdg-open").arg(first)) } else { Ok(()) }
}

/// The page of a lesson: its text with links to the terms, to the recorded runs and to its exercise.
fn lesson(chapter: &Chapter, text: &str, terms: &Terms, chapters: &[Chapter]) -> String {
    let text = terms.linked(text, &chapter.page.to_string_lossy(), "glossary.md");
    let recordings = chapters.iter().filter(|other| other.has_recordings());
    let recorded: Vec<_> = recordings.flat_map(|page| reading::recorded(page, chapter)).collect();
    let cards = chapters.iter().skip_while(|other| other.page != chapter.page).skip(1);
    let card = cards.take(1).find(|next| next.is_card());
    reading::with_folded_claims(&reading::with_ways_to_try(&text, &recorded, card))
}

/// Renders the texts in `copies` as web pages.
fn mdbook(copies: &Path, book: &Path) -> Result<()> {
    succeed(Command::new("mdbook").arg("build").arg("--dest-dir").arg(book).arg(copies))
}

/// Runs a program, which must be installed and succeed.
fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_os_string();
    let name = Path::new(&name);
    let status = command.status();
    if status.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        let advice = match name.to_str() {
            Some("mdbook") => "is not installed: `cargo install --locked mdbook` installs it",
            _ => "is not installed",
        };
        return Err(Failure::refusal("start", name, advice));
    }
    let status = status.step_on("start", name)?;
    if status.success() { Ok(()) } else { Err(Failure::refusal("run", name, status.to_string())) }
}
