//! Whose submissions there are, and what in the class's folder is none.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use common::{Context, Result};
use page_view::for_people;

use super::entry::{Entry, Key};
use crate::exercises::EXERCISES;
use crate::language::Language;

/// The folders of a class.
#[derive(Default)]
pub(super) struct Class {
    /// Their paths, sorted by name; of a student without one, the path where it would be.
    folders: Vec<PathBuf>,
    /// What is not graded, and why.
    pub(super) warnings: Vec<String>,
    /// Files of exercises that were not asked for.
    other_exercises: Vec<PathBuf>,
}

/// One student's answer to one exercise.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The folder's name.
    pub student: String,
    /// 1 to 6.
    pub exercise: u8,
    /// The place of the student in the sorted list of all.
    pub place: usize,
    /// The file; `None` if there is none.
    pub file: Option<PathBuf>,
    /// Files that were probably meant, and are not graded: only if there is no file.
    pub not_graded: Vec<String>,
    /// What tells one content of the file from another.
    pub digest: String,
}

impl Submission {
    pub(super) fn key(&self) -> Key {
        (self.student.clone(), self.exercise)
    }

    /// Whether an earlier result is of this content.
    pub(super) fn is_of(&self, entry: &Entry) -> bool {
        entry.key() == self.key() && entry.digest == self.digest
    }
}

/// The folders of a class; in the inner result, why there is none.
///
/// # Errors
/// What the system refuses.
pub(super) fn listed(
    directory: &Path,
    chosen: Option<&Path>,
    exercise: Option<u8>,
) -> Result<std::result::Result<Class, String>> {
    if !directory.is_dir() {
        return Ok(Err(format!("{} is no directory", directory.display())));
    }
    let (mut found, mut strays) = (Class::default(), Vec::new());
    for path in sorted(directory)? {
        if path.is_dir() {
            found.folders.push(path);
        } else if is_answer(&path) {
            strays.push(path);
        } else {
            found.warn(&path, "it is no folder of a student");
        }
    }
    if !strays.is_empty() && !found.folders.iter().any(|folder| has_answer(folder)) {
        return Ok(Err(format!(
            "{} is the folder of one student: --batch takes the folder that holds it",
            directory.display()
        )));
    }
    for stray in strays {
        found.warn(&stray, "it is in no student's folder");
    }
    if let Some(chosen) = chosen {
        let names = match fs::read_to_string(chosen).step_on("read", chosen) {
            Ok(names) => names,
            Err(failure) => return Ok(Err(failure.to_string())),
        };
        // An editor may have put a mark of UTF-8 in front of the first name.
        let names = names.trim_start_matches('\u{feff}').lines().map(str::trim);
        let names: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
        let is_no_name = |name: &&&str| name.contains('/') || [".", ".."].contains(*name);
        if let Some(name) = names.iter().find(is_no_name) {
            return Ok(Err(format!("{}: {name:?} is no folder's name", chosen.display())));
        }
        found.choose(&names.into_iter().map(|name| directory.join(name)).collect());
    }
    if found.folders.is_empty() {
        return Ok(Err(format!("{} holds no folder of a student", directory.display())));
    }
    for folder in found.folders.clone() {
        found.look(&folder, exercise)?;
    }
    found.warn_of_other_exercises();
    Ok(Ok(found))
}

/// The folder of one student as a class; in the inner result, why it is none.
///
/// # Errors
/// What the system refuses.
pub(super) fn of_one(
    folder: &Path,
    exercise: Option<u8>,
) -> Result<std::result::Result<Class, String>> {
    if !folder.is_dir() {
        return Ok(Err(format!("{} is no directory", folder.display())));
    }
    let mut class = Class { folders: vec![folder.to_path_buf()], ..Class::default() };
    class.look(folder, exercise)?;
    class.warn_of_other_exercises();
    Ok(Ok(class))
}

impl Class {
    fn warn(&mut self, path: &Path, why: &str) {
        self.warnings.push(format!("{} is not graded: {why}", path.display()));
    }

    /// Only these.
    fn choose(&mut self, chosen: &BTreeSet<PathBuf>) {
        let (found, others): (Vec<_>, Vec<_>) =
            self.folders.drain(..).partition(|folder| chosen.contains(folder));
        match others.as_slice() {
            many if many.len() > NAMED => self.warnings.push(format!(
                "{} folders are not graded: the list of students does not name them",
                many.len()
            )),
            few => {
                for folder in few {
                    self.warn(folder, "the list of students does not name it");
                }
            }
        }
        for missing in chosen.iter().filter(|folder| !found.contains(folder)) {
            self.warnings.push(format!("there is no folder {}", missing.display()));
        }
        self.folders = chosen.iter().cloned().collect();
    }

    /// Warns of what a student's folder holds besides the answers that are graded.
    fn look(&mut self, folder: &Path, exercise: Option<u8>) -> Result<()> {
        if !folder.is_dir() {
            return Ok(());
        }
        let graded: Vec<_> =
            EXERCISES.iter().filter_map(|one| answer(folder, one.number)).collect();
        for path in sorted(folder)?.into_iter().filter(|path| !graded.contains(path)) {
            let why = why_not_graded(&path, &graded);
            self.warn(&path, &why);
        }
        let is_other =
            |path: &PathBuf| exercise.is_some_and(|number| number_of(path) != Some(number));
        self.other_exercises.extend(graded.into_iter().filter(is_other));
        Ok(())
    }

    /// Names a few files of exercises that were not asked for, and counts many.
    fn warn_of_other_exercises(&mut self) {
        let others = std::mem::take(&mut self.other_exercises);
        match others.as_slice() {
            many if many.len() > NAMED => self
                .warnings
                .push(format!("{} files of other exercises are not graded", many.len())),
            few => {
                for path in few {
                    self.warn(path, "another exercise was asked for");
                }
            }
        }
    }

    /// A submission for each student and exercise.
    pub(super) fn submissions(&self, exercise: Option<u8>) -> Vec<Submission> {
        let numbers = EXERCISES.iter().map(|one| one.number);
        let numbers: Vec<_> =
            numbers.filter(|number| exercise.is_none_or(|asked| asked == *number)).collect();
        let one = |(place, folder): (usize, &PathBuf), number: u8| {
            let file = answer(folder, number);
            let digest = file.as_deref().map(digest).unwrap_or_default();
            let not_graded =
                if file.is_none() { probably_meant(folder, number) } else { Vec::new() };
            let student = name_of(folder);
            Submission { student, exercise: number, place, file, not_graded, digest }
        };
        let all = self.folders.iter().enumerate();
        all.flat_map(|folder| numbers.iter().map(move |number| one(folder, *number))).collect()
    }
}

/// So many things of a kind are named in warnings. More are counted: they would hide the other warnings.
const NAMED: usize = 3;

/// Why a path in a student's folder is not graded; the others in the folder are.
fn why_not_graded(path: &Path, graded: &[PathBuf]) -> String {
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    if is_link && is_answer(path) {
        return "it is a symbolic link".into();
    }
    if path.is_dir() {
        return "it is a folder".into();
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(number) = number_of(path) {
        let other = graded.iter().find(|other| number_of(other) == Some(number));
        let other = other.and_then(|other| other.file_name()).unwrap_or_default();
        return match other.is_empty() {
            true => "it is no regular file".into(),
            false => format!("another file answers the same exercise: {}", other.display()),
        };
    }
    if let Some(meant) = meant(&name) {
        return format!("a file named {meant} would be");
    }
    match name.split_once('.') {
        Some((_, ending)) if number_in(&name).is_some() && !is_known(ending) => {
            let known = Language::ALL.map(|language| format!(".{}", language.ending())).join(" ");
            format!("its ending .{ending} is not one of {known}")
        }
        _ => "only files named exercise-N are".into(),
    }
}

/// Names in a folder that were probably meant as the answer to an exercise.
fn probably_meant(folder: &Path, exercise: u8) -> Vec<String> {
    let paths = sorted(folder).unwrap_or_default(); // A student may have no folder.
    let names = paths.iter().filter_map(|path| path.file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| number_in(name) == Some(exercise)).collect()
}

/// What a folder holds, sorted by name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).step_on("list", folder)? {
        paths.push(entry.step_on("list", folder)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The name of a student's folder. Two names that differ in bytes which are not UTF-8 stay two.
fn name_of(folder: &Path) -> String {
    for_people(folder.file_name().unwrap_or_default().as_encoded_bytes())
}

fn has_answer(folder: &Path) -> bool {
    EXERCISES.iter().any(|exercise| answer(folder, exercise.number).is_some())
}

/// The file that answers an exercise: an executable, else a source. Nothing else is one: not a symbolic link, and not a FIFO,
/// which nobody may open.
fn answer(folder: &Path, exercise: u8) -> Option<PathBuf> {
    let program = folder.join(format!("exercise-{exercise}"));
    let sources = Language::ALL
        .map(|language| folder.join(format!("exercise-{exercise}.{}", language.ending())));
    let exists = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    std::iter::once(program).chain(sources).find(exists)
}

/// The exercise that a file's name says.
fn number_of(path: &Path) -> Option<u8> {
    let name = path.file_name()?.to_str()?;
    let (stem, ending) = name.split_once('.').map_or((name, None), |(stem, end)| (stem, Some(end)));
    let known = ending.is_none_or(is_known);
    let number = stem.strip_prefix("exercise-")?;
    let found = EXERCISES.iter().find(|one| one.number.to_string() == number)?; // `01` is no name.
    known.then_some(found.number)
}

fn is_known(ending: &str) -> bool {
    Language::ALL.iter().any(|language| language.ending() == ending)
}

fn is_answer(path: &Path) -> bool {
    number_of(path).is_some()
}

/// The name that was probably meant: `exercise_4.rs` and `Exercise4.RS` mean `exercise-4.rs`.
fn meant(name: &str) -> Option<String> {
    let name = format!("exercise-{}", behind_exercise(name)?);
    is_answer(Path::new(&name)).then_some(name)
}

/// The exercise in a name that begins in this way, whatever comes after the number.
fn number_in(name: &str) -> Option<u8> {
    let rest = behind_exercise(name)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let number: u8 = digits.parse().ok()?;
    EXERCISES.iter().map(|exercise| exercise.number).find(|known| *known == number)
}

/// What follows the word in a name such as `exercise_4.rs` or `Ex 04.RS`: `4.rs`.
fn behind_exercise(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let rest = lower.strip_prefix("exercise").or_else(|| lower.strip_prefix("ex"))?;
    Some(rest.trim_start_matches(['-', '_', ' ', '.', '0']).to_owned())
}

/// Length and a hash of the bytes: what tells a file that was handed in again, on whichever machine. Of
/// what is no regular file, its kind.
fn digest(path: &Path) -> String {
    let hashed = || -> io::Result<String> {
        let found = fs::symlink_metadata(path)?;
        if !found.is_file() {
            return Ok(format!("{:?}", found.file_type()));
        }
        let mut hasher = DefaultHasher::new();
        let mut file = BufReader::new(File::open(path)?);
        loop {
            let bytes = file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(format!("{} {:016x}", found.len(), hasher.finish()));
            }
            hasher.write(bytes);
            let read = bytes.len();
            file.consume(read);
        }
    };
    hashed().unwrap_or_else(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_a_file_is_no_other_submission_and_a_changed_file_is() {
        let directory = tempfile::tempdir().expect("make a directory");
        let path = |name: &str| directory.path().join(name);
        let write = |name: &str, text: &str| fs::write(path(name), text).expect("write");
        write("one", "int main(void) { return 0; }");
        let early = std::time::SystemTime::UNIX_EPOCH;
        write("copy", "int main(void) { return 0; }");
        let copy = File::options().append(true).open(path("copy")).expect("open");
        copy.set_modified(early).expect("set the time");
        write("other", "int main(void) { return 1; }");
        assert_eq!(digest(&path("one")), digest(&path("copy")));
        assert_ne!(digest(&path("one")), digest(&path("other")));
        assert_ne!(digest(&path("one")), digest(&path("missing")));
    }

    #[test]
    fn two_folders_whose_names_differ_in_a_byte_that_is_not_utf_8_are_two_students() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let named = |name: &[u8]| name_of(&Path::new("class").join(OsStr::from_bytes(name)));
        assert_eq!([named(b"st\xe9"), named(b"st\xea")], ["st\\xE9", "st\\xEA"]);
        assert_eq!(named("Zo\u{eb} B".as_bytes()), "Zo\u{eb} B");
    }

    #[test]
    fn misnamed_files_are_told_what_they_may_mean() {
        let cases = [
            ("exercise_4.rs", "exercise-4.rs"),
            ("Exercise4.c", "exercise-4.c"),
            ("ex 2.py", "exercise-2.py"),
            ("exercise-1.RS", "exercise-1.rs"),
            ("exercise-05.c", "exercise-5.c"),
        ];
        for (name, means) in cases {
            assert_eq!(meant(name).as_deref(), Some(means));
        }
        for none in ["notes.txt", "exercise-7.rs", "exercise-1.jar"] {
            assert_eq!(meant(none), None, "{none}");
        }
    }
}
