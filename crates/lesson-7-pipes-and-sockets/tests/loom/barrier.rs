//! A model of the two halves of the fence: `membarrier` runs a fence on the other side's CPU, so both
//! halves are full fences here.

use std::io;
use std::sync::atomic::Ordering::SeqCst;

use crate::atomics::{Weakened, is_weakened};

pub(crate) fn light() {
    if !is_weakened(Weakened::Light) {
        loom::sync::atomic::fence(SeqCst);
    }
}

pub(crate) fn heavy() -> io::Result<()> {
    if !is_weakened(Weakened::Heavy) {
        loom::sync::atomic::fence(SeqCst);
    }
    Ok(())
}
