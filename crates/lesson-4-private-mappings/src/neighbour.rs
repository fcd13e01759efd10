//! The second process of the story: it looks at the file and writes to it, when it is told.
//! `cargo lesson-4` starts it by itself.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Peer, Result, say};

use crate::lettered;

/// The hidden role that plays it.
pub const ROLE: &str = "neighbour";

/// Obeys lines: `see OFFSET COUNT` answers with the file's text there; `write OFFSET TEXT` answers
/// `done`. Ends with its input.
///
/// # Errors
/// The system's, and a line that is neither.
pub fn play(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    let file = lettered::open(path)?;
    for line in io::stdin().lines() {
        let line = line.step("hear the first process")?;
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| {
            word.parse::<u32>().map_err(|_| Failure::refusal("hear", path, "not a number"))
        };
        match words[..] {
            ["see", offset, count] => {
                let mut text = vec![0; number(count)? as usize];
                file.read_exact_at(&mut text, number(offset)?.into()).step_on("read", path)?;
                say!("{}", String::from_utf8_lossy(&text))?;
            }
            ["write", offset, text] => {
                file.write_all_at(text.as_bytes(), number(offset)?.into())
                    .step_on("write", path)?;
                say!("done")?;
            }
            _ => return Err(Failure::refusal("hear", path, "neither see nor write")),
        }
    }
    Ok(())
}

/// Tells the neighbour a line and waits for its answer.
///
/// # Errors
/// A broken pipe: the neighbour has ended.
pub fn ask(neighbour: &mut Peer, line: &str) -> Result<String> {
    neighbour.tell(line)?;
    neighbour.hear()
}
