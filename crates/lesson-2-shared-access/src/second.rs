//! The second process: maps the file that it is given and does what it is told, a line at a time.
//! `cargo lesson-2` starts it wherever a claim needs two.

use std::fs::File;
use std::io::{self, BufRead};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::layout::Reading;
use crate::{Bytes, seqlock, thermometer};

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
    let words: Vec<&str> = line.split(' ').collect();
    let number = |index: usize| -> usize { words[index].parse().unwrap_or(0) };
    let bytes = || mapping.as_ref().ok_or_else(|| io::Error::other("nothing is mapped"));
    let mut answer = String::from("done");
    match words[0] {
        "load" => answer = bytes()?.load(number(1)).to_string(),
        "store" => bytes()?.store(number(1), words[2].parse().unwrap_or(0)),
        "read" => {
            let mut byte = [0];
            file.read_exact_at(&mut byte, number(1) as u64)?;
            answer = byte[0].to_string();
        }
        "write" => file.write_all_at(&[words[2].parse().unwrap_or(0)], number(1) as u64)?,
        "send" => bytes()?.send(number(1), io::pipe()?.1.as_fd())?,
        "truncate" => file.set_len(number(1) as u64)?,
        "map" => *mapping = Some(Bytes::of(file, 2 * page_size())?),
        "unmap" => *mapping = None,
        "publish" => seqlock::publish(&thermometer::Writer::of(file)?, Reading::number(words[1])),
        "half" => seqlock::publish_half(&thermometer::Writer::of(file)?, Reading::number(words[1])),
        _ => return Err(io::Error::other(format!("no such order: {line:?}"))),
    }
    Ok(answer)
}
