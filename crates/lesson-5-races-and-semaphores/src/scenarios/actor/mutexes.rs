//! The actor's commands about its mutexes: `mutex-…` for the one at the usual place of the page.
//! `cargo test` runs them.

use std::mem::ManuallyDrop;
use std::time::Duration;
use std::{io, thread};

use common::{errno_name, page_size, say};

use super::{Actor, Answer, done, number, wrong};
use crate::initialize_once::OBJECT_OFFSET;
use crate::scenarios::misuse;
use crate::sys::{
    Acquired, Attributes, Mutex, OnParentDeath, Page, deadline, deadline_on, exit_status, fork,
};

/// The mutexes of the commands about three: each in a file of its own.
const THREE: usize = 3;

impl Actor {
    pub(super) fn on_mutex(&mut self, words: &[&str]) -> Answer {
        if let Some(answer) = on_several(words) {
            return answer;
        }
        let got = |result: io::Result<Acquired>| result.map(|how| format!("{how:?}"));
        let Some(mutex) = &self.mutex else { return wrong("no mutex", words) };
        match *words {
            ["mutex-init", shared, robust, kind] => {
                done(mutex.init(&attributes(shared, robust, kind)?))
            }
            ["mutex-lock"] => {
                say!("waiting").map_err(io::Error::other)?;
                got(mutex.lock())
            }
            ["mutex-lock-until", milliseconds] => {
                let deadline = deadline(Duration::from_millis(number(milliseconds, 10)?));
                say!("waiting").map_err(io::Error::other)?;
                got(mutex.lock_until(&deadline))
            }
            ["mutex-lock-until-monotonic", milliseconds] => {
                let later = Duration::from_millis(number(milliseconds, 10)?);
                let deadline = deadline_on(libc::CLOCK_MONOTONIC, later)?;
                say!("waiting").map_err(io::Error::other)?;
                got(mutex.lock_until_on(libc::CLOCK_MONOTONIC, &deadline))
            }
            ["mutex-try"] => got(mutex.try_lock()),
            ["mutex-unlock"] => done(mutex.unlock()),
            ["mutex-consistent"] => done(mutex.consistent()),
            ["mutex-destroy"] => done(mutex.destroy()),
            ["mutex-fork"] => {
                let child = fork(OnParentDeath::Die, || 0)?;
                done(exit_status(child).map(drop))
            }
            ["mutex-thread"] => in_a_thread(|actor| actor.on_mutex(&["mutex-try"])),
            // The thread's id, and the word at the mutex.
            ["mutex-thread-id"] => in_a_thread(|actor| {
                actor.on_mutex(&["mutex-try"])?;
                let word = actor.on_page(&["page-word", &OBJECT_OFFSET.to_string()])?;
                Ok(format!("{} {word}", nix::unistd::gettid()))
            }),
            // A thread that is not the first one locks and calls `exec`; the new program answers.
            ["mutex-thread-exec"] => in_a_thread(|actor| {
                actor.on_mutex(&["mutex-try"])?;
                actor.answer("exec")
            }),
            ["mutex-drop"] => {
                (self.semaphore, self.page, self.mutex) = (None, None, None);
                done(Ok(()))
            }
            ["mutex-unmap"] => {
                (self.semaphore, self.page) = (None, None);
                self.mutex.take().into_iter().for_each(misuse::abandon);
                done(Ok(()))
            }
            _ => wrong("no such command", words),
        }
    }
}

/// Runs a command in a thread that has mapped the page for itself, and that ends.
fn in_a_thread(command: fn(&mut Actor) -> Answer) -> Answer {
    let thread = thread::spawn(move || {
        let mut actor = Actor::default();
        actor.map(Page::of)?;
        command(&mut actor)
    });
    thread.join().map_err(|_| io::Error::other("the thread panicked"))?
}

/// Commands about several mutexes at once, in files of their own.
fn on_several(words: &[&str]) -> Option<Answer> {
    Some(match *words {
        ["mutex-init-in", file] => {
            page_of(file).and_then(|page| initialise(&[Mutex::in_page(&page, OBJECT_OFFSET)]))
        }
        ["mutex-lock-in", file] => page_of(file).and_then(|page| {
            say!("waiting").map_err(io::Error::other)?;
            // If it is locked, the page stays mapped.
            Mutex::in_page(&page, OBJECT_OFFSET).lock().map(|how| format!("{how:?}"))
        }),
        ["mutex-init-three"] => three().and_then(|mutexes| initialise(&mutexes)),
        ["mutex-lock-three"] => lock_three(),
        ["mutex-lock-three-and-unmap-the-middle-one"] => lock_three_and_unmap_one(),
        ["mutex-lock-three-and-make-the-middle-page-read-only"] => lock_three_and_protect_one(),
        ["mutex-try-three"] => try_three(),
        ["mutex-init-many", count] => many(count).and_then(|mutexes| initialise(&mutexes)),
        ["mutex-lock-many", count] => many(count).and_then(|mutexes| {
            let mutexes = ManuallyDrop::new(mutexes); // They stay locked.
            done(mutexes.iter().try_for_each(|mutex| mutex.lock().map(drop)))
        }),
        ["mutex-try-many", count] => many(count).and_then(try_many),
        _ => return None,
    })
}

fn initialise(mutexes: &[Mutex]) -> Answer {
    let attributes = Attributes::robust_and_shared()?;
    done(mutexes.iter().try_for_each(|mutex| mutex.init(&attributes)))
}

fn attributes(shared: &str, robust: &str, kind: &str) -> io::Result<Attributes> {
    let attributes = Attributes::new()?;
    attributes.set_shared(i32::from(shared == "shared"))?;
    attributes.set_robust(i32::from(robust == "robust"))?;
    attributes.set_type(match kind {
        "error-checking" => libc::PTHREAD_MUTEX_ERRORCHECK,
        "recursive" => libc::PTHREAD_MUTEX_RECURSIVE,
        _ => libc::PTHREAD_MUTEX_NORMAL,
    })?;
    Ok(attributes)
}

/// Three mutexes in three mappings, which can be unmapped one by one.
fn three() -> io::Result<[Mutex; THREE]> {
    Ok(three_pages()?.map(|page| Mutex::in_page(&page, OBJECT_OFFSET)))
}

fn three_pages() -> io::Result<[Page; THREE]> {
    Ok([page_of("first")?, page_of("second")?, page_of("third")?])
}

/// The page that is the file `name`.
fn page_of(name: &str) -> io::Result<Page> {
    let mut options = std::fs::File::options();
    let file = options.read(true).write(true).create(true).truncate(false).open(name)?;
    file.set_len(page_size() as u64)?;
    Page::of(&file)
}

/// `count` mutexes, as many in each page as fit.
fn many(count: &str) -> io::Result<Vec<Mutex>> {
    let count: usize = number(count, 10)?;
    let mut mutexes = Vec::new();
    for file in 0.. {
        let page = page_of(&format!("many-{file}"))?;
        for offset in (0..page_size()).step_by(OBJECT_OFFSET) {
            if mutexes.len() == count {
                return Ok(mutexes);
            }
            mutexes.push(Mutex::in_page(&page, offset));
        }
    }
    Ok(mutexes)
}

/// Tries to lock each of them in order, and counts equal answers that follow each other.
fn try_many(mutexes: Vec<Mutex>) -> Answer {
    let mutexes = ManuallyDrop::new(mutexes); // They stay locked.
    let answers: Vec<String> = mutexes.iter().map(try_one).collect();
    let runs = answers.chunk_by(|one, next| one == next);
    Ok(runs.map(|run| format!("{} {}", run.len(), run[0])).collect::<Vec<_>>().join(", "))
}

/// What an attempt to lock it says.
fn try_one(mutex: &Mutex) -> String {
    mutex.try_lock().map_or_else(|error| errno_name(&error), |how| format!("{how:?}"))
}

/// Locks all three in order.
fn lock_three() -> Answer {
    let mutexes = ManuallyDrop::new(three()?); // They stay locked.
    done(mutexes.iter().try_for_each(|mutex| mutex.lock().map(drop)))
}

/// Locks all three in order, unmaps the second, and ends with the other two mapped and locked.
fn lock_three_and_unmap_one() -> Answer {
    let mutexes = three()?;
    mutexes.iter().try_for_each(|mutex| mutex.lock().map(drop))?;
    let [first, second, third] = mutexes.map(ManuallyDrop::new);
    misuse::abandon(ManuallyDrop::into_inner(second));
    let _stay_mapped = (first, third);
    done(Ok(()))
}

/// Locks all three in order, and takes the permission to store to the second page away.
fn lock_three_and_protect_one() -> Answer {
    let pages = three_pages()?;
    let mutexes = pages.each_ref().map(|page| Mutex::in_page(page, OBJECT_OFFSET));
    let mutexes = ManuallyDrop::new(mutexes); // They stay locked.
    mutexes.iter().try_for_each(|mutex| mutex.lock().map(drop))?;
    done(pages[1].make_read_only())
}

/// What an attempt to lock each of the three says.
fn try_three() -> Answer {
    Ok(three()?.map(|mutex| try_one(&mutex)).join(" "))
}
