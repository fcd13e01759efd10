//! A process that does what a test tells it, one command per line, and answers each with one line.
//! `cargo test` runs it.
//!
//! Locks belong to processes, threads and open files. So the actors of a claim are fresh processes
//! that hold nothing else, and the claim's text is the conversation with them.

mod files;
mod lock_call;
mod mutexes;
mod not_robust;
mod semaphores;

use std::fs::File;
use std::io::{self, BufRead};
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use common::{Context, Result, errno_name, say};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use files::Files;
use lock_call::LockCall;

use super::misuse;
use crate::initialize_once::OBJECT_OFFSET;
use crate::sys::{
    Mutex, OnParentDeath, Page, Semaphore, fork, handle_sigusr1, in_a_forked_child,
    live_until_end_of_input, live_until_killed,
};

/// What an actor has open, mapped and forked.
#[derive(Default)]
struct Actor {
    files: Files,
    child: Option<Pid>,
    page: Option<Page>,
    semaphore: Option<Semaphore>,
    mutex: Option<Mutex>,
    /// The address of its last semaphore.
    address: usize,
}

/// Runs each command of standard input, until it ends. The answer is `ok`, a value, or the name of
/// an error; a command that may wait prints `waiting` first.
pub(super) fn run() -> Result<()> {
    let mut actor = Actor::default();
    for line in io::stdin().lock().lines() {
        let line = line.step("read standard input")?;
        if line == "exit" {
            let _never_dropped = ManuallyDrop::new(actor);
            return Ok(());
        }
        let answer = actor.answer(&line).unwrap_or_else(|error| errno_name(&error));
        say!("{answer}")?;
    }
    Ok(())
}

/// The answer to a command: a line, or an error whose name is the line.
type Answer = io::Result<String>;

impl Actor {
    fn answer(&mut self, line: &str) -> Answer {
        if let Some(answer) = self.files.run(line) {
            return answer;
        }
        let words: Vec<&str> = line.split(' ').collect();
        match words[0].split('-').next() {
            Some("page") => return self.on_page(&words),
            Some("sem") => return self.on_semaphore(&words),
            Some("mutex") => return self.on_mutex(&words),
            Some("rwlock" | "cond") => return self.on_not_robust(&words),
            _ => {}
        }
        match words[..] {
            ["id"] => Ok(std::process::id().to_string()),
            ["mapped"] => {
                let found = page_view::mapping_at(std::process::id(), self.address);
                let found = found.map_err(io::Error::other)?;
                Ok(found.map_or("nothing".into(), |it| it.path.unwrap_or("no path".into())))
            }
            ["descriptors"] => Ok(std::fs::read_dir("/proc/self/fd")?.count().to_string()),
            ["umask", mode] => {
                umask(Mode::from_bits_truncate(number(mode, 8)?));
                done(Ok(()))
            }
            ["limit", what, value] => done(misuse::limit(what, number(value, 10)?)),
            ["handle-sigusr1", how] => done(handle_sigusr1(how == "restart", None)),
            ["exec"] => {
                // The new program answers. It keeps the parent, so this is no `self_command`.
                let scenario = ["scenario", "actor-after-exec"];
                Err(Command::new("/proc/self/exe").args(scenario).exec())
            }
            ["fork-beside-a-thread"] => misuse::fork_beside_a_thread(),
            [
                "fork-a-child" | "fork-an-heir" | "kill-the-child" | "forked" | "threaded"
                | "threaded-and-on",
                ..,
            ] => self.on_children(&words),
            _ => {
                let mut call = self.lock_call(&words)?;
                let error = call.make();
                Ok(call.answer(error))
            }
        }
    }

    /// Commands that run something in a forked child or in a thread.
    fn on_children(&mut self, words: &[&str]) -> Answer {
        match *words {
            ["fork-a-child"] => {
                self.child = Some(fork(OnParentDeath::Die, live_until_killed)?);
                done(Ok(()))
            }
            // The child outlives this process, makes the call at the next line of standard input, and lives
            // on until standard input ends. The answer is its process id.
            ["fork-an-heir", ref words @ ..] => {
                let mut call = self.lock_call(words)?;
                let child = fork(OnParentDeath::LiveOn, || {
                    let read = nix::unistd::read(io::stdin(), &mut [0]);
                    if read == Ok(1) && call.make() == 0 { live_until_end_of_input() } else { 1 }
                })?;
                Ok(child.to_string())
            }
            ["kill-the-child"] => {
                let child = self.child.take().ok_or(Errno::ECHILD)?;
                signal::kill(child, Signal::SIGKILL)?;
                done(waitpid(child, None).map(drop).map_err(Into::into))
            }
            ["forked", "close", name] => {
                let fd = self.files.file(name)?.as_raw_fd();
                let failed = in_a_forked_child(|| nix::unistd::close(fd).is_err().into())?;
                Ok(if failed == 0 { "ok".into() } else { "failed".into() })
            }
            ["forked", ref words @ ..] => {
                let mut call = self.lock_call(words)?;
                let error = in_a_forked_child(|| call.make())?;
                Ok(call.answer(error))
            }
            ["threaded", ref words @ ..] => {
                let mut call = self.lock_call(words)?;
                let error = thread::scope(|scope| scope.spawn(|| call.make()).join());
                Ok(call.answer(error.map_err(|_| io::Error::other("the thread panicked"))?))
            }
            ["threaded-and-on", ref words @ ..] => {
                let mut call = self.lock_call(words)?;
                thread::spawn(move || call.make());
                done(Ok(()))
            }
            _ => wrong("no such command", words),
        }
    }

    fn lock_call(&self, words: &[&str]) -> io::Result<LockCall> {
        let call = LockCall::of(words, &self.files.open);
        call.ok_or_else(|| error("no such command", words))
    }

    /// Commands about the file `page`, in which the actors of a test share semaphores and mutexes.
    fn on_page(&mut self, words: &[&str]) -> Answer {
        match *words {
            ["page-map"] => return done(self.map(Page::of)),
            ["page-map-read-only"] => return done(self.map(Page::read_only)),
            ["page-truncate", length] => {
                let file = File::options().write(true).open("page")?;
                file.set_len(number(length, 10)?)?;
                return done(file.set_len(common::page_size() as u64));
            }
            _ => {}
        }
        let Some(page) = &self.page else { return wrong("no page is mapped", words) };
        match *words {
            ["page-garbage"] => {
                (0..4)
                    .for_each(|word| page.word(OBJECT_OFFSET + 8 * word).store(u64::MAX, Relaxed));
                done(Ok(()))
            }
            ["page-make-read-only"] => done(page.make_read_only()),
            ["page-store", offset, value] => {
                page.word(number(offset, 10)?).store(number(value, 10)?, Relaxed);
                done(Ok(()))
            }
            ["page-add", offset, times] => {
                let (word, times) = (page.word(number(offset, 10)?), number(times, 10)?);
                say!("waiting").map_err(io::Error::other)?;
                // How far the count went from this process's first addition to its last.
                let first = word.fetch_add(1, Relaxed);
                let last = (1..times).fold(first, |_, _: u64| word.fetch_add(1, Relaxed));
                Ok((last - first + 1).to_string())
            }
            ["page-word", offset] => {
                Ok(format!("{:#x}", page.word(number(offset, 10)?).load(Relaxed)))
            }
            _ => wrong("no such command", words),
        }
    }

    fn map(&mut self, map: fn(&File) -> io::Result<Page>) -> io::Result<()> {
        let page = map(&File::options().read(true).write(true).open("page")?)?;
        self.semaphore = Some(Semaphore::in_page(&page, OBJECT_OFFSET));
        self.mutex = Some(Mutex::in_page(&page, OBJECT_OFFSET));
        self.page = Some(page);
        Ok(())
    }
}

/// The answer to a command that has no value.
fn done(result: io::Result<()>) -> Answer {
    result.map(|()| "ok".into())
}

/// The answer to a command that does not exist, or not now.
fn wrong(problem: &str, words: &[&str]) -> Answer {
    Err(error(problem, words))
}

fn error(problem: &str, words: &[&str]) -> io::Error {
    io::Error::other(format!("{problem}: {}", words.join(" ")))
}

/// A number in a command.
fn number<T: TryFrom<i64>>(word: &str, radix: u32) -> io::Result<T> {
    let wrong = || io::Error::other(format!("not a number: {word}"));
    let number = i64::from_str_radix(word, radix).map_err(|_| wrong())?;
    T::try_from(number).map_err(|_| wrong())
}
