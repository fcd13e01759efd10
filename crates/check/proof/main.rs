//! Plays the answer after which it was called: `exercise-1/reference` is a link to this program.
//!
//! Each answer is a file of its own and says in its first line which verdict it must get:
//! `//! verdict: solved`, `//! verdict: DIAGNOSIS`, or `//! verdict: refused` for any refusal.

#![allow(warnings, clippy::all, reason = "wrong answers are wrong on purpose")]

use std::process::ExitCode;

include!(concat!(env!("OUT_DIR"), "/answers.rs"));

fn main() -> ExitCode {
    let called = std::env::args_os().next().unwrap_or_default();
    let parts: Vec<_> = std::path::Path::new(&called).components().collect();
    let tail: std::path::PathBuf = parts[parts.len().saturating_sub(2)..].iter().collect();
    match ANSWERS.iter().find(|(name, _)| tail == std::path::Path::new(name)) {
        Some((_, entry)) => entry(),
        None => {
            eprintln!("{}: no answer of this name", tail.display());
            ExitCode::from(125)
        }
    }
}
