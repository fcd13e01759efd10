//! After a fork, which of the two gets a new page, and whose the old one is.

use std::os::fd::AsRawFd;

use common::{Context, Result, page_size, say};
use page_view::pages;

use super::{errno, forks::view};
use crate::sys::{Bare, Semaphore, fork};

/// Whose frame changes when one of the two stores: page 0 the child's turn, page 1 the parent's,
/// page 2 the parent's when the child has gone. Needs root.
pub(super) fn frames() -> Result<()> {
    let (_file, view) = view()?;
    view.copy_now(0, 4 * page_size()).step("madvise")?;
    let frames = |pid: i32| {
        let found = pages(u32::try_from(pid).unwrap_or(0), view.address(), 4)?;
        Result::Ok(found.into_iter().map(|page| page.frame).collect::<Vec<_>>())
    };
    let own = std::process::id().cast_signed();
    let before = frames(own)?;
    let mut child = fork(|line| {
        line.hear()?;
        view.store(0, b"C");
        line.tell(0)?;
        line.hear().map(drop)
    })
    .step("fork")?;
    let pid = child.pid.as_raw();
    say!("known {}", before.iter().all(Option::is_some))?;
    say!("after-fork-same {}", frames(pid)? == before)?;
    child.turn().step("hear")?;
    view.store(page_size(), b"P");
    let (parent, of_child) = (frames(own)?, frames(pid)?);
    say!("child-stored-child-kept {}", of_child[0] == before[0])?;
    say!("child-stored-parent-kept {}", parent[0] == before[0])?;
    say!("parent-stored-child-kept {}", of_child[1] == before[1])?;
    say!("parent-stored-parent-kept {}", parent[1] == before[1])?;
    child.end().step("wait for the child")?;
    view.store(2 * page_size(), b"P");
    say!("alone-again-parent-kept {}", frames(own)?[2] == before[2])
}

/// The child posts a semaphore, in a private and in a shared mapping; can the parent take it?
pub(super) fn semaphores() -> Result<()> {
    let (file, _view) = view()?;
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    for (name, flags) in [("private", libc::MAP_PRIVATE), ("shared", libc::MAP_SHARED)] {
        let memory = Bare::map(page_size(), prot, flags, file.as_raw_fd()).step("mmap")?;
        let semaphore = Semaphore::new(&memory).step("sem_init")?;
        let mut child = fork(|line| {
            line.hear()?;
            semaphore.post()?;
            line.tell(0)?;
            line.hear().map(drop)
        })
        .step("fork")?;
        child.turn().step("hear")?;
        child.end().step("wait for the child")?;
        say!("{name} {}", errno(semaphore.try_wait()))?;
    }
    Ok(())
}
