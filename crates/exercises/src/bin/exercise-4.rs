//! Exercise 4: `preview FILE FROM TO` prints FILE with every byte FROM replaced by TO, by editing
//! a private mapping in place. FILE stays as it is.
//!
//! The core:
//!
//! - FROM and TO are one byte each.
//! - FILE is opened for reading only, and even its time of modification stays.
//! - Only pages that hold a FROM are copied: do not store to a page where nothing changes. A program
//!   may map FILE in parts, one after another.
//!
//! The edges: `just exercise 4` names them all. The command line below is finished. The lesson:
//! `lessons/lesson-4-private-mappings.md`.
//!
//! Begin: open FILE for reading, map it with memmap2's `MmapOptions::map_copy`, and print it as it
//! is. Then replace. `just check 4` counts the pages that you made the kernel copy.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

/// What is to be done.
struct Call<'a> {
    file: &'a Path,
    from: u8,
    to: u8,
}

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    let done = match arguments(&words) {
        None => {
            eprintln!("usage: exercise-4 preview FILE FROM TO");
            return ExitCode::from(2);
        }
        Some(Call { file, from, to }) => preview(file, from, to),
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
fn arguments<'a>(words: &[&'a OsStr]) -> Option<Call<'a>> {
    let [command, file, from, to] = *words else { return None };
    let ([from], [to]) = (from.as_bytes(), to.as_bytes()) else { return None };
    (command == "preview").then(|| Call { file: Path::new(file), from: *from, to: *to })
}

/// Prints the file with every `from` replaced by `to`.
fn preview(_file: &Path, _from: u8, _to: u8) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}
