//! What a child inherits of its parent's mappings and threads.
//!
//! # Safety
//! The child that is forked beside a thread makes one `read`, one atomic exchange, and ends.
#![expect(unsafe_code, reason = "a fork beside a thread is the subject")]

use std::cell::Cell;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process;
use std::sync::{Mutex, mpsc};
use std::thread;

use common::{Context, Result, page_size, say};
use memmap2::MmapMut;
use nix::sys::signal::Signal;

use crate::Bytes;
use crate::sys::{self, Inherited};

/// The child stores in a shared mapping of a file, in shared anonymous memory and in a variable.
pub(super) fn stores() -> Result<()> {
    let of_file = Bytes::of(&super::new_file()?, page_size()).step("mmap")?;
    let anonymous = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    let variable = Cell::new(0);
    let child = || {
        of_file.store(0, 41);
        anonymous.store(0, 42);
        variable.set(43);
        variable.get()
    };
    say!("child-variable {:?}", sys::in_child(child).step("fork")?.code())?;
    say!("file {}", of_file.load(0))?;
    say!("anonymous {}", anonymous.load(0))?;
    say!("variable {}", variable.get())
}

/// Forks while another thread holds a lock. The thread unlocks it, and then the child tries it.
pub(super) fn beside_a_thread() -> Result<()> {
    let lock = Mutex::new(());
    let (mut may_go, mut go) = io::pipe().step("pipe")?;
    let (locked, is_locked) = mpsc::channel();
    let (unlock, may_unlock) = mpsc::channel::<()>();
    let child = thread::scope(|scope| {
        let lock = &lock;
        scope.spawn(move || {
            let _held = lock.lock();
            let _ = locked.send(());
            let _ = may_unlock.recv(); // An error when `unlock` is dropped: time to unlock, too.
        });
        is_locked.recv().map_err(io::Error::other).step("wait for the lock")?;
        let child = || {
            let _ = may_go.read(&mut [0]); // The `read` system call.
            u8::from(lock.try_lock().is_ok()) // One atomic exchange.
        };
        // SAFETY: `read` is async-signal-safe, and `try_lock` waits for no thread.
        let child = unsafe { sys::fork_with_threads(child) }.step("fork")?;
        let threads = |id: u32| fs::read_dir(format!("/proc/{id}/task")).map(Iterator::count);
        say!("parents-threads {}", threads(process::id()).step("count the threads")?)?;
        say!("childs-threads {}", threads(child.id()).step("count the threads")?)?;
        drop(unlock);
        Ok(child)
    })?;
    say!("parent-can-lock {}", lock.try_lock().is_ok())?;
    go.write_all(&[1]).step("write to the pipe")?;
    say!("child-can-lock {:?}", child.wait().step("wait")?.code())
}

/// The child maps the file again, and unmaps what it inherited from its parent.
pub(super) fn maps() -> Result<()> {
    let letter = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    let file = super::new_file()?;
    let inherited = Cell::new(Some(Bytes::of(&file, page_size()).step("mmap")?));
    let child = || {
        let Ok(later) = Bytes::of(&file, page_size()) else { return 1 };
        drop(inherited.take());
        for (index, byte) in later.as_ptr().addr().to_ne_bytes().into_iter().enumerate() {
            letter.store(index, byte);
        }
        later.store(0, 42); // Still mapped when the child ends.
        0
    };
    say!("child {:?}", sys::in_child(child).step("fork")?.code())?;
    let mut address = [0; size_of::<usize>()];
    address.iter_mut().enumerate().for_each(|(index, byte)| *byte = letter.load(index));
    let address = usize::from_ne_bytes(address);
    say!("childs-mapping-has-an-address {}", address != 0)?;
    say!("mapped-there {}", page_view::mapping_at(process::id(), address)?.is_some())?;
    say!("inherited {:?}", inherited.take().map(|bytes| bytes.load(0)))
}

/// The child touches nothing, and looks at its own page table.
pub(super) fn untouched() -> Result<()> {
    let of_file = Bytes::of(&super::new_file()?, page_size()).step("mmap")?;
    let anonymous = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    of_file.store(0, 1);
    anonymous.store(0, 1);
    let present = |bytes: &Bytes| {
        let pages = page_view::pages(process::id(), bytes.as_ptr().addr(), 1);
        pages.is_ok_and(|pages| pages[0].present)
    };
    say!("parent {} {}", present(&of_file), present(&anonymous))?;
    let child = || u8::from(present(&of_file)) + 2 * u8::from(present(&anonymous));
    say!("child-before-touch {:?}", sys::in_child(child).step("fork")?.code())?;
    let child = || of_file.load(0) + anonymous.load(0);
    say!("child-loads {:?}", sys::in_child(child).step("fork")?.code())
}

/// The child stores in memory from memmap2's `map_anon`.
pub(super) fn map_anon() -> Result<()> {
    let mut memory = MmapMut::map_anon(page_size()).step("mmap")?;
    memory[0] = 1;
    let child = || {
        memory[0] = 42;
        memory[0]
    };
    say!("child {:?}", sys::in_child(child).step("fork")?.code())?;
    say!("parent {}", memory[0])
}

/// `MADV_DONTFORK`, and what the child finds at these addresses.
pub(super) fn dont_fork() -> Result<()> {
    let shared = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    shared.store(0, 42);
    shared.advise(libc::MADV_DONTFORK).step("madvise MADV_DONTFORK")?;
    let signal = sys::in_child(|| shared.load(0)).step("fork")?.signal();
    say!("child-signal {:?}", signal.map(Signal::try_from))?;
    shared.advise(libc::MADV_DOFORK).step("madvise MADV_DOFORK")?;
    say!("child-after-do-fork {:?}", sys::in_child(|| shared.load(0)).step("fork")?.code())?;
    say!("parent {}", shared.load(0))
}

/// `MADV_WIPEONFORK`: for private anonymous memory.
pub(super) fn wipe_on_fork() -> Result<()> {
    let private = Bytes::anonymous(page_size(), Inherited::Private).step("mmap")?;
    private.store(0, 42);
    say!("child-before {:?}", sys::in_child(|| private.load(0)).step("fork")?.code())?;
    private.advise(libc::MADV_WIPEONFORK).step("madvise MADV_WIPEONFORK")?;
    say!("child {:?}", sys::in_child(|| private.load(0)).step("fork")?.code())?;
    say!("parent {}", private.load(0))?;
    let shared = Bytes::of(&super::new_file()?, page_size()).step("mmap")?;
    say!("on-a-shared-mapping {}", super::outcome(shared.advise(libc::MADV_WIPEONFORK)))
}
