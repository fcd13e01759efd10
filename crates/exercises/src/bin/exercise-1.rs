//! Exercise 1: `poke FILE OFFSET TEXT` stores TEXT's bytes at byte OFFSET of FILE, `peek FILE
//! OFFSET LEN` prints LEN bytes from there, both through a mapping.
//!
//! - `poke`: a missing FILE is created with mode 0600; a shorter one grows to exactly OFFSET +
//!   length; no other byte changes and the file never shrinks; a failing `poke` changes no byte
//!   and leaves no new file. An empty TEXT still grows the file.
//! - `peek`: opens FILE for reading only, creates nothing; a range past the end of the file is a
//!   failure with nothing printed. LEN is 0 to 64 MiB; 0 succeeds at any OFFSET if FILE can be
//!   opened.
//! - Any OFFSET from 0 to 2^63 - 1: unaligned, across pages, beyond a terabyte, with 512 MiB of
//!   addresses. OFFSET + length above 2^63 - 1, or above what the file system holds, is a failure.
//!
//! The whole contract: `just exercise 1`. The lesson: `lessons/lesson-1-mapping-a-file.md`.
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
