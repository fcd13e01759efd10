//! Exercise 6: `lines FILE...` counts lines and bytes as `wc -lc` does, through mappings.
//!
//! - Prints `LINES BYTES NAME` for each FILE, and `LINES BYTES total` if several were given.
//! - Empty files, files without a last newline, thousands of small files, a file of a gigabyte:
//!   all work, with private memory below 16 MiB.
//! - One pass over the bytes and no more: the page faults are counted.
//! - Mappings are released: at most 8 of FILEs exist at a time.
//! - A FILE that cannot be mapped gets its line on standard error, the others are still counted,
//!   and the exit status is 1. Extra credit: a FILE that is truncated while it is counted gets
//!   such a line, too, and no crash.
//!
//! The whole contract: `just exercise 6`. The lesson: `lessons/lesson-6-mmap-instead-of-read.md`.
//!
//! Begin: write `count` for one file: open, map, count the newlines. An empty file cannot be
//! mapped with a length of 0. `just check 6` then counts your page faults.

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
