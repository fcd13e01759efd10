//! Two processes that know nothing of each other but a file's name: what one stores, the other loads,
//! and `read` returns it too. `cargo lesson-2` shows it.

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::{Context, Peer, Result, Stage, page_size, say};

use crate::Bytes;
use crate::picture::Picture;

/// The step of the story: nobody calls `msync` here.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("visible");
    let file = new_file(&path)?;
    let bytes = Bytes::of(&file, page_size()).step_on("mmap", &path)?;
    let mut other = Peer::start(["second".as_ref(), path.as_os_str()])?;
    other.hear()?;
    let picture = Picture::of(&bytes, &mut other, 1)?;
    say!("   one page of a new file, mapped by two processes, a letter a page:")?;
    picture.show()?;
    page_view::pause()?;

    bytes.store(0, 42);
    say!("   this process stores 42 in byte 0 of its mapping")?;
    picture.show()?;
    page_view::pause()?;
    other.tell("load 0")?;
    say!("    the second process loads byte 0 of its own: {} (expected 42)", other.hear()?)?;
    picture.show()?;
    page_view::pause()?;
    other.tell("read 0")?;
    say!("    the second process calls read(2):           {} (expected 42)", other.hear()?)?;
    other.tell("store 1 7")?;
    say!("    the second process stores 7 in byte 1: {}", other.hear()?)?;
    say!("   this process loads byte 1: {} (expected 7)", bytes.load(1))?;
    file.write_all_at(&[9], 2).step_on("write", &path)?;
    say!("   this process calls write(2): 9 in byte 2")?;
    other.tell("load 2")?;
    say!("    the second process loads byte 2: {} (expected 9)", other.hear()?)
}

/// A new file of two pages of zeros, open for reading and writing.
pub(crate) fn new_file(path: &std::path::Path) -> Result<File> {
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len(2 * page_size() as u64).step_on("ftruncate", path)?;
    Ok(file)
}
