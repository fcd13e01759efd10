//! verdict: solved
//! Each text by itself, in a mapping of its slot's page alone: stored, `fdatasync`, said. The name
//! of a new file is flushed through its directory, before the first line.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use memmap2::MmapOptions;

const SLOT: u64 = 64;

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let texts: Vec<_> = arguments.iter().skip(2).map(|text| text.as_bytes()).collect();
    let word = arguments.first().map(|word| word.as_bytes());
    let result = match (word, texts.is_empty()) {
        (Some(b"record"), false) => record(Path::new(&arguments[1]), &texts),
        (Some(b"list"), true) if arguments.len() == 2 => list(Path::new(&arguments[1])),
        _ => {
            eprintln!("usage: exercise-3 record FILE TEXT... | list FILE");
            std::process::exit(2);
        }
    };
    if let Err((step, cause)) = result {
        let file = if step == "write" { "standard output".into() } else { arguments[1].clone() };
        eprintln!("{step} {}: {cause}", file.display());
        std::process::exit(1);
    }
}

type Failure = (&'static str, std::io::Error);

fn step(name: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |cause| (name, cause)
}

fn open(path: &Path, write: bool, make: bool) -> Result<(File, u64), Failure> {
    let mut options = OpenOptions::new();
    options.read(true).write(write).create(make).mode(0o600).custom_flags(libc::O_NONBLOCK);
    let file = options.open(path).map_err(step("open"))?;
    let found = file.metadata().map_err(step("fstat"))?;
    if !found.file_type().is_file() || found.size() % SLOT != 0 {
        return Err(("look at", std::io::Error::other("no ledger of 64-byte slots")));
    }
    Ok((file, found.size() / SLOT))
}

fn record(path: &Path, texts: &[&[u8]]) -> Result<(), Failure> {
    if texts.iter().any(|text| text.is_empty() || text.len() > 63 || text.contains(&b'\n')) {
        return Err(("take a text for", std::io::Error::other("1 to 63 bytes, no newline")));
    }
    let (file, mut slots) = open(path, true, true)?;
    // Whoever made the file: a directory flushed once too often does no harm.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = File::open(directory.unwrap_or(Path::new("."))).map_err(step("open"))?;
    directory.sync_all().map_err(step("fsync the directory of"))?;
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    let mut slot = 0;
    for text in texts {
        let mut window = loop {
            if slot == slots {
                let grown = (slots * SLOT / page + 1) * page;
                file.set_len(grown).map_err(step("ftruncate"))?;
                slots = grown / SLOT;
            }
            let start = slot * SLOT / page * page;
            let length = page.min(slots * SLOT - start) as usize;
            let window = unsafe { MmapOptions::new().offset(start).len(length).map_mut(&file) };
            let window = window.map_err(step("mmap"))?;
            let free = |slot: &u64| window[(slot * SLOT - start) as usize] == 0;
            let end = (start + length as u64) / SLOT;
            slot = (slot..end).find(free).unwrap_or(end);
            if slot < end {
                break window;
            }
        };
        let at = (slot * SLOT % page) as usize;
        window[at..at + text.len()].copy_from_slice(text);
        window[at + text.len()..at + SLOT as usize].fill(0);
        file.sync_data().map_err(step("fdatasync"))?;
        writeln!(std::io::stdout(), "durable {slot}").map_err(step("write"))?;
        slot += 1;
    }
    Ok(())
}

fn list(path: &Path) -> Result<(), Failure> {
    let (file, slots) = open(path, false, false)?;
    if slots == 0 {
        return Ok(());
    }
    let bytes = unsafe { MmapOptions::new().map(&file) }.map_err(step("mmap"))?;
    let mut out = std::io::stdout().lock();
    for slot in bytes.chunks(SLOT as usize).filter(|slot| slot[0] != 0) {
        let end = slot.iter().position(|byte| *byte == 0).unwrap_or(slot.len());
        out.write_all(&slot[..end]).and_then(|()| out.write_all(b"\n")).map_err(step("write"))?;
    }
    out.flush().map_err(step("write"))
}
