//! What a claim needs a process of its own for, because it ends in a signal or because a limit or
//! an address range belongs to the whole process. The tests start a scene and judge it.

mod guards;
mod hole;
mod limits;
mod signals;
mod stranger;

use std::fs::File;
use std::path::Path;

use common::{Context, Failure, Result, page_size};

use crate::View;
use crate::cost::write_lines;

/// Plays the scene `name`; it works on files in the current directory.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    crate::steps::truncated::leave_no_core()?;
    match name {
        "load-after-a-cut" => signals::load_after_a_cut(),
        "load-after-a-cut-with-sigbus-blocked" => signals::load_with_sigbus_blocked(),
        "foreign-fault-under-a-guard" => guards::foreign_fault(),
        "sent-sigbus-under-a-guard" => guards::sent_sigbus(),
        "two-guards" => guards::two(),
        "action-before-under-and-after-a-guard" => guards::actions(),
        "advice-across-a-hole" => hole::advise(),
        "mincore-across-a-hole" => hole::resident(),
        "no-room-to-map" => limits::no_room(),
        "more-mappings-than-descriptors" => limits::few_descriptors(),
        "mincore-of-a-strangers-file" => stranger::resident(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}

/// A new file of `pages` pages, and a view of it.
fn file_and_view(name: &str, pages: usize) -> Result<(File, View)> {
    let path = Path::new(name);
    let file = write_lines(path, pages * page_size(), page_size())?;
    let view = View::of(&file, pages * page_size()).step_on("mmap", path)?;
    Ok((file, view))
}
