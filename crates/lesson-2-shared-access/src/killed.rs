//! A store is in the page cache, not in the process that made it, so it outlives the process.
//! `cargo lesson-2` shows it.

use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;

use common::{Context, Result, Stage, compare, page_size, sentence};
use nix::sys::signal::Signal;

use crate::Bytes;
use crate::picture::{Picture, THIS};
use crate::second_process;

/// The step of the story: the second process stores, and SIGKILL ends it.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("killed");
    let file = crate::visible::new_file(&path)?;
    let bytes = Bytes::of(&file, page_size()).step_on("mmap", &path)?; // Never touched, only drawn.
    let mut other = second_process::start(&path)?;
    compare(" the second process stores 42 in byte 0: ", other.ask("store 0 42")?, "done")?;
    Picture::of(&bytes, &mut other, 1)?.show("the second process has stored")?;
    sentence("This process kills the second process.")?;
    let killed = other.kill()?.signal() == Some(Signal::SIGKILL as i32);
    compare("ended by SIGKILL: ", killed, true)?;
    page_view::show_rows(&[(THIS, std::process::id(), bytes.addresses(page_size()))])?;
    page_view::look("the second process is gone")?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).step_on("read", &path)?;
    compare("byte 0, with read(2): ", byte[0], 42)
}
