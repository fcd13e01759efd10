//! A mapping keeps its addresses when its file grows or shrinks. The pages behind the addresses come
//! and go. `cargo lesson-2` shows it. The second process makes the load that ends in SIGBUS.

use std::os::unix::process::ExitStatusExt;

use common::{Context, Result, Stage, compare, page_size, sentence};
use nix::sys::signal::Signal;

use crate::Bytes;
use crate::picture::{SECOND, THIS, addresses_in};
use crate::second_process;

/// The step of the story: the file has one page. This process maps one page, the second process two.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("resized");
    let file = crate::visible::new_file(&path)?;
    let page = page_size();
    file.set_len(page as u64).step_on("ftruncate", &path)?;
    let mut bytes = Bytes::of(&file, page).step_on("mmap", &path)?;
    let mut other = second_process::start(&path)?;
    let (pid, pages) = (other.process.id(), addresses_in(&mut other, 2)?);
    let show = |bytes: &Bytes, title: &str| {
        let mine = bytes.addresses(bytes.len());
        page_view::show_rows(&[(THIS, std::process::id(), mine), (SECOND, pid, pages.clone())])?;
        page_view::look(title)
    };
    let load = format!("load {page}");

    sentence("The file has one page. This process maps one page, the second process maps two.")?;
    compare("this process loads page 0: ", bytes.load(0), 0)?;
    compare(" the second process loads page 0: ", other.ask("load 0")?, 0)?;
    show(&bytes, "the file has one page")?;
    file.set_len(2 * page as u64).step_on("ftruncate", &path)?;
    sentence("This process makes the file two pages long.")?;
    compare(" the second process loads page 1: ", other.ask(&load)?, 0)?;
    compare("pages in this process's mapping: ", bytes.len() / page, 1)?;
    show(&bytes, "the file has two pages")?;
    bytes.resize(2 * page).step("mremap")?;
    compare("after mremap it loads page 1: ", bytes.load(page), 0)?;
    show(&bytes, "the first process has enlarged its mapping")?;
    file.set_len(page as u64).step_on("ftruncate", &path)?;
    sentence("This process makes the file one page long again.")?;
    show(&bytes, "the file has one page again")?;
    let sent = other.ask(&format!("send {page}"))?;
    compare(" the second process writes page 1 to a pipe: ", sent, "EFAULT")?;
    let answer = other.ask(&load)?;
    compare(
        " it loads page 1; its answer: ",
        if answer.is_empty() { "none" } else { &answer },
        "none",
    )?;
    let number = other.wait()?.signal().map(Signal::try_from);
    let signal = number.and_then(std::result::Result::ok).map_or("no signal", Signal::as_str);
    compare("the second process was ended by ", signal, "SIGBUS")
}
