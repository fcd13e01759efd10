//! A file is made shorter while it is counted: `read` takes it for the end, the plain mapping dies,
//! the guarded one says what happened. A second process counts the first half, says so, and waits
//! until this one has truncated the file: the window is open for as long as it takes.
//! `cargo lesson-6` shows it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use common::clap::{self, ValueEnum};
use common::{Context, Peer, Result, Stage, page_size, say};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;

use crate::cost::write_lines;
use crate::job::{PIECE, count};
use crate::{Guarded, Mapped, picture};

const LENGTH: usize = 2 * PIECE;

/// How the second process reads.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[allow(missing_docs, reason = "the modules of these names say it")]
pub enum Reader {
    Read,
    Mapped,
    Guarded,
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("cut");
    cut(&path, "read", "read")?;
    cut(&path, "a plain mapping", "mapped")?;
    cut(&path, "a guarded mapping", "guarded")
}

/// Cuts the file at `path` to nothing while a second process counts it.
fn cut(path: &Path, name: &str, reader: &str) -> Result<()> {
    let file = write_lines(path, LENGTH, page_size())?;
    file.sync_all().step_on("fsync", path)?; // Or its pages would be drawn as unwritten ones.
    say!("   {LENGTH} bytes, counted through {name}")?;
    let mut counter = Peer::start([OsStr::new("half-way"), OsStr::new(reader), path.as_os_str()])?;
    say!("       {}", counter.hear()?)?;
    let pid = counter.process.id();
    let mapping = match reader {
        "read" => None,
        _ => Some(page_view::View::of_file(pid, path)?.addresses),
    };
    let pictured = || {
        let Some(addresses) = mapping.clone() else { return Ok(()) };
        picture::draw("       its mapping", pid, addresses)?;
        page_view::pause()
    };
    pictured()?;
    file.set_len(0).step_on("ftruncate", path)?;
    say!("   cut to 0 bytes")?;
    pictured()?;
    say!("   go on")?;
    counter.tell("go on")?;
    match counter.hear()?.as_str() {
        "" => {}
        last_words => {
            say!("       {last_words}")?;
            pictured()?;
        }
    }
    if let Some(Ok(signal)) = counter.wait()?.signal().map(Signal::try_from) {
        say!("       killed by {signal}")?;
    }
    std::fs::remove_file(path).step_on("remove", path)
}

/// The hidden role: counts, with a stop half-way for the other process to do what it likes.
///
/// # Errors
/// The reader's, but for the one that this is about: that is printed.
pub fn count_with_a_stop(reader: Reader, path: &Path) -> Result<()> {
    common::end_with_parent()?;
    leave_no_core()?;
    let file = File::open(path).step_on("open", path)?;
    let length = file.metadata().step_on("stat", path)?.len();
    let length = usize::try_from(length).map_err(io::Error::other).step_on("map", path)?;
    let source: Box<dyn Read> = match reader {
        Reader::Read => Box::new(file),
        Reader::Mapped => Box::new(Mapped::of(file, length).step_on("mmap", path)?),
        Reader::Guarded => Box::new(Guarded::of(file, length).step_on("mmap", path)?),
    };
    let mut stopping = Stopping { source, until_stop: length / 2 };
    match count(&mut stopping) {
        Ok(counted) => say!("counted {} bytes, and no error", counted.bytes)?,
        Err(error) => say!("error: {error}")?,
    }
    // The mapping stays for the other process to look at.
    io::stdin().read_line(&mut String::new()).map(drop).step("read standard input")
}

/// Reads `until_stop` bytes, says so, and waits for a line.
struct Stopping {
    source: Box<dyn Read>,
    until_stop: usize,
}

impl Read for Stopping {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = if self.until_stop == 0 { buffer.len() } else { self.until_stop };
        let most = most.min(buffer.len());
        let length = self.source.read(&mut buffer[..most])?;
        if self.until_stop > 0 {
            self.until_stop -= length;
            if self.until_stop == 0 {
                say!("half of it counted").map_err(io::Error::other)?;
                io::stdin().read_line(&mut String::new())?;
            }
        }
        Ok(length)
    }
}

/// A process that dies on purpose leaves no file behind.
pub(crate) fn leave_no_core() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).step("getrlimit")?;
    setrlimit(Resource::RLIMIT_CORE, 0, hard).step("setrlimit")
}
