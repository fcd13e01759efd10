//! Exercise 2: a mailbox in a mapped file. `post FILE TEXT` puts a message into it, `take FILE`
//! takes it out and prints it.
//!
//! FILE holds 4096 bytes, in native byte order:
//!
//! ```text
//! 0       4        8                                        4096
//! | full  | length | text                                      |
//!   u32     u32      length bytes of it count
//!   0 or 1  at most 4088
//! ```
//!
//! - Whoever comes first creates and sizes it; 0 bytes: not sized yet; any other size than 4096: a
//!   failure.
//! - `post` waits until the box is empty, stores the text, then marks it full. `take` waits until
//!   it is full, prints the text and a newline, then marks it empty. Each waits at most 5 seconds;
//!   then it is a failure.
//! - One poster and one taker at a time; in every interleaving of the two, `take` prints a whole
//!   message or waits. An empty TEXT is a message; one longer than 4088 bytes is a failure and
//!   changes nothing.
//! - `take` trusts nothing: a `length` above 4088, or a `full` that is neither 0 nor 1, is a
//!   failure.
//!
//! The whole contract: `just exercise 2`. The lesson: `lessons/lesson-2-shared-access.md`.
//!
//! Begin: make and map the file in a function that both commands call; then write `post` for a box
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
