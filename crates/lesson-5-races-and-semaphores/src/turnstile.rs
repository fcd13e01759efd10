//! Two processes, A and B, pass one turnstile: A stops in the middle, B passes, A goes on. Every
//! race of `cargo lesson-5` is this play; the window is opened by a hand-over, so that what can
//! happen once in a thousand runs happens on each.

use std::fs::File;
use std::io;
use std::path::Path;

use common::{Context, Failure, Peer, Result, Stage, page_size, say};

use crate::sys::Page;

/// Where a process may lose the processor: it says where it stands, then the other one runs.
pub type Window<'w> = &'w mut dyn FnMut(&str) -> Result<()>;

/// One way to pass; says what it did last.
pub type Pass = fn(&Page, Window<'_>) -> Result<String>;

/// The byte at which the turnstile counts.
pub const COUNT: usize = 0;

/// A new file of one page of zeros, mapped.
///
/// # Errors
/// The system's, on the step that failed.
pub fn new_page(path: &Path) -> Result<Page> {
    let file = File::create_new(path).step_on("create", path)?;
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    map(path)
}

/// The play: this process is A; `way` tells the second process, B, how to pass.
///
/// # Errors
/// The system's, on the step that failed.
pub fn two_pass(stage: &Stage, way: &str, pass: Pass) -> Result<Page> {
    let path = stage.scratch.path().join(way);
    let page = new_page(&path)?;
    let mut b = Peer::start([Path::new("second"), Path::new("pass"), Path::new(way), &path])?;
    let did = pass(&page, &mut |stands| {
        say!("   A {stands}")?;
        page_view::pause()?;
        b.tell("your turn")?;
        relay(&mut b)
    })?;
    say!("   A {did}")?;
    Ok(page)
}

/// The second process's part: waits for its turn, passes without a stop, and ends.
///
/// # Errors
/// The system's, on the step that failed.
pub fn second(path: &Path, pass: Pass) -> Result<()> {
    let page = map(path)?;
    io::stdin().read_line(&mut String::new()).step("wait for the first process")?;
    let did = pass(&page, &mut |stands| say!("B {stands}"))?;
    say!("B {did}")
}

/// Prints what B says until it has ended, a column further to the right.
///
/// # Errors
/// The system's, on the step that failed.
pub fn relay(b: &mut Peer) -> Result<()> {
    loop {
        match b.hear()?.as_str() {
            "" => return Ok(()),
            line => say!("       {line}")?,
        }
    }
}

/// The page of a file that this lesson made.
///
/// # Errors
/// The system's, on the step that failed; a file of another size.
pub fn map(path: &Path) -> Result<Page> {
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let length = file.metadata().step_on("stat", path)?.len();
    if length != page_size() as u64 {
        return Err(Failure::refusal("map", path, "not a file of this lesson"));
    }
    Page::of(&file).step_on("mmap", path)
}
