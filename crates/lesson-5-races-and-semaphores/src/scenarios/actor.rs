//! A process that does what a test tells it, one command per line, and answers each with one line.
//! `cargo test` runs it.
//!
//! Locks belong to processes, threads and open files. So the actors of a claim are fresh processes
//! that hold nothing else, and the claim's text is the conversation with them.

mod command_loop;
mod files;
mod lock_call;
mod mutexes;
mod not_robust;
mod semaphores;

use std::fs::File;
use std::io;
use std::sync::atomic::Ordering::Relaxed;

use nix::unistd::Pid;

pub(super) use command_loop::run;
use files::Files;

use crate::initialize_once::OBJECT_OFFSET;
use crate::sys::{Mutex, Page, Semaphore};

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

/// The answer to a command: a line, or an error whose name is the line.
type Answer = io::Result<String>;

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

impl Actor {
    /// Commands about the file `page`, in which the actors of a test share semaphores and mutexes.
    fn on_page(&mut self, words: &[&str]) -> Answer {
        match *words {
            ["page-map"] => return done(self.map(Page::of)),
            ["page-map-read-only"] => return done(self.map(Page::read_only)),
            ["page-truncate"] => {
                let file = File::options().write(true).open("page")?;
                file.set_len(0)?;
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
