//! What a parent and its child have of each other's private pages.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size, say};
use page_view::mapping_at;

use crate::sys::{Line, fork};
use crate::{PrivateView, lettered};

/// A file of four lettered pages and a private view of it.
pub(super) fn view() -> Result<(File, PrivateView)> {
    let path = Path::new("lettered");
    let file = lettered::create(path, 4)?;
    let view = PrivateView::of(&file, 4 * page_size()).step_on("mmap", path)?;
    Ok((file, view))
}

/// A child that waits for its turn, twice: it tells a byte at the first and ends at the second.
fn one_load(line: &mut Line, view: &PrivateView, index: usize) -> std::io::Result<()> {
    line.hear()?;
    line.tell(view.load(index))?;
    line.hear().map(drop)
}

/// Prints the parent's share of four private copies, in pages: before, with, and after a child.
pub(super) fn shares_copies() -> Result<()> {
    let (_file, view) = view()?;
    view.copy_now(0, 4 * page_size()).step("madvise")?;
    let sum = |name| {
        let mapping = mapping_at(std::process::id(), view.address())?;
        Result::Ok(mapping.and_then(|mapping| mapping.sum(name)).unwrap_or(0) / page_size() as u64)
    };
    let share = || sum("Pss");
    say!("copies {}", sum("Anonymous")?)?;
    say!("before {}", share()?)?;
    let mut child = fork(|line| one_load(line, &view, 0)).step("fork")?;
    child.turn().step("hear the child")?;
    say!("with-a-child {}", share()?)?;
    child.end().step("wait for the child")?;
    say!("after {}", share()?)
}

/// The child stores to a copied and to an untouched page; both sides and the file are printed.
pub(super) fn child_stores() -> Result<()> {
    let (file, view) = view()?;
    view.store(0, b"A");
    let mut child = fork(|line| {
        line.hear()?;
        view.store(0, b"C");
        view.store(page_size(), b"D");
        line.tell(view.load(0))?;
        line.tell(view.load(page_size()))?;
        line.hear().map(drop)
    })
    .step("fork")?;
    let (copied, untouched) = (child.turn().step("hear")?, child.hear().step("hear")?);
    say!("child {}{}", char::from(copied), char::from(untouched))?;
    say!("parent {}{}", view.text(0, 1), view.text(page_size(), 1))?;
    say!("file {}{}", byte_of(&file, 0)?, byte_of(&file, page_size())?)?;
    child.end().step("wait for the child")
}

/// The parent stores after the fork; both sides are printed.
pub(super) fn parent_stores() -> Result<()> {
    let (_file, view) = view()?;
    view.store(0, b"A");
    let mut child = fork(|line| one_load(line, &view, 0)).step("fork")?;
    view.store(0, b"P");
    say!("child {}", char::from(child.turn().step("hear")?))?;
    say!("parent {}", view.text(0, 1))?;
    child.end().step("wait for the child")
}

/// The parent stores before the fork; the child's view and the file are printed.
pub(super) fn inherits_copies() -> Result<()> {
    let (file, view) = view()?;
    view.store(0, b"A");
    let mut child = fork(|line| one_load(line, &view, 0)).step("fork")?;
    say!("child {}", char::from(child.turn().step("hear")?))?;
    say!("file {}", byte_of(&file, 0)?)?;
    child.end().step("wait for the child")
}

/// The file changes under a page that neither has stored to.
pub(super) fn follows_the_file() -> Result<()> {
    let (file, view) = view()?;
    view.store(0, b"A");
    let mut child = fork(|line| one_load(line, &view, page_size())).step("fork")?;
    file.write_all_at(b"9", page_size() as u64).step("write")?;
    say!("child {}", char::from(child.turn().step("hear")?))?;
    say!("parent {}", view.text(page_size(), 1))?;
    child.end().step("wait for the child")
}

fn byte_of(file: &File, offset: usize) -> Result<char> {
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset as u64).step("read")?;
    Ok(char::from(byte[0]))
}
