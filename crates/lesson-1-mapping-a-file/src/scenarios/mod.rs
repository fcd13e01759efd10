//! Scenarios of claims that need a process of their own: it ends by a signal, or a limit or a
//! descriptor belongs to the whole process. The tests start a scenario and check its output.

mod addresses;
mod ending;
mod full;
mod limits;
mod mounts;
mod signals;

use std::path::Path;

use common::{Context, Failure, Result};
use nix::sys::resource::{Resource, setrlimit};

/// Runs the scenario `name`, which uses files in the current directory.
///
/// # Errors
/// Those of the scenario, and that no scenario has this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // Some die on purpose; leave no core file.
    match name {
        "load-of-a-bad-disk" => signals::load_of_a_bad_disk(),
        "populate-of-a-bad-disk" => signals::populate_of_a_bad_disk(),
        "load-past-the-end" => signals::load_past_the_end(),
        "store-past-the-end" => signals::store_past_the_end(),
        "load-past-the-end-ignoring" => signals::load_past_the_end_ignoring(),
        "load-past-the-end-blocking" => signals::load_past_the_end_blocking(),
        "load-of-an-empty-file" => signals::load_of_an_empty_file(),
        "load-from-an-offset-past-the-end" => signals::load_from_an_offset_past_the_end(),
        "load-past-a-mapping" => signals::load_past_a_mapping(),
        "load-without-rights" => signals::load_without_rights(),
        "store-without-rights" => signals::store_without_rights(),
        "load-after-munmap" => signals::load_after_munmap(),
        "store-after-munmap" => signals::store_after_munmap(),
        "load-after-mprotect" => signals::load_after_mprotect(),
        "run-instructions" => signals::run_instructions(),
        "map-executable-on-noexec" => mounts::no_programs_here(),
        "store-past-the-end-in-a-huge-page" => mounts::store_past_the_end_in_a_huge_page(),
        "load-past-the-end-of-a-collapsed-memfd" => {
            mounts::load_past_the_end_of_a_collapsed_memfd()
        }
        "address-space-limit" => limits::address_space(),
        "data-limit" => limits::data(),
        "file-size-limit" => limits::file_size(),
        "lock-limit" => limits::locked(4),
        "lock-limit-of-zero" => limits::locked(0),
        "low-address" => limits::low_address(),
        "too-many-mappings" => limits::too_many_mappings(),
        "too-many-pieces" => limits::too_many_pieces(),
        "hint-in-a-gap" => addresses::hint_in_a_gap(),
        "noreplace-in-a-gap" => addresses::noreplace_in_a_gap(),
        "fixed-refused-late" => addresses::fixed_refused_late(),
        "munmap-ranges" => addresses::munmap_ranges(),
        "enlarge" => addresses::enlarge(),
        "munmap-twice" => addresses::munmap_twice(),
        "map-after-chmod" => ending::map_after_chmod(),
        "closed-descriptor" => ending::closed_descriptor(),
        "store-and-wait" => ending::store_and_wait(),
        name => full::play(name).unwrap_or_else(|| {
            Err(Failure::refusal("run", Path::new(name), "there is no such scenario"))
        }),
    }
}
