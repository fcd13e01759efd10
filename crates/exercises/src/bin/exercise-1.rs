//! Exercise 1: `poke FILE OFFSET TEXT` stores the bytes of TEXT in FILE from byte OFFSET on, and
//! `peek FILE OFFSET LEN` prints LEN bytes from there. Both use a mapping.
//!
//! The core:
//!
//! - `poke` changes no other byte. OFFSET may be any byte, and TEXT may cross the border of two
//!   pages. A missing FILE is made. A shorter FILE grows to exactly OFFSET + length of TEXT.
//! - `peek` opens FILE for reading only. If the range reaches past the end of the file, it fails
//!   and prints nothing.
//! - Both work beyond a terabyte in a sparse file, with 512 MiB of address space.
//!
//! The edges: `just exercise 1` names them all. The command line below is finished. The lesson:
//! `lessons/lesson-1-mapping-a-file.md`.
//!
//! Begin: in `poke`, open FILE, make it long enough with `set_len`, map it with memmap2's
//! `MmapOptions::map_raw`, and copy TEXT to OFFSET. `just check 1` then tells what is still
//! missing.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What is to be done.
enum Call<'a> {
    Poke { file: &'a Path, offset: u64, text: &'a OsStr },
    Peek { file: &'a Path, offset: u64, length: u64 },
}

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    let done = match arguments(&words) {
        None => {
            eprintln!("usage: exercise-1 poke FILE OFFSET TEXT | peek FILE OFFSET LEN");
            return ExitCode::from(2);
        }
        Some(Call::Poke { file, offset, text }) => poke(file, offset, text),
        Some(Call::Peek { file, offset, length }) => peek(file, offset, length),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The call, if it is one: a number outside its range is a wrong call.
fn arguments<'a>(words: &[&'a OsStr]) -> Option<Call<'a>> {
    const MOST: u64 = 64 << 20;
    let [command, file, offset, last] = *words else { return None };
    let file = Path::new(file);
    let offset = number(offset).filter(|offset| *offset <= i64::MAX as u64)?;
    match command.to_str()? {
        "poke" => Some(Call::Poke { file, offset, text: last }),
        "peek" => {
            let length = number(last).filter(|length| *length <= MOST)?;
            Some(Call::Peek { file, offset, length })
        }
        _ => None,
    }
}

/// A decimal number, and nothing but that.
fn number(word: &OsStr) -> Option<u64> {
    let digits = word.to_str()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// Stores TEXT's bytes at byte OFFSET.
fn poke(_file: &Path, _offset: u64, _text: &OsStr) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}

/// Prints LEN bytes from byte OFFSET on.
fn peek(_file: &Path, _offset: u64, _length: u64) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}
