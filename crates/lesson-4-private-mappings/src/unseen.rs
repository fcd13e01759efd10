//! A private store: this mapping has it; the file, a shared mapping and another process do not.
//! `cargo lesson-4` shows it.

use std::fs;

use common::{Context, Peer, Result, Stage, page_size, say};
use memmap2::MmapOptions;

use crate::picture::{addresses_in, draw_both};
use crate::{PrivateView, lettered, neighbour};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("unseen");
    let file = lettered::create(&path, 1)?;
    let view = PrivateView::of(&file, page_size()).step_on("mmap", &path)?;
    let other = PrivateView::of(&file, page_size()).step_on("mmap", &path)?;
    let shared = MmapOptions::new().map_raw(&file).step_on("mmap", &path)?;
    let mut neighbour = Peer::start([neighbour::ROLE.as_ref(), path.as_os_str()])?;

    let (pid, pages) = (neighbour.process.id(), addresses_in(&mut neighbour, 1)?);
    let draw = |what: &str| draw_both(what, &view, ("the second process", pid, pages.clone()));
    draw("mapped here and there")?;
    page_view::pause()?;
    view.store(0, b"HELLO");
    draw("\"HELLO\" stored here")?;
    page_view::pause()?;
    let in_file = || fs::read(&path).step_on("read", &path).map(|bytes| text(&bytes[..5]));
    let of_second = neighbour::ask(&mut neighbour, "load 0 5")?;
    say!("   this mapping:               {:?} (expected \"HELLO\")", view.text(0, 5))?;
    say!("   another private mapping:    {:?} (expected \"aaaaa\")", other.text(0, 5))?;
    say!("   read from the file:         {:?} (expected \"aaaaa\")", in_file()?)?;
    say!("    the second process loads:  {of_second:?} (expected \"aaaaa\")")?;
    draw("loaded here and there")?;
    page_view::pause()?;
    shared.flush().step_on("msync", &path)?;
    view.flush().step_on("msync", &path)?;
    say!("   the file after msync:       {:?} (expected \"aaaaa\")", in_file()?)?;
    drop(view);
    let again = PrivateView::of(&file, page_size()).step_on("mmap", &path)?;
    say!("   unmapped, mapped again:     {:?} (expected \"aaaaa\")", again.text(0, 5))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
