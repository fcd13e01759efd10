//! A process that does what a test tells it, word by word: a claim's script stands in its test.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use common::{Context, Failure, Result, page_size, say};
use nix::errno::Errno;
use nix::sys::{stat, wait};

use super::misuse;
use crate::first_comer::THING;
use crate::sys::{
    Attributes, Child, Create, Locked, Mutex, Page, Semaphore, deadline, fork, on_signal,
    signals_handled, unlink,
};

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

    fn open(&mut self, name: &str, how: &[&str]) -> io::Result<()> {
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

    fn on_semaphore(&mut self, words: &[&str]) -> Answer {
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

    fn mutex(&mut self, words: &[&str]) -> Answer {
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

/// A number in an order.
fn number<T: TryFrom<i64>>(word: &str, radix: u32) -> Result<T> {
    let refusal = || Failure::refusal("obey", Path::new(word), "not a number");
    let number = i64::from_str_radix(word, radix).map_err(|_| refusal())?;
    T::try_from(number).map_err(|_| refusal())
}
