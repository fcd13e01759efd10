//! What an actor does with its mutex.
//! `cargo test` runs it.

use std::path::Path;
use std::time::Duration;
use std::{io, thread};

use common::{Context, Failure, say};
use nix::sys::wait;

use super::{Actor, Answer, number};
use crate::scenes::misuse;
use crate::sys::{Attributes, Child, Locked, deadline, fork};

impl Actor {
    pub(super) fn mutex(&mut self, words: &[&str]) -> Answer {
        let ok = |result: io::Result<()>| Ok(result.map(|()| "ok".to_owned()));
        let got = |result: io::Result<Locked>| Ok(result.map(|how| format!("{how:?}")));
        let Some(mutex) = &self.mutex else {
            return Err(Failure::refusal("obey", Path::new(words[0]), "there is no mutex"));
        };
        match *words {
            ["mutex-init", shared, robust, kind] => {
                let attributes = Attributes::new().step("pthread_mutexattr_init")?;
                let set = |result: io::Result<()>| result.step("set an attribute");
                set(attributes.set_shared(i32::from(shared == "shared")))?;
                set(attributes.set_robust(i32::from(robust == "robust")))?;
                set(attributes.set_type(match kind {
                    "error-checking" => libc::PTHREAD_MUTEX_ERRORCHECK,
                    "recursive" => libc::PTHREAD_MUTEX_RECURSIVE,
                    _ => libc::PTHREAD_MUTEX_NORMAL,
                }))?;
                ok(mutex.init(&attributes))
            }
            ["mutex-lock"] => {
                say!("waiting")?;
                got(mutex.lock())
            }
            ["mutex-lock-until", milliseconds] => {
                let deadline = deadline(Duration::from_millis(number(milliseconds, 10)?));
                say!("waiting")?;
                got(mutex.lock_until(&deadline))
            }
            ["mutex-try"] => got(mutex.try_lock()),
            ["mutex-unlock"] => ok(mutex.unlock()),
            ["mutex-consistent"] => ok(mutex.consistent()),
            ["mutex-destroy"] => ok(mutex.destroy()),
            ["mutex-fork"] => {
                let child = fork(&Child::Ends).step("fork")?;
                ok(Ok(wait::waitpid(child, None).map(drop).step("wait for the child")?))
            }
            ["mutex-thread"] => {
                let thread = thread::spawn(|| {
                    let mut actor = Self { page: None, semaphore: None, mutex: None, address: 0 };
                    actor.map(false)?;
                    actor.mutex(&["mutex-try"])
                });
                let answer = thread.join();
                answer.unwrap_or_else(|_| Ok(Err(io::Error::other("the thread panicked"))))
            }
            ["mutex-drop"] => {
                (self.semaphore, self.page, self.mutex) = (None, None, None);
                ok(Ok(()))
            }
            ["mutex-unmap"] => {
                (self.semaphore, self.page) = (None, None);
                self.mutex.take().into_iter().for_each(misuse::abandon);
                ok(Ok(()))
            }
            _ => Err(Failure::refusal("obey", Path::new(words[0]), "no such order")),
        }
    }
}
