//! verdict: solved
//! The reference: text, length, then the mark by a release store; `take` loads the mark by acquire,
//! checks a copy of the length, prints a copy of the text, and only then gives the box back.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::{Duration, Instant};

use memmap2::{MmapOptions, MmapRaw};

const SIZE: usize = 4096;
const LONGEST: usize = SIZE - 8;
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    let done = match words[..] {
        [command, file, text] if command == "post" => post(Path::new(file), text.as_bytes()),
        [command, file] if command == "take" => take(Path::new(file)),
        _ => {
            eprintln!("usage: exercise-2 post FILE TEXT | take FILE");
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

fn post(path: &Path, text: &[u8]) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("post to {path:?}: a text of more than {LONGEST} bytes"));
    }
    let mailbox = Mailbox::open(path)?;
    mailbox.wait_for(0)?;
    // SAFETY: an empty box is the poster's alone, and the text fits behind byte 8.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), mailbox.map.as_mut_ptr().add(8), text.len()) };
    mailbox.word(1).store(text.len() as u32, Relaxed);
    mailbox.word(0).store(1, Release); // Pairs with the acquire load in `wait_for`.
    Ok(())
}

fn take(path: &Path) -> Result<(), String> {
    let mailbox = Mailbox::open(path)?;
    mailbox.wait_for(1)?;
    let length = mailbox.word(1).load(Relaxed) as usize;
    if length > LONGEST {
        return Err(format!("take from {path:?}: a length of {length}"));
    }
    let mut message = vec![0; length];
    // SAFETY: a full box is the taker's alone, and the length was checked.
    unsafe { std::ptr::copy_nonoverlapping(mailbox.map.as_ptr().add(8), message.as_mut_ptr(), length) };
    message.push(b'\n');
    let mut output = io::stdout().lock();
    let printed = output.write_all(&message).and_then(|()| output.flush());
    printed.map_err(|why| format!("write to standard output: {why}"))?;
    mailbox.word(0).store(0, Release); // Pairs with the acquire load in `wait_for`.
    Ok(())
}

struct Mailbox<'a> {
    path: &'a Path,
    map: MmapRaw,
}

impl<'a> Mailbox<'a> {
    fn open(path: &'a Path) -> Result<Self, String> {
        let told = |step: &str, why: io::Error| format!("{step} {path:?}: {why}");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).custom_flags(libc::O_NONBLOCK);
        let file = options.open(path).map_err(|why| told("open", why))?;
        let found = file.metadata().map_err(|why| told("fstat", why))?;
        match found.len() {
            _ if !found.is_file() => return Err(format!("map {path:?}: no regular file")),
            0 => file.set_len(SIZE as u64).map_err(|why| told("ftruncate", why))?,
            size if size == SIZE as u64 => {}
            other => return Err(format!("map {path:?}: {other} bytes instead of {SIZE}")),
        }
        let map = MmapOptions::new().len(SIZE).map_raw(&file);
        Ok(Self { path, map: map.map_err(|why| told("mmap", why))? })
    }

    /// `full` is word 0, `length` word 1.
    fn word(&self, number: usize) -> &AtomicU32 {
        // SAFETY: page-aligned plus a multiple of 4, inside the mapping, which lives as long.
        unsafe { AtomicU32::from_ptr(self.map.as_mut_ptr().cast::<u32>().add(number)) }
    }

    fn wait_for(&self, wanted: u32) -> Result<(), String> {
        let late = Instant::now() + PATIENCE;
        while Instant::now() < late {
            match self.word(0).load(Acquire) {
                full if full == wanted => return Ok(()),
                0 | 1 => std::thread::sleep(Duration::from_millis(1)),
                other => return Err(format!("wait for {:?}: `full` is {other}", self.path)),
            }
        }
        Err(format!("wait for {:?}: nobody came in five seconds", self.path))
    }
}
