//! Two unrelated processes map the same file. What one stores, the other loads, and `read` returns it.
//! `cargo lesson-2` shows it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, Stage, compare, page_size, sentence};

use crate::Bytes;
use crate::picture::Picture;
use crate::second_process;

/// The step of the story. Nothing calls `msync` here.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("visible");
    let file = new_file(&path)?;
    let bytes = Bytes::of(&file, page_size()).step_on("mmap", &path)?;
    let mut other = second_process::start(&path)?;
    let picture = Picture::of(&bytes, &mut other, 1)?;
    sentence(
        "Both processes map the first page of a new file. The arrow -> is the page table entry.",
    )?;
    picture.show("both have mapped the page")?;

    bytes.store(0, 42);
    sentence("This process stores 42 in byte 0.")?;
    picture.show("the first process has stored")?;
    compare(" the second process loads byte 0: ", other.ask("load 0")?, 42)?;
    picture.show("the second process has loaded")?;
    compare(" it reads byte 0 with read(2): ", other.ask("read 0")?, 42)?;
    compare(" it stores 7 in byte 1: ", other.ask("store 1 7")?, "done")?;
    compare("this process loads byte 1: ", bytes.load(1), 7)?;
    file.write_all_at(&[9], 2).step_on("write", &path)?;
    sentence("This process writes 9 to byte 2 with write(2).")?;
    compare(" the second process loads byte 2: ", other.ask("load 2")?, 9)?;
    sentence("Neither process has called msync.")
}

/// A new file of two pages of zeros, open for reading and writing.
pub(crate) fn new_file(path: &Path) -> Result<File> {
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len(2 * page_size() as u64).step_on("ftruncate", path)?;
    Ok(file)
}
