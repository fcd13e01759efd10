//! `MAP_POPULATE` acts as if every page were touched: by stores where the mapping is writable, by
//! loads where it is not. So one flag decides between a frozen copy and a live view.
//! `cargo lesson-4` shows it.

use common::{Context, Peer, Result, Stage, page_size, say};
use memmap2::MmapOptions;

use crate::picture::draw;
use crate::{PrivateView, lettered, neighbour};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("populate");
    let file = lettered::create(&path, 4)?;
    let length = 4 * page_size();
    let mut neighbour = Peer::start([neighbour::ROLE.as_ref(), path.as_os_str()])?;

    let lazy = PrivateView::of(&file, length).step_on("mmap", &path)?;
    let mut options = MmapOptions::new();
    options.len(length).populate();
    let frozen = PrivateView::with(&options, &file).step_on("mmap", &path)?;
    let live = PrivateView::read_only(&options, &file).step_on("mmap", &path)?;
    draw("writable, without the flag", &lazy)?;
    draw("writable, MAP_POPULATE", &frozen)?;
    draw("read-only, MAP_POPULATE", &live)?;
    page_view::pause()?;
    let done = neighbour::ask(&mut neighbour, "write 0 12345")?;
    say!("    the second process writes \"12345\" to the start of page 0: {done}")?;
    say!("   writable, without the flag: {:?} (expected \"12345\")", lazy.text(0, 5))?;
    say!("   writable, MAP_POPULATE:     {:?} (expected \"aaaaa\")", frozen.text(0, 5))?;
    say!("   read-only, MAP_POPULATE:    {:?} (expected \"12345\")", live.text(0, 5))
}
