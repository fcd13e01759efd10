//! The conversation: descriptors and mappings under names, and what is done with them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, thread};

use common::{Context, Result, page_size, say};
use memmap2::{MmapOptions, MmapRaw};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::{signal, signal::Signal, wait::waitpid};
use nix::unistd::Pid;

use super::call::Call;
use crate::sys::locks;

/// What this process has open, mapped and forked.
#[derive(Default)]
struct Hand {
    files: BTreeMap<String, File>,
    mappings: BTreeMap<String, MmapRaw>,
    heir: Option<Pid>,
}

/// Does what each line of standard input says, until it ends.
pub(super) fn work() -> Result<()> {
    let mut hand = Hand::default();
    for line in io::stdin().lock().lines() {
        let line = line.step("read standard input")?;
        let answer = match hand.does(&line) {
            Ok(answer) => answer,
            Err(error) => match error.raw_os_error() {
                Some(number) => format!("{:?}", Errno::from_raw(number)),
                None => error.to_string(),
            },
        };
        say!("{answer}")?;
    }
    Ok(())
}

impl Hand {
    fn does(&mut self, line: &str) -> io::Result<String> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            // The path comes last: it may contain spaces.
            ["open", name, mode, ..] => {
                let path = line.splitn(4, ' ').nth(3).unwrap_or_default();
                let flags = if mode == "path" { libc::O_PATH } else { 0 };
                let (read, write) = (mode != "write", mode == "write" || mode == "both");
                let mut options = File::options();
                let file = options.read(read).write(write).custom_flags(flags).open(path)?;
                self.files.insert(name.into(), file);
            }
            ["duplicate", from, to] => {
                let copy = self.file(from)?.try_clone()?;
                self.files.insert(to.into(), copy);
            }
            ["close", name] => drop(self.files.remove(name)),
            ["map", name] => {
                let mapping = MmapOptions::new().len(page_size()).map_raw(self.file(name)?)?;
                self.mappings.insert(name.into(), mapping);
            }
            ["map-read-only", name] => {
                let options = MmapOptions::new().len(page_size()).to_owned();
                let mapping = options.map_raw_read_only(self.file(name)?)?;
                self.mappings.insert(name.into(), mapping);
            }
            ["unmap", name] => drop(self.mappings.remove(name)),
            ["store", name, text] => {
                let mapping = self.mappings.get(name).ok_or(Errno::ENOENT)?;
                for (offset, byte) in text.bytes().enumerate() {
                    locks::store(mapping, offset, byte);
                }
            }
            ["pwrite", name, text] => self.file(name)?.write_all_at(text.as_bytes(), 0)?,
            ["pread", name, "0", count] => {
                let mut bytes = vec![0; count.parse().unwrap_or(0)];
                self.file(name)?.read_exact_at(&mut bytes, 0)?;
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
            ["truncate", name, length] => self.file(name)?.set_len(length.parse().unwrap_or(0))?,
            ["seek", name, offset] => {
                let offset = SeekFrom::Start(offset.parse().unwrap_or(0));
                let mut file = self.file(name)?;
                file.seek(offset)?;
            }
            ["offset", name] => {
                let mut file = self.file(name)?;
                return Ok(file.stream_position()?.to_string());
            }
            // What the kernel lists for this descriptor: `WRITE 0 9, READ 10 EOF`.
            ["locks", name] => return own_locks(self.file(name)?),
            ["handle-sigusr1", how] => locks::handle_sigusr1(how == "restart")?,
            ["inherit", name] => {
                fcntl(self.file(name)?, FcntlArg::F_SETFD(FdFlag::empty()))?;
            }
            ["exec"] => {
                let scene = ["scene", "locks-after-exec"]; // It answers in this one's stead.
                return Err(Command::new(env::current_exe()?).args(scene).exec());
            }
            ["lock-by-std", name] => self.file(name)?.lock()?,
            ["id"] => return Ok(std::process::id().to_string()),
            ["fork-an-heir"] => self.heir = Some(locks::fork_an_heir()?),
            ["kill-the-heir"] => {
                let heir = self.heir.take().ok_or(Errno::ECHILD)?;
                signal::kill(heir, Signal::SIGKILL)?;
                waitpid(heir, None)?;
            }
            ["forked", "close", name] => {
                let fd = self.file(name)?.as_raw_fd();
                let closed = locks::in_a_forked_child(|| nix::unistd::close(fd).is_err().into())?;
                return Ok(if closed == 0 { "ok".into() } else { "failed".into() });
            }
            ["forked", ..] => {
                let mut call = self.call(&words[1..])?;
                let error = locks::in_a_forked_child(|| call.make())?;
                return Ok(call.answer(error));
            }
            ["threaded", ..] => {
                let mut call = self.call(&words[1..])?;
                let error = thread::scope(|scope| scope.spawn(|| call.make()).join());
                return Ok(call.answer(error.map_err(|_| io::Error::other("panicked"))?));
            }
            _ => {
                let mut call = self.call(&words)?;
                let error = call.make();
                return Ok(call.answer(error));
            }
        }
        Ok("ok".into())
    }

    fn file(&self, name: &str) -> io::Result<&File> {
        self.files.get(name).ok_or_else(|| io::Error::other(format!("nothing open as {name:?}")))
    }

    fn call(&self, words: &[&str]) -> io::Result<Call> {
        Call::of(words, &self.files)
            .ok_or_else(|| io::Error::other(format!("no such call: {words:?}")))
    }
}

/// The `lock:` lines of `/proc/self/fdinfo/FD`, each as its kind, first and last byte.
fn own_locks(file: &File) -> io::Result<String> {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd()))?;
    let fields = text.lines().filter_map(|line| line.strip_prefix("lock:"));
    let locks = fields.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        format!("{} {} {}", words[3], words[6], words[7])
    });
    Ok(locks.collect::<Vec<_>>().join(", "))
}
