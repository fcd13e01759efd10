//! Scenarios: which process gets a new page frame when one stores after a fork; and a semaphore in
//! private memory.

use std::os::fd::AsRawFd;

use common::{Context, Result, allowed_cpus, outcome, page_size, pin_to, say};
use page_view::pages;

use super::forks::mapping_of_four;
use crate::sys::{RawMapping, Semaphore, fork};

/// Prints whose frame changes at a store: in page 0 the child stores, in page 1 the parent, in page 2
/// the parent after the child has exited. In page 0 the parent stores, too. Needs root.
///
/// All runs on one CPU. The kernel enters new pages in a list of the CPU. While a page is in the list of
/// another CPU, the kernel does not see that it has one user only, and copies it.
pub(super) fn frames() -> Result<()> {
    pin_to(allowed_cpus()?.get(..1).unwrap_or_default())?;
    let (_file, mapping) = mapping_of_four()?;
    mapping.copy_pages(0, 4 * page_size()).step("madvise")?;
    let frames = |pid: i32| {
        let found = pages(u32::try_from(pid).unwrap_or(0), mapping.address(), 4)?;
        Result::Ok(found.into_iter().map(|page| page.frame).collect::<Vec<_>>())
    };
    let own = std::process::id().cast_signed();
    let before = frames(own)?;
    let mut child = fork(|pipes| {
        pipes.receive()?;
        mapping.store(0, b"C");
        pipes.send(0)?;
        pipes.receive().map(drop)
    })
    .step("fork")?;
    let pid = child.pid.as_raw();
    say!("known {}", before.iter().all(Option::is_some))?;
    say!("after-fork-same {}", frames(pid)? == before)?;
    child.take_turn().step("wait for the child")?;
    mapping.store(page_size(), b"P");
    let (parent, of_child) = (frames(own)?, frames(pid)?);
    say!("child-stored-child-kept {}", of_child[0] == before[0])?;
    say!("child-stored-parent-kept {}", parent[0] == before[0])?;
    say!("parent-stored-child-kept {}", of_child[1] == before[1])?;
    say!("parent-stored-parent-kept {}", parent[1] == before[1])?;
    mapping.store(0, b"P"); // The child has a page of its own by now.
    say!("parent-stored-second-kept {}", frames(own)?[0] == before[0])?;
    child.finish().step("wait for the child")?;
    mapping.store(2 * page_size(), b"P");
    say!("alone-again-parent-kept {}", frames(own)?[2] == before[2])
}

/// The child posts a semaphore; prints whether the parent can take it, in private and shared memory.
pub(super) fn semaphores() -> Result<()> {
    let (file, _view) = mapping_of_four()?;
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    for (name, flags) in [("private", libc::MAP_PRIVATE), ("shared", libc::MAP_SHARED)] {
        let memory = RawMapping::map(page_size(), prot, flags, file.as_raw_fd()).step("mmap")?;
        let semaphore = Semaphore::new(&memory).step("sem_init")?;
        let mut child = fork(|pipes| {
            pipes.receive()?;
            semaphore.post()?;
            pipes.send(0)?;
            pipes.receive().map(drop)
        })
        .step("fork")?;
        child.take_turn().step("wait for the child")?;
        child.finish().step("wait for the child")?;
        say!("{name} {}", outcome(&semaphore.try_wait()))?;
    }
    Ok(())
}
