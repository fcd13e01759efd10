//! A robust, process-shared mutex in the mapped file: it knows its owner, so the kernel can say
//! that the owner has died. `cargo lesson-5` kills one between two stores.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Failure, Peer, Result, Stage, say};

use crate::first_comer::{self, Kind, THING};
use crate::sys::{Attributes, Locked, Mutex, Page};
use crate::{Attempt, Exclusion};

/// How many came in, and how many went out: unequal, with nobody inside, means that one died there.
const IN: usize = 0;
const OUT: usize = 16;

/// A mutex that tells the next owner of the last one's death.
pub struct RobustMutex {
    mutex: Mutex,
    page: Page,
}

impl RobustMutex {
    /// Opens the mutex in `path`, or makes it there.
    ///
    /// # Errors
    /// The system's, on the step that failed; a file that holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        let page = first_comer::open(path, Kind::Mutex, |page| {
            Mutex::in_page(page, THING).init(&Attributes::robust_and_shared()?)
        })?;
        Ok(Self { mutex: Mutex::in_page(&page, THING), page })
    }

    /// What the death of the last owner asks for: first the data, then the word that they are whole.
    fn repair_if(&self, how: Locked) -> io::Result<Attempt> {
        match how {
            Locked::Clean => Ok(Attempt::Entered),
            Locked::OwnerDied => {
                self.page.word(OUT).store(self.page.word(IN).load(Relaxed), Relaxed);
                self.mutex.consistent()?;
                Ok(Attempt::EnteredAfterDeath)
            }
        }
    }
}

impl Exclusion for RobustMutex {
    fn enter(&mut self) -> io::Result<Attempt> {
        self.repair_if(self.mutex.lock()?)
    }

    fn try_enter(&mut self) -> io::Result<Attempt> {
        match self.mutex.try_lock() {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => Ok(Attempt::Busy),
            how => self.repair_if(how?),
        }
    }

    fn leave(&mut self) -> io::Result<()> {
        self.mutex.unlock()
    }
}

/// The second process's part: enters, stores the first of two words, and never comes to the other.
///
/// # Errors
/// The system's, on the step that failed.
pub fn die_half_way(path: &Path) -> Result<()> {
    let mut mutex = RobustMutex::open(path)?;
    mutex.enter().step_on("pthread_mutex_lock", path)?;
    mutex.page.word(IN).fetch_add(1, Relaxed);
    say!("B enters and stores: in {}", mutex.page.word(IN).load(Relaxed))?;
    io::stdin().read_line(&mut String::new()).step("wait to be killed")?;
    Err(Failure::refusal("wait", path, "nobody has killed this process"))
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("robust-mutex");
    let mut mutex = RobustMutex::open(&path)?;
    let mut b = Peer::start([Path::new("second"), Path::new("die-half-way"), &path])?;
    say!("       {}", b.hear()?)?;
    let busy = mutex.try_enter().step_on("pthread_mutex_trylock", &path)?;
    say!("   A tries: {busy:?} (expected Busy)")?;
    page_view::pause()?;
    b.process.kill().step("kill the second process")?;
    b.wait()?;
    say!("       B is killed before it stores: out {}", mutex.page.word(OUT).load(Relaxed))?;
    let entered = mutex.enter().step_on("pthread_mutex_lock", &path)?;
    let [came, went] = [IN, OUT].map(|word| mutex.page.word(word).load(Relaxed));
    say!("   A enters: {entered:?} (expected EnteredAfterDeath)")?;
    say!("   A repairs: in {came}, out {went}")?;
    mutex.leave().step_on("pthread_mutex_unlock", &path)?;
    let again = mutex.enter().step_on("pthread_mutex_lock", &path)?;
    say!("   A enters again: {again:?} (expected Entered)")?;
    mutex.leave().step_on("pthread_mutex_unlock", &path)
}
