//! A private store: this mapping shows it; the file, other mappings and other processes do not.
//! `cargo lesson-4` runs it.

use std::fs;

use common::{Context, Peer, Result, Stage, compare, page_size, sentence};
use memmap2::MmapOptions;

use crate::picture::{addresses_in, draw_both};
use crate::{PrivateMapping, lettered, second_process};

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("greeting");
    let file = lettered::create(&path, 1)?;
    let mapping = PrivateMapping::of(&file, page_size()).step_on("mmap", &path)?;
    let mut second = Peer::start([second_process::ROLE.as_ref(), path.as_os_str()])?;

    sentence("Two processes map one page privately and load from it.")?;
    let loaded = mapping.text(0, 5);
    let loaded_there = second.ask("load 0 5")?;
    let (pid, pages) = (second.process.id(), addresses_in(&mut second, 1)?);
    let draw = || draw_both("first process", &mapping, ("second process", pid, pages.clone()));
    draw()?;
    compare("the first process loads:   ", quoted(&loaded), quoted("aaaaa"))?;
    compare(" the second process loads: ", quoted(&loaded_there), quoted("aaaaa"))?;
    page_view::look("both processes have loaded")?;
    sentence("The first process stores \"HELLO\".")?;
    mapping.store(0, b"HELLO");
    draw()?;
    page_view::look("the first process has stored")?;
    let other = PrivateMapping::of(&file, page_size()).step_on("mmap", &path)?;
    let shared = MmapOptions::new().map_raw(&file).step_on("mmap", &path)?;
    let in_file = || fs::read(&path).step_on("read", &path).map(|bytes| text(&bytes[..5]));
    let loaded_there = second.ask("load 0 5")?;
    compare("the first process loads:   ", quoted(&mapping.text(0, 5)), quoted("HELLO"))?;
    compare(" the second process loads: ", quoted(&loaded_there), quoted("aaaaa"))?;
    compare("another private mapping:   ", quoted(&other.text(0, 5)), quoted("aaaaa"))?;
    compare("the file:                  ", quoted(&in_file()?), quoted("aaaaa"))?;
    shared.flush().step_on("msync", &path)?;
    mapping.flush().step_on("msync", &path)?;
    compare("the file after msync:      ", quoted(&in_file()?), quoted("aaaaa"))?;
    drop(mapping);
    let again = PrivateMapping::of(&file, page_size()).step_on("mmap", &path)?;
    compare("unmapped and mapped again: ", quoted(&again.text(0, 5)), quoted("aaaaa"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `text` as the story shows it, in quotation marks.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}
