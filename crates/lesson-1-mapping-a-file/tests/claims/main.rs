//! The claims of lesson 1, one test each, named as the sentence in `lessons/`.
//! `just prove 1` runs them.

mod whole_pages;

/// A scene of this lesson, in a fresh process whose working directory is the test's own.
fn scene(name: &str, scratch: &common::Scratch) -> course::Program {
    let program = env!("CARGO_BIN_EXE_lesson-1-mapping-a-file");
    course::Program::new(program, ["scene", name]).in_directory(scratch.path())
}
