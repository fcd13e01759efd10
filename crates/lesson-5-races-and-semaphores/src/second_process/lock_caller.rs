//! The second process B of the steps about file locks: it makes the lock calls that process A tells
//! it, and answers each call with `ok` or the name of the error. `cargo lesson-5` starts it itself.

use std::path::Path;

use common::{Failure, Peer, Result};

/// Starts B, with `file` open for reading and writing as `d`.
///
/// # Errors
/// Those of the start; that B cannot open the file.
pub fn start_lock_caller(file: &Path) -> Result<Peer> {
    let mut b = Peer::start(["scenario", "actor"])?;
    open(&mut b, "d", file)?;
    Ok(b)
}

/// Lets B open another file under another name.
///
/// # Errors
/// Those of the pipes; that B cannot open the file.
pub fn open(b: &mut Peer, name: &str, file: &Path) -> Result<()> {
    match b.ask(&format!("open {name} both {}", file.display()))?.as_str() {
        "ok" => Ok(()),
        answer => Err(Failure::refusal("open in the second process", file, answer)),
    }
}
