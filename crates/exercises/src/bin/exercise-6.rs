//! Exercise 6: `lines FILE...` counts lines and bytes as `wc -lc` does, through mappings.
//!
//! The core:
//!
//! - It prints `LINES BYTES NAME` for each FILE, and `LINES BYTES total` if several were given.
//! - A gigabyte works with less than 16 MiB of private memory.
//! - It reads FILE in one pass and no more: the page faults are counted.
//! - Mappings are released: at most 8 mappings of FILEs exist at a time.
//!
//! The edges, and an extra credit: `just exercise 6` names them all. The command line below is
//! finished. The lesson: `lessons/lesson-6-mmap-instead-of-read.md`.
//!
//! Begin: write `count` for one file: open, map, count the newlines. `just check 6` then counts your
//! page faults.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What is to be done.
struct Call<'a> {
    files: &'a [&'a OsStr],
}

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    let done = match arguments(&words) {
        None => {
            eprintln!("usage: exercise-6 lines FILE...");
            return ExitCode::from(2);
        }
        Some(Call { files }) => lines(files),
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
    let (command, files) = words.split_first()?;
    (*command == "lines" && !files.is_empty()).then_some(Call { files })
}

/// Prints a line for each file, and the sums if there are several.
fn lines(files: &[&OsStr]) -> io::Result<()> {
    for file in files {
        count(Path::new(file))?;
    }
    Ok(())
}

/// A file's lines and bytes.
fn count(_file: &Path) -> io::Result<(u64, u64)> {
    Err(io::Error::other("not solved yet"))
}
