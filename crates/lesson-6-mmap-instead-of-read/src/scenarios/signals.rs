//! Loads from a page that the file has lost, without a guard.

use common::{Context, Result, page_size, say};
use nix::sys::signal::{SigSet, Signal};

use super::file_and_view;

/// Loads a byte, makes the file shorter, and loads the same byte again.
pub(super) fn load_after_a_cut() -> Result<()> {
    let (file, view) = file_and_view("cut", 2)?;
    let mut byte = [0];
    view.copy_to(page_size(), &mut byte);
    say!("before {byte:?}")?;
    file.set_len(page_size() as u64).step("ftruncate")?;
    view.copy_to(page_size(), &mut byte);
    say!("after {byte:?}")
}

/// The same, with SIGBUS blocked.
pub(super) fn load_with_sigbus_blocked() -> Result<()> {
    SigSet::from(Signal::SIGBUS).thread_block().step("pthread_sigmask")?;
    load_after_a_cut()
}
