//! Dependencies: a lesson has few, none on another lesson, and each has its reason in the line above
//! it.

use std::path::PathBuf;

use crate::assert_none;
use crate::workspace::{entries, file_name, read, root, rust_files};

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

/// The judge's crates from the bottom up, and which of them each may use.
const LAYERS: [(&str, &[&str]); 4] = [
    ("tracer", &[]),
    ("sandbox", &["tracer"]),
    ("explore", &["tracer"]),
    ("check", &["tracer", "sandbox", "explore"]),
];

#[test]
fn the_judges_crates_depend_downwards_only() {
    let manifest = |name: &str| read(&root().join(format!("crates/{name}/Cargo.toml")));
    for (name, below) in LAYERS {
        assert_none(&upwards(name, &manifest(name), below));
    }
    let sample = "[dependencies]\ntracer.workspace = true\ncheck.workspace = true\n";
    assert_eq!(upwards("explore", sample, &["tracer"]), ["explore depends on check"]);
}

fn upwards(name: &str, manifest: &str, below: &[&str]) -> Vec<String> {
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.lines().take_while(|line| !line.starts_with('['));
    let used = section.filter_map(|line| line.strip_suffix(".workspace = true"));
    let layers = LAYERS.iter().map(|(layer, _)| *layer).chain(["doctor"]);
    let layers: Vec<_> = layers.collect();
    let up = used.filter(|used| layers.contains(used) && !below.contains(used));
    up.map(|used| format!("{name} depends on {used}")).collect()
}

#[test]
fn only_the_tracer_calls_ptrace() {
    let sources = |member: PathBuf| rust_files(&member.join("src"));
    let members = entries(&root().join("crates")).into_iter().chain([root().join("book")]);
    let files: Vec<_> =
        members.filter(|it| it.is_dir() && file_name(it) != "tracer").flat_map(sources).collect();
    assert!(files.len() > 200, "found only {} files", files.len());
    let callers = files.iter().filter(|file| calls_ptrace(&read(file)));
    assert_none(
        &callers.map(|file| format!("{} calls ptrace", file.display())).collect::<Vec<_>>(),
    );
    assert!(calls_ptrace("use nix::sys::ptrace;\n") && calls_ptrace("libc::ptrace(0, 1)"));
    assert!(!calls_ptrace("// As after ptrace::cont.\nlet ptrace = refusal();"));
}

fn calls_ptrace(source: &str) -> bool {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut code = code.map(|line| line.replace(' ', ""));
    code.any(|line| {
        ["sys::ptrace", "ptrace::", "libc::ptrace(", "SYS_ptrace"]
            .iter()
            .any(|it| line.contains(it))
    })
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
