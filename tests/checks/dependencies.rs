//! Dependencies: a lesson has few, none on another lesson, and each has its reason in the line above
//! it.

use crate::assert_none;
use crate::workspace::{entries, file_name, read, root};

/// What a lesson may use without giving a reason.
const LESSONS_GROUND: [&str; 6] = ["common", "page-view", "libc", "memmap2", "nix", "rand"];
/// The benchmarks may depend on the lessons whose code they measure, and the claims about calls on the
/// lessons' wrappers of them. The root names their paths.
const USE_LESSONS: [&str; 3] = ["bench", "calls", "Cargo.toml"];
/// Crates of this workspace that are not lessons.
const OURS: [&str; 6] = ["common", "course", "explore", "page-view", "sandbox", "tracer"];

#[test]
fn every_dependency_is_allowed_and_has_its_reason() {
    let mut problems = problems(
        "Cargo.toml",
        &read(&root().join("Cargo.toml")),
        "[workspace.dependencies]",
        &OURS,
    );
    let mut members = entries(&root().join("crates"));
    members.extend([root().join("book"), root().join("tests")]);
    assert!(members.len() >= 9, "found only {members:?}");
    for member in members {
        let (name, manifest) = (file_name(&member), read(&member.join("Cargo.toml")));
        let free: &[&str] = if name.starts_with("lesson-") { &LESSONS_GROUND } else { &[] };
        problems.extend(self::problems(&name, &manifest, "[dependencies]", free));
        problems.extend(self::problems(&name, &manifest, "[dev-dependencies]", &[]));
    }
    assert_none(&problems);
}

#[test]
fn a_dependency_without_a_reason_and_one_on_a_lesson_are_found() {
    let problems = |lines: &str| {
        problems(
            "x",
            &format!("[dependencies]\n{lines}\n[lints]\nz = 1\n"),
            "[dependencies]",
            &["libc"],
        )
    };
    assert_none(&problems("libc.workspace = true\n# Counts bytes.\nmemchr.workspace = true"));
    assert_eq!(problems("memchr.workspace = true").len(), 1);
    assert_eq!(problems("memchr = \"2\"").len(), 2, "no reason, and a version of its own");
    assert_eq!(problems("# It has a mapping.\nlesson-1-mapping-a-file.workspace = true").len(), 1);
}

fn problems(name: &str, manifest: &str, table: &str, free: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    let section = manifest.split(table).nth(1).unwrap_or_default();
    let mut above = "";
    for line in section.lines().take_while(|line| !line.starts_with('[')) {
        let key = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if !key.is_empty() && !line.starts_with('#') {
            if !free.contains(&key) && !above.starts_with('#') {
                problems.push(format!("{name}: no reason above {line:?}"));
            }
            // The judge uses the disk of lesson 3. No lesson depends on another.
            let judges = ["check", "Cargo.toml"].contains(&name) && key == "lesson-3-msync";
            if key.starts_with("lesson-") && !judges && !USE_LESSONS.contains(&name) {
                problems.push(format!("{name} depends on a lesson: {line:?}"));
            }
            if table != "[workspace.dependencies]" && !line.ends_with(".workspace = true") {
                problems.push(format!("{name}: versions stand in the root: {line:?}"));
            }
        }
        above = line;
    }
    problems
}
