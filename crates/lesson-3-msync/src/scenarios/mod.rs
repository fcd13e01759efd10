//! Parts of claims that need their own process: a lock or a gap in its memory, a count of its faults,
//! a disk. The tests start one and judge what it prints.

mod broken_disk;
mod memory;
mod power;

use std::path::Path;

use common::{Failure, Result};

use broken_disk::SecondPage;

/// Plays the scenario `name`; it works on files in the current directory.
///
/// # Errors
/// Those of the scenario, and an unknown name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "gap" => memory::gap(),
        "locked" => memory::locked(),
        "no-file" => memory::no_file(),
        "faults" => memory::faults(),
        "file-of-root" => memory::file_of_root(),
        "counters" => power::counters(),
        "order" => power::order(),
        "new-name" => power::new_name(),
        "new-name-after-a-rename" => power::new_name_after_a_rename(),
        "new-time" => power::new_time(),
        "large-folio" => power::large_folio(),
        "broken-disk" => broken_disk::play(),
        "broken-disk-first-write" => broken_disk::stored_again(SecondPage::Reserved),
        "broken-disk-later-write" => broken_disk::stored_again(SecondPage::Written),
        "broken-disk-in-the-background" => broken_disk::in_the_background(),
        "broken-disk-forgotten" => broken_disk::forgotten(),
        _ => match name.strip_prefix("power-cut-after-") {
            Some(stage) => power::cut_after(stage),
            None => Err(Failure::refusal("play", Path::new(name), "no such scenario")),
        },
    }
}
