//! A file of feedback for each student, in Markdown.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result};

use super::entry::{Entry, feedback};

/// Writes the files. Only files of feedback on the same student are replaced, and nothing is written if one file
/// cannot be.
///
/// # Errors
/// Two students have the same file name; another file has this name; those of writing.
pub(super) fn write(directory: &Path, entries: &[Entry]) -> Result<()> {
    let mut students: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        students.entry(&entry.student).or_default().push(entry);
    }
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (student, entries) in students {
        let path = directory.join(file_name(student));
        let text = feedback(entries)?;
        refuse_another_file(&path, &text)?;
        if files.insert(path.clone(), text).is_some() {
            return Err(Failure::refusal("write", &path, "two students have this file name"));
        }
    }
    fs::create_dir_all(directory).step_on("make", directory)?;
    for (path, text) in files {
        fs::write(&path, text).step_on("write", &path)?;
    }
    Ok(())
}

/// A name of a file in the directory, whatever the student's name is.
fn file_name(student: &str) -> String {
    let is_unsafe = |letter: char| letter == '/' || letter == '\\' || letter.is_control();
    let name = student.replace(is_unsafe, "_");
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}.md"), // It would be hidden.
        None => format!("{name}.md"),
    }
}

/// Refuses a file that does not begin as the feedback on this student does.
fn refuse_another_file(path: &Path, text: &str) -> Result<()> {
    let begins = |text: &str| text.split(": Exercise ").next().map(str::to_owned);
    let refused = |why| Err(Failure::refusal("replace", path, why));
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.step_on("stat", path)?,
    };
    if !found.is_file() {
        return refused("it is no regular file");
    }
    let old = fs::read(path).step_on("read", path)?;
    match begins(&String::from_utf8_lossy(&old)) == begins(text) {
        true => Ok(()),
        false => refused("it is no feedback on this student"),
    }
}
