//! The edges: an empty file, a directory, a pipe, files that do not know their length, and a file
//! far larger than the memory. `cargo lesson-6` shows them.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use common::{Context, Result, Stage, file_system, page_size, say};

use crate::cost::mapped;
use crate::picture::draw_here;
use crate::{Region, View};

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let empty = stage.scratch.path().join("empty");
    File::create_new(&empty).step_on("create", &empty)?;
    answer_at("an empty file", &empty, 0)?;
    answer_at("a directory", stage.scratch.path(), page_size())?;
    let (pipe, _other_end) = nix::unistd::pipe().step("pipe")?;
    answer("a pipe", pipe, page_size())?;
    answer_at("/proc/version", Path::new("/proc/version"), page_size())?;
    answer_at("a file of /sys", Path::new("/sys/devices/system/cpu/online"), page_size())?;
    sparse(&stage.scratch.path().join("sparse"))
}

/// What `mmap` says to the file at `path`.
fn answer_at(name: &str, path: &Path, length: usize) -> Result<()> {
    match File::open(path) {
        Ok(file) => {
            let size = file.metadata().step_on("stat", path)?.len();
            answer(&format!("{name}, size {size}"), file, length)
        }
        Err(error) => say!("   {name}: not here ({error})"),
    }
}

fn answer(name: &str, file: impl AsFd, length: usize) -> Result<()> {
    let said = match Region::of(file, length, libc::PROT_READ, libc::MAP_SHARED) {
        Ok(_) => "mapped".into(),
        Err(error) => error.to_string(),
    };
    say!("   {name:<28} mmap of {length:>4}: {said}")
}

/// A terabyte that takes no room: a hole is zeros, in a mapping as in a read.
fn sparse(path: &Path) -> Result<()> {
    const LENGTH: usize = 1 << 40;
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len(LENGTH as u64).step_on("ftruncate", path)?;
    let view = View::of(&file, LENGTH).step_on("mmap", path)?;
    let mut ends = [1, 1];
    view.copy_to(0, &mut ends[..1]);
    view.copy_to(LENGTH - 1, &mut ends[1..]);
    let last_page = view.address() + LENGTH - page_size();
    let held = mapped(view.address(), page_size())? + mapped(last_page, page_size())?;
    let bytes = file.metadata().step_on("stat", path)?.blocks() * 512;
    say!("   a sparse terabyte, mapped whole: first and last byte {ends:?}, expected [0, 0];")?;
    say!("      both ends in the page table: {} (expected true)", held == 2)?;
    say!("      on the disk: {bytes} bytes (on tmpfs a page for each of the two)")?;
    page_view::pause()?;
    if file_system(path)? == "overlayfs" {
        return Ok(()); // There, nobody says of so many pages which are cached.
    }
    draw_here("its pages, which vary:", view.address(), LENGTH).map(drop)
}
