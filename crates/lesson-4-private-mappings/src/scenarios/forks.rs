//! Scenarios: a parent and its child store to pages that they share after a fork.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size, say};
use page_view::{Page, mapping_at, pages};

use crate::sys::{Pipes, fork};
use crate::{PrivateMapping, lettered};

/// A file of four lettered pages and a private mapping of it.
pub(super) fn mapping_of_four() -> Result<(File, PrivateMapping)> {
    let path = Path::new("lettered");
    let file = lettered::create(path, 4)?;
    let mapping = PrivateMapping::of(&file, 4 * page_size()).step_on("mmap", path)?;
    Ok((file, mapping))
}

/// The child's role: at its first turn it sends the byte at `index`, at its second it exits.
fn one_load(pipes: &mut Pipes, mapping: &PrivateMapping, index: usize) -> std::io::Result<()> {
    pipes.receive()?;
    pipes.send(mapping.load(index))?;
    pipes.receive().map(drop)
}

/// Prints the parent's share of four private copies, in pages: before, with, and after a child.
pub(super) fn shares_copies() -> Result<()> {
    let (_file, mapping) = mapping_of_four()?;
    mapping.copy_pages(0, 4 * page_size()).step("madvise")?;
    let sum = |name| {
        let mapping = mapping_at(std::process::id(), mapping.address())?;
        Result::Ok(mapping.and_then(|mapping| mapping.sum(name)).unwrap_or(0) / page_size() as u64)
    };
    let share = || sum("Pss");
    say!("copies {}", sum("Anonymous")?)?;
    say!("before {}", share()?)?;
    let mut child = fork(|pipes| one_load(pipes, &mapping, 0)).step("fork")?;
    child.take_turn().step("wait for the child")?;
    say!("with-a-child {}", share()?)?;
    child.finish().step("wait for the child")?;
    say!("after {}", share()?)
}

/// Prints the page table entries of parent and child after a fork: `#` for the file's page, `@` for a
/// private copy, `-` for none. First of a mapping that was only loaded from, then with one copy in it.
pub(super) fn entries() -> Result<()> {
    let (_file, mapping) = mapping_of_four()?;
    mapping.load_each_page(4);
    for name in ["loaded", "copied"] {
        let entries = |pid: u32| {
            let found = pages(pid, mapping.address(), 4)?;
            let letter =
                |page: &Page| page.file_page.map_or('-', |own| if own { '#' } else { '@' });
            Result::Ok(found.iter().map(letter).collect::<String>())
        };
        let mut child = fork(|pipes| one_load(pipes, &mapping, 0)).step("fork")?;
        say!("parent-{name} {}", entries(std::process::id())?)?;
        say!("child-{name} {}", entries(child.pid.as_raw().cast_unsigned())?)?;
        child.take_turn().step("wait for the child")?;
        child.finish().step("wait for the child")?;
        mapping.store(0, b"A");
    }
    Ok(())
}

/// The child stores to a copied page and to one that was never accessed; prints what child, parent
/// and file have.
pub(super) fn child_stores() -> Result<()> {
    let (file, mapping) = mapping_of_four()?;
    mapping.store(0, b"A");
    let mut child = fork(|pipes| {
        pipes.receive()?;
        mapping.store(0, b"C");
        mapping.store(page_size(), b"D");
        pipes.send(mapping.load(0))?;
        pipes.send(mapping.load(page_size()))?;
        pipes.receive().map(drop)
    })
    .step("fork")?;
    let (copied, untouched) = (
        child.take_turn().step("wait for the child")?,
        child.receive().step("wait for the child")?,
    );
    say!("child {}{}", char::from(copied), char::from(untouched))?;
    say!("parent {}{}", mapping.text(0, 1), mapping.text(page_size(), 1))?;
    say!("file {}{}", byte_of(&file, 0)?, byte_of(&file, page_size())?)?;
    child.finish().step("wait for the child")
}

/// The parent stores after the fork; prints what child and parent have.
pub(super) fn parent_stores() -> Result<()> {
    let (_file, mapping) = mapping_of_four()?;
    mapping.store(0, b"A");
    let mut child = fork(|pipes| one_load(pipes, &mapping, 0)).step("fork")?;
    mapping.store(0, b"P");
    say!("child {}", char::from(child.take_turn().step("wait for the child")?))?;
    say!("parent {}", mapping.text(0, 1))?;
    child.finish().step("wait for the child")
}

/// The parent stores before the fork; prints what child and file have.
pub(super) fn inherits_copies() -> Result<()> {
    let (file, mapping) = mapping_of_four()?;
    mapping.store(0, b"A");
    let mut child = fork(|pipes| one_load(pipes, &mapping, 0)).step("fork")?;
    say!("child {}", char::from(child.take_turn().step("wait for the child")?))?;
    say!("file {}", byte_of(&file, 0)?)?;
    child.finish().step("wait for the child")
}

/// The file changes in a page that neither process has stored to.
pub(super) fn follows_the_file() -> Result<()> {
    let (file, mapping) = mapping_of_four()?;
    mapping.store(0, b"A");
    let mut child = fork(|pipes| one_load(pipes, &mapping, page_size())).step("fork")?;
    file.write_all_at(b"9", page_size() as u64).step("write")?;
    say!("child {}", char::from(child.take_turn().step("wait for the child")?))?;
    say!("parent {}", mapping.text(page_size(), 1))?;
    child.finish().step("wait for the child")
}

fn byte_of(file: &File, offset: usize) -> Result<char> {
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset as u64).step("read")?;
    Ok(char::from(byte[0]))
}
