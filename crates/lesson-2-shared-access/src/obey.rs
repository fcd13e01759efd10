//! What the second process does: it maps the file that it is given and obeys one line at a time.
//! `cargo lesson-2 second FILE` runs it.

use std::fs::File;
use std::io::{self, BufRead};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, errno_name, page_size, say};

use crate::layout::Reading;
use crate::thermometer::Writer;
use crate::{Bytes, seqlock};

/// What it obeys. It answers each line with one line.
const ORDERS: &str = "load OFFSET, store OFFSET VALUE, read OFFSET, write OFFSET VALUE, \
    send OFFSET, truncate LENGTH, map, unmap, address, publish NUMBER, half NUMBER, reading";

/// Maps two pages of `path`, which must exist, and obeys the lines of standard input. The answer to
/// a line is the value that was asked for, `done`, or the name of the system's error.
///
/// # Errors
/// Those of the steps before the first line.
pub fn obey(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let mut bytes = Some(Bytes::of(&file, 2 * page_size()).step_on("mmap", path)?);
    say!("ready")?;
    for line in io::stdin().lock().lines() {
        let line = line.step("hear the first process")?;
        match obey_line(&line, &file, &mut bytes) {
            Ok(answer) => say!("{answer}")?,
            Err(error) => say!("{}", errno_name(&error))?,
        }
    }
    Ok(())
}

/// An order, and the words after it on its line.
struct Words<'a> {
    order: &'a str,
    rest: std::str::Split<'a, char>,
}

impl Words<'_> {
    /// The next word as a number from 0 to `last`.
    fn number<N>(&mut self, what: &str, last: N) -> io::Result<N>
    where
        N: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let wrong = |how: String| io::Error::other(format!("{}: {how}", self.order));
        let word = self.rest.next().ok_or_else(|| wrong(format!("{what} is missing")))?;
        let number = word.parse().ok().filter(|number| *number <= last);
        number.ok_or_else(|| wrong(format!("{what} must be a number from 0 to {last}: {word:?}")))
    }

    /// An offset in the file.
    fn offset(&mut self) -> io::Result<u32> {
        self.number("OFFSET", u32::MAX)
    }

    /// The offset of a byte in the mapping.
    fn index(&mut self) -> io::Result<usize> {
        self.number("OFFSET", 2 * page_size() - 1)
    }

    fn value(&mut self) -> io::Result<u8> {
        self.number("VALUE", u8::MAX)
    }

    fn reading(&mut self) -> io::Result<Reading> {
        self.number("NUMBER", u32::MAX).map(Reading::number)
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
            file.read_exact_at(&mut byte, words.offset()?.into())?;
            return Ok(byte[0].to_string());
        }
        "write" => {
            let offset = words.offset()?;
            file.write_all_at(&[words.value()?], offset.into())?;
        }
        "send" => {
            let index = words.index()?;
            bytes()?.send(index..index + 1, io::pipe()?.1.as_fd())?;
        }
        "truncate" => file.set_len(words.offset()?.into())?,
        "map" => *mapping = Some(Bytes::of(file, 2 * page_size())?),
        "unmap" => *mapping = None,
        "address" => return Ok(bytes()?.as_ptr().addr().to_string()),
        "publish" => seqlock::publish(&Writer::of(file)?, words.reading()?),
        "half" => seqlock::publish_half(&Writer::of(file)?, words.reading()?),
        "reading" => return Ok(Writer::of(file)?.last().to_string()),
        _ => return Err(io::Error::other(format!("no such order: {line:?}; there are: {ORDERS}"))),
    }
    Ok("done".into())
}
