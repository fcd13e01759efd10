//! Several files of results as one: the parts of a class, or the results of several machines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::{Failure, Result};

use super::entry::{self, Entry};
use super::{Ended, WrongCall, beside, each, warn, warn_of_seeds};
use crate::printable::printable_name;
use crate::report::Format;

/// The results of several files as one, printed; with a directory, also a file of feedback for each student.
///
/// # Errors
/// [`WrongCall`] in the inner result if a file holds no results, or a file of feedback would replace another file; two
/// files have different results of one submission, and both are judged.
pub fn merged(
    files: &[PathBuf],
    format: Format,
    directory: Option<&Path>,
) -> Result<std::result::Result<Ended, WrongCall>> {
    let (mut entries, mut empty): (Vec<Entry>, usize) = (Vec::new(), 0);
    for file in files {
        let found = match entry::read(file) {
            Ok(found) => found,
            Err(failure) => return Ok(Err(WrongCall(failure.to_string()))),
        };
        empty += usize::from(found.is_empty());
        for entry in found {
            if let Err(differ) = join(&mut entries, entry, file) {
                return Ok(Err(WrongCall(differ.to_string())));
            }
        }
    }
    entries.sort_by_key(Entry::key);
    let lost = lost_parts(&entries, empty);
    if lost.is_empty() {
        entries.iter_mut().for_each(|entry| entry.shard = None); // They are the whole class.
    }
    if let Some(directory) = directory
        && let Err(why) = each::write(directory, &entries)
    {
        return Ok(Err(WrongCall(why.to_string())));
    }
    let printer = entry::Printer::new(format);
    printer.begin()?;
    for entry in &entries {
        printer.one(entry)?;
    }
    printer.end(&entries)?;
    warn_of_seeds(&entries);
    if let Some(open) = entry::told_of_open_checks(&entries) {
        beside(format, &open)?;
    }
    for (of, number) in &lost {
        warn(&format!(
            "part {number} of {of} is not among these files: its submissions are missing"
        ));
    }
    Ok(Ok(match Ended::of(&entries) {
        Ended::Complete if !lost.is_empty() => Ended::Unjudged,
        ended => ended,
    }))
}

/// Adds a result to those of the files before. Another machine may have judged what this one could not.
fn join(entries: &mut Vec<Entry>, entry: Entry, file: &Path) -> Result<()> {
    let Some(other) = entries.iter_mut().find(|other| other.key() == entry.key()) else {
        entries.push(entry);
        return Ok(());
    };
    let agree = other.agrees(&entry);
    match () {
        () if agree && !other.is_whole() && entry.is_whole() => *other = entry,
        () if agree && other.is_whole() && !entry.is_whole() => {}
        () if other.same_result(&entry) || !entry.is_judged() => {}
        () if !other.is_judged() => *other = entry,
        () => {
            let why = format!(
                "it has another result for {}, exercise {}, than a file before it",
                printable_name(&entry.student),
                entry.exercise
            );
            return Err(Failure::refusal("merge", file, why));
        }
    }
    Ok(())
}

/// The parts of which no line is there, as N and K: none if no line is of a part.
fn lost_parts(entries: &[Entry], empty_files: usize) -> BTreeSet<(usize, usize)> {
    // How many students each part has, by exercise and number of parts.
    let mut found: BTreeMap<(u8, usize), BTreeMap<usize, usize>> = BTreeMap::new();
    for entry in entries {
        if let Some(shard) = entry.shard {
            let parts = found.entry((entry.exercise, shard.of)).or_default();
            *parts.entry(shard.number).or_default() += 1;
        }
    }
    let lost = found.iter().flat_map(|((_, of), parts)| {
        let lost: Vec<_> = (1..=*of).filter(|number| !parts.contains_key(number)).collect();
        // A class of fewer students than parts leaves the last parts empty.
        let are_empty = lost.len() <= empty_files
            && parts.values().all(|students| *students == 1)
            && lost.first().is_some_and(|first| *first == parts.len() + 1);
        let lost = if are_empty { Vec::new() } else { lost };
        lost.into_iter().map(|number| (*of, number))
    });
    lost.collect()
}
