//! `munmap` removes whole pages from a process. The end of a process removes all of them, and what
//! the process stored is still in the file. `cargo lesson-1` shows it.

use std::fs;
use std::mem::ManuallyDrop;
use std::path::Path;

use common::{Context, Peer, Result, Stage, compare, page_size, say, sentence};

use crate::picture::{self, Pages};
use crate::sys::MmapCall;
use crate::{Mapping, own_file};

/// The role of the second process: stores in `path` and ends without `munmap`.
///
/// # Errors
/// A system call that fails.
pub fn child(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    let mapping = Mapping::of(&own_file::open(path)?, 4).step_on("mmap", path)?;
    let mapping = ManuallyDrop::new(mapping);
    mapping.store(0, b"left");
    say!("{}", mapping.address())?;
    std::io::stdin().read_line(&mut String::new()).step("hear")?;
    Ok(())
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("letter");
    fs::write(&path, vec![b'.'; 3 * page_size()]).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    file.sync_all().step_on("fsync", &path)?; // Now the disk has every page.
    let area = MmapCall::shared(&file, 3 * page_size()).make();
    let area = area.step_on("mmap", &path)?;
    let ours = Pages::of("this process", area.address(), 3);
    (0..3).for_each(|page| _ = area.load(page * page_size()));
    sentence("Three pages of a file, mapped and loaded:")?;
    picture::show("mapped and loaded", &[&ours])?;
    area.unmap(page_size(), 1).step("munmap")?;
    let mut map = Vec::new();
    for page in 0..3 {
        let address = area.address() + page * page_size();
        let entry = page_view::mapping_at(std::process::id(), address)?;
        map.push(if entry.is_some() { "yes" } else { "no" });
    }
    sentence("After munmap of one byte, at the start of page 1:")?;
    compare("Pages mapped: ", map.join(" "), "yes no yes")?;
    picture::show("after munmap of one byte", &[&ours])?;
    let mut child = Peer::start(["leave".as_ref(), path.as_os_str()])?;
    let theirs = Pages::of_second(&mut child, 1)?;
    sentence(" A second process maps the first page and stores \"left\":")?;
    picture::show("a second process stores", &[&ours, &theirs])?;
    child.wait()?; // This closes its input, and it ends without munmap.
    let bytes = fs::read(&path).step_on("read", &path)?;
    let start = String::from_utf8_lossy(&bytes[..4]).into_owned();
    sentence(" It ends without munmap.")?;
    compare("The file begins with ", format!("{start:?}"), "\"left\"")?;
    picture::show("after the end of the second process", &[&ours])
}
