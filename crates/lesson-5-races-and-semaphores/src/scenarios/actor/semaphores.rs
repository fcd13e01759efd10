//! The actor's commands about its semaphore.
//! `cargo test` runs them.

use std::io;
use std::time::Duration;

use common::say;

use super::{Actor, Answer, done, number, wrong};
use crate::initialize_once::OBJECT_OFFSET;
use crate::sys::{
    Create, OnParentDeath, Semaphore, deadline, deadline_on, exit_status, fork, handle_sigusr1,
    unlink,
};

impl Actor {
    pub(super) fn on_semaphore(&mut self, words: &[&str]) -> Answer {
        match *words {
            ["sem-open", name, ref how @ ..] => return done(self.open(name, how)),
            ["sem-unlink", name] => return done(unlink(name)),
            _ => {}
        }
        let Some(semaphore) = &self.semaphore else { return wrong("no semaphore", words) };
        match *words {
            ["sem-close"] => {
                self.semaphore = None;
                done(Ok(()))
            }
            ["sem-init", pshared, value] => {
                done(semaphore.init(number(pshared, 10)?, number(value, 10)?))
            }
            ["sem-wait"] => {
                say!("waiting").map_err(io::Error::other)?;
                done(semaphore.wait())
            }
            ["sem-wait-until", milliseconds] => {
                let deadline = deadline(Duration::from_millis(number(milliseconds, 10)?));
                say!("waiting").map_err(io::Error::other)?;
                done(semaphore.wait_until(&deadline))
            }
            ["sem-wait-until-monotonic", milliseconds] => {
                let later = Duration::from_millis(number(milliseconds, 10)?);
                let deadline = deadline_on(libc::CLOCK_MONOTONIC, later)?;
                say!("waiting").map_err(io::Error::other)?;
                done(semaphore.wait_until_on(libc::CLOCK_MONOTONIC, &deadline))
            }
            ["sem-try"] => done(semaphore.try_wait()),
            ["sem-post"] => done(semaphore.post()),
            ["sem-value"] => semaphore.value().map(|value| value.to_string()),
            ["sem-post-on-sigusr1"] => {
                let Some(page) = &self.page else { return wrong("no page is mapped", words) };
                let semaphore = Box::new(Semaphore::in_page(page, OBJECT_OFFSET));
                done(handle_sigusr1(true, Some(Box::leak(semaphore)))) // The handler may run at any time.
            }
            ["sem-fork-posts"] => {
                let child = fork(OnParentDeath::Die, || semaphore.post().is_err().into())?;
                match exit_status(child)? {
                    0 => done(Ok(())),
                    _ => wrong("the child could not post", words),
                }
            }
            _ => wrong("no such command", words),
        }
    }

    fn open(&mut self, name: &str, how: &[&str]) -> io::Result<()> {
        let create = match *how {
            [mode, value] => {
                let (mode, value) = (number(mode, 8)?, number(value, 10)?);
                Some(Create { exclusive: false, mode, value })
            }
            _ => None,
        };
        let semaphore = Semaphore::open(name, create)?;
        self.address = semaphore.address();
        self.semaphore = Some(semaphore);
        Ok(())
    }
}
