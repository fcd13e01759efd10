//! The second process of the story: it has the file mapped privately too, looks at it and writes to
//! it, when it is told. `cargo lesson-4` starts it by itself.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Peer, Result, say};

use crate::{PrivateView, lettered};

/// The hidden role that plays it.
pub const ROLE: &str = "neighbour";

/// Obeys lines: `see OFFSET COUNT` answers with the file's text there, `load OFFSET COUNT` with the
/// mapping's, `address` with where that begins; `write OFFSET TEXT` writes to the file, and to the disk
/// (pictures are not about the disk here), and answers `done`. Ends with its input.
///
/// # Errors
/// The system's, and a line that is neither.
pub fn play(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    let file = lettered::open(path)?;
    let length = usize::try_from(file.metadata().step_on("stat", path)?.len());
    let length = length.map_err(io::Error::other).step_on("mmap", path)?;
    let view = PrivateView::of(&file, length).step_on("mmap", path)?;
    for line in io::stdin().lines() {
        let line = line.step("hear the first process")?;
        let words: Vec<&str> = line.split(' ').collect();
        let refusal = |why| Failure::refusal("hear", path, why);
        let number = |word: &str| word.parse::<u32>().map_err(|_| refusal("not a number"));
        match words[..] {
            ["address"] => say!("{}", view.address())?,
            ["load", offset, count] => {
                let (offset, count) = (number(offset)? as usize, number(count)? as usize);
                if offset + count > length {
                    return Err(refusal("past the end of the mapping"));
                }
                say!("{}", view.text(offset, count))?;
            }
            ["see", offset, count] => {
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
            _ => return Err(refusal("none of address, load, see and write")),
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
