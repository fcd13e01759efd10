//! `fork` copies no page: parent and child share the private copies until one of them stores.
//! `Pss` in smaps shows it: a page that two processes share counts half in each.
//! `cargo lesson-4` runs it.

use common::{Context, Result, Stage, compare, page_size, sentence};
use page_view::mapping_at;

use crate::picture::{draw, draw_both};
use crate::sys::{Pipes, fork};
use crate::{PrivateMapping, lettered};

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("letters-forked");
    let file = lettered::create(&path, 2)?;
    let mapping = PrivateMapping::of(&file, 2 * page_size()).step_on("mmap", &path)?;
    mapping.store(0, b"ours");
    mapping.copy_pages(0, 2 * page_size()).step_on("madvise MADV_POPULATE_WRITE", &path)?;
    sentence("Pss counts a page that two processes share as half a page.")?;
    draw("Two private copies", &mapping)?;
    compare("Pss of the parent: ", share(&mapping)?, "2.0 pages")?;
    page_view::look("before fork")?;

    let mut child = fork(|pipes| child(pipes, &mapping)).step("fork")?;
    let first = child.receive().step("wait for the child")?;
    let pid = child.pid.as_raw().cast_unsigned();
    let both = || draw_both("parent", &mapping, ("child", pid, mapping.addresses()));
    sentence("After fork:")?;
    both()?;
    compare(" the child loads from page 0: ", quoted(first), "'o'")?;
    compare("Pss of the parent: ", share(&mapping)?, "1.0 pages")?;
    page_view::look("after fork")?;

    sentence(" The child stores \"child\" to page 0.")?;
    let own = child.take_turn().step("wait for the child")?;
    both()?;
    compare(" the child loads from page 0: ", quoted(own), "'c'")?;
    compare("the parent loads from page 0: ", quoted(mapping.load(0)), "'o'")?;
    compare("Pss of the parent: ", share(&mapping)?, "1.5 pages")?;
    page_view::look("the child has stored to page 0")?;
    child.finish().step("wait for the child")?;
    compare("Pss after the child's end: ", share(&mapping)?, "2.0 pages")
}

/// Loads, stores and loads again, one turn each.
fn child(pipes: &mut Pipes, mapping: &PrivateMapping) -> std::io::Result<()> {
    pipes.send(mapping.load(0))?;
    pipes.receive()?;
    mapping.store(0, b"child");
    pipes.send(mapping.load(0))?;
    pipes.receive().map(drop)
}

fn quoted(byte: u8) -> String {
    format!("{:?}", char::from(byte))
}

/// `Pss` of the mapping, in pages.
fn share(mapping: &PrivateMapping) -> Result<String> {
    let in_smaps = mapping_at(std::process::id(), mapping.address())?;
    let bytes = in_smaps.and_then(|found| found.sum("Pss")).unwrap_or(0);
    let halves = bytes * 2 / page_size() as u64;
    Ok(format!("{}.{} pages", halves / 2, halves % 2 * 5))
}
