//! Two processes, A and B, pass a turnstile that counts in a mapped file. A stops half-way, B
//! passes, then A goes on. All races of `cargo lesson-5` run like this. The scheduler may choose
//! this order at any time; here A and B agree on it over a pipe, so it happens on every run.

use std::fs::File;
use std::io;
use std::path::Path;

use common::{Context, Failure, Peer, Result, Stage, page_size, say};

use crate::sys::Page;

/// Called where a process may lose the processor. It prints what the process has just done; in
/// process A it then lets process B run.
pub type Preempt<'p> = &'p mut dyn FnMut(&str) -> Result<()>;

/// One way to pass the turnstile; returns what it did last, in words.
pub type Pass = fn(&Page, Preempt<'_>) -> Result<String>;

/// The byte at which the turnstile's count is.
pub const COUNT: usize = 0;

/// Creates a file of one page of zeros, and maps it.
///
/// # Errors
/// Those of the step that failed.
pub fn new_page(path: &Path) -> Result<Page> {
    let file = File::create_new(path).step_on("create", path)?;
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    map(path)
}

/// Runs both processes. This process is A; `way` tells the second process, B, how to pass.
/// Returns the page and the last line of B.
///
/// # Errors
/// Those of the step that failed.
pub fn two_pass(stage: &Stage, way: &str, pass: Pass) -> Result<(Page, String)> {
    let path = stage.scratch.path().join(way);
    let page = new_page(&path)?;
    let mut b = Peer::start([Path::new("second"), Path::new("pass"), Path::new(way), &path])?;
    let mut said = String::new();
    let did = pass(&page, &mut |done| {
        say!("   A {done}")?;
        page_view::event("process A", done)?;
        page_view::pause()?;
        b.tell("your turn")?;
        said = relay(&mut b)?;
        page_view::pause()
    })?;
    say!("   A {did}")?;
    page_view::event("process A", &did)?;
    page_view::pause()?;
    Ok((page, said))
}

/// The second process's part: waits for its turn, passes without a stop, and ends.
///
/// # Errors
/// Those of the step that failed.
pub fn second(path: &Path, pass: Pass) -> Result<()> {
    let page = map(path)?;
    io::stdin().read_line(&mut String::new()).step("wait for the first process")?;
    let did = pass(&page, &mut |done| say!("B {done}"))?;
    say!("B {did}")
}

/// One process's part in `just play`: passes, and prints nothing. The tracer stops it, not this program.
///
/// # Errors
/// Those of the step that failed.
pub fn race(path: &Path, pass: Pass) -> Result<()> {
    pass(&map(path)?, &mut |_| Ok(())).map(drop)
}

/// Prints what B says until B has ended, a column further to the right. Returns B's last line.
///
/// # Errors
/// Those of the step that failed.
pub fn relay(b: &mut Peer) -> Result<String> {
    let mut last = String::new();
    loop {
        match b.hear()?.as_str() {
            "" => return Ok(last),
            line => {
                say!("       {line}")?;
                page_view::event("process B", line.trim_start_matches("B "))?;
                last = line.into();
            }
        }
    }
}

/// Maps the page of a file that this lesson made.
///
/// # Errors
/// Those of the step that failed; a file of another size.
pub fn map(path: &Path) -> Result<Page> {
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let length = file.metadata().step_on("stat", path)?.len();
    if length != page_size() as u64 {
        return Err(Failure::refusal("map", path, "not a file of this lesson"));
    }
    Page::of(&file).step_on("mmap", path)
}
