//! The judge's own `post` and `take`, the counterparts of the program's `take` and `post`. They look at FILE all the
//! time, so that they see a mark within a fraction of a microsecond.
//!
//! Each is a process of its own: this binary again, in the hidden role `counterpart`. FILE is its standard input. If a
//! program cuts FILE, SIGBUS ends this process, and not the judge.
//!
//! # Safety
//! The mapping is shared, is as long as a box, and lives as long as the value that holds it. Other processes store in
//! it, so all accesses are atomic, to aligned words inside it.
#![expect(unsafe_code, reason = "atomic access to words of a mapping")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{Context, Result};
use memmap2::{MmapOptions, MmapRaw};
use nix::poll::{PollTimeout, poll};
use tracer::processors;

use crate::verdict::Verdict;

/// The name of the role.
pub(crate) const ROLE: &str = "counterpart";
/// How long a counterpart runs at most.
const AT_MOST: Duration = Duration::from_secs(10);
/// The size of a box in words, and where its words are: `full`, `length`, the text.
const WORDS: usize = (4 << 10) / WORD;
const FULL: usize = 0;
const LENGTH: usize = 1;
const TEXT: usize = 2;
const WORD: usize = size_of::<u32>();
/// How many words are in a cache line.
const LINE: usize = 64 / WORD;

/// What the counterpart does.
pub(crate) enum Does<'t> {
    /// It takes this many messages.
    Take(usize),
    /// It posts these messages.
    Post(&'t [String]),
}

/// Runs the counterpart on another processor while `meanwhile` runs. Returns what `meanwhile` returned, and the
/// messages that the counterpart has taken.
///
/// # Errors
/// Those of starting the counterpart.
pub(crate) fn beside<T>(
    file: &File,
    does: &Does,
    meanwhile: impl FnOnce() -> Verdict<T>,
) -> Result<(Verdict<T>, Vec<Vec<u8>>)> {
    let is_over = AtomicBool::new(false);
    let (done, taken) = thread::scope(|scope| {
        // The counterpart is the child of another thread: a process tree of this thread waits for each child of this
        // thread.
        let counterpart = scope.spawn(|| counterpart(file, does, &is_over));
        let done = meanwhile();
        is_over.store(done.is_err(), Ordering::Relaxed);
        (done, counterpart.join())
    });
    let panicked = |_| io::Error::other("a thread has panicked");
    let taken = taken.map_err(panicked).step("run the counterpart").and_then(|taken| taken)?;
    Ok((done, taken))
}

fn counterpart(file: &File, does: &Does, is_over: &AtomicBool) -> Result<Vec<Vec<u8>>> {
    processors::pin_beside();
    let mut command = Command::new(sandbox::own_binary());
    command.arg(ROLE).env_clear().stdin(file.try_clone().step("dup")?).stdout(Stdio::piped());
    match does {
        Does::Take(count) => command.args(["take", &count.to_string()]),
        Does::Post(texts) => command.arg("post").args(*texts),
    };
    let mut child = command.stderr(Stdio::null()).spawn().step("start the counterpart")?;
    wait(&mut child, is_over).step("wait for the counterpart")?;
    let mut told = Vec::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_end(&mut told).step("read from the counterpart")?;
    }
    Ok(messages(&told))
}

fn wait(child: &mut Child, is_over: &AtomicBool) -> io::Result<()> {
    while child.try_wait()?.is_none() {
        if is_over.load(Ordering::Relaxed) {
            child.kill()?;
        }
        poll(&mut [], PollTimeout::from(1_u8))?;
    }
    Ok(())
}

/// Reads messages as `take` writes them: the length of each message, and then its bytes.
fn messages(mut told: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = told.split_first_chunk() {
        let length = u32::from_ne_bytes(*length) as usize;
        let (message, rest) = rest.split_at(length.min(rest.len()));
        messages.push(message.to_vec());
        told = rest;
    }
    messages
}

/// The hidden role.
///
/// # Errors
/// Those of `mmap` and of `write`.
pub(crate) fn run(mut words: impl Iterator<Item = String>) -> Result<()> {
    common::end_with_parent()?;
    let file = File::from(io::stdin().as_fd().try_clone_to_owned().step("dup")?);
    let mailbox = Mailbox::of(&file)?;
    let deadline = Instant::now() + AT_MOST;
    match words.next().as_deref() {
        Some("take") => {
            let count = words.next().and_then(|count| count.parse().ok()).unwrap_or(0);
            let mut text = [0; WORDS];
            (0..count).try_for_each(|_| mailbox.take(&mut text, deadline))
        }
        _ => {
            for text in words {
                mailbox.post(text.as_bytes(), deadline);
            }
            Ok(())
        }
    }
}

/// A mapped box.
struct Mailbox(MmapRaw);

impl Mailbox {
    fn of(file: &File) -> Result<Self> {
        let map = MmapOptions::new().len(WORDS * WORD).map_raw(file).step("mmap")?;
        Ok(Self(map))
    }

    fn word(&self, index: usize) -> &AtomicU32 {
        let words = self.0.as_mut_ptr().cast::<AtomicU32>();
        let at = words.wrapping_add(index % WORDS);
        // SAFETY: `index % WORDS` is inside the mapping, which `of` has made `WORDS` words long and which begins at a
        // page. It lives as long as `self`. The word is only accessed as an atomic.
        unsafe { &*at }
    }

    /// Takes one message as soon as the box is marked full. It loads the end of the message first, into `text`, because
    /// there is no time to allocate memory then.
    fn take(&self, text: &mut [u32; WORDS], deadline: Instant) -> Result<()> {
        // This access changes nothing, but this processor must have the cache line for itself. A `post` that stores
        // there then has to wait for the line.
        let mut line = WORDS;
        while !self.is_marked(1) {
            line = if line + LINE < WORDS { line + LINE } else { LINE };
            self.word(line).fetch_or(0, Ordering::Relaxed);
            if line == LINE && Instant::now() > deadline {
                return Ok(());
            }
        }
        let mut at = WORDS;
        while at > TEXT {
            at -= 1;
            text[at] = self.word(at).load(Ordering::Relaxed);
        }
        let length = self.word(LENGTH).load(Ordering::Relaxed);
        self.word(FULL).store(0, Ordering::Release);
        let bytes = text.iter().skip(TEXT).flat_map(|word| word.to_ne_bytes());
        let bytes: Vec<u8> = bytes.take(length as usize).collect();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_ne_bytes();
        let mut output = io::stdout().lock();
        output.write_all(&[&length[..], &bytes].concat()).step("write")?;
        output.flush().step("write")
    }

    /// Posts a message as soon as the box is marked empty. It stores the end of the message first.
    fn post(&self, text: &[u8], deadline: Instant) {
        while !self.is_marked(0) {
            if Instant::now() > deadline {
                return;
            }
        }
        for (word, bytes) in text.chunks(WORD).enumerate().rev() {
            let mut whole = [0; WORD];
            for (byte, given) in whole.iter_mut().zip(bytes) {
                *byte = *given;
            }
            self.word(TEXT + word).store(u32::from_ne_bytes(whole), Ordering::Relaxed);
        }
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.word(LENGTH).store(length, Ordering::Relaxed);
        self.word(FULL).store(1, Ordering::Release);
    }

    fn is_marked(&self, full: u32) -> bool {
        self.word(FULL).load(Ordering::Acquire) == full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_posted_is_taken_whole() {
        let file = tempfile::tempfile().unwrap();
        file.set_len((WORDS * WORD) as u64).unwrap();
        let mailbox = Mailbox::of(&file).unwrap();
        mailbox.post(b"a message", Instant::now());
        assert!(mailbox.is_marked(1));
        let mut found = vec![0; 17];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut found, 0).unwrap();
        assert_eq!(found[4..8], 9_u32.to_ne_bytes());
        assert_eq!(&found[8..], b"a message");
    }

    #[test]
    fn messages_that_take_writes_are_read_back() {
        let told =
            [&3_u32.to_ne_bytes()[..], b"one", &0_u32.to_ne_bytes(), &2_u32.to_ne_bytes(), b"ab"];
        assert_eq!(messages(&told.concat()), [&b"one"[..], b"", b"ab"]);
    }
}
