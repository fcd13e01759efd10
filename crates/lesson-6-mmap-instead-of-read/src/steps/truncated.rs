//! Step 6: a file is truncated while it is counted. The reader that uses
//! `read` finds the end of the file, the reader with a plain mapping is killed, and the reader with a
//! guarded mapping reports an error.
//!
//! A second process counts half of the file, says so, and waits until this process has truncated the
//! file. So the truncation always comes at the same moment.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use common::clap::{self, ValueEnum};
use common::{Context, Peer, Result, Stage, compare, page_size, say, sentence};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;

use crate::cost::write_lines;
use crate::job::{PIECE, count};
use crate::{Guarded, Mapped};

const LENGTH: usize = 2 * PIECE;

/// How the second process reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    /// By `read`.
    Read,
    /// By [`Mapped`].
    Mapped,
    /// By [`Guarded`].
    Guarded,
}

/// Step 6.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("log");
    sentence(&format!(
        "A second process (its lines are indented) counts a file of {LENGTH} bytes. Half-way, this \
         process truncates the file to 0 bytes."
    ))?;
    cut(&path, "by read", Reader::Read)?;
    cut(&path, "by a plain mapping", Reader::Mapped)?;
    cut(&path, "by a guarded mapping", Reader::Guarded)
}

/// Truncates the file at `path` while a second process counts it, and shows how that ends.
fn cut(path: &Path, name: &str, reader: Reader) -> Result<()> {
    let file = write_lines(path, LENGTH, page_size())?;
    file.sync_all().step_on("fsync", path)?; // Or its pages would be drawn as dirty ones.
    say!("\n   {name}:")?;
    let role = reader.to_possible_value().map_or_else(String::new, |value| value.get_name().into());
    let arguments = [OsStr::new("count-half"), OsStr::new(&role), path.as_os_str()];
    let mut counter = Peer::start(arguments)?;
    say!("       {}", counter.hear()?)?;
    let pid = counter.process.id();
    let addresses = match reader {
        Reader::Read => None,
        _ => Some(page_view::View::of_file(pid, path)?.addresses),
    };
    draw(pid, addresses.clone(), "half of the file is counted")?;
    file.set_len(0).step_on("ftruncate", path)?;
    say!("   truncated to 0 bytes")?;
    draw(pid, addresses.clone(), "the file is truncated")?;
    counter.tell("go on")?;
    let last_line = counter.hear()?; // Empty if the process was killed.
    let half = LENGTH / 2;
    match reader {
        Reader::Read => {
            let counted = last_line.strip_prefix("counted ").unwrap_or(&last_line);
            compare("    counted ", counted, format!("{half} bytes"))?;
        }
        Reader::Mapped => {}
        Reader::Guarded => {
            say!("       {last_line}")?;
            let names_the_byte = last_line.contains(&format!("byte {half} is gone"));
            compare("    the error names the byte: ", names_the_byte, true)?;
            draw(pid, addresses, "the guard has mapped pages of zeros")?;
        }
    }
    if let Some(Ok(signal)) = counter.wait()?.signal().map(Signal::try_from) {
        compare("    killed by ", signal, "SIGBUS")?;
    }
    std::fs::remove_file(path).step_on("remove", path)
}

/// Draws the second process's mapping, if it has one, and waits in step mode.
fn draw(pid: u32, addresses: Option<Range<usize>>, title: &str) -> Result<()> {
    let Some(addresses) = addresses else { return Ok(()) };
    page_view::show_rows(&[("       its mapping", pid, addresses)])?;
    page_view::look(title)
}

/// The second process: counts, and stops half-way until it is told to go on.
///
/// # Errors
/// The system's, by step. An error of the reader itself is printed instead.
pub fn count_with_a_stop(reader: Reader, path: &Path) -> Result<()> {
    common::end_with_parent()?;
    disable_core_dumps()?;
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
        Ok(counted) => say!("counted {} bytes", counted.bytes)?,
        Err(error) => say!("error: {error}")?,
    }
    // The mapping stays, so that the other process can draw it.
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
                say!("has counted half of the file").map_err(io::Error::other)?;
                io::stdin().read_line(&mut String::new())?;
            }
        }
        Ok(length)
    }
}

/// Forbids core dumps: a process that is killed on purpose leaves no file.
pub(crate) fn disable_core_dumps() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).step("getrlimit")?;
    setrlimit(Resource::RLIMIT_CORE, 0, hard).step("setrlimit")
}
