//! A mapping keeps its addresses when its file grows or shrinks; what lies behind them does not stay.
//! `cargo lesson-2` shows it: the loads that a signal would end are the second process's.

use std::os::unix::process::ExitStatusExt;

use common::{Context, Peer, Result, Stage, page_size, say};
use nix::sys::signal::Signal;

use crate::picture::addresses_in;

/// The step of the story: the second process has two pages mapped, of a file that has one.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("resized");
    let file = crate::visible::new_file(&path)?;
    let page = page_size() as u64;
    file.set_len(page).step_on("ftruncate", &path)?;
    let mut other = Peer::start(["second".as_ref(), path.as_os_str()])?;
    other.hear()?;
    let (pid, pages) = (other.process.id(), addresses_in(&mut other, 2)?);
    let show = || page_view::show_rows(&[("    the second process", pid, pages.clone())]);
    let mut ask = |order: String| other.tell(&order).and_then(|()| other.hear());

    let loaded = ask("load 0".into())?;
    say!("    the second process has two pages mapped; the file has one")?;
    say!("    the second process loads from its first page: {loaded} (expected 0)")?;
    show()?;
    page_view::pause()?;
    let sent = ask(format!("send {page}"))?;
    say!("    a system call loads from the second page: {sent} (expected EFAULT)")?;
    file.set_len(2 * page).step_on("ftruncate", &path)?;
    say!("   this process makes the file two pages long")?;
    show()?;
    page_view::pause()?;
    let loaded = ask(format!("load {page}"))?;
    say!("    the second process loads from its second page: {loaded} (expected 0)")?;
    show()?;
    page_view::pause()?;
    file.set_len(page).step_on("ftruncate", &path)?;
    say!("   this process makes it one page long again")?;
    show()?;
    page_view::pause()?;
    let sent = ask(format!("send {page}"))?;
    say!("    a system call loads from the second page: {sent} (expected EFAULT)")?;
    let answer = match ask(format!("load {page}"))?.as_str() {
        "" => "no answer".into(),
        loaded => format!("{loaded:?}"),
    };
    say!("    the second process loads from it itself: {answer} (expected no answer)")?;
    let number = other.wait()?.signal().map(Signal::try_from);
    let signal = number.and_then(std::result::Result::ok).map_or("nothing", Signal::as_str);
    say!("    it was ended by {signal} (expected SIGBUS)")
}
