//! verdict: refused
//! Exercise 5: `add FILE TIMES` adds 1 to a counter, TIMES times. `transfer FILE FROM TO AMOUNT`
//! moves an amount from one account to another. Any number of both run at once.
//!
//! FILE has 4096 bytes. Whichever process comes first makes it, if it is missing or empty, and fills
//! it with zeros:
//!
//! ```text
//! 0         8           72            1024                 2048               4096
//! | counter | accounts  | nothing     | your own lock      | nothing          |
//!   u64       1 to 8: u64 at 8 x the account's number
//! ```
//!
//! The core:
//!
//! - `transfer` fails and changes nothing if FROM holds too little.
//! - The judge hands over files whose bytes 1024 to 2047 are zero: no lock has been made yet.
//! - In every interleaving, no addition is lost, no account goes below zero, and the sum of the
//!   accounts stays.
//! - If one process is killed at any point, all others still finish within 5 seconds.
//! - A process that waits uses, in 500 ms, at most 50 ms of processor time and 1000 system calls.
//!
//! The edges: `just exercise 5` names them all. The command line below is finished. The lesson:
//! `lessons/lesson-5-races-and-semaphores.md`.
//!
//! Begin: write both commands without a lock, and let `just check 5` show you the update that got
//! lost. Then choose a lock whose holder may die.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What is to be done.
enum Call<'a> {
    Add { file: &'a Path, times: u64 },
    Transfer { file: &'a Path, from: u64, to: u64, amount: u64 },
}

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    let done = match arguments(&words) {
        None => {
            eprintln!("usage: exercise-5 add FILE TIMES | transfer FILE FROM TO AMOUNT");
            return ExitCode::from(2);
        }
        Some(Call::Add { file, times }) => add(file, times),
        Some(Call::Transfer { file, from, to, amount }) => transfer(file, from, to, amount),
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
        ("add", [file, times]) => Some(Call::Add { file: Path::new(*file), times: number(times)? }),
        ("transfer", [file, from, to, amount]) => {
            let (from, to, amount) = (number(from)?, number(to)?, number(amount)?);
            let accounts = (1..=8).contains(&from) && (1..=8).contains(&to) && from != to;
            accounts.then(|| Call::Transfer { file: Path::new(*file), from, to, amount })
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

/// Adds 1 to the counter, so many times.
fn add(_file: &Path, _times: u64) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}

/// Moves an amount from one account to another.
fn transfer(_file: &Path, _from: u64, _to: u64, _amount: u64) -> io::Result<()> {
    Err(io::Error::other("not solved yet"))
}
