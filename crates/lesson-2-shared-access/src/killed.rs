//! A store is the page cache's, not the process's own: the process that made it is not needed any more.
//! `cargo lesson-2` shows it.

use std::os::unix::fs::FileExt;

use common::{Context, Peer, Result, Stage, page_size, say};

use crate::Bytes;
use crate::picture::Picture;

/// The step of the story: the second process stores, and is killed with SIGKILL.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("killed");
    let file = crate::visible::new_file(&path)?;
    let bytes = Bytes::of(&file, page_size()).step_on("mmap", &path)?; // Looked at, not touched.
    let mut other = Peer::start(["second".as_ref(), path.as_os_str()])?;
    other.hear()?;
    other.tell("store 0 42")?;
    say!("    the second process stores 42 in byte 0, and no more: {}", other.hear()?)?;
    Picture::of(&bytes, &mut other, 1)?.show()?;
    page_view::pause()?;
    other.process.kill().step("kill")?;
    let ended = other.wait()?;
    say!("   killed; it ended by {ended} (expected signal: 9, SIGKILL)")?;
    let start = bytes.as_ptr().addr();
    let pages = start..start + page_size();
    page_view::show_rows(&[("   this process       ", std::process::id(), pages)])?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).step_on("read", &path)?;
    say!("   read(2) returns {} (expected 42; a power cut is lesson 3's)", byte[0])
}
