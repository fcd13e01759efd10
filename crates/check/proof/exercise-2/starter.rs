//! verdict: refused
//! Exercise 2: a mailbox in a mapped file. `post FILE TEXT` puts a message into it, and `take FILE`
//! takes it out and prints it.
//!
//! FILE has 4096 bytes. The numbers have the byte order of the machine:
//!
//! ```text
//! 0       4        8                                        4096
//! | full  | length | text                                      |
//!   u32     u32      length bytes of it count
//!   0 or 1  at most 4088
//! ```
//!
//! The core:
//!
//! - Whichever process comes first makes FILE. A process that finds FILE with 0 bytes gives it its
//!   4096 bytes.
//! - `post` waits until the box is empty, stores the text, then marks the box full. `take` waits
//!   until the box is full, prints the text and a newline, then marks the box empty.
//! - One `post` and one `take` run at a time. In every interleaving, `take` prints a whole message
//!   or waits.
//! - `take` trusts nothing: a `length` above 4088, or a `full` that is neither 0 nor 1, is a
//!   failure.
//!
//! The edges: `just exercise 2` names them all. The command line below is finished. The lesson:
//! `lessons/lesson-2-shared-access.md`.
//!
//! Begin: make and map the file in a function that both commands call. Then write `post` for a box
//! that is empty, and look at FILE with `od`. Which store must come last, and what keeps it last?

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What is to be done.
enum Call<'a> {
    Post { file: &'a Path, text: &'a OsStr },
    Take { file: &'a Path },
}

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    let done = match arguments(&words) {
        None => {
            eprintln!("usage: exercise-2 post FILE TEXT | take FILE");
            return ExitCode::from(2);
        }
        Some(Call::Post { file, text }) => post(file, text),
        Some(Call::Take { file }) => take(file),
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
    let (command, rest) = words.split_first()?;
    match (command.to_str()?, rest) {
        ("post", [file, text]) => Some(Call::Post { file: Path::new(*file), text }),
        ("take", [file]) => Some(Call::Take { file: Path::new(*file) }),
        _ => None,
    }
}

/// Waits until the box is empty, stores the text, marks it full.
fn post(_file: &Path, _text: &OsStr) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}

/// Waits until the box is full, prints the text, marks it empty.
fn take(_file: &Path) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}
