//! verdict: core
//! A plain answer: it polls, and never gives up.

use std::fs::OpenOptions;
use std::io::{self, Error, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, ptr, slice, thread, time::Duration};

fn wait_until(full: &AtomicU32, value: u32) -> io::Result<()> {
    loop {
        match full.load(Ordering::Acquire) {
            found if found == value => return Ok(()),
            0 | 1 => thread::sleep(Duration::from_millis(1)),
            _ => return Err(Error::other("full is damaged")),
        }
    }
}

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().collect();
    let file = OpenOptions::new().read(true).write(true).create(true).open(&words[2])?;
    file.set_len(4096)?;
    let map = memmap2::MmapOptions::new().len(4096).map_raw(&file)?;
    let memory = map.as_mut_ptr();
    let full = unsafe { AtomicU32::from_ptr(memory.cast()) };
    let (length, text) = unsafe { (memory.add(4).cast::<u32>(), memory.add(8)) };
    if words[1] == "post" {
        wait_until(full, 0)?;
        unsafe { ptr::copy_nonoverlapping(words[3].as_ptr(), text, words[3].len()) };
        unsafe { *length = words[3].len() as u32 };
        full.store(1, Ordering::Release);
        return Ok(());
    }
    wait_until(full, 1)?;
    let text = unsafe { slice::from_raw_parts(text, 4088) };
    let text = text.get(..unsafe { *length } as usize).ok_or(Error::other("length is damaged"))?;
    io::stdout().write_all(&[text, b"\n"].concat())?;
    full.store(0, Ordering::Release);
    Ok(())
}
