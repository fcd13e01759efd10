//! Two who come first, and one who is killed while it makes the semaphore.
//! `cargo test` runs it.

use std::io;
use std::path::Path;

use common::{Result, say};

use crate::first_comer::{self, Kind, THING};
use crate::sys::Semaphore;

/// Opens the file `made`; says whether it made the semaphore, and its value.
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
    let page = first_comer::open(Path::new("made"), Kind::Semaphore, |page| {
        made = true;
        zeros = page.is_zero_from(THING);
        Semaphore::in_page(page, THING).init(1, 1)?;
        half_way()
    })?;
    say!("made-it {made}")?;
    say!("bytes-were-zero {zeros}")?;
    let semaphore = Semaphore::in_page(&page, THING);
    // Takes the one place: had two made it, both would get in.
    say!("entered {}", semaphore.try_wait().is_ok())
}
