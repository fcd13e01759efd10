//! The second process of the story. It has the file mapped privately too, and loads from it or writes
//! to the file when it is told to. `cargo lesson-4` starts it.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Result, say};

use crate::{PrivateMapping, lettered};

/// The hidden role that runs it.
pub const ROLE: &str = "second-process";

/// Answers one line of standard input with one line of output, until its input ends:
///
/// - `read OFFSET COUNT`: what `read` finds in the file;
/// - `load OFFSET COUNT`: what the mapping shows;
/// - `address`: where the mapping begins;
/// - `write OFFSET TEXT`: `done`, after TEXT has been written to the file and to the disk.
///
/// # Errors
/// If a system call fails, or a line is none of these.
pub fn play(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    let file = lettered::open(path)?;
    let length = usize::try_from(file.metadata().step_on("stat", path)?.len());
    let length = length.map_err(io::Error::other).step_on("mmap", path)?;
    let mapping = PrivateMapping::of(&file, length).step_on("mmap", path)?;
    for line in io::stdin().lines() {
        let line = line.step("read a command of the first process")?;
        let words: Vec<&str> = line.split(' ').collect();
        let refusal = |why| Failure::refusal("obey the first process", path, why);
        let number = |word: &str| word.parse::<u32>().map_err(|_| refusal("not a number"));
        match words[..] {
            ["address"] => say!("{}", mapping.address())?,
            ["load", offset, count] => {
                let (offset, count) = (number(offset)? as usize, number(count)? as usize);
                if offset + count > length {
                    return Err(refusal("past the end of the mapping"));
                }
                say!("{}", mapping.text(offset, count))?;
            }
            ["read", offset, count] => {
                let mut text = vec![0; number(count)? as usize];
                file.read_exact_at(&mut text, number(offset)?.into()).step_on("read", path)?;
                say!("{}", String::from_utf8_lossy(&text))?;
            }
            ["write", offset, text] => {
                file.write_all_at(text.as_bytes(), number(offset)?.into())
                    .step_on("write", path)?;
                file.sync_data().step_on("fdatasync", path)?;
                say!("done")?;
            }
            _ => return Err(refusal("a command is address, load, read or write")),
        }
    }
    Ok(())
}
