//! Scenarios of claims that need a process of their own, because they end in a signal, or because a
//! limit or an address range belongs to the whole process. The tests start them and judge them.

mod gap;
mod guards;
mod limits;
mod other_user;
mod page_table;
mod signals;

use std::fs::File;
use std::path::Path;

use common::{Context, Failure, Result, page_size};

use crate::View;
use crate::cost::write_lines;

/// Plays the scenario `name`, with files in the current directory.
///
/// # Errors
/// Those of the scenario, or that no scenario has this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    crate::steps::truncated::disable_core_dumps()?;
    match name {
        "load-after-a-cut" => signals::load_after_a_cut(),
        "load-after-a-cut-with-sigbus-blocked" => signals::load_with_sigbus_blocked(),
        "foreign-fault-under-a-guard" => guards::foreign_fault(),
        "sent-sigbus-under-a-guard" => guards::sent_sigbus(),
        "forked-child-under-a-guard" => guards::forked(),
        "two-guards" => guards::two(),
        "action-before-under-and-after-a-guard" => guards::actions(),
        "dontneed-across-a-gap" => gap::advise(libc::MADV_DONTNEED),
        "populate-across-a-gap" => gap::advise(libc::MADV_POPULATE_READ),
        "mincore-across-a-gap" => gap::resident(),
        "no-room-to-map" => limits::no_room(),
        "more-mappings-than-descriptors" => limits::few_descriptors(),
        "size-of-the-page-table" => page_table::size(),
        "mincore-of-another-users-file" => other_user::resident(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scenario")),
    }
}

/// A new file of `pages` pages, and a view of it.
fn file_and_view(name: &str, pages: usize) -> Result<(File, View)> {
    let path = Path::new(name);
    let file = write_lines(path, pages * page_size(), page_size())?;
    let view = View::of(&file, pages * page_size()).step_on("mmap", path)?;
    Ok((file, view))
}
