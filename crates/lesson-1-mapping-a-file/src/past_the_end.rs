//! A page past the end of its file can be mapped, but an access to it is SIGBUS. `cargo lesson-1`
//! shows it in a second process, which dies of the signal.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use common::{Context, Peer, Result, Stage, compare, page_size, say, sentence};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use crate::picture::{self, Pages, compare_last_word};
use crate::{Mapping, own_file};

/// The role of the second process: maps two pages of `path`, loads from both and prints their
/// address. After the next line of its input it loads from both again.
///
/// # Errors
/// A system call that fails.
pub fn child(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // It dies on purpose.
    let mapping = Mapping::of(&own_file::open(path)?, 2 * page_size()).step_on("mmap", path)?;
    let _ = (mapping.load(0, 1), mapping.load(page_size(), 1));
    say!("{}", mapping.address())?;
    std::io::stdin().read_line(&mut String::new()).step("hear")?;
    say!("loads byte 0: {}", mapping.load(0, 1)[0])?;
    say!("loads byte {}: {}", page_size(), mapping.load(page_size(), 1)[0])
}

/// The step of the story: this process shortens the file to one page, while the second process has
/// two pages of it mapped.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("notes");
    let file = File::create(&path).step_on("create", &path)?;
    own_file::reserve(&file, &path, 2 * page_size())?; // A load from a hole could be SIGBUS, too.
    let mut child = Peer::start(["past-the-end".as_ref(), path.as_os_str()])?;
    let theirs = Pages::of_second(&mut child, 2)?;
    let mapping = Mapping::of(&own_file::open(&path)?, 2 * page_size()).step_on("mmap", &path)?;
    let _ = (mapping.load(0, 1), mapping.load(page_size(), 1));
    let ours = Pages::of("this process", mapping.address(), 2);
    sentence("Two processes have mapped a file of two pages, and loaded from both pages:")?;
    picture::show("a file of two pages", &[&ours, &theirs])?;
    file.set_len(page_size() as u64).step_on("ftruncate", &path)?;
    sentence(
        "This process shortens the file to one page. Both processes lose page 1 at once, and no signal tells them:",
    )?;
    picture::show("after ftruncate to one", &[&ours, &theirs])?;
    child.tell("now load")?;
    compare_last_word(&child.hear()?, "0")?;
    let (pid, status) = (child.process.id(), child.wait()?);
    let signal = status.signal().and_then(|number| Signal::try_from(number).ok());
    let died = signal.map_or_else(|| status.to_string(), |signal| signal.to_string());
    page_view::killed(pid, 1, &format!("loads byte {}", page_size()), &died)?;
    compare(&format!(" loads byte {}: dies of ", page_size()), died, "SIGBUS")?;
    page_view::look("a load from page 1: SIGBUS")?;
    sentence(
        "Any process that may shorten your file can kill your process. You cannot prevent that by checking the length first. (A signal handler can survive it: lesson 6.)",
    )
}
