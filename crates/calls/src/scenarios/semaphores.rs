//! Scenarios of semaphores.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use common::{Context, Result, say};
use lesson_5_races_and_semaphores::sys::{Page, Semaphore};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::getpid;

use super::Scenarios;
use crate::sys::signals::{count_sigusr1, handled};

pub(super) const SCENARIOS: Scenarios = &[("sem-post-and-signals", post_and_signals)];

/// Posts in a loop while another thread sends signals, until a hundred are handled.
fn post_and_signals() -> Result<()> {
    const SIGNALS: u32 = 100;
    let semaphore = Semaphore::in_page(&Page::private().step("mmap")?, 0);
    semaphore.init(0, 0).step("sem_init")?;
    count_sigusr1().step("sigaction")?;
    let done = AtomicBool::new(false);
    let posts = thread::scope(|threads| {
        threads.spawn(|| {
            let blocked = SigSet::from(Signal::SIGUSR1).thread_block(); // The other thread handles them.
            while blocked.is_ok() && !done.load(Relaxed) && kill(getpid(), Signal::SIGUSR1).is_ok()
            {
            }
        });
        let mut posts = 0;
        let mut result = Ok(());
        while result.is_ok() && handled() < SIGNALS {
            result = semaphore.post();
            posts += 1;
        }
        done.store(true, Relaxed);
        result.map(|()| posts)
    });
    let posts = posts.step("sem_post")?;
    say!("handled {}", handled().min(SIGNALS))?;
    say!("posts {posts}")?;
    say!("value {}", semaphore.value().step("sem_getvalue")?)
}
