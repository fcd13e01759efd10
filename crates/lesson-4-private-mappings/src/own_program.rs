//! This program's own file, mapped privately and patched: the program runs as before. While it runs,
//! its file cannot be opened for writing. `cargo lesson-4` runs it.

use std::env;
use std::fs::File;

use common::{Context, Peer, Result, Stage, compare, page_size, say, sentence};

use crate::PrivateMapping;
use crate::picture::draw;

/// The hidden role that prints "I run".
pub const ROLE: &str = "greet";

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(_: &mut Stage) -> Result<()> {
    let path = env::current_exe().step("find this program")?;
    let file = File::open(&path).step_on("open", &path)?;
    let mapping = PrivateMapping::of(&file, page_size()).step_on("mmap", &path)?;
    let start = || format!("{:?}", mapping.text(0, 4));
    compare("before the patch: ", start(), "\"\\u{7f}ELF\"")?;
    draw("Four bytes of its first page loaded", &mapping)?;
    page_view::pause()?;
    mapping.store(0, b"#!no");
    draw("Four bytes stored to its first page", &mapping)?;
    compare("after the patch:  ", start(), "\"#!no\"")?;
    page_view::pause()?;
    let said = Peer::start([ROLE])?.hear()?;
    compare(" a new process says: ", format!("{said:?}"), "\"I run\"")?;
    sentence("This program opens its own file for writing:")?;
    let refused = match File::options().write(true).open(&path) {
        Ok(_) => "opened".into(),
        Err(refusal) => refusal.to_string(),
    };
    say!("   {refused}")?;
    sentence("(If you may not write to the file, the error is \"Permission denied\".)")
}

/// Prints "I run".
///
/// # Errors
/// That of standard output.
pub fn greet() -> Result<()> {
    common::end_with_parent()?;
    say!("I run")
}
