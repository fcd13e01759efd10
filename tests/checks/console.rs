//! Executes every console block of the lessons in the workspace's root, and compares its output.
//!
//! trycmd skips a command that it does not know and reports success. So each command runs through a
//! script that counts it, and the count must equal the number of commands in the texts. No program may
//! be compiled again meanwhile: the texts show what was tested.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::workspace::{built_programs, lessons, read, root};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

#[test]
fn every_console_block_prints_what_the_text_says() {
    let mut texts: Vec<_> = lessons().into_iter().map(|lesson| lesson.text).collect();
    if !course::has_cachestat() {
        course::left_out("without cachestat, lesson 3's table has other columns");
        texts.retain(|text| !text.ends_with("lesson-3-msync.md"));
    }
    let commands: Vec<_> = texts.iter().flat_map(|text| commands_in(&read(text))).collect();
    let scratch = course::scratch();
    let log = scratch.path().join("executed");
    let before = built_programs();

    env::set_current_dir(root()).expect("enter the workspace's root");
    let cases = trycmd::TestCases::new();
    cases.env("CARGO_NET_OFFLINE", "true");
    cases.env("CARGO_TERM_QUIET", "true"); // The texts show the programs' output, not cargo's.
    for name in commands.iter().filter_map(|command| program_of(command)) {
        cases.register_bin(name, counting(scratch.path(), &log, name));
    }
    for text in &texts {
        cases.case(text);
    }
    cases.run();

    let executed = fs::read_to_string(&log).unwrap_or_default().lines().count();
    assert_eq!(executed, commands.len(), "executed commands, and those in the texts: {commands:?}");
    assert!(commands.len() >= 2 * texts.len(), "only {} commands", commands.len());
    assert_eq!(built_programs(), before, "`cargo test` builds every lesson; run it first");
}

#[test]
fn a_command_that_is_neither_cargo_nor_a_coreutil_is_found() {
    assert_eq!(program_of("cargo lesson-1"), Some("cargo"));
    assert_eq!(program_of("od -c target/number"), Some("od"));
    for unknown in ["just lesson-1", "cargo test", "FOO=1 cargo lesson-1", "cat a | wc -l", "rg x"]
    {
        assert_eq!(program_of(unknown), None, "{unknown}");
    }
    let commands =
        commands_in("```console\n$ cargo lesson-1\nMachine\n$ ls\n```\n\n```rust\n$ no\n```\n");
    assert_eq!(commands, ["cargo lesson-1", "ls"]);
}

#[test]
fn every_command_is_cargo_lesson_or_a_coreutil() {
    for lesson in lessons() {
        let commands = commands_in(&read(&lesson.text));
        assert!(!commands.is_empty(), "{} runs nothing", lesson.name);
        for command in commands {
            assert!(program_of(&command).is_some(), "{}: {command}", lesson.name);
        }
    }
}

/// The commands of the console blocks, without their `$ `.
fn commands_in(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut in_console = false;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                in_console = matches!(&*language, "console" | "trycmd");
            }
            Event::End(TagEnd::CodeBlock) => in_console = false,
            Event::Text(lines) if in_console => {
                commands.extend(
                    lines.lines().filter_map(|line| line.strip_prefix("$ ")).map(String::from),
                );
            }
            _ => {}
        }
    }
    commands
}

/// The program of a command that a text may use: `cargo lesson-N`, or one of the coreutils.
fn program_of(command: &str) -> Option<&str> {
    const COREUTILS: [&str; 16] = [
        "cat",
        "chmod",
        "cmp",
        "cp",
        "cut",
        "head",
        "ls",
        "mkdir",
        "od",
        "printf",
        "rm",
        "sha256sum",
        "stat",
        "tail",
        "truncate",
        "wc",
    ];
    let mut words = command.split_whitespace();
    let (program, first) = (words.next()?, words.next().unwrap_or_default());
    let known =
        COREUTILS.contains(&program) || (program == "cargo" && first.starts_with("lesson-"));
    let plain = !command.contains(['|', '>', '<', ';', '&', '$']);
    (known && plain).then_some(program)
}

/// A script that notes its call in `log` and becomes the real program.
fn counting(directory: &Path, log: &Path, name: &str) -> PathBuf {
    let path = env::var_os("PATH").expect("a PATH");
    let real =
        env::split_paths(&path).map(|place| place.join(name)).find(|program| program.is_file());
    let real = real.unwrap_or_else(|| panic!("{name} is not installed"));
    let script = directory.join(name);
    let lines =
        format!("#!/bin/sh\necho {name} >>'{}'\nexec '{}' \"$@\"\n", log.display(), real.display());
    fs::write(&script, lines).expect("write the counting script");
    fs::set_permissions(&script, Permissions::from_mode(0o700)).expect("make it executable");
    script
}
