//! The conversation of an actor: it does what each line says and answers with one line.

use std::io::{self, BufRead};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, thread};

use common::{Context, Result, say};
use nix::errno::Errno;
use nix::sys::{signal, signal::Signal, wait::waitpid};
use nix::unistd::Pid;

use super::{call::Call, files::Files};
use crate::sys::lock_actors;

/// What this process has open, mapped and forked.
#[derive(Default)]
struct Hand {
    files: Files,
    heir: Option<Pid>,
}

/// Does what each line of standard input says, until it ends.
pub(super) fn work() -> Result<()> {
    let mut hand = Hand::default();
    for line in io::stdin().lock().lines() {
        let line = line.step("read standard input")?;
        let answer = hand.does(&line).unwrap_or_else(|error| match error.raw_os_error() {
            Some(number) => format!("{:?}", Errno::from_raw(number)),
            None => error.to_string(),
        });
        say!("{answer}")?;
    }
    Ok(())
}

impl Hand {
    fn does(&mut self, line: &str) -> io::Result<String> {
        if let Some(answer) = self.files.does(line) {
            return answer;
        }
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["id"] => return Ok(std::process::id().to_string()),
            ["handle-sigusr1", how] => lock_actors::handle_sigusr1(how == "restart")?,
            ["exec"] => {
                let scene = ["scene", "locks-after-exec"]; // It answers in this one's stead.
                return Err(Command::new(env::current_exe()?).args(scene).exec());
            }
            ["fork-an-heir"] => self.heir = Some(lock_actors::fork_an_heir()?),
            ["kill-the-heir"] => {
                let heir = self.heir.take().ok_or(Errno::ECHILD)?;
                signal::kill(heir, Signal::SIGKILL)?;
                waitpid(heir, None)?;
            }
            ["forked", "close", name] => {
                let fd = self.files.file(name)?.as_raw_fd();
                let failed =
                    lock_actors::in_a_forked_child(|| nix::unistd::close(fd).is_err().into())?;
                return Ok(if failed == 0 { "ok".into() } else { "failed".into() });
            }
            ["forked", ..] => {
                let mut call = self.call(&words[1..])?;
                let error = lock_actors::in_a_forked_child(|| call.make())?;
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

    fn call(&self, words: &[&str]) -> io::Result<Call> {
        Call::of(words, &self.files.open)
            .ok_or_else(|| io::Error::other(format!("no such call: {words:?}")))
    }
}
