//! verdict: solved
//! The reference: one open file description lock around the load, the check and the stores. The
//! kernel gives it back when its holder dies, and wakes the next.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use memmap2::{MmapOptions, MmapRaw};

const SIZE: u64 = 4096;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    match run(&words) {
        None => {
            eprintln!("usage: exercise-5 add FILE TIMES | transfer FILE FROM TO AMOUNT");
            ExitCode::from(2)
        }
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(failure)) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[OsString]) -> Option<Result<(), String>> {
    let (command, rest) = words.split_first()?;
    match (command.to_str()?, rest) {
        ("add", [file, times]) => {
            let times = number(times)?;
            Some(Bank::open(Path::new(file)).and_then(|bank| bank.add(times)))
        }
        ("transfer", [file, from, to, amount]) => {
            let (from, to, amount) = (number(from)?, number(to)?, number(amount)?);
            if !(1..=8).contains(&from) || !(1..=8).contains(&to) || from == to {
                return None;
            }
            Some(Bank::open(Path::new(file)).and_then(|bank| bank.transfer(from, to, amount)))
        }
        _ => None,
    }
}

fn number(word: &OsStr) -> Option<u64> {
    let digits = word.to_str()?;
    if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None }
}

struct Bank<'a> {
    path: &'a Path,
    file: File,
    map: MmapRaw,
}

impl<'a> Bank<'a> {
    fn open(path: &'a Path) -> Result<Self, String> {
        let told = |step: &str, why: io::Error| format!("{step} {path:?}: {why}");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(0o600).custom_flags(libc::O_NONBLOCK);
        let file = options.open(path).map_err(|why| told("open", why))?;
        let found = file.metadata().map_err(|why| told("fstat", why))?;
        match found.len() {
            _ if !found.is_file() => return Err(format!("map {path:?}: no regular file")),
            0 => file.set_len(SIZE).map_err(|why| told("ftruncate", why))?, // Twice does no harm.
            SIZE => {}
            other => return Err(format!("map {path:?}: {other} bytes instead of {SIZE}")),
        }
        let map = MmapOptions::new().len(SIZE as usize).map_raw(&file);
        Ok(Self { path, map: map.map_err(|why| told("mmap", why))?, file })
    }

    /// Account 0 is the counter.
    fn account(&self, number: u64) -> &AtomicU64 {
        // SAFETY: page-aligned plus a multiple of 8, inside the mapping, which lives as long.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().cast::<u64>().add(number as usize)) }
    }

    fn locked<T>(&self, work: impl FnOnce() -> T) -> Result<T, String> {
        self.change(libc::F_WRLCK)?;
        let done = work();
        self.change(libc::F_UNLCK)?;
        Ok(done)
    }

    fn change(&self, kind: i32) -> Result<(), String> {
        let lock = libc::flock {
            l_type: kind as i16,
            l_whence: libc::SEEK_SET as i16,
            l_start: 1024,
            l_len: 1,
            l_pid: 0,
        };
        loop {
            // SAFETY: `lock` outlives the call.
            if unsafe { libc::fcntl(self.file.as_raw_fd(), libc::F_OFD_SETLKW, &lock) } == 0 {
                return Ok(());
            }
            let why = io::Error::last_os_error();
            if why.kind() != io::ErrorKind::Interrupted {
                return Err(format!("lock {:?}: {why}", self.path));
            }
        }
    }

    fn add(&self, times: u64) -> Result<(), String> {
        for _ in 0..times {
            let counter = self.account(0);
            self.locked(|| counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed))?;
        }
        Ok(())
    }

    fn transfer(&self, from: u64, to: u64, amount: u64) -> Result<(), String> {
        let (from, to) = (self.account(from), self.account(to));
        let done = self.locked(|| {
            let left = from.load(Relaxed).checked_sub(amount).ok_or("too little is there")?;
            let there = to.load(Relaxed).checked_add(amount).ok_or("too much would be there")?;
            from.store(left, Relaxed);
            to.store(there, Relaxed);
            Ok(())
        });
        done?.map_err(|why: &str| format!("transfer in {:?}: {why}", self.path))
    }
}
