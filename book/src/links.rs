//! Links of a text, so that they hold in the book: to a chapter, a figure, or the page of a source file.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use common::{Failure, Result};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use crate::chapters::Chapter;
use crate::sources::Sources;

/// The chapter's text, in which each relative link leads to a page of the book.
///
/// # Errors
/// That a link leads to no file of the checkout.
pub(crate) fn rewritten(
    chapter: &Chapter,
    chapters: &[Chapter],
    sources: &mut Sources,
) -> Result<String> {
    let mut text = chapter.text.clone();
    let mut found = destinations(&chapter.text);
    found.sort_by_key(|(range, _)| range.start);
    for (range, link) in found.into_iter().rev() {
        if let Some(new) = in_the_book(&link, chapter, chapters, sources)? {
            text.replace_range(range, &new);
        }
    }
    Ok(text)
}

/// Where the destinations of links and images stand in a text, and what they are: those of inline links,
/// and those of the definitions `[label]: destination`.
fn destinations(text: &str) -> Vec<(Range<usize>, String)> {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES);
    let definitions = parser.reference_definitions().iter();
    let mut found: Vec<_> = definitions
        .filter_map(|(_, definition)| place(text, definition.span.clone(), &definition.dest))
        .collect();
    for (event, range) in parser.into_offset_iter() {
        if let Event::Start(
            Tag::Link { link_type: LinkType::Inline, dest_url, .. }
            | Tag::Image { link_type: LinkType::Inline, dest_url, .. },
        ) = event
        {
            found.extend(place(text, range, &dest_url));
        }
    }
    found
}

/// Where `destination` stands in a part of a text. It is at the end of a link, after its words.
fn place(text: &str, part: Range<usize>, destination: &str) -> Option<(Range<usize>, String)> {
    let start = part.start + text.get(part)?.rfind(destination)?;
    Some((start..start + destination.len(), destination.to_string()))
}

/// Where a link leads in the book; `None` if it stays as it is.
fn in_the_book(
    link: &str,
    chapter: &Chapter,
    chapters: &[Chapter],
    sources: &mut Sources,
) -> Result<Option<String>> {
    if link.contains("://") || link.starts_with('#') || link.starts_with("mailto:") {
        return Ok(None);
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, at)| (path, Some(at)));
    let path = resolved(&chapter.path, path);
    let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
    let target = if let Some(target) = chapters.iter().find(|other| other.path == path) {
        target.page.clone()
    } else if let Ok(figure) = path.strip_prefix("lessons/figures") {
        Path::new("figures").join(figure)
    } else {
        sources.page(&path).ok_or_else(|| {
            let problem = format!("links to {link:?}, which is nothing in the checkout");
            Failure::refusal("read", &chapter.path, problem)
        })?
    };
    Ok(Some(relative(&chapter.page, &target) + &anchor))
}

/// The path that a link in `file` means, from the checkout's root.
fn resolved(file: &Path, link: &str) -> PathBuf {
    let mut path = file.parent().map(Path::to_path_buf).unwrap_or_default();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path
}

/// A link from one page to another one.
pub(crate) fn relative(from: &Path, to: &Path) -> String {
    let up = from.components().count().saturating_sub(1);
    "../".repeat(up) + &to.to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_link_is_found_and_no_code() {
        let text = "A [link](a.md#x \"title\"), `[code](b.md)` and [c][c].\n\n![figure](figures/d.svg)\n\n\
            | t |\n|---|\n| [e](e.rs#L3) |\n\n[c]: ../c.rs#L7 \"name\"\n";
        let mut found: Vec<_> = destinations(text);
        found.sort_by_key(|(range, _)| range.start);
        for (range, link) in &found {
            assert_eq!(&text[range.clone()], link);
        }
        let links: Vec<_> = found.iter().map(|(_, link)| link.as_str()).collect();
        assert_eq!(links, ["a.md#x", "figures/d.svg", "e.rs#L3", "../c.rs#L7"]);
    }

    #[test]
    fn a_link_whose_words_are_its_destination_changes_at_its_destination() {
        let text = "[a.md](a.md)";
        assert_eq!(destinations(text), [(7..11, "a.md".into())]);
    }

    #[test]
    fn a_link_is_read_from_its_file() {
        let lesson = Path::new("lessons/lesson-1.md");
        assert_eq!(resolved(lesson, "../crates/x/a.rs"), Path::new("crates/x/a.rs"));
        assert_eq!(resolved(lesson, "glossary.md"), Path::new("lessons/glossary.md"));
        assert_eq!(resolved(Path::new("README.md"), "lessons/x.md"), Path::new("lessons/x.md"));
    }

    #[test]
    fn a_page_in_a_directory_links_upwards() {
        let (page, deep) = (Path::new("glossary.md"), Path::new("ledger/mmap.md"));
        assert_eq!(relative(page, deep), "ledger/mmap.md");
        assert_eq!(relative(deep, page), "../glossary.md");
    }
}
