//! `munmap` gives the addresses back, in whole pages; a process that ends gives back all of them,
//! and what it stored is in the file all the same. `cargo lesson-1` shows it.

use std::fs;
use std::mem::ManuallyDrop;
use std::path::Path;

use common::{Context, Peer, Result, Stage, page_size, say};

use crate::line::compare;
use crate::picture::{self, Pages};
use crate::sys::Call;
use crate::{Mapping, own_file};

/// The child's role: stores in `path` and ends without `munmap`.
///
/// # Errors
/// Any step of the system's.
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
    let path = stage.scratch.path().join("released");
    fs::write(&path, vec![b'.'; 3 * page_size()]).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    file.sync_all().step_on("fsync", &path)?; // So far the disk has all.
    let area = Call::shared(&file, 3 * page_size()).make();
    let area = area.step_on("mmap", &path)?;
    let ours = Pages::of("this process", area.address(), 3);
    (0..3).for_each(|page| _ = area.load(page * page_size()));
    picture::show(&[&ours])?;
    area.unmap(page_size(), 1).step("munmap")?;
    let mut map = Vec::new();
    for page in 0..3 {
        let address = area.address() + page * page_size();
        let entry = page_view::mapping_at(std::process::id(), address)?;
        map.push(if entry.is_some() { "kept" } else { "gone" });
    }
    compare("munmap of 1 byte in page 2 of 3: ", &map.join(" "), "kept gone kept")?;
    picture::show(&[&ours])?;
    let mut child = Peer::start(["leave".as_ref(), path.as_os_str()])?;
    let theirs = Pages::of_second(&mut child, 1)?;
    say!("    a second process maps the first page and stores \"left\":")?;
    picture::show(&[&ours, &theirs])?;
    child.wait()?; // Its input ends, and so does it, without munmap.
    let bytes = fs::read(&path).step_on("read", &path)?;
    let start = String::from_utf8_lossy(&bytes[..4]).into_owned();
    compare("it has ended without munmap; the file begins ", &format!("{start:?}"), "\"left\"")?;
    picture::show(&[&ours])
}
