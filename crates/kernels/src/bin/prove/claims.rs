//! What the sources say about a claim: its sentence, and the assertion that failed.

use std::fs;
use std::path::{Path, PathBuf};

/// A claim's sentence: the first paragraph of the doc comment of its test, `module::name`.
pub(crate) fn sentence(package: &Path, test: &str) -> Option<String> {
    let name = test.rsplit("::").next()?;
    let head = format!("fn {name}(");
    let mut files = rust_files(&package.join("tests"));
    let module = test.rsplit("::").nth(1).unwrap_or("main");
    // Two modules may have a test of this name.
    files.sort_by_key(|file| file.file_stem().is_none_or(|stem| stem != module));
    files.iter().find_map(|file| sentence_in(&fs::read_to_string(file).ok()?, &head))
}

fn sentence_in(text: &str, head: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.starts_with(head))?;
    let above = lines[..at].iter().rev().skip_while(|line| line.starts_with("#["));
    let mut comment: Vec<&str> = above.map_while(|line| line.strip_prefix("///")).collect();
    comment.reverse();
    let words = comment.into_iter().map(str::trim).take_while(|line| !line.is_empty());
    let sentence = words.collect::<Vec<_>>().join(" ");
    (!sentence.is_empty()).then_some(sentence)
}

/// The statement that begins at `crates/x/tests/claims/a.rs:3:5`, in one line.
pub(crate) fn statement(root: &Path, place: &str) -> Option<String> {
    let mut parts = place.split(':');
    let (file, line) = (parts.next()?, parts.next()?.parse::<usize>().ok()?);
    let text = fs::read_to_string(root.join(file)).ok()?;
    let mut statement = String::new();
    for line in text.lines().skip(line.checked_sub(1)?).take(8).map(str::trim) {
        statement += line;
        if line.ends_with(';') {
            return Some(statement);
        }
        statement.push(' ');
    }
    None
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        match path.extension() {
            _ if path.is_dir() => files.extend(rust_files(&path)),
            Some(extension) if extension == "rs" => files.push(path),
            _ => {}
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_the_first_paragraph_above_its_test() {
        let text = "/// Other.\n#[test]\nfn other() {}\n\n/// `munmap` of a hole\n/// succeeds.\n///\n\
                    /// - call: `munmap`\n#[test]\n#[ignore = \"needs root\"]\nfn a_hole() {}\n";
        assert_eq!(sentence_in(text, "fn a_hole(").unwrap(), "`munmap` of a hole succeeds.");
        assert_eq!(sentence_in(text, "fn missing("), None);
    }

    #[test]
    fn every_claim_of_a_package_has_its_sentence_and_a_place_its_statement() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let package = root.join("crates/lesson-1-mapping-a-file");
        let test = "munmap::munmap_of_addresses_that_are_not_mapped_succeeds";
        let found = sentence(&package, test).unwrap();
        assert_eq!(found, "`munmap` of addresses that are not mapped succeeds.");
        assert_eq!(statement(root, "nonexistent.rs:1:1"), None);
    }
}
