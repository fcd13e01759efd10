//! The actor's commands about a reader–writer lock and a condition variable in its page.
//! `cargo test` runs them.

use std::io;
use std::time::Duration;

use common::say;

use super::{Actor, Answer, done, number, wrong};
use crate::sys::{Condition, ReadWriteLock, deadline};

/// The bytes at which they are: far from the mutex, which a condition variable needs beside it.
const READ_WRITE_LOCK: usize = 512;
const CONDITION: usize = 1024;

impl Actor {
    pub(super) fn on_not_robust(&mut self, words: &[&str]) -> Answer {
        let (Some(page), Some(mutex)) = (&self.page, &self.mutex) else {
            return wrong("no page is mapped", words);
        };
        let lock = ReadWriteLock::in_page(page, READ_WRITE_LOCK);
        let condition = Condition::in_page(page, CONDITION);
        let until = |milliseconds| -> io::Result<_> {
            say!("waiting").map_err(io::Error::other)?;
            Ok(deadline(Duration::from_millis(number(milliseconds, 10)?)))
        };
        done(match *words {
            ["rwlock-init"] => lock.init(),
            ["rwlock-read-until", milliseconds] => lock.read_until(&until(milliseconds)?),
            ["rwlock-write-until", milliseconds] => lock.write_until(&until(milliseconds)?),
            ["rwlock-unlock"] => lock.unlock(),
            ["cond-init"] => condition.init(),
            ["cond-wait-until", milliseconds] => condition.wait_until(mutex, &until(milliseconds)?),
            ["cond-signal" | "cond-destroy"] => {
                say!("waiting").map_err(io::Error::other)?;
                if words[0] == "cond-signal" { condition.signal() } else { condition.destroy() }
            }
            _ => return wrong("no such command", words),
        })
    }
}
