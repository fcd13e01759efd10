//! What a claim needs a process of its own for: a fork, a signal, a limit, an execve. The tests start
//! a scene and judge it. `cargo lesson-2 scene NAME` plays one, in the current directory.

mod cut_short;
mod executed;
mod forked;
mod limited;

use std::fs::File;
use std::io;
use std::path::Path;

use common::{Context, Failure, Result};

/// Plays the scene `name`.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "cut-short-while-watching" => cut_short::while_watching(),
        "fork-stores" => forked::stores(),
        "fork-maps" => forked::maps(),
        "fork-untouched" => forked::untouched(),
        "fork-dont-fork" => forked::dont_fork(),
        "fork-wipe-on-fork" => forked::wipe_on_fork(),
        "exec" => executed::exec(),
        "after-exec" => executed::after_exec(),
        "execute-a-mapped-file" => executed::execute_a_mapped_file(),
        "file-size-limit" => limited::file_size(),
        "no-descriptor-left" => limited::no_descriptor_left(),
        "umask" => limited::umask(),
        "set-user-id" => limited::set_user_id(),
        "object-of-another" => limited::object_of_another(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}

/// A new file of two pages in the current directory.
fn new_file() -> Result<File> {
    crate::visible::new_file(Path::new("mapped"))
}

/// The next line of standard input: what the test has to say.
fn told() -> Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).step("hear the test")?;
    Ok(line.trim_end().into())
}

/// `done`, or the system's name for the error.
fn outcome<T>(result: io::Result<T>) -> String {
    result.map_or_else(|error| crate::second::name_of(&error), |_| "done".into())
}
