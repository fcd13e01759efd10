//! What an actor does with its semaphore.
//! `cargo test` runs it.

use std::io;
use std::path::Path;
use std::time::Duration;

use common::{Context, Failure, say};
use nix::sys::wait;

use super::{Actor, Answer, number};
use crate::first_comer::THING;
use crate::sys::{Child, Create, Semaphore, deadline, fork, on_signal, signals_handled};

impl Actor {
    pub(super) fn open(&mut self, name: &str, how: &[&str]) -> io::Result<()> {
        let bad = |_| io::Error::other("a number");
        let create = match *how {
            [mode, value] => {
                let mode = u32::from_str_radix(mode, 8).map_err(bad)?;
                let value = value.parse().map_err(bad)?;
                Some(Create { exclusive: false, mode, value })
            }
            _ => None,
        };
        let semaphore = Semaphore::open(name, create)?;
        self.address = semaphore.address();
        self.semaphore = Some(semaphore);
        Ok(())
    }

    pub(super) fn on_semaphore(&mut self, words: &[&str]) -> Answer {
        let ok = |result: io::Result<()>| Ok(result.map(|()| "ok".to_owned()));
        let Some(semaphore) = &self.semaphore else {
            return Err(Failure::refusal("obey", Path::new(words[0]), "there is no semaphore"));
        };
        match *words {
            ["init", pshared, value] => {
                ok(semaphore.init(number(pshared, 10)?, number(value, 10)?))
            }
            ["wait"] => {
                say!("waiting")?;
                ok(semaphore.wait())
            }
            ["wait-until", milliseconds] => {
                let deadline = deadline(Duration::from_millis(number(milliseconds, 10)?));
                say!("waiting")?;
                ok(semaphore.wait_until(&deadline))
            }
            ["try"] => ok(semaphore.try_wait()),
            ["post"] => ok(semaphore.post()),
            ["value"] => Ok(semaphore.value().map(|value| value.to_string())),
            ["on-signal", flags, post] => {
                let flags = if flags == "SA_RESTART" { libc::SA_RESTART } else { 0 };
                let page = self.page.as_ref().filter(|_| post == "post");
                let forever = |page| &*Box::leak(Box::new(Semaphore::in_page(page, THING)));
                ok(on_signal(flags, page.map(forever)))
            }
            ["signals-handled"] => Ok(Ok(signals_handled().to_string())),
            ["fork-posts"] => {
                let child = fork(&Child::Posts(semaphore)).step("fork")?;
                ok(Ok(wait::waitpid(child, None).map(drop).step("wait for the child")?))
            }
            _ => Err(Failure::refusal("obey", Path::new(words[0]), "no such order")),
        }
    }
}
