//! Exercise 3: a ledger that survives a power cut. `record FILE TEXT...` stores each TEXT in a
//! slot and prints when it is on the disk. `list FILE` prints the texts.
//!
//! The core:
//!
//! - FILE has slots of 64 bytes. A slot whose first byte is 0 is free. A TEXT has 1 to 63 bytes and
//!   no newline.
//! - `record` takes the free slots with the lowest numbers, through a shared mapping. A full FILE
//!   grows to the next multiple of the page size. A missing FILE is made.
//! - `record` prints `durable K` and a newline (slots count from 0) when, and only when, slot K is
//!   on the disk. Several TEXTs may share one flush. A flush that fails is a failure.
//! - `list` prints the used slots, one text a line.
//!
//! The edges: `just exercise 3` names them all. The command line below is finished. The lesson:
//! `lessons/lesson-3-msync.md`.
//!
//! Begin: write `list`, and try it on a FILE made with `printf` and `truncate`. Then write `record`
//! without a flush, and see what `just check 3` says about the moment at which it prints.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What is to be done.
enum Call<'a> {
    Record { file: &'a Path, texts: &'a [&'a OsStr] },
    List { file: &'a Path },
}

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    let done = match arguments(&words) {
        None => {
            eprintln!("usage: exercise-3 record FILE TEXT... | list FILE");
            return ExitCode::from(2);
        }
        Some(Call::Record { file, texts }) => record(file, texts),
        Some(Call::List { file }) => list(file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The call, if it is one.
fn arguments<'a>(words: &'a [&'a OsStr]) -> Option<Call<'a>> {
    let (command, rest) = words.split_first()?;
    match (command.to_str()?, rest) {
        ("record", [file, texts @ ..]) if !texts.is_empty() => {
            Some(Call::Record { file: Path::new(*file), texts })
        }
        ("list", [file]) => Some(Call::List { file: Path::new(*file) }),
        _ => None,
    }
}

/// Stores each text in the lowest free slot, and says when it is on the disk.
fn record(_file: &Path, _texts: &[&OsStr]) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}

/// Prints the used slots.
fn list(_file: &Path) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}
