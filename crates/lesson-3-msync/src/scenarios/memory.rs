//! Gaps in a range, locked pages, page faults and a user's permissions. Each scenario changes or
//! counts something of its whole process, so it runs in a process of its own.

use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::sys::resource::{UsageWho, getrusage};

use crate::refusals::name;
use crate::{MappedFile, msync, sys};

/// Eight dirty pages, two of them unmapped: how many stay dirty after `MS_ASYNC` and `MS_SYNC`.
pub(super) fn gap() -> Result<()> {
    let path = Path::new("gap");
    let (sample, watcher) = pair(path)?;
    let length = sample.memory.length();
    let start = sample.memory.unmap_pages(3..5).step_on("munmap", path)?;
    say!("stored {}", watcher.dirty()?.mapped())?;
    say!("MS_ASYNC {}", name(msync(start, length, libc::MS_ASYNC)))?;
    say!("after-MS_ASYNC {}", watcher.dirty()?.mapped())?;
    say!("MS_SYNC {}", name(msync(start, length, libc::MS_SYNC)))?;
    say!("after-MS_SYNC {}", watcher.dirty()?.mapped())?;
    control_dirty()
}

/// Eight dirty pages, page 3 locked: the results, there and through another mapping, and how many stay
/// dirty.
pub(super) fn locked() -> Result<()> {
    let path = Path::new("locked");
    let (sample, watcher) = pair(path)?;
    let (start, length) = (sample.memory.address(), sample.memory.length());
    sys::mlock(start + 3 * page_size(), page_size()).step_on("mlock", path)?;
    say!("stored {}", watcher.dirty()?.mapped())?;
    let with = |flags| name(msync(start, length, flags | libc::MS_INVALIDATE));
    say!("alone {}", with(0))?;
    say!("with-MS_ASYNC {}", with(libc::MS_ASYNC))?;
    let another = watcher.memory.address();
    say!("through-another-mapping {}", name(msync(another, length, libc::MS_INVALIDATE)))?;
    say!("with-MS_SYNC {}", with(libc::MS_SYNC))?;
    say!("left {}", watcher.dirty()?.mapped())?;
    control_dirty()?;
    say!("MS_SYNC {}", name(msync(start, length, libc::MS_SYNC)))?;
    let before_the_lock = msync(start, 3 * page_size(), libc::MS_SYNC | libc::MS_INVALIDATE);
    say!("before-the-lock {}", name(before_the_lock))
}

/// `msync` of memory without a file.
pub(super) fn no_file() -> Result<()> {
    let (length, prot) = (page_size(), libc::PROT_READ | libc::PROT_WRITE);
    for (what, prot, flags) in [
        ("shared", prot, libc::MAP_SHARED),
        ("private", prot, libc::MAP_PRIVATE),
        ("untouchable", libc::PROT_NONE, libc::MAP_PRIVATE),
    ] {
        let start = sys::map_anonymous(length, prot, flags).step("mmap")?;
        say!("{what} {}", name(msync(start, length, libc::MS_SYNC)))?;
    }
    let on_the_stack = (&raw const length).addr() / page_size() * page_size();
    say!("stack {}", name(msync(on_the_stack, page_size(), libc::MS_SYNC)))
}

/// Faults of a store to a dirty page, and of one after `MS_SYNC`.
pub(super) fn faults() -> Result<()> {
    let sample = MappedFile::new(Path::new("faults"), 1)?;
    // Linux 5.10 handles the fault of a store to a clean page twice, and calls it a major one.
    let faults = || -> Result<i64> {
        let usage = getrusage(UsageWho::RUSAGE_SELF).step("getrusage")?;
        Ok(usage.minor_page_faults() + usage.major_page_faults())
    };
    let faults_of_a_store = || -> Result<i64> {
        let before = faults()?;
        sample.memory.store(0, b'A');
        Ok(faults()? - before)
    };
    faults_of_a_store()?; // The first access to the page, and to the code of the closure.
    say!("dirty {}", faults_of_a_store()?)?;
    sample.msync(libc::MS_SYNC)?;
    say!("clean {}", faults_of_a_store()?)
}

/// What `cachestat` returns for a file of root that all may read.
pub(super) fn file_of_root() -> Result<()> {
    let path = Path::new("/etc/passwd");
    let file = std::fs::File::open(path).step_on("open", path)?;
    say!("cachestat {}", name(page_view::cache_counts(&file).map(drop)))
}

/// A file of eight pages, stored to, and a second mapping that watches it.
fn pair(path: &Path) -> Result<(MappedFile, MappedFile)> {
    let control = MappedFile::new(Path::new("control"), 8)?;
    control.store(b'A');
    let (sample, watcher) = (MappedFile::new(path, 8)?, MappedFile::open(path)?);
    sample.store(b'A');
    watcher.load();
    Ok((sample, watcher))
}

/// The control, a file that was stored to at the same moment and left alone.
fn control_dirty() -> Result<()> {
    let control = MappedFile::open(Path::new("control"))?;
    control.load();
    say!("control {}", control.dirty()?.mapped())
}
