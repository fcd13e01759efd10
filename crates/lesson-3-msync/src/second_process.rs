//! The story's second process. It loads, or it stores and then ends in one of three ways.
//! `cargo lesson-3` starts it.

use std::io;
use std::mem::ManuallyDrop;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Result, page_size, say};

use crate::{MappedFile, sys};

/// Plays `part` on the file at `path`: one turn for each line on standard input.
///
/// # Errors
/// Those of each step, and an unknown part.
pub fn play(part: &str, path: &Path) -> Result<()> {
    common::end_with_parent()?;
    match part {
        "reader" => reader(path),
        "munmap" | "exit" | "SIGKILL" => store_and_end(part, path),
        "locker" => locker(path),
        _ => Err(Failure::refusal("play", Path::new(part), "no such part")),
    }
}

/// Prints the file's first byte: by `pread`, and after the line `map` by a load from a mapping.
fn reader(path: &Path) -> Result<()> {
    let file = std::fs::File::open(path).step_on("open", path)?;
    let mut mapped: Option<MappedFile> = None;
    while let Some(line) = next_turn()? {
        if let ("address", Some(mapped)) = (&*line, &mapped) {
            say!("{}", mapped.memory.address())?;
            continue;
        }
        if line == "map" {
            let sample = MappedFile::open(path)?;
            sample.load();
            mapped = Some(sample);
        }
        let Some(mapped) = &mapped else {
            let mut byte = [0];
            file.read_exact_at(&mut byte, 0).step_on("read", path)?;
            say!("{} 0", char::from(byte[0]))?;
            continue;
        };
        say!("{} {}", char::from(mapped.memory.load(0)), mapped.dirty()?.mapped())?;
    }
    Ok(())
}

/// Stores `B` to every page, without any `msync`; then unmaps, exits, or waits for its end.
fn store_and_end(part: &str, path: &Path) -> Result<()> {
    let sample = ManuallyDrop::new(MappedFile::open(path)?); // The exit unmaps it.
    sample.store(b'B');
    say!("stored")?;
    if next_turn()?.is_some_and(|turn| turn == "address") {
        say!("{}", sample.memory.address())?;
        next_turn()?;
    }
    if part == "munmap" {
        drop(ManuallyDrop::into_inner(sample)); // munmap, and close.
        say!("unmapped")?;
        next_turn()?;
    }
    Ok(())
}

/// Locks the file's first page in memory, with `mlock`.
fn locker(path: &Path) -> Result<()> {
    let sample = MappedFile::open(path)?;
    sys::mlock(sample.memory.address(), page_size()).step_on("mlock", path)?;
    say!("locked")?;
    next_turn().map(|_| ())
}

/// Waits for a line on standard input; `None` at its end.
fn next_turn() -> Result<Option<String>> {
    let mut line = String::new();
    let count = io::stdin().read_line(&mut line).step("hear the first process")?;
    Ok((count > 0).then(|| line.trim_end().into()))
}
