//! Related processes need no file: `fork` hands the mapping down. `cargo lesson-2` shows it.

use std::cell::Cell;
use std::ptr;

use common::{Context, Result, Stage, page_size, say};

use crate::Bytes;
use crate::sys::{self, Inherited};

/// The step of the story: a child stores in shared memory and in a variable of its own.
pub fn show(_stage: &mut Stage) -> Result<()> {
    let shared = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    let variable = Cell::new(0_u8);
    let (byte, value) = (shared.load(0), variable.get());
    say!("   before fork: shared byte {byte}, variable {value} (expected 0, 0)")?;
    let page = |label, address| (label, std::process::id(), address..address + 1);
    page_view::show_rows(&[
        page("   the shared byte's page      ", shared.as_ptr().addr()),
        page("   the variable's, on the stack", ptr::from_ref(&variable).addr()),
    ])?;
    let ended = sys::in_child(|| {
        variable.set(42);
        shared.store(0, 42);
        variable.get()
    });
    let code = ended.step("fork")?.code();
    say!("    the child stores 42 in both; its variable: {code:?} (expected Some(42))")?;
    say!("   the parent's shared byte: {} (expected 42)", shared.load(0))?;
    say!("   the parent's variable:    {} (expected 0: fork copied it)", variable.get())
}
