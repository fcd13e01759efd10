//! `MAP_POPULATE` on a writable private mapping copies every page, as a store to each page does. If the
//! mapping is read-only, `MAP_POPULATE` copies no page. `cargo lesson-4` runs it.

use std::process;

use common::{Context, Peer, Result, Stage, compare, page_size, say, sentence};
use memmap2::MmapOptions;

use crate::{PrivateMapping, lettered, second_process};

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("letters-populated");
    let file = lettered::create(&path, 2)?;
    let length = 2 * page_size();
    let mut second = Peer::start([second_process::ROLE.as_ref(), path.as_os_str()])?;

    let plain = PrivateMapping::of(&file, length).step_on("mmap", &path)?;
    let mut options = MmapOptions::new();
    options.len(length).populate();
    let writable = PrivateMapping::with(&options, &file).step_on("mmap", &path)?;
    let read_only = PrivateMapping::read_only(&options, &file).step_on("mmap", &path)?;
    sentence("Three private mappings. A + marks a mapping made with MAP_POPULATE:")?;
    let row = |label, mapping: &PrivateMapping| (label, process::id(), mapping.addresses());
    page_view::show_rows(&[
        row("   writable", &plain),
        row("   writable +", &writable),
        row("   read-only +", &read_only),
    ])?;
    page_view::pause()?;
    second.ask("write 0 12345")?;
    say!("    the second process writes \"12345\" to page 0")?;
    let shown = |mapping: &PrivateMapping| format!("{:?}", mapping.text(0, 5));
    compare("writable:    ", shown(&plain), "\"12345\"")?;
    compare("writable +:  ", shown(&writable), "\"aaaaa\"")?;
    compare("read-only +: ", shown(&read_only), "\"12345\"")
}
