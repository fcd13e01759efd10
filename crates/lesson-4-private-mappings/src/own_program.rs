//! This program's own file, mapped privately and patched: it runs as before, and nobody may open
//! it for writing while it runs. `cargo lesson-4` shows it.

use std::env;
use std::fs::File;

use common::{Context, Peer, Result, Stage, page_size, say};

use crate::PrivateView;
use crate::picture::draw;

/// The hidden role of a program that only says that it runs.
pub const ROLE: &str = "greet";

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(_: &mut Stage) -> Result<()> {
    let path = env::current_exe().step("find this program")?;
    let file = File::open(&path).step_on("open", &path)?;
    let view = PrivateView::of(&file, page_size()).step_on("mmap", &path)?;
    say!("   its first bytes:                  {:?} (expected \"\\u{{7f}}ELF\")", view.text(0, 4))?;
    draw("its first page, loaded from", &view)?;
    view.store(0, b"#!no");
    draw("its first page, stored to", &view)?;
    say!("   patched in a private mapping:     {:?} (expected \"#!no\")", view.text(0, 4))?;
    let said = Peer::start([ROLE])?.hear()?;
    say!("    started meanwhile, it says:      {said:?} (expected \"I run\")")?;
    let refused = match File::options().write(true).open(&path) {
        Ok(_) => "opened".into(),
        Err(refusal) => refusal.to_string(),
    };
    say!("   opened for writing while it runs: {refused}")?;
    say!("   (expected: Text file busy, or Permission denied where it is not yours to write)")
}

/// What a second process of this program says.
///
/// # Errors
/// That of standard output.
pub fn greet() -> Result<()> {
    common::end_with_parent()?;
    say!("I run")
}
