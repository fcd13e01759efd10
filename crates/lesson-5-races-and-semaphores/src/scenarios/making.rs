//! Two processes that come at the same time, and one that is killed while it makes the semaphore.
//! `cargo test` runs it.

use std::io;
use std::path::Path;

use common::{Result, say};

use crate::initialize_once::{self, OBJECT_OFFSET, ObjectKind};
use crate::sys::Semaphore;

/// Opens the file `made`; prints whether this process made the semaphore.
pub(super) fn make() -> Result<()> {
    say!("opens")?;
    open(|| Ok(()))
}

/// The same, but stops when the semaphore is initialised and not yet published.
pub(super) fn make_and_stop_half_way() -> Result<()> {
    open(|| {
        say!("half made").map_err(io::Error::other)?;
        io::stdin().read_line(&mut String::new()).map(drop)
    })
}

fn open(half_way: impl Fn() -> io::Result<()>) -> Result<()> {
    let (mut made, mut zeros) = (false, false);
    let page = initialize_once::open(Path::new("made"), ObjectKind::Semaphore, |page| {
        made = true;
        zeros = page.is_zero_from(OBJECT_OFFSET);
        Semaphore::in_page(page, OBJECT_OFFSET).init(1, 1)?;
        half_way()
    })?;
    say!("made-it {made}")?;
    say!("bytes-were-zero {zeros}")?;
    let semaphore = Semaphore::in_page(&page, OBJECT_OFFSET);
    // The count starts at 1: if both processes had made it, both could lock.
    say!("locked {}", semaphore.try_wait().is_ok())
}
