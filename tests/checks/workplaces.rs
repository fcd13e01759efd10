//! The dev container and the workflow that publishes the book: they name images, commands and directories
//! that must exist.

use std::fs;
use std::path::Path;

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::assert_none;

#[test]
fn the_dev_container_can_be_built_from_what_it_names() {
    let root = common::root().expect("find the checkout");
    let folder = root.join(".devcontainer");
    let text = fs::read_to_string(folder.join("devcontainer.json")).expect("read it");
    let settings: Value = serde_json::from_str(&text).expect("parse it");
    let file = settings["build"]["dockerfile"].as_str().expect("it names a file");
    let container = fs::read_to_string(folder.join(file)).expect("read the Containerfile");
    let graders =
        fs::read_to_string(root.join("grading/Containerfile")).expect("read the graders'");
    let mut problems = Vec::new();
    if base(&container) != base(&graders) {
        problems.push(format!("{:?} is not the graders' {:?}", base(&container), base(&graders)));
    }
    let commands = ["postCreateCommand", "postAttachCommand"].map(|key| settings[key].as_str());
    problems.extend(commands.into_iter().flat_map(|command| {
        let command = command.expect("it is one command");
        unknown(command, &root)
    }));
    assert_none(&problems);
}

#[test]
fn the_workflow_publishes_the_directory_that_the_book_is_made_in() {
    let root = common::root().expect("find the checkout");
    let text = fs::read_to_string(root.join(".github/workflows/book.yml")).expect("read it");
    let workflow = YamlLoader::load_from_str(&text).expect("parse it").remove(0);
    let steps = workflow["jobs"]["book"]["steps"].as_vec().expect("it has steps");
    let commands: Vec<_> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert!(commands.contains(&"cargo book --slides"), "{commands:?}");
    let uses = |action: &str| {
        let is_it = |step: &&Yaml| step["uses"].as_str().is_some_and(|it| it.starts_with(action));
        steps.iter().position(|step| is_it(&step))
    };
    let made = steps.iter().position(|step| step["run"].as_str() == Some("cargo book --slides"));
    let (uploaded, published) =
        (uses("actions/upload-pages-artifact@"), uses("actions/deploy-pages@"));
    assert!(made < uploaded && uploaded < published, "{made:?} {uploaded:?} {published:?}");
    let directory = steps[uploaded.expect("it uploads")]["with"]["path"].as_str();
    let book = fs::read_to_string(root.join("book/src/main.rs")).expect("read the book's program");
    let directory = directory.expect("it uploads a directory");
    assert!(book.contains(&format!("root.join({directory:?})")), "the book is not in {directory}");
    let problems: Vec<_> = commands.iter().flat_map(|command| unknown(command, &root)).collect();
    assert_none(&problems);
}

#[test]
fn an_unknown_command_is_found() {
    let root = common::root().expect("find the checkout");
    assert_eq!(unknown("cargo doctor", &root), None);
    assert_eq!(unknown("cargo build --locked", &root), None);
    assert!(unknown("cargo docter", &root).is_some());
    assert_eq!(base("# x\nFROM a:1\nRUN b\n"), Some("a:1"));
}

/// The image that a Containerfile begins with.
fn base(container: &str) -> Option<&str> {
    container.lines().find_map(|line| line.strip_prefix("FROM "))
}

/// Says that a command of cargo is neither cargo's own nor an alias of the course.
fn unknown(command: &str, root: &Path) -> Option<String> {
    let word = command.strip_prefix("cargo ")?.split_whitespace().next()?;
    let aliases = fs::read_to_string(root.join(".cargo/config.toml")).expect("read the aliases");
    let is_known = ["build", "install", "test"].contains(&word)
        || aliases.lines().any(|line| line.starts_with(&format!("{word} = ")));
    (!is_known).then(|| format!("`cargo {word}` is no command"))
}
