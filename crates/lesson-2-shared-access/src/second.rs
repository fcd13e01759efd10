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

/// Maps two pages of `path` and obeys the lines of standard input, answering each with one line:
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

fn obey_line(line: &str, file: &File, mapping: &mut Option<Bytes>) -> io::Result<String> {
    let mut words = line.split(' ');
    let order = words.next().unwrap_or_default();
    let mut number = || words.next().and_then(|word| word.parse::<u32>().ok());
    let (first, second) = (number(), number());
    let wrong = || io::Error::other(format!("no such order: {line:?}"));
    let offset = || first.map(u64::from).ok_or_else(wrong);
    let value = || second.and_then(|value| u8::try_from(value).ok()).ok_or_else(wrong);
    // Every order that names a byte of the mapping comes this way: past its end there is none.
    let index = || first.map(|at| at as usize).filter(|at| *at < 2 * page_size()).ok_or_else(wrong);
    let bytes = || mapping.as_ref().ok_or_else(|| io::Error::other("nothing is mapped"));
    match order {
        "load" => return Ok(bytes()?.load(index()?).to_string()),
        "store" => bytes()?.store(index()?, value()?),
        "read" => {
            let mut byte = [0];
            file.read_exact_at(&mut byte, offset()?)?;
            return Ok(byte[0].to_string());
        }
        "write" => file.write_all_at(&[value()?], offset()?)?,
        "send" => bytes()?.send(index()?, io::pipe()?.1.as_fd())?,
        "truncate" => file.set_len(offset()?)?,
        "map" => *mapping = Some(Bytes::of(file, 2 * page_size())?),
        "unmap" => *mapping = None,
        "publish" => seqlock::publish(&Writer::of(file)?, Reading::number(offset()?)),
        "half" => seqlock::publish_half(&Writer::of(file)?, Reading::number(offset()?)),
        _ => return Err(wrong()),
    }
    Ok("done".into())
}
