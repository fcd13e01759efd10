//! The fences of both sides, as strong as the kernel makes them together: `membarrier` runs a fence on
//! the other side's CPU, so that its light one is one.

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
