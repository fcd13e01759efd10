//! A process that does what a test tells it, word by word: a claim's script stands in its test.
//! `cargo test` runs it.

mod mutexes;
mod semaphores;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Failure, Result, page_size, say};
use nix::errno::Errno;
use nix::sys::stat;

use super::misuse;
use crate::first_comer::THING;
use crate::sys::{Mutex, Page, Semaphore, unlink};

/// What the actor has on its stage.
struct Actor {
    page: Option<Page>,
    semaphore: Option<Semaphore>,
    mutex: Option<Mutex>,
    /// Where its last semaphore was.
    address: usize,
}

/// Maps the file `page`, then obeys until its input ends. Answers each order with one line: `ok`,
/// a value, or an errno's name; an order that may wait is answered with `waiting` first.
pub(super) fn play() -> Result<()> {
    let mut actor = Actor { page: None, semaphore: None, mutex: None, address: 0 };
    actor.map(false)?;
    say!("ready")?;
    loop {
        let mut line = String::new();
        io::stdin().read_line(&mut line).step("read standard input")?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words[..] {
            [] => return Ok(()),
            ["exit"] => {
                let _never_dropped = std::mem::ManuallyDrop::new(actor);
                return Ok(());
            }
            ["exec"] => return crate::holder::exec(),
            [order, ..] if order.starts_with("mutex") => actor.mutex(&words)?,
            _ => actor.obey(&words)?,
        };
        match answer {
            Ok(answer) => say!("{answer}")?,
            Err(error) => say!("{:?}", Errno::from_raw(error.raw_os_error().unwrap_or(0)))?,
        }
    }
}

/// What one order led to.
type Answer = Result<io::Result<String>>;

impl Actor {
    fn map(&mut self, read_only: bool) -> Result<()> {
        let path = Path::new("page");
        let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
        let page = if read_only { Page::read_only(&file) } else { Page::of(&file) };
        let page = page.step_on("mmap", path)?;
        self.semaphore = Some(Semaphore::in_page(&page, THING));
        self.mutex = Some(Mutex::in_page(&page, THING));
        self.page = Some(page);
        Ok(())
    }

    fn obey(&mut self, words: &[&str]) -> Answer {
        let ok = |result: io::Result<()>| Ok(result.map(|()| "ok".to_owned()));
        match *words {
            ["map-read-only"] => ok(Ok(self.map(true)?)),
            ["open", name, ref how @ ..] => ok(self.open(name, how)),
            ["close"] => {
                self.semaphore = None;
                ok(Ok(()))
            }
            ["unlink", name] => ok(unlink(name)),
            ["mapped"] => {
                let found = page_view::mapping_at(std::process::id(), self.address)?;
                let path = |found: page_view::Mapping| found.path.unwrap_or("no path".into());
                Ok(Ok(found.map_or("nothing".into(), path)))
            }
            ["descriptors"] => {
                let open = std::fs::read_dir("/proc/self/fd").step("read /proc/self/fd")?;
                Ok(Ok(open.count().to_string()))
            }
            ["umask", mode] => {
                stat::umask(stat::Mode::from_bits_truncate(number(mode, 8)?));
                ok(Ok(()))
            }
            ["limit", what, value] => ok(misuse::limit(what, number(value, 10)?)),
            ["truncate"] => {
                let file = File::options().write(true).open("page").step("open page")?;
                let shrink = |length| file.set_len(length).step("ftruncate page");
                shrink(0)?;
                ok(Ok(shrink(page_size() as u64)?))
            }
            ["garbage"] => {
                let page = self.page.as_ref().unwrap_or_else(|| unreachable!("mapped in play"));
                (0..4).for_each(|word| page.word(THING + 8 * word).store(u64::MAX, Relaxed));
                ok(Ok(()))
            }
            ["word", offset] => {
                let page = self.page.as_ref().unwrap_or_else(|| unreachable!("mapped in play"));
                Ok(Ok(format!("{:#x}", page.word(number(offset, 10)?).load(Relaxed))))
            }
            _ => self.on_semaphore(words),
        }
    }
}

/// A number in an order.
fn number<T: TryFrom<i64>>(word: &str, radix: u32) -> Result<T> {
    let refusal = || Failure::refusal("obey", Path::new(word), "not a number");
    let number = i64::from_str_radix(word, radix).map_err(|_| refusal())?;
    T::try_from(number).map_err(|_| refusal())
}
