//! A robust, process-shared mutex in the mapped file. It knows its owner, so the kernel can tell the
//! next process that the owner has died. `cargo lesson-5` kills an owner between two stores.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Failure, Peer, Result, Stage, compare, say};

use crate::initialize_once::{self, OBJECT_OFFSET, ObjectKind};
use crate::sys::{Acquired, Attributes, Mutex, Page};
use crate::{Attempt, Lock};

/// The bytes at which two counts are: how many processes have entered, and how many have left. If
/// they differ while the mutex is free, a process died inside.
const ENTERED: usize = 0;
const LEFT: usize = 16;

/// A mutex that tells the next owner if the last owner died.
pub struct RobustMutex {
    mutex: Mutex,
    page: Page,
}

impl RobustMutex {
    /// Opens the mutex in `path`; makes it if it is missing.
    ///
    /// # Errors
    /// Those of the step that failed; a file that holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        let page = initialize_once::open(path, ObjectKind::Mutex, |page| {
            Mutex::in_page(page, OBJECT_OFFSET).init(&Attributes::robust_and_shared()?)
        })?;
        Ok(Self { mutex: Mutex::in_page(&page, OBJECT_OFFSET), page })
    }

    /// Reports for a figure what the file holds now.
    fn report_layout(&self) -> Result<()> {
        // The lock word, the mutex's first 4 bytes: the owner's thread id, or a mark of its death.
        let lock_word = self.page.word(OBJECT_OFFSET).load(Relaxed).to_ne_bytes();
        let [a, b, c, d, ..] = lock_word;
        let died = u32::from_ne_bytes([a, b, c, d]) & libc::FUTEX_OWNER_DIED != 0;
        let lock_word = if died { "lock word: owner died" } else { "lock word: a thread id" };
        page_view::layout(
            "the start of the file, after B's death",
            &[
                (ENTERED as u64, 8, format!("entered: {}", self.page.word(ENTERED).load(Relaxed))),
                (8, 8, "state: holds a mutex".into()),
                (LEFT as u64, 8, format!("left: {}", self.page.word(LEFT).load(Relaxed))),
                (OBJECT_OFFSET as u64, 4, lock_word.into()),
            ],
        )
    }

    /// If the last owner died: repairs the data first, then marks the mutex consistent.
    fn repair_if(&self, how: Acquired) -> io::Result<Attempt> {
        match how {
            Acquired::Clean => Ok(Attempt::Locked),
            Acquired::OwnerDied => {
                self.page.word(LEFT).store(self.page.word(ENTERED).load(Relaxed), Relaxed);
                self.mutex.consistent()?;
                Ok(Attempt::OwnerDied)
            }
        }
    }
}

impl Lock for RobustMutex {
    fn lock(&mut self) -> io::Result<Attempt> {
        self.repair_if(self.mutex.lock()?)
    }

    fn try_lock(&mut self) -> io::Result<Attempt> {
        match self.mutex.try_lock() {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => Ok(Attempt::Busy),
            how => self.repair_if(how?),
        }
    }

    fn unlock(&mut self) -> io::Result<()> {
        self.mutex.unlock()
    }
}

/// The second process's part: locks, stores the first of two words, and waits to be killed.
///
/// # Errors
/// Those of the step that failed.
pub fn die_half_way(path: &Path) -> Result<()> {
    let mut mutex = RobustMutex::open(path)?;
    mutex.lock().step_on("pthread_mutex_lock", path)?;
    mutex.page.word(ENTERED).fetch_add(1, Relaxed);
    say!("B locks and stores: entered {}", mutex.page.word(ENTERED).load(Relaxed))?;
    io::stdin().read_line(&mut String::new()).step("wait to be killed")?;
    Err(Failure::refusal("wait", path, "this process was not killed"))
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("robust-mutex");
    let mut mutex = RobustMutex::open(&path)?;
    let mut b = Peer::start([Path::new("second"), Path::new("die-half-way"), &path])?;
    say!("       {}", b.hear()?)?;
    let busy = mutex.try_lock().step_on("pthread_mutex_trylock", &path)?;
    compare("A tries: ", busy, "busy")?;
    page_view::look("B holds the mutex")?;
    b.kill()?;
    say!("       B is killed before its second store")?;
    page_view::look("B is killed")?;
    mutex.report_layout()?;
    compare("left: ", mutex.page.word(LEFT).load(Relaxed), 0)?;
    let locked = mutex.lock().step_on("pthread_mutex_lock", &path)?;
    compare("A locks: ", locked, "owner died")?;
    let [entered, left] = [ENTERED, LEFT].map(|word| mutex.page.word(word).load(Relaxed));
    compare("A repairs; left: ", format!("{left} of {entered}"), "1 of 1")?;
    mutex.unlock().step_on("pthread_mutex_unlock", &path)?;
    let again = mutex.lock().step_on("pthread_mutex_lock", &path)?;
    compare("A unlocks, locks again: ", again, "locked")?;
    mutex.unlock().step_on("pthread_mutex_unlock", &path)
}
