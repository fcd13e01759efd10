//! Step 4: files that cannot be mapped, files that do not know their length, and a file far larger
//! than memory.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use common::{Context, Result, Stage, compare, page_size, say, sentence};

use crate::cost::mapped;
use crate::{Region, View};

/// Step 4.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    say!("   {:<14} {:>6} {:>5}  mmap says", "", "length", "asked")?;
    let empty = stage.scratch.path().join("empty");
    File::create_new(&empty).step_on("create", &empty)?;
    map_path("an empty file", &empty, 0)?;
    map_path("a directory", stage.scratch.path(), page_size())?;
    let (pipe, _other_end) = nix::unistd::pipe().step("pipe")?;
    map("a pipe", "-", pipe, page_size())?;
    map_path("/proc/version", Path::new("/proc/version"), page_size())?;
    map_path("a file of /sys", Path::new("/sys/devices/system/cpu/online"), page_size())?;
    terabyte(&stage.scratch.path().join("terabyte"))
}

/// Maps `asked` bytes of the file at `path` and prints the answer.
fn map_path(name: &str, path: &Path, asked: usize) -> Result<()> {
    match File::open(path) {
        Ok(file) => {
            let length = file.metadata().step_on("stat", path)?.len().to_string();
            map(name, &length, file, asked)
        }
        Err(error) => say!("   {name}: cannot be opened ({error})"),
    }
}

fn map(name: &str, length: &str, file: impl AsFd, asked: usize) -> Result<()> {
    let answer = match Region::of(file, asked, libc::PROT_READ, libc::MAP_SHARED) {
        Ok(_) => "mapped".into(),
        Err(error) => {
            let errno = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(0));
            format!("{errno:?} ({})", errno.desc())
        }
    };
    say!("   {name:<14} {length:>6} {asked:>5}  {answer}")
}

/// Maps a terabyte that is one hole and occupies no block of the disk.
fn terabyte(path: &Path) -> Result<()> {
    const LENGTH: usize = 1 << 40;
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    say!("")?;
    if let Err(error) = file.set_len(LENGTH as u64) {
        return sentence(&format!("This file system cannot hold a file of one terabyte: {error}."));
    }
    let view = View::of(&file, LENGTH).step_on("mmap", path)?;
    let mut ends = [1, 1];
    view.copy_to(0, &mut ends[..1]);
    view.copy_to(LENGTH - 1, &mut ends[1..]);
    let last_page = view.address() + LENGTH - page_size();
    let is_mapped = |page| Ok(mapped(page, page_size())? == 1);
    let both_mapped = is_mapped(view.address())? && is_mapped(last_page)?;
    let bytes = file.metadata().step_on("stat", path)?.blocks() * 512;
    sentence("A file of one terabyte, all of it a hole, is mapped:")?;
    compare("first and last byte: ", format!("{ends:?}"), "[0, 0]")?;
    compare("first and last page mapped: ", both_mapped, true)?;
    sentence(&format!("bytes on the disk: {bytes} (on tmpfs, loads take memory)"))
}
