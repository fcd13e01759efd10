//! Scenarios for claims that need their own process: a fork, a signal, a limit, a mount, an execve. The
//! tests start a scenario and judge its output. `cargo lesson-2 scenario NAME` plays one in the current
//! directory.

mod cut_short;
mod executed;
mod forked;
mod full;
mod layered;
mod limited;
mod store_buffer;
mod watched;

use std::fs::File;
use std::io;
use std::path::Path;

use common::{Context, Failure, Result};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use crate::second_process::outcome;

/// Plays the scenario `name`.
///
/// # Errors
/// The scenario's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "cut-short-while-watching" => cut_short::while_watching(),
        "fork-stores" => forked::stores(),
        "fork-beside-a-thread" => forked::beside_a_thread(),
        "fork-maps" => forked::maps(),
        "fork-untouched" => forked::untouched(),
        "fork-map-anon" => forked::map_anon(),
        "fork-dont-fork" => forked::dont_fork(),
        "fork-wipe-on-fork" => forked::wipe_on_fork(),
        "exec" => executed::exec(),
        "after-exec" => executed::after_exec(),
        "execute-a-mapped-file" => executed::execute_a_mapped_file(),
        "copy-up" => layered::copy_up(),
        "close-and-unmap" => watched::close_and_unmap(),
        "full-dev-shm" => full::dev_shm(),
        "store-buffer" => store_buffer::both_load_the_old_value(),
        "file-size-limit" => limited::file_size(),
        "no-descriptor-left" => limited::no_descriptor_left(),
        "umask" => limited::umask(),
        "set-user-id" => limited::set_user_id(),
        "object-of-another" => limited::object_of_another(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scenario")),
    }
}

/// Gives this process mounts of its own, which end with it. Needs root.
fn own_mounts() -> Result<()> {
    let none: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS).step("unshare the mounts")?;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).step("make mounts private")
}

/// A new file of two pages in the current directory.
fn new_file() -> Result<File> {
    crate::visible::new_file(Path::new("mapped"))
}

/// The next line of standard input: a name that the test has chosen.
fn told() -> Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).step("hear the test")?;
    Ok(line.trim_end().into())
}
