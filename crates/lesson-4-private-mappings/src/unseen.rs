//! A private store: this mapping has it; the file, a shared mapping and another process do not.
//! `cargo lesson-4` shows it.

use std::fs;

use common::{Context, Peer, Result, Stage, page_size, say};
use memmap2::MmapOptions;

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

    view.store(0, b"HELLO");
    let in_file = fs::read(&path).step_on("read", &path)?;
    say!("   this mapping:              {:?}", view.text(0, 5))?;
    say!("   another private mapping:   {:?}", other.text(0, 5))?;
    say!("   read from the file:        {:?}", String::from_utf8_lossy(&in_file[..5]))?;
    say!("    the second process:       {:?}", neighbour::ask(&mut neighbour, "see 0 5")?)?;
    shared.flush().step_on("msync", &path)?;
    view.flush().step_on("msync", &path)?;
    let in_file = fs::read(&path).step_on("read", &path)?;
    say!("   the file after msync:      {:?}", String::from_utf8_lossy(&in_file[..5]))?;
    drop(view);
    let again = PrivateView::of(&file, page_size()).step_on("mmap", &path)?;
    say!("   unmapped and mapped again: {:?}  (the store is gone)", again.text(0, 5))
}
