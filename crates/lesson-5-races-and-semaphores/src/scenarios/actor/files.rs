//! The files that an actor has open or mapped, under names, and its commands about them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use common::page_size;
use memmap2::{MmapOptions, MmapRaw};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::sys::file_locks;

/// Descriptors and mappings, under the names that the test gave them.
#[derive(Default)]
pub(super) struct Files {
    pub(super) open: BTreeMap<String, File>,
    mapped: BTreeMap<String, MmapRaw>,
}

impl Files {
    /// Runs a command if it is about files.
    pub(super) fn run(&mut self, line: &str) -> Option<io::Result<String>> {
        let words: Vec<&str> = line.split(' ').collect();
        let done = match words[..] {
            // The path comes last: it may contain spaces.
            ["open", name, mode, ..] => self.open(name, mode, line.splitn(4, ' ').nth(3)?),
            ["duplicate", from, to] => self.file(from).and_then(File::try_clone).map(|copy| {
                self.open.insert(to.into(), copy);
            }),
            ["close", name] => {
                self.open.remove(name).map(drop).ok_or_else(|| nothing("open", name))
            }
            ["map", name] => self.map(name, |options, file| options.map_raw(file)),
            ["map-read-only", name] => {
                self.map(name, |options, file| options.map_raw_read_only(file))
            }
            ["unmap", name] => {
                self.mapped.remove(name).map(drop).ok_or_else(|| nothing("mapped", name))
            }
            ["store", name, text] => self.store(name, text),
            ["pwrite", name, text] => {
                self.file(name).and_then(|file| file.write_all_at(text.as_bytes(), 0))
            }
            ["pread", name, count] => return Some(self.pread(name, count)),
            ["truncate", name, length] => {
                number(length).and_then(|length| self.file(name)?.set_len(length))
            }
            ["seek", name, offset] => number(offset)
                .and_then(|offset| self.file(name)?.seek(SeekFrom::Start(offset)))
                .map(drop),
            ["offset", name] => {
                let offset = self.file(name).and_then(|mut file| file.stream_position());
                return Some(offset.map(|offset| offset.to_string()));
            }
            // What the kernel lists for this descriptor: `WRITE 0 9, READ 10 EOF`.
            ["locks", name] => return Some(self.file(name).and_then(listed)),
            ["lock-by-std", name] => self.file(name).and_then(File::lock),
            ["inherit", name] => self.file(name).and_then(|file| {
                fcntl(file, FcntlArg::F_SETFD(FdFlag::empty()))?;
                Ok(())
            }),
            _ => return None,
        };
        Some(done.map(|()| "ok".into()))
    }

    pub(super) fn file(&self, name: &str) -> io::Result<&File> {
        self.open.get(name).ok_or_else(|| nothing("open", name))
    }

    fn open(&mut self, name: &str, mode: &str, path: &str) -> io::Result<()> {
        let flags = if mode == "path" { libc::O_PATH } else { 0 };
        let (read, write) = (mode != "write", mode == "write" || mode == "both");
        let mut options = File::options();
        let file = options.read(read).write(write).custom_flags(flags).open(path)?;
        self.open.insert(name.into(), file);
        Ok(())
    }

    fn map(
        &mut self,
        name: &str,
        call: fn(&MmapOptions, &File) -> io::Result<MmapRaw>,
    ) -> io::Result<()> {
        let mapping = call(MmapOptions::new().len(page_size()), self.file(name)?)?;
        self.mapped.insert(name.into(), mapping);
        Ok(())
    }

    fn store(&self, name: &str, text: &str) -> io::Result<()> {
        let mapping = self.mapped.get(name).ok_or_else(|| nothing("mapped", name))?;
        if text.len() > mapping.len() {
            return Err(io::Error::other("more than is mapped"));
        }
        (0..).zip(text.bytes()).for_each(|(offset, byte)| file_locks::store(mapping, offset, byte));
        Ok(())
    }

    fn pread(&self, name: &str, count: &str) -> io::Result<String> {
        let count: u16 = count.parse().map_err(io::Error::other)?;
        let mut bytes = vec![0; count.into()];
        self.file(name)?.read_exact_at(&mut bytes, 0)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The `lock:` lines of `/proc/self/fdinfo/FD`, each as its kind, first and last byte.
fn listed(file: &File) -> io::Result<String> {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd()))?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("lock:"));
    let locks = lines.map(|line| {
        let words: Vec<&str> = line.split_whitespace().skip(3).collect();
        [words.first(), words.get(3), words.get(4)].map(|word| *word.unwrap_or(&"?")).join(" ")
    });
    Ok(locks.collect::<Vec<_>>().join(", "))
}

fn number(word: &str) -> io::Result<u64> {
    word.parse().map_err(io::Error::other)
}

fn nothing(done: &str, name: &str) -> io::Error {
    io::Error::other(format!("nothing {done} as {name:?}"))
}
