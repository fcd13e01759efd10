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
use common::{Context, Peer, Result, Stage, say};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;

use crate::cost::write_lines;
use crate::job::{PIECE, count};
use crate::{Guarded, Mapped};

const LENGTH: usize = 1 << 20;

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
    for (name, reader) in
        [("read", "read"), ("a plain mapping", "mapped"), ("a guarded mapping", "guarded")]
    {
        let file = write_lines(&path, LENGTH, PIECE)?;
        say!("   {LENGTH} bytes, counted through {name}")?;
        let role = [OsStr::new("half-way"), OsStr::new(reader), path.as_os_str()];
        let mut counter = Peer::start(role)?;
        say!("       {}", counter.hear()?)?;
        file.set_len(0).step_on("ftruncate", &path)?;
        say!("   cut to 0 bytes; go on")?;
        counter.tell("go on")?;
        let last_words = counter.hear()?;
        match counter.wait()?.signal().map(Signal::try_from) {
            Some(Ok(signal)) => say!("       killed by {signal}")?,
            _ => say!("       {last_words}")?,
        }
        std::fs::remove_file(&path).step_on("remove", &path)?;
    }
    Ok(())
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
    match count(Stopping { source, until_stop: length / 2 }) {
        Ok(counted) => say!("counted {} bytes, and no error", counted.bytes),
        Err(error) => say!("error: {error}"),
    }
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
