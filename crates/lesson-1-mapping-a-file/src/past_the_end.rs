//! A page that lies wholly past the end of its file is no memory: mapping it succeeds, touching it
//! is SIGBUS. `cargo lesson-1` shows it, in a child that dies of it.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use common::{Context, Peer, Result, Stage, page_size, say};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use crate::line::{compare, compare_last_word};
use crate::picture::{self, Pages};
use crate::{Mapping, own_file};

/// The child's role: maps two pages of `path`, loads from each, says where they are, waits for a
/// line, loads from each again.
///
/// # Errors
/// Any step of the system's.
pub fn child(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // It dies on purpose.
    let mapping = Mapping::of(&own_file::open(path)?, 2 * page_size()).step_on("mmap", path)?;
    let _ = (mapping.load(0, 1), mapping.load(page_size(), 1));
    say!("{}", mapping.address())?;
    std::io::stdin().read_line(&mut String::new()).step("hear")?;
    say!("byte 0 is {}", mapping.load(0, 1)[0])?;
    say!("byte {} is {}", page_size(), mapping.load(page_size(), 1)[0])
}

/// The step of the story: the file is cut to a page while the child has two of it mapped.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("cut");
    let file = File::create(&path).step_on("create", &path)?;
    file.set_len(2 * page_size() as u64).step_on("ftruncate", &path)?;
    let mut child = Peer::start(["past-the-end".as_ref(), path.as_os_str()])?;
    let theirs = Pages::of_second(&mut child, 2)?;
    let mapping = Mapping::of(&own_file::open(&path)?, 2 * page_size()).step_on("mmap", &path)?;
    let _ = (mapping.load(0, 1), mapping.load(page_size(), 1));
    let ours = Pages::of("this process", mapping.address(), 2);
    say!("   two pages, mapped and loaded by two processes:")?;
    picture::show(&[&ours, &theirs])?;
    file.set_len(page_size() as u64).step_on("ftruncate", &path)?;
    say!("   we cut the file to one page; nothing happens, until the second loads:")?;
    picture::show(&[&ours, &theirs])?;
    child.tell("now load")?;
    compare_last_word(&child.hear()?, "0")?;
    let status = child.wait()?;
    let signal = status.signal().and_then(|number| Signal::try_from(number).ok());
    let died = signal.map_or_else(|| status.to_string(), |signal| signal.to_string());
    compare(&format!("   loading byte {}: died of ", page_size()), &died, "SIGBUS")?;
    say!("   So: whoever may shorten your file may kill you; no check beforehand helps")?;
    say!("   (a handler can: lesson 6).")
}
