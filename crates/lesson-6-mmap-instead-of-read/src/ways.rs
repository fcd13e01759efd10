//! The three ways to a file's bytes, and the way out where one is closed: what cannot be mapped, or
//! has no offsets, is read. `cargo lesson-6 count --how pread FILE…` chooses one.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use common::clap::{self, ValueEnum};
use common::{Context, Failure, Result, say};

use crate::job::{count, find};
use crate::{Guarded, Pread};

/// A way to a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum How {
    /// `read`: the next bytes, copied to a buffer.
    Read,
    /// `pread`: the bytes at an offset, copied to a buffer.
    Pread,
    /// A mapping: loads, guarded against a file that gets shorter.
    Mapping,
}

/// A file, open to be read one way, and the way that it was.
pub struct Opened {
    source: Box<dyn Read>,
    way: String,
    step: &'static str,
}

/// Opens `path`. Where `how` is refused, `read` takes its place and the reason is kept.
///
/// # Errors
/// That of `open` or `fstat`.
pub fn open(path: &Path, how: How) -> Result<Opened> {
    let file = File::open(path).step_on("open", path)?;
    let metadata = file.metadata().step_on("stat", path)?;
    let again = file.try_clone().step_on("dup", path)?;
    let refused = match (how, usize::try_from(metadata.len())) {
        (How::Read, _) => None,
        (How::Pread, _) => match Pread::of(again) {
            Ok(source) => return Ok(Opened::by(how, source)),
            Err(error) => Some(format!("pread: {error}")),
        },
        // An empty file, or one of /proc that does not know its length: `read` finds out.
        (How::Mapping, Ok(0)) => Some("length 0, nothing to map".into()),
        (How::Mapping, Ok(length)) => match Guarded::of(again, length) {
            Ok(source) => return Ok(Opened::by(how, source)),
            Err(error) => Some(format!("mmap: {error}")),
        },
        (How::Mapping, Err(error)) => Some(format!("mmap: {error}")),
    };
    let mut opened = Opened::by(How::Read, file);
    opened.way += &refused.map_or(String::new(), |reason| format!(" ({reason})"));
    Ok(opened)
}

impl Opened {
    fn by(how: How, source: impl Read + 'static) -> Self {
        let step = match how {
            How::Read => "read",
            How::Pread => "pread",
            How::Mapping => "load from",
        };
        Self { source: Box::new(source), way: format!("by {how}"), step }
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::Read => "read",
            How::Pread => "pread",
            How::Mapping => "mapping",
        })
    }
}

/// The role `count`: a line for each of `paths`.
///
/// # Errors
/// The last file's that failed; those before it have their line on standard error.
pub fn count_files(paths: &[impl AsRef<Path>], how: How) -> Result<()> {
    each(paths, |path| {
        let mut opened = open(path, how)?;
        let counted = count(&mut opened).step_on(opened.step, path)?;
        let (lines, bytes) = (plural(counted.lines, "line"), plural(counted.bytes, "byte"));
        Ok(format!("{}: {lines} in {bytes}, {}", path.display(), opened.way))
    })
}

/// The role `find`: a line for each of `paths`.
///
/// # Errors
/// As [`count_files`].
pub fn find_in_files(word: &[u8], paths: &[impl AsRef<Path>], how: How) -> Result<()> {
    each(paths, |path| {
        let mut opened = open(path, how)?;
        let found = find(&mut opened, word).step_on(opened.step, path)?;
        let times = match found.first {
            None => "not found".into(),
            Some(first) => format!("{}, first at byte {first}", plural(found.times, "time")),
        };
        Ok(format!("{}: {times}, {}", path.display(), opened.way))
    })
}

/// One failed file is no reason to leave the others undone; a closed output is.
fn each(paths: &[impl AsRef<Path>], job: impl Fn(&Path) -> Result<String>) -> Result<()> {
    let mut failed: Option<Failure> = None;
    for path in paths {
        match job(path.as_ref()) {
            Ok(line) => say!("{line}")?,
            Err(failure) => {
                if let Some(earlier) = failed.replace(failure) {
                    let _ = writeln!(io::stderr(), "error: {earlier}"); // Nowhere else to say it.
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// `1 line`, `2 lines`.
pub fn plural(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
