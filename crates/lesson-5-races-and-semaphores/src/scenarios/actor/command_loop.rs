//! The actor's conversation: reads a command, runs it, prints the answer.

use std::io::{self, BufRead};
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use common::{Context, Result, say};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;

use super::{Actor, Answer, done, error, lock_call::LockCall, number, wrong};
use crate::scenarios::misuse;
use crate::sys::{OnParentDeath, fork, handle_sigusr1, in_a_forked_child, live_until_killed};

/// Runs each command of standard input, until it ends. The answer is `ok`, a value, or the name of
/// an error; a command that may wait prints `waiting` first.
pub(in crate::scenarios) fn run() -> Result<()> {
    let mut actor = Actor::default();
    for line in io::stdin().lock().lines() {
        let line = line.step("read standard input")?;
        if line == "exit" {
            let _never_dropped = ManuallyDrop::new(actor);
            return Ok(());
        }
        let answer = actor.answer(&line).unwrap_or_else(|error| match error.raw_os_error() {
            Some(number) => format!("{:?}", Errno::from_raw(number)),
            None => error.to_string(),
        });
        say!("{answer}")?;
    }
    Ok(())
}

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
                let scenario = ["scenario", "actor-after-exec"]; // The new program answers.
                Err(Command::new("/proc/self/exe").args(scenario).exec())
            }
            ["fork-beside-a-thread"] => misuse::fork_beside_a_thread(),
            ["fork-a-child" | "kill-the-child" | "forked" | "threaded" | "threaded-and-on", ..] => {
                self.on_children(&words)
            }
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
}
