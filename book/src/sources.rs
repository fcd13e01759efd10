//! Pages that show files of the checkout, to which texts link: tests, programs, scripts, directories.
//! Each line has an anchor: `source/crates/x/a.rs.html#L7`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::Result;

use crate::{files, links};

/// The files to which the chapters link.
pub(crate) struct Sources {
    root: PathBuf,
    linked: BTreeSet<PathBuf>,
}

impl Sources {
    /// None yet, of the checkout in `root`.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.into(), linked: BTreeSet::new() }
    }

    /// The page that shows a file or directory of the checkout, or `None` if there is no such file.
    pub(crate) fn page(&mut self, path: &Path) -> Option<PathBuf> {
        let place = self.root.join(path);
        if place.is_dir() {
            for entry in files::entries(&place).ok()?.iter().filter(|entry| entry.is_file()) {
                self.linked.insert(entry.strip_prefix(&self.root).ok()?.into());
            }
        }
        self.linked.insert(place.exists().then(|| path.into())?);
        Some(page_of(path))
    }

    /// Writes the page of each linked file into the book.
    pub(crate) fn write(&self, book: &Path) -> Result<()> {
        for path in &self.linked {
            let place = self.root.join(path);
            let body =
                if place.is_dir() { self.listing(path)? } else { code(&files::read(&place)?) };
            files::write(&book.join(page_of(path)), &page(path, &body))?;
        }
        Ok(())
    }

    /// The files in a directory, as links to their pages.
    fn listing(&self, directory: &Path) -> Result<String> {
        let mut list = String::new();
        for entry in files::entries(&self.root.join(directory))?.iter().filter(|at| at.is_file()) {
            let path = directory.join(entry.file_name().unwrap_or_default());
            let link = links::relative(&page_of(directory), &page_of(&path));
            let name = escaped(&entry.file_name().unwrap_or_default().to_string_lossy());
            list += &format!("<li><a href=\"{}\">{name}</a></li>\n", escaped(&link));
        }
        Ok(format!("<ul>\n{list}</ul>\n"))
    }
}

/// Where the page of a file or directory is in the book.
fn page_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("source/{}.html", path.display()))
}

/// A text with its lines numbered. A line's number is its anchor.
fn code(text: &str) -> String {
    let lines = text.lines().enumerate().map(|(index, line)| {
        let number = index + 1;
        format!(
            "<a class=\"number\" id=\"L{number}\" href=\"#L{number}\">{number}</a>{}\n",
            escaped(line)
        )
    });
    format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", lines.collect::<String>())
}

/// A page of its own, beside mdBook's. It takes over the theme that the reader has chosen in the book.
fn page(path: &Path, body: &str) -> String {
    let page = page_of(path);
    let to = |target: &str| links::relative(&page, Path::new(target));
    PAGE.replace("{name}", &escaped(&path.to_string_lossy()))
        .replace("{style}", &to("theme/source.css"))
        .replace("{script}", &to("theme/source.js"))
        .replace("{book}", &to("index.html"))
        .replace("{body}", body)
}

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} - Mapped memory between processes</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<script src="{script}"></script>
</head>
<body>
<header><a href="{book}">Mapped memory between processes</a></header>
<main>
<h1>{name}</h1>
{body}</main>
</body>
</html>
"#;

/// A text in which no character means HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_anchor_and_no_markup_of_the_file_is_left() {
        let shown = code("a < b\n&\n");
        let first = "<a class=\"number\" id=\"L1\" href=\"#L1\">1</a>a &lt; b\n";
        assert!(shown.contains(first), "{shown}");
        assert!(shown.contains("id=\"L2\" href=\"#L2\">2</a>&amp;\n"), "{shown}");
    }

    #[test]
    fn a_file_has_a_page_and_a_missing_one_has_none() {
        let mut sources = Sources::new(&common::root().unwrap());
        let page = sources.page(Path::new("book/src/main.rs"));
        assert_eq!(page, Some("source/book/src/main.rs.html".into()));
        assert_eq!(sources.page(Path::new("book/src/nothing.rs")), None);
    }

    #[test]
    fn a_directory_has_a_list_of_links_to_its_files() {
        let mut sources = Sources::new(&common::root().unwrap());
        sources.page(Path::new("book/src")).unwrap();
        let list = sources.listing(Path::new("book/src")).unwrap();
        assert!(
            list.contains("<a href=\"../../source/book/src/main.rs.html\">main.rs</a>"),
            "{list}"
        );
    }
}
