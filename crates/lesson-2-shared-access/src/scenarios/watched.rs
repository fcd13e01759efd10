//! What inotify reports about a file that is mapped writable twice, closed, and then unmapped.

use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use crate::Bytes;

/// Stores, closes the descriptor, unmaps both mappings, and says after each what inotify has reported.
pub(super) fn close_and_unmap() -> Result<()> {
    let file = super::new_file()?;
    let bytes = Bytes::of(&file, page_size()).step("mmap")?;
    let again = Bytes::of(&file, page_size()).step("mmap")?;
    let watcher = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC);
    let watcher = watcher.step("inotify_init1")?;
    let all = AddWatchFlags::IN_ALL_EVENTS;
    watcher.add_watch(Path::new("mapped"), all).step("inotify_add_watch")?;
    bytes.store(0, 42);
    say!("store {}", events(&watcher)?)?;
    drop(file);
    say!("close {}", events(&watcher)?)?;
    drop(bytes);
    say!("first-munmap {}", events(&watcher)?)?;
    drop(again);
    say!("last-munmap {}", events(&watcher)?)
}

fn events(watcher: &Inotify) -> Result<String> {
    match watcher.read_events() {
        Ok(events) => {
            let names: Vec<_> = events.iter().map(|event| format!("{:?}", event.mask)).collect();
            Ok(names.join(" "))
        }
        Err(Errno::EAGAIN) => Ok("nothing".into()),
        Err(error) => Err(error).step("read inotify's events"),
    }
}
