//! The second process: maps the file that it is given and does what it is told, a line at a time.
//! `cargo lesson-2` starts it wherever a claim needs two.

use std::fs::File;
use std::io::{self, BufRead};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::layout::Reading;
use crate::thermometer::Writer;
use crate::{Bytes, seqlock};

/// What it can be told; each answers with one line.
const ORDERS: &str = "load OFFSET, store OFFSET VALUE, read OFFSET, write OFFSET VALUE, \
    send OFFSET, truncate LENGTH, map, unmap, address, publish NUMBER, half NUMBER, reading";

/// Maps two pages of `path`, which must exist, and obeys the lines of standard input, answering each with one line:
/// what was asked for, `done`, or the name of the system's error.
///
/// # Errors
/// The steps before the first line.
pub fn obey(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let mut bytes = Some(Bytes::of(&file, 2 * page_size()).step_on("mmap", path)?);
    say!("ready")?;
    for line in io::stdin().lock().lines() {
        let line = line.step("hear the first process")?;
        match obey_line(&line, &file, &mut bytes) {
            Ok(answer) => say!("{answer}")?,
            Err(error) => say!("{}", name_of(&error))?,
        }
    }
    Ok(())
}

/// `EPERM` for the system's errors, their words for others.
pub fn name_of(error: &io::Error) -> String {
    let name = |number| format!("{:?}", nix::errno::Errno::from_raw(number));
    error.raw_os_error().map_or_else(|| error.to_string(), name)
}

/// What follows the order's name on its line.
struct Words<'a> {
    order: &'a str,
    rest: std::str::Split<'a, char>,
}

impl Words<'_> {
    /// The next word as a number from 0 to `last`.
    fn number(&mut self, what: &str, last: u64) -> io::Result<u64> {
        let wrong = |how: String| io::Error::other(format!("{}: {how}", self.order));
        let word = self.rest.next().ok_or_else(|| wrong(format!("{what} is missing")))?;
        let number = word.parse().ok().filter(|number| *number <= last);
        number.ok_or_else(|| wrong(format!("{what} must be a number from 0 to {last}: {word:?}")))
    }

    /// An offset in the file.
    fn offset(&mut self) -> io::Result<u64> {
        self.number("OFFSET", u32::MAX.into())
    }

    /// A byte of the mapping: past its end there is none.
    fn index(&mut self) -> io::Result<usize> {
        let index = self.number("OFFSET", 2 * page_size() as u64 - 1)?;
        usize::try_from(index).map_err(io::Error::other)
    }

    fn value(&mut self) -> io::Result<u8> {
        let value = self.number("VALUE", u8::MAX.into())?;
        u8::try_from(value).map_err(io::Error::other)
    }
}

fn obey_line(line: &str, file: &File, mapping: &mut Option<Bytes>) -> io::Result<String> {
    let mut rest = line.split(' ');
    let mut words = Words { order: rest.next().unwrap_or_default(), rest };
    let bytes = || mapping.as_ref().ok_or_else(|| io::Error::other("nothing is mapped"));
    match words.order {
        "load" => return Ok(bytes()?.load(words.index()?).to_string()),
        "store" => bytes()?.store(words.index()?, words.value()?),
        "read" => {
            let mut byte = [0];
            file.read_exact_at(&mut byte, words.offset()?)?;
            return Ok(byte[0].to_string());
        }
        "write" => {
            let offset = words.offset()?;
            file.write_all_at(&[words.value()?], offset)?;
        }
        "send" => bytes()?.send(words.index()?, io::pipe()?.1.as_fd())?,
        "truncate" => file.set_len(words.offset()?)?,
        "map" => *mapping = Some(Bytes::of(file, 2 * page_size())?),
        "unmap" => *mapping = None,
        "address" => return Ok(bytes()?.as_ptr().addr().to_string()),
        "publish" => seqlock::publish(&Writer::of(file)?, Reading::number(words.offset()?)),
        "half" => seqlock::publish_half(&Writer::of(file)?, Reading::number(words.offset()?)),
        "reading" => {
            let Reading { number, millidegrees, .. } = Writer::of(file)?.last();
            return Ok(format!("number {number}, {millidegrees} millidegrees"));
        }
        _ => return Err(io::Error::other(format!("no such order: {line:?}; there are: {ORDERS}"))),
    }
    Ok("done".into())
}
