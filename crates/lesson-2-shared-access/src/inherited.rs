//! A parent and its child need no file: the child inherits shared memory with `fork`. Private memory
//! becomes two copies. `cargo lesson-2` shows both.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};

use common::{Context, Result, Stage, compare, page_size, sentence};

use crate::Bytes;
use crate::sys::{self, Inherited};

/// The step of the story: a child stores in a shared page and in a private one.
pub fn show(_stage: &mut Stage) -> Result<()> {
    let shared = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    let private = Bytes::anonymous(page_size(), Inherited::Private).step("mmap")?;
    shared.store(0, 1);
    private.store(0, 1);
    sentence("This process stores 1 in a shared page and in a private page, then forks.")?;
    let (mut orders, mut tell) = pipe().step("pipe")?;
    let (mut hear, mut answers) = pipe().step("pipe")?;
    let child = sys::fork(|| {
        let stored = obey(&mut orders, || {
            shared.store(0, 42);
            private.store(0, 42);
        });
        let answered = stored.and_then(|()| answers.write_all(&[private.load(0)]));
        // The parent has looked at the pages when it gives the second order.
        answered.and_then(|()| obey(&mut orders, || ())).map_or(1, |()| 0)
    });
    let child = child.step("fork")?;
    let show = |title: &str| {
        let (mine, its) = (std::process::id(), child.id());
        page_view::show_rows(&[
            ("   shared page", mine, shared.addresses(1)),
            ("   private page", mine, private.addresses(1)),
            ("    child, shared", its, shared.addresses(1)),
            ("    child, private", its, private.addresses(1)),
        ])?;
        page_view::look(title)
    };
    show("after fork")?;
    order(&mut tell).step("tell the child")?;
    let its_private = next(&mut hear).step("hear the child")?;
    sentence(" The child stores 42 in both pages.")?;
    show("the child has stored")?;
    compare(" the child's private page has ", its_private, 42)?;
    compare("this process loads the shared page: ", shared.load(0), 42)?;
    compare("it loads its private page: ", private.load(0), 1)?;
    order(&mut tell).step("tell the child")?;
    compare("the child ends: ", child.wait().step("waitpid")?, "exit status: 0")
}

/// Waits for an order, then does it.
fn obey(orders: &mut PipeReader, act: impl FnOnce()) -> std::io::Result<()> {
    next(orders)?;
    act();
    Ok(())
}

fn order(orders: &mut PipeWriter) -> std::io::Result<()> {
    orders.write_all(&[0])
}

fn next(pipe: &mut PipeReader) -> std::io::Result<u8> {
    let mut byte = [0];
    pipe.read_exact(&mut byte)?;
    Ok(byte[0])
}
