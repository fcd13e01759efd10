//! The three methods to get a file's bytes. If a file cannot be mapped, or has no offsets, it is read
//! instead, and the output says why. `cargo lesson-6 count --how pread FILE…` chooses a method.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use common::clap::{self, ValueEnum};
use common::{Context, Failure, Result, say};

use crate::job::{count, find};
use crate::{Guarded, Pread};

/// A method to get a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// `read` copies the next bytes to a buffer.
    Read,
    /// `pread` copies the bytes at an offset to a buffer.
    Pread,
    /// Loads from a mapping, with a guard against truncation.
    Mapping,
}

/// An open file, and the method that reads it.
pub struct Opened {
    source: Box<dyn Read>,
    method: String,
    step: &'static str,
}

/// Opens `path`. If `how` is impossible for this file, uses `read` and keeps the reason.
///
/// # Errors
/// Those of `open`, `fstat` and `dup`.
pub fn open(path: &Path, how: Method) -> Result<Opened> {
    let file = File::open(path).step_on("open", path)?;
    let metadata = file.metadata().step_on("stat", path)?;
    let again = file.try_clone().step_on("dup", path)?;
    let refused = match (how, usize::try_from(metadata.len())) {
        (Method::Read, _) => None,
        (Method::Pread, _) => match Pread::of(again) {
            Ok(source) => return Ok(Opened::by(how, source)),
            Err(error) => Some(format!("pread: {error}")),
        },
        // An empty file, or a file of /proc that does not know its length: `read` finds out.
        (Method::Mapping, Ok(0)) => Some("length 0, nothing to map".into()),
        (Method::Mapping, Ok(length)) => match Guarded::of(again, length) {
            Ok(source) => return Ok(Opened::by(how, source)),
            Err(error) => Some(format!("mmap: {error}")),
        },
        (Method::Mapping, Err(error)) => Some(format!("mmap: {error}")),
    };
    let mut opened = Opened::by(Method::Read, file);
    opened.method += &refused.map_or(String::new(), |reason| format!(" ({reason})"));
    Ok(opened)
}

impl Opened {
    fn by(how: Method, source: impl Read + 'static) -> Self {
        let step = match how {
            Method::Read => "read",
            Method::Pread => "pread",
            Method::Mapping => "load from",
        };
        Self { source: Box::new(source), method: format!("by {how}"), step }
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::Read => "read",
            Method::Pread => "pread",
            Method::Mapping => "mapping",
        })
    }
}

/// The command `count`: prints one line for each file.
///
/// # Errors
/// That of the last file that failed. Earlier failures are printed on standard error.
pub fn count_files(paths: &[impl AsRef<Path>], how: Method) -> Result<()> {
    each(paths, |path| {
        let mut opened = open(path, how)?;
        let counted = count(&mut opened).step_on(opened.step, path)?;
        let (lines, bytes) = (plural(counted.lines, "line"), plural(counted.bytes, "byte"));
        Ok(format!("{}: {lines} in {bytes}, {}", path.display(), opened.method))
    })
}

/// The command `find`: prints one line for each file.
///
/// # Errors
/// As [`count_files`].
pub fn find_in_files(word: &[u8], paths: &[impl AsRef<Path>], how: Method) -> Result<()> {
    each(paths, |path| {
        let mut opened = open(path, how)?;
        let found = find(&mut opened, word).step_on(opened.step, path)?;
        let times = match found.first {
            None => "not found".into(),
            Some(first) => format!("{}, first at byte {first}", plural(found.times, "time")),
        };
        Ok(format!("{}: {times}, {}", path.display(), opened.method))
    })
}

/// Does the job for each file, also after a failure; but stops if the output is closed.
fn each(paths: &[impl AsRef<Path>], job: impl Fn(&Path) -> Result<String>) -> Result<()> {
    let mut failed: Option<Failure> = None;
    for path in paths {
        match job(path.as_ref()) {
            Ok(line) => say!("{line}")?,
            Err(failure) => {
                if let Some(earlier) = failed.replace(failure) {
                    let _ = writeln!(io::stderr(), "error: {earlier}"); // If standard error fails, nothing is left to report it on.
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Writes `1 line` or `2 lines`.
pub fn plural(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
