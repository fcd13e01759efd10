//! The path is the link: `lessons/lesson-3-msync.md`, `crates/lesson-3-msync/`, the package
//! `lesson-3-msync`, `just lesson-3`, `cargo lesson-3` and the README's row belong together.

use crate::assert_none;
use crate::workspace::{Lesson, entries, file_name, lessons, read, root};

#[test]
fn every_lesson_has_its_crate_text_package_alias_recipe_and_row() {
    let files =
        [".cargo/config.toml", "justfile", "README.md"].map(|name| read(&root().join(name)));
    let problems: Vec<_> = lessons().iter().flat_map(|lesson| problems(lesson, &files)).collect();
    assert_none(&problems);
}

#[test]
fn lessons_are_numbered_without_a_gap() {
    let numbers: Vec<_> = lessons().iter().map(|lesson| lesson.number).collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
}

#[test]
fn every_text_has_its_crate() {
    let mut names: Vec<_> = lessons().into_iter().map(|lesson| lesson.name + ".md").collect();
    let pages = ["README.md", "glossary.md", "kernels.md", "ledger.md", "teaching.md"]; // No lesson, and no crate.
    names.extend(pages.map(String::from));
    for text in entries(&root().join("lessons")).iter().filter(|path| path.is_file()) {
        assert!(names.contains(&file_name(text)), "{text:?} has no crate");
    }
}

#[test]
fn a_lesson_that_is_paired_with_nothing_is_found() {
    let name = String::from("lesson-9-nothing");
    let directory = root().join("crates").join(&name);
    let stray =
        Lesson { number: 9, text: root().join("lessons/lesson-9-nothing.md"), name, directory };
    let found = problems(&stray, &[String::new(), String::new(), String::new()]);
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn minutes_that_differ_are_found() {
    let files = [".cargo/config.toml", "justfile", "README.md"];
    let [aliases, recipes, readme] = files.map(|name| read(&root().join(name)));
    let first = &lessons()[0];
    let is_row = |line: &&str| line.starts_with("| [") && line.contains(&first.name);
    let row = readme.lines().find(is_row).expect("a row");
    let readme = readme.replace(row, &format!("{row} 999 |"));
    let found = problems(first, &[aliases, recipes, readme]);
    assert_eq!(found.len(), 1, "{found:?}");
}

fn problems(lesson: &Lesson, [aliases, recipes, readme]: &[String; 3]) -> Vec<String> {
    let Lesson { number, name, directory, text } = lesson;
    let manifest = std::fs::read_to_string(directory.join("Cargo.toml")).unwrap_or_default();
    let alias = format!("lesson-{number} = \"run --locked --package {name} --\"\n");
    let recipe = format!("\nlesson-{number} *ROLE:\n    @{{{{ cargo }}}} lesson-{number} \"$@\"\n");
    let row = format!("(lessons/{name}.md)");
    // The text says how long it takes in its first lines; the README's row says the same.
    let said = std::fs::read_to_string(text).unwrap_or_default();
    let minutes = said.lines().nth(2).and_then(|line| line.split(" minutes").next());
    let ends = minutes.map_or("no minutes".into(), |minutes| format!("| {minutes} |"));
    let rows = readme.lines().filter(|line| line.starts_with("| [") && line.contains(&row));
    let checks = [
        (text.is_file(), format!("lessons/{name}.md is missing")),
        (
            manifest.contains(&format!("name = \"{name}\"\n")),
            format!("no package {name} in its crate"),
        ),
        (aliases.contains(&alias), format!(".cargo/config.toml lacks {alias:?}")),
        (recipes.contains(&recipe), format!("the justfile lacks {recipe:?}")),
        (readme.contains(&row), format!("the README's table has no link {row}")),
        (
            rows.clone().count() == 0 || rows.clone().any(|line| line.ends_with(&ends)),
            format!("the README's row of {name} does not end in {ends:?}, as its text says"),
        ),
    ];
    checks.into_iter().filter(|(holds, _)| !holds).map(|(_, problem)| problem).collect()
}
