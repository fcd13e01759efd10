//! `MAP_POPULATE` on a private mapping stores to every page if the mapping is writable, and only
//! loads from it if not. So it copies all pages or none. `cargo lesson-4` runs it.

use common::{Context, Peer, Result, Stage, compare, page_size, say};
use memmap2::MmapOptions;

use crate::picture::draw;
use crate::{PrivateMapping, lettered, second_process};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("populate");
    let file = lettered::create(&path, 4)?;
    let length = 4 * page_size();
    let mut second = Peer::start([second_process::ROLE.as_ref(), path.as_os_str()])?;

    let plain = PrivateMapping::of(&file, length).step_on("mmap", &path)?;
    let mut options = MmapOptions::new();
    options.len(length).populate();
    let writable = PrivateMapping::with(&options, &file).step_on("mmap", &path)?;
    let read_only = PrivateMapping::read_only(&options, &file).step_on("mmap", &path)?;
    draw("writable, without MAP_POPULATE", &plain)?;
    draw("writable, MAP_POPULATE", &writable)?;
    draw("read-only, MAP_POPULATE", &read_only)?;
    page_view::pause()?;
    second_process::ask(&mut second, "write 0 12345")?;
    say!("    the second process writes \"12345\" to page 0")?;
    let shown = |mapping: &PrivateMapping| format!("{:?}", mapping.text(0, 5));
    compare("writable, without it:    ", shown(&plain), "\"12345\"")?;
    compare("writable, MAP_POPULATE:  ", shown(&writable), "\"aaaaa\"")?;
    compare("read-only, MAP_POPULATE: ", shown(&read_only), "\"12345\"")
}
